//! The reservations of an event or a buyer.

use askama::Template;
use axum::http::StatusCode;
use boxoffice::buyer::UserId;
use boxoffice::ids::{EventId, ReservationCode};
use boxoffice::page::{Direction, PageRequest};
use boxoffice::reservation::{Reservation, ReservationStatus};
use boxoffice::store::ReservationListQuery;

use super::frame::Desk;
use super::session;
use super::words::words;
use crate::api::{Answer, App, RESERVATION_STATUSES as STATUSES, event_number, told_event};
use crate::errors::{ApiError, of_fault};
use crate::lang::Lang;
use crate::pages::format;
use crate::pages::html::{encode, page};
use crate::request::{Asked, Fault, Faults, PAGE_NUMBER_MAX, number, one_of, user_id_of};
use crate::visit::Host;
use crate::zone::Zone;

/// Reservations on a page.
const PAGE_SIZE: u32 = 50;

#[derive(Template)]
#[template(path = "admin/reservations.html")]
struct ReservationsPage {
    desk: Desk,
    wanted: Wanted,
    statuses: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    found: String,
    previous: Option<String>,
    next: Option<String>,
}

/// What the address asks for.
struct Wanted {
    event: Option<EventId>,
    event_text: String,
    user: Option<UserId>,
    user_text: String,
    code: Option<ReservationCode>,
    code_text: String,
    status: Option<ReservationStatus>,
    page: u32,
    /// What in it makes no sense. To leave that out would be to find what nobody asked for.
    faults: Vec<(String, String)>,
}

impl Wanted {
    fn read(asked: &Asked, lang: Lang) -> Self {
        let (query, faults) = (asked.filled_in(), Faults::default());
        let text = |name| query.text(name).unwrap_or_default().trim().to_owned();
        let (event_text, user_text, code_text) = (text("event"), text("user"), text("code"));
        let event = some(&event_text, "event", &faults, event_number);
        let user = some(&user_text, "user", &faults, user_id_of);
        let not_code = |text: &str| text.parse().map_err(|_| Fault::NotReservationId);
        let code = some(&code_text, "code", &faults, not_code);
        if code.is_some() && user_text.is_empty() {
            faults.note("user", Fault::CodeNeedsUser);
        }
        let status = one_of(STATUSES, &ReservationStatus::ALL);
        let status = query.optional("status", &faults, status);
        let first = Faults::default();
        let page = query.optional("page", &first, number(1, PAGE_NUMBER_MAX.into()));
        let told = faults.unless_any(Some(())).err();
        let told = told.iter().flat_map(ApiError::faults);
        Self {
            faults: told
                .map(|(field, fault)| (field.to_owned(), of_fault(lang, fault).into_owned()))
                .collect(),
            event,
            event_text,
            user,
            user_text,
            code,
            code_text,
            status,
            page: page.and_then(|page| u32::try_from(page).ok()).unwrap_or(1),
        }
    }

    /// What is wrong with this field, if anything.
    fn fault(&self, field: &str) -> Option<&str> {
        let mut faults = self.faults.iter();
        faults
            .find(|(known, _)| known == field)
            .map(|(_, fault)| fault.as_str())
    }

    fn address(&self, page: u32) -> String {
        let status = self.status.map_or("", ReservationStatus::as_str);
        format!(
            "/admin/reservations?event={}&user={}&code={}&status={status}&page={page}",
            encode(&self.event_text),
            encode(&self.user_text),
            encode(&self.code_text)
        )
    }

    fn query(&self) -> ReservationListQuery {
        ReservationListQuery {
            event: self.event,
            user: self.user.clone(),
            status: self.status,
            direction: Direction::Descending,
            page: PageRequest {
                page: self.page - 1,
                size: PAGE_SIZE,
            },
        }
    }

    /// Whether this is asked for, beside its code and its buyer.
    fn takes(&self, found: &Reservation) -> bool {
        self.event.is_none_or(|event| event == found.event)
            && self.status.is_none_or(|status| status == found.status())
    }
}

/// What `text` says, unless it is empty.
fn some<T>(
    text: &str,
    field: &'static str,
    faults: &Faults,
    read: impl FnOnce(&str) -> Result<T, Fault>,
) -> Option<T> {
    let text = Some(text).filter(|text| !text.is_empty())?;
    faults.catch(field, read(text))
}

struct Row {
    id: String,
    code: String,
    event: i64,
    user: String,
    grade: String,
    quantity: u32,
    seats: String,
    total: String,
    status: &'static str,
    at: String,
}

impl Row {
    async fn of(app: &App, reservation: &Reservation, lang: Lang) -> Self {
        let snapshot = told_event(app, reservation.event).await;
        let event = snapshot.as_deref().map(|snapshot| &*snapshot.event);
        let zone = event.map_or(app.zone.clone(), |event| Zone::named_or_utc(&event.zone));
        let seats: Vec<_> = reservation.seats.iter().map(ToString::to_string).collect();
        Self {
            id: reservation.id.to_string(),
            code: reservation.code().to_string(),
            event: reservation.event.0,
            user: reservation.user.to_string(),
            grade: reservation.seat_type.to_string(),
            quantity: reservation.quantity.get(),
            seats: seats.join(" "),
            total: event.map_or(String::new(), |event| {
                format::money(reservation.total_price, event.currency, lang)
            }),
            status: (words(lang).status_is)(reservation.status()),
            at: format::moment(reservation.reserved_at, &zone, lang),
        }
    }
}

pub(super) async fn list(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let desk = Desk::of(&app, &asked);
    let lang = desk.lang();
    let wanted = Wanted::read(&asked, lang);
    let (status, (found, total)) = if wanted.faults.is_empty() {
        (StatusCode::OK, found(&app, &wanted).await?)
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, (Vec::new(), 0))
    };
    let mut rows = Vec::with_capacity(found.len());
    for reservation in &found {
        rows.push(Row::of(&app, reservation, lang).await);
    }
    let is_last = u64::from(wanted.page) * u64::from(PAGE_SIZE) >= total;
    let statuses = ReservationStatus::ALL.into_iter();
    let template = ReservationsPage {
        statuses: statuses
            .map(|status| {
                let is_chosen = wanted.status == Some(status);
                (status.as_str(), (desk.w.status_is)(status), is_chosen)
            })
            .collect(),
        rows,
        found: (desk.w.found)(total),
        previous: (wanted.page > 1).then(|| wanted.address(wanted.page - 1)),
        next: (!is_last).then(|| wanted.address(wanted.page + 1)),
        wanted,
        desk,
    };
    page(status, lang, &template)
}

/// A code belongs to a buyer, so both find one reservation; anything else finds a list.
async fn found(app: &App, wanted: &Wanted) -> Result<(Vec<Reservation>, u64), ApiError> {
    if let Some((code, user)) = wanted.code.zip(wanted.user.as_ref()) {
        let found = app.box_office.reservation_by_code(user, code).await?;
        let found = found.filter(|found| wanted.takes(found));
        let total = u64::from(found.is_some());
        return Ok((found.into_iter().collect(), total));
    }
    let found = app.box_office.reservations(&wanted.query()).await?;
    Ok((found.items, found.total))
}
