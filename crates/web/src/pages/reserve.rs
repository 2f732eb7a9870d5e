//! The form that takes seats.

use axum::http::StatusCode;
use boxoffice::box_office::ReserveRequest;
use boxoffice::ids::EventId;

use super::filled::Filled;
use super::html::see;
use super::visitor::{lang_of, refuse_foreign};
use super::{again, event, seats};
use crate::api::{Answer, App, event_number};
use crate::errors::{ApiError, Code};
use crate::request::{Asked, Faults, Form, reserve_form};
use crate::visit::Host;

/// Takes seats and shows the reservation; what cannot be done is told above the form.
pub(super) async fn reserve(app: Host, mut asked: Asked) -> Answer {
    refuse_foreign(asked.headers())?;
    let lang = lang_of(asked.headers());
    let id = asked.param("eventId", event_number)?;
    let form = asked.form(&app.limits).await?;
    let error = match taken(&app, id, &form).await {
        Ok(location) => return Ok(see(&location)),
        Err(error) => error,
    };
    if again::is_worth_it(error.code()) {
        return again::page(error.code(), asked.path(), &form, lang);
    }
    let cached = app.box_office.event(id).await?;
    let snapshot = cached.ok_or(Code::EventNotFound)?.snapshot;
    let status = match error.code() {
        Code::Internal => return Err(error),
        Code::InvalidRequest => StatusCode::UNPROCESSABLE_ENTITY,
        code => code.status(),
    };
    let filled = Filled::of(&form, &error, lang);
    let now = app.box_office.now();
    if form.fields().text("view") == Some("seats") && seats::are_to_choose(&snapshot, now) {
        return seats::refilled(&snapshot, now, lang, status, (&form, filled));
    }
    event::refilled(&snapshot, now, lang, status, filled)
}

/// Leads from the address of the form, where a page of what went wrong is left, to the event.
pub(super) async fn look(asked: Asked) -> Answer {
    let id = asked.param("eventId", event_number)?;
    Ok(see(&format!("/events/{id}")))
}

async fn taken(app: &App, id: EventId, form: &Form) -> Result<String, ApiError> {
    let request = wanted(id, form)?;
    app.admission.admit()?;
    let reserved = app.box_office.reserve(request).await?;
    app.history.sells(id);
    Ok(format!("/reservations/{}", reserved.reservation.id))
}

fn wanted(id: EventId, form: &Form) -> Result<ReserveRequest, ApiError> {
    let (fields, faults) = (form.fields(), Faults::default());
    let request = reserve_form(id, &fields, &faults);
    faults.unless_any(request)
}
