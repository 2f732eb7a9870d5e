//! Events put on sale, copied, changed and called off.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use boxoffice::command::Update;
use boxoffice::event::EventSnapshot;
use boxoffice::ids::{EventId, Version};

use super::draft::Draft;
use super::frame::Desk;
use super::session;
use crate::api::{Answer, App, event_number};
use crate::errors::{ApiError, Code};
use crate::pages::html::{form_key, page, see};
use crate::pages::visitor::{lang_of, refuse_foreign};
use crate::request::{Asked, Faults, event_patch, idempotency_key, new_event};
use crate::visit::Host;
use crate::zone::Zone;

#[derive(Template)]
#[template(path = "admin/editor.html")]
struct EditorPage {
    desk: Desk,
    draft: Draft,
    /// The event that is changed; `None`: a new one.
    id: Option<i64>,
    key: String,
}

fn editor(
    app: &App,
    asked: &Asked,
    draft: Draft,
    id: Option<EventId>,
    status: StatusCode,
) -> Answer {
    let desk = Desk::of(app, asked);
    let lang = desk.lang();
    let template = EditorPage {
        desk,
        draft,
        id: id.map(|id| id.0),
        key: form_key(),
    };
    page(status, lang, &template)
}

async fn found(app: &App, id: EventId) -> Result<Arc<EventSnapshot>, ApiError> {
    let cached = app.box_office.event(id).await?;
    Ok(cached.ok_or(Code::EventNotFound)?.snapshot)
}

/// Leads from the address of a form, where a page of what went wrong is left, to an empty one.
pub(super) async fn look(_: Asked) -> Answer {
    Ok(see("/admin/new"))
}

pub(super) async fn blank(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let draft = Draft::blank(&app.zone);
    editor(&app, &asked, draft, None, StatusCode::OK)
}

pub(super) async fn copy(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let id = asked.param("eventId", event_number)?;
    let draft = Draft::of_event(&*found(&app, id).await?).once_more();
    editor(&app, &asked, draft, None, StatusCode::OK)
}

pub(super) async fn edit(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let id = asked.param("eventId", event_number)?;
    let snapshot = found(&app, id).await?;
    let draft = Draft::of_event(&snapshot);
    editor(&app, &asked, draft, Some(id), StatusCode::OK)
}

pub(super) async fn create(app: Host, mut asked: Asked) -> Answer {
    refuse_foreign(asked.headers())?;
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let form = asked.form(&app.limits).await?;
    let draft = Draft::of_form(&form);
    let made = async {
        let (new, key) = {
            let faults = Faults::default();
            let key = form
                .fields()
                .optional("key", &faults, |text| idempotency_key(text.as_bytes()));
            let json = draft.as_new();
            let now = app.box_office.now();
            let new = new_event(&json, key, &app.zone, now, &faults);
            faults.unless_any(new)?
        };
        let made = app.box_office.create_event(new, key).await?;
        Ok::<_, ApiError>(made.value.event.id)
    };
    match made.await {
        Ok(id) => Ok(see(&format!("/admin/events/{id}"))),
        Err(error) => refilled(&app, &asked, draft, None, error),
    }
}

pub(super) async fn change(app: Host, mut asked: Asked) -> Answer {
    refuse_foreign(asked.headers())?;
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let id = asked.param("eventId", event_number)?;
    let form = asked.form(&app.limits).await?;
    let draft = Draft::of_form(&form);
    let version = draft.version.parse().ok().map(Version);
    let changed = async {
        let update = {
            let (faults, json) = (Faults::default(), draft.as_change());
            let zone = Zone::named(&draft.zone).unwrap_or(app.zone.clone());
            let update = event_patch(&json, version, &zone, &faults);
            faults.unless_any(update)?
        };
        Ok::<_, ApiError>(app.box_office.update_event(id, update).await?)
    };
    match changed.await {
        Ok(_) => Ok(see(&format!("/admin/events/{id}"))),
        Err(error) => refilled(&app, &asked, draft, Some(id), error),
    }
}

/// Calls an event off, for who has typed its name.
pub(super) async fn cancel(app: Host, mut asked: Asked) -> Answer {
    refuse_foreign(asked.headers())?;
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let id = asked.param("eventId", event_number)?;
    let form = asked.form(&app.limits).await?;
    let snapshot = found(&app, id).await?;
    let typed = form
        .fields()
        .text("name")
        .unwrap_or_default()
        .trim()
        .to_owned();
    if typed != snapshot.event.name.trim() {
        return Ok(see(&format!("/admin/events/{id}?unsure=1")));
    }
    app.box_office
        .update_event(id, Update::calling_off())
        .await?;
    Ok(see(&format!("/admin/events/{id}")))
}

/// The form as it was sent, and why it could not be done.
fn refilled(
    app: &App,
    asked: &Asked,
    draft: Draft,
    id: Option<EventId>,
    error: ApiError,
) -> Answer {
    let status = match error.code() {
        // The form that she goes back to has the same key; under a new one it might be done twice.
        Code::OutcomeUnknown => return Err(error),
        Code::InvalidRequest => StatusCode::UNPROCESSABLE_ENTITY,
        code => code.status(),
    };
    let draft = draft.refused(&error, lang_of(asked.headers()));
    editor(app, asked, draft, id, status)
}
