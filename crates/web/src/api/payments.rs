//! Reservations paid for, and held longer.

use std::sync::Arc;

use axum::http::StatusCode;
use boxoffice::command;
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::ReservationId;
use boxoffice::reservation::{Reservation, ReservationStatus};

use super::reservations::told_event;
use super::{Answer, App, json, mark_replayed};
use crate::errors::ApiError;
use crate::request::{Asked, Fault, Faults, extend_hash, pay_request};
use crate::response::ReservationBody;
use crate::visit::Host;

/// Pays. 202 says that the provider's answer is not known yet.
pub(super) async fn pay(app: Host, mut asked: Asked) -> Answer {
    let id = reservation_id(&asked)?;
    let body = asked.body(&app.limits).await?;
    let request = {
        let faults = Faults::default();
        let key = asked.idempotency_key(&faults);
        app.read(&body, faults, |json, faults| {
            pay_request(id, json, key, faults)
        })?
    };
    told(&app, app.box_office.pay(request).await?).await
}

/// Holds longer, once.
pub(super) async fn extend(app: Host, asked: Asked) -> Answer {
    let id = reservation_id(&asked)?;
    let key = {
        let faults = Faults::default();
        let key = asked.idempotency_key(&faults);
        faults.unless_any(Some(key))?
    };
    let keyed = key.map(|key| KeyedRequest {
        key,
        body: extend_hash(id),
    });
    told(&app, app.box_office.extend(id, keyed).await?).await
}

fn reservation_id(asked: &Asked) -> Result<ReservationId, ApiError> {
    asked.param("id", |text| {
        text.parse().map_err(|_| Fault::NotReservationId)
    })
}

async fn told(app: &App, answer: command::Answer<Arc<Reservation>>) -> Answer {
    let reservation = &*answer.value;
    let found = told_event(app, reservation.event).await;
    let event = found.as_deref().map(|snapshot| &*snapshot.event);
    let status = match reservation.status() {
        ReservationStatus::Paying => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let body = ReservationBody::tell(&app.box_office, reservation, event, &app.zone, None);
    let mut response = json(status, &body)?;
    mark_replayed(&mut response, answer.replayed);
    Ok(response)
}
