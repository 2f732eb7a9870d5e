//! How many are in: of the tickets that admit, how many were used, at all doors together.

use boxoffice::ids::EventId;
use serde::Serialize;

use super::frame::Desk;
use super::pulse::told_to_script;
use super::session;
use crate::api::{Answer, App, event_number};
use crate::errors::{ApiError, Code};
use crate::request::{Asked, Faults};
use crate::visit::Host;

/// What a door shows, and what its script asks for every second.
#[derive(Serialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inside {
    /// Tickets that were used.
    pub(super) admitted: u64,
    /// Tickets that admit, used or not.
    pub(super) admissible: u64,
    /// Both, for people.
    pub(super) told: String,
}

impl Inside {
    /// The end of a bar; one may not be empty.
    pub(super) fn bar_max(&self) -> u64 {
        self.admissible.max(1)
    }

    /// How many are in, if there is such an event. Up to `admitted_ttl_ms` old.
    pub(super) async fn of(
        app: &App,
        desk: &Desk,
        event: EventId,
    ) -> Result<Option<Self>, ApiError> {
        let Some(cached) = app.box_office.event(event).await? else {
            return Ok(None);
        };
        // Whoever was let in just now has bought her ticket before.
        let admitted = app.box_office.admitted(event).await?;
        let admissible = u64::from(cached.snapshot.stock().sold).max(admitted);
        Ok(Some(Self {
            told: (desk.w.of)(admitted, admissible),
            admitted,
            admissible,
        }))
    }
}

pub(super) async fn count(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let event = {
        let query = asked.filled_in();
        query.optional("event", &Faults::default(), event_number)
    };
    let event = event.ok_or(Code::EventNotFound)?;
    let inside = Inside::of(&app, &Desk::of(&app, &asked), event).await?;
    told_to_script(&inside.ok_or(Code::EventNotFound)?)
}
