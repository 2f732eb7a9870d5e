//! Reservations: made, looked at, listed and given back.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use axum::http::StatusCode;
use boxoffice::event::EventSnapshot;
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::{EventId, ReservationCode, ReservationId};
use boxoffice::page::{Direction, Page};
use boxoffice::reservation::{Reservation, ReservationStatus};
use boxoffice::store::ReservationListQuery;

use super::{Answer, App, created, event_number, json, mark_replayed};
use crate::errors::{ApiError, Code};
use crate::limits::{millis, soon_or_within};
use crate::request::{
    Asked, Fault, Faults, cancel_hash, one_of, page, reserve_request, sort, user_id_of,
};
use crate::response::{CancellationBody, PageBody, ReservationBody, Timing};
use crate::visit::Host;

/// The statuses of a reservation, as they are asked for.
pub(crate) const STATUSES: &[&str] = &["HELD", "PAYING", "CONFIRMED", "CANCELLED", "EXPIRED"];

/// The orders of a list of reservations.
pub(crate) const SORTS: &[&str] = &["reservedAt,asc", "reservedAt,desc"];

/// The path of [`reserve`], as it is counted.
pub(crate) const RESERVE_PATH: &str = "/api/reservations";

/// Takes seats; what the router calls.
pub(super) async fn reserve(app: Host, asked: Asked) -> Answer {
    taken(&app, asked).await
}

/// Takes seats. Each wait has an end of its own, so that the whole needs no alarm.
pub(crate) async fn taken(app: &App, mut asked: Asked) -> Answer {
    app.admission.admit()?;
    let body = asked.body(&app.limits).await?;
    let request = {
        let faults = Faults::default();
        let key = asked.idempotency_key(&faults);
        app.read(&body, faults, |json, faults| {
            reserve_request(json, key, faults)
        })?
    };
    let reserved = app.box_office.reserve(request).await?;
    let reservation = &*reserved.reservation;
    app.history.sells(reservation.event);
    let timing = Timing::of(reserved.queue_time, reserved.lease_time);
    let patience = millis(app.limits.handling_timeout_ms);
    let found = soon_or_within(patience, told_event(app, reservation.event)).await;
    let found = found.ok().flatten();
    let event = found.as_deref().map(|snapshot| &*snapshot.event);
    let body = ReservationBody::tell(&app.box_office, reservation, event, &app.zone, Some(timing));
    let location = format!("{}/reservations/{}", asked.base(), reservation.id);
    created(&body, location, reserved.replayed)
}

/// The event of something that is done. Without it the answer is poorer, but it is no failure.
pub(crate) async fn told_event(app: &App, id: EventId) -> Option<Arc<EventSnapshot>> {
    app.box_office
        .event(id)
        .await
        .ok()
        .flatten()
        .map(|cached| cached.snapshot)
}

pub(super) async fn detail(app: Host, asked: Asked) -> Answer {
    let found = match asked.param("id", Named::read)? {
        Named::Id(id) => app.box_office.reservation(id).await?,
        Named::Code(code) => {
            let user = {
                let faults = Faults::default();
                let user = asked.query().optional("userId", &faults, user_id_of);
                if user.is_none() {
                    faults.note("userId", Fault::CodeNeedsUser);
                }
                faults.unless_any(user)?
            };
            app.box_office.reservation_by_code(&user, code).await?
        }
    };
    let reservation = found.ok_or(Code::ReservationNotFound)?;
    let found = told_event(&app, reservation.event).await;
    let event = found.as_deref().map(|snapshot| &*snapshot.event);
    json(
        StatusCode::OK,
        &ReservationBody::tell(&app.box_office, &reservation, event, &app.zone, None),
    )
}

/// How a reservation is named in a path.
enum Named {
    Id(ReservationId),
    Code(ReservationCode),
}

impl Named {
    fn read(text: &str) -> Result<Self, Fault> {
        let id = text.parse().map(Self::Id);
        id.or_else(|_| text.parse().map(Self::Code))
            .map_err(|_| Fault::NotReservationId)
    }
}

pub(super) async fn list(app: Host, asked: Asked) -> Answer {
    app.may_organize(&asked)?;
    let query = {
        let faults = Faults::default();
        let event = asked.query().optional("eventId", &faults, event_number);
        let user = asked.query().optional("userId", &faults, user_id_of);
        let query = list_query(&asked, &faults);
        faults.unless_any(Some(ReservationListQuery {
            event,
            user,
            ..query
        }))?
    };
    let found = app.box_office.reservations(&query).await?;
    told_page(&app, &query, found).await
}

pub(super) async fn of_user(app: Host, asked: Asked) -> Answer {
    let user = asked.param("userId", user_id_of)?;
    let query = {
        let faults = Faults::default();
        let query = list_query(&asked, &faults);
        faults.unless_any(Some(ReservationListQuery {
            user: Some(user),
            ..query
        }))?
    };
    let found = app.box_office.reservations(&query).await?;
    told_page(&app, &query, found).await
}

/// What all lists of reservations take: the newest first, unless the request says otherwise.
fn list_query(asked: &Asked, faults: &Faults) -> ReservationListQuery {
    const VALUES: &[ReservationStatus] = &ReservationStatus::ALL;
    let query = asked.query();
    let order = sort(&query, faults, SORTS, &[("reservedAt", ())]);
    ReservationListQuery {
        event: None,
        user: None,
        status: query.optional("status", faults, one_of(STATUSES, VALUES)),
        direction: order.map_or(Direction::Descending, |((), direction)| direction),
        page: page(&query, faults),
    }
}

async fn told_page(app: &App, query: &ReservationListQuery, found: Page<Reservation>) -> Answer {
    let mut events: HashMap<EventId, Option<Arc<EventSnapshot>>> = HashMap::new();
    for reservation in &found.items {
        let id = reservation.event;
        if let Entry::Vacant(vacant) = events.entry(id) {
            vacant.insert(told_event(app, id).await);
        }
    }
    let mut content = Vec::with_capacity(found.items.len());
    for reservation in &found.items {
        let event = events.get(&reservation.event).and_then(Option::as_deref);
        let event = event.map(|found| &*found.event);
        content.push(ReservationBody::tell(
            &app.box_office,
            reservation,
            event,
            &app.zone,
            None,
        ));
    }
    json(
        StatusCode::OK,
        &PageBody::tell(content, query.page, found.total),
    )
}

pub(super) async fn cancel(app: Host, asked: Asked) -> Answer {
    let id = asked.param("id", |text| {
        text.parse::<ReservationId>()
            .map_err(|_| Fault::NotReservationId)
    })?;
    let key = {
        let faults = Faults::default();
        let key = asked.idempotency_key(&faults);
        faults.unless_any(Some(key))?
    };
    let keyed = key.map(|key| KeyedRequest {
        key,
        body: cancel_hash(id),
    });
    let cancelled = app
        .box_office
        .cancel(id, keyed)
        .await
        .map_err(ApiError::from)?;
    let found = told_event(&app, cancelled.value.event).await;
    let zone = found.map(|found| crate::zone::Zone::named_or_utc(&found.event.zone));
    let zone = zone.as_ref().unwrap_or(&app.zone);
    let mut response = json(
        StatusCode::OK,
        &CancellationBody::tell(&cancelled.value, zone),
    )?;
    mark_replayed(&mut response, cancelled.replayed);
    Ok(response)
}
