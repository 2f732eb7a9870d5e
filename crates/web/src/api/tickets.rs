//! Tickets at the door.

use axum::http::StatusCode;
use boxoffice::box_office::ShownTicket;
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ticket_code::TicketCode;

use super::reservations::told_event;
use super::{Answer, App, event_number, json, mark_replayed};
use crate::errors::{ApiError, Code};
use crate::request::{Asked, Faults, door_hash};
use crate::response::CheckedTicket;
use crate::visit::Host;
use crate::zone::Zone;

/// Lets somebody in.
pub(super) async fn check_in(app: Host, asked: Asked) -> Answer {
    let shown = shown(&app, &asked, b"check-in")?;
    let checked = app.box_office.check_in(shown).await?;
    told(&app, &checked).await
}

/// Makes a used ticket valid again.
pub(super) async fn undo(app: Host, asked: Asked) -> Answer {
    let shown = shown(&app, &asked, b"undo check-in")?;
    let checked = app.box_office.undo_check_in(shown).await?;
    told(&app, &checked).await
}

/// What was scanned. Anything that is no code of ours is a ticket that is not there.
fn shown(app: &App, asked: &Asked, what: &[u8]) -> Result<ShownTicket, ApiError> {
    app.may_organize(asked)?;
    let code = asked.param("code", |text| Ok(text.parse::<TicketCode>().ok()))?;
    let (event, key) = {
        let faults = Faults::default();
        let event = asked.query().optional("eventId", &faults, event_number);
        let key = asked.idempotency_key(&faults);
        faults.unless_any(Some((event, key)))?
    };
    let code = code.ok_or(Code::TicketNotFound)?;
    let key = key.map(|key| KeyedRequest {
        key,
        body: door_hash(what, &code, event),
    });
    Ok(ShownTicket { code, event, key })
}

async fn told(app: &App, checked: &boxoffice::box_office::Checked) -> Answer {
    let found = told_event(app, checked.reservation.event).await;
    let zone = found.map(|found| Zone::named_or_utc(&found.event.zone));
    let zone = zone.as_ref().unwrap_or(&app.zone);
    let body = CheckedTicket::tell(&app.box_office, checked, zone);
    let mut response = json(StatusCode::OK, &body)?;
    mark_replayed(&mut response, checked.replayed);
    Ok(response)
}
