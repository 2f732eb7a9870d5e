//! A reservation: a hold with its countdown, tickets, or what became of it.

use askama::Template;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::ReservationId;
use boxoffice::money::{Currency, Money};
use boxoffice::payment::{Payment, RefundState};
use boxoffice::reservation::{Reservation, ReservationState, Ticket};
use boxoffice::time::Timestamp;

use super::face::hue;
use super::format;
use super::html::{self, Frame};
use super::qr::{Qr, qr};
use super::texts::texts;
use super::visitor::lang_of;
use crate::api::{Answer, App, told_event};
use crate::errors::{ApiError, Code};
use crate::lang::Lang;
use crate::request::{Asked, Fault};
use crate::visit::Host;
use crate::zone::Zone;

/// How soon a page asks again whether the provider has answered, in seconds.
const PAYING_REFRESH_SECS: u32 = 2;

/// The cards that the sandbox takes: number, token.
pub(super) const CARDS: [(&str, &str); 3] = [
    ("4242 4242 4242 4242", "tok_ok"),
    ("4000 0000 0000 0002", "tok_declined"),
    ("4000 0000 0000 0119", "tok_timeout"),
];

/// What every page of a reservation says.
struct Order {
    id: String,
    code: String,
    user: String,
    event_id: i64,
    event_name: String,
    hue: i64,
    when: String,
    venue: Option<String>,
    grade: String,
    seats: Vec<String>,
    quantity: String,
    total: String,
}

impl Order {
    fn of(reservation: &Reservation, place: &Place, lang: Lang) -> Self {
        let event = place.snapshot.as_deref().map(|snapshot| &*snapshot.event);
        Self {
            id: reservation.id.to_string(),
            code: reservation.code().to_string(),
            user: reservation.user.to_string(),
            event_id: reservation.event.0,
            event_name: event.map(|event| event.name.clone()).unwrap_or_default(),
            hue: hue(reservation.event),
            when: event
                .map(|event| format::moment(event.starts_at, &place.zone, lang))
                .unwrap_or_default(),
            venue: event.and_then(|event| event.venue.name.clone()),
            grade: reservation.seat_type.to_string(),
            seats: reservation.seats.iter().map(ToString::to_string).collect(),
            quantity: (texts(lang).hold.tickets)(reservation.quantity.get()),
            total: place.money(reservation.total_price, lang),
        }
    }
}

/// Where a reservation's times and amounts are told.
struct Place {
    snapshot: Option<std::sync::Arc<EventSnapshot>>,
    zone: Zone,
    currency: Currency,
}

impl Place {
    async fn of(app: &App, reservation: &Reservation) -> Self {
        let snapshot = told_event(app, reservation.event).await;
        let event = snapshot.as_deref().map(|snapshot| &*snapshot.event);
        Self {
            zone: event.map_or(app.zone.clone(), |e| Zone::named_or_utc(&e.zone)),
            currency: event.map_or(Currency::KRW, |event| event.currency),
            snapshot,
        }
    }

    fn money(&self, amount: Money, lang: Lang) -> String {
        format::price(amount, self.currency, lang)
    }
}

#[derive(Template)]
#[template(path = "hold.html")]
struct HoldPage {
    frame: Frame,
    order: Order,
    until: String,
    until_millis: i64,
    remaining: String,
    now_millis: i64,
    is_extended: bool,
    is_declined: bool,
    notice: Option<String>,
    cards: [(&'static str, &'static str); 3],
    pay: String,
    keys: [String; 3],
}

#[derive(Template)]
#[template(path = "paying.html")]
struct PayingPage {
    frame: Frame,
    order: Order,
}

#[derive(Template)]
#[template(path = "tickets.html")]
struct TicketsPage {
    frame: Frame,
    order: Order,
    tickets: Vec<TicketView>,
    can_cancel: bool,
    cancel_body: String,
    notice: Option<String>,
    key: String,
}

struct TicketView {
    number: u32,
    title: String,
    seat: Option<String>,
    code: String,
    qr: Option<Qr>,
    used_at: Option<String>,
}

#[derive(Template)]
#[template(path = "ended.html")]
struct EndedPage {
    frame: Frame,
    order: Order,
    title: &'static str,
    body: String,
    money: String,
}

/// The id in an address.
pub(super) fn id_of(asked: &Asked) -> Result<ReservationId, ApiError> {
    let id = asked.param("id", |text| {
        text.parse().map_err(|_| Fault::NotReservationId)
    });
    // An address that cannot be one leads nowhere; it is no form to be filled in better.
    id.map_err(|_| Code::ReservationNotFound.into())
}

pub(super) async fn page(app: Host, asked: Asked) -> Answer {
    let id = id_of(&asked)?;
    let found = app.box_office.reservation(id).await?;
    let reservation = found.ok_or(Code::ReservationNotFound)?;
    told(&app, &reservation, lang_of(asked.headers()), None).await
}

/// The page of a reservation; with an error, why it could not be changed.
pub(super) async fn told(
    app: &App,
    reservation: &Reservation,
    lang: Lang,
    error: Option<&ApiError>,
) -> Answer {
    let place = Place::of(app, reservation).await;
    let frame = Frame::new(lang, format!("/reservations/{}", reservation.id));
    let order = Order::of(reservation, &place, lang);
    let now = app.box_office.now();
    let status = error.map_or(StatusCode::OK, |error| match error.code() {
        Code::InvalidRequest => StatusCode::UNPROCESSABLE_ENTITY,
        code => code.status(),
    });
    let mut refresh = None;
    let drawn = match &reservation.state {
        ReservationState::Held { expires_at, .. } if *expires_at <= now => {
            html::page(status, lang, &expired(frame, order))
        }
        ReservationState::Held {
            expires_at,
            extended,
        } => {
            let left_secs = (expires_at.as_micros() - now.as_micros()) / 1_000_000;
            refresh = u32::try_from(left_secs + 1).ok();
            let hold = hold(frame, order, (*expires_at, now), *extended, error, &place);
            html::page(status, lang, &hold)
        }
        ReservationState::Paying { .. } => {
            refresh = Some(PAYING_REFRESH_SECS);
            html::page(status, lang, &PayingPage { frame, order })
        }
        ReservationState::Confirmed { payment } => {
            let page = tickets(
                app,
                reservation,
                frame,
                order,
                &place,
                payment.as_ref(),
                error,
            );
            html::page(status, lang, &page)
        }
        ReservationState::Cancelled { at, .. } => html::page(
            status,
            lang,
            &cancelled(reservation, *at, frame, order, &place),
        ),
        ReservationState::Expired { .. } => html::page(status, lang, &expired(frame, order)),
    };
    let mut response = drawn?;
    // It is one person's, and its address opens it.
    let unkept = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, unkept);
    if let Some(secs) = refresh {
        html::refresh_after(&mut response, secs);
    }
    Ok(response)
}

fn hold(
    frame: Frame,
    order: Order,
    (until, now): (Timestamp, Timestamp),
    is_extended: bool,
    error: Option<&ApiError>,
    place: &Place,
) -> HoldPage {
    let lang = frame.lang;
    let is_declined = error.is_some_and(|error| error.code() == Code::PaymentDeclined);
    let is_unknown_card = error.is_some_and(|error| error.code() == Code::InvalidRequest);
    let notice = match error {
        Some(_) if is_declined => Some(frame.t.hold.declined.to_owned()),
        Some(_) if is_unknown_card => Some(frame.t.card.unknown.to_owned()),
        error => error.map(|error| super::filled::notice(error, lang)),
    };
    HoldPage {
        until: (frame.t.hold.until)(&format::clock(until, &place.zone)),
        until_millis: format::millis(until),
        remaining: format::remaining(now, until, lang),
        now_millis: format::millis(now),
        is_extended,
        is_declined,
        notice,
        cards: cards(&frame),
        pay: (frame.t.card.pay)(&order.total),
        keys: std::array::from_fn(|_| html::form_key()),
        frame,
        order,
    }
}

/// The sandbox's cards and what each does.
fn cards(frame: &Frame) -> [(&'static str, &'static str); 3] {
    let t = &frame.t.card;
    let [pays, declines, is_slow] = CARDS.map(|(number, _)| number);
    [(pays, t.pays), (declines, t.declines), (is_slow, t.is_slow)]
}

fn tickets(
    app: &App,
    reservation: &Reservation,
    frame: Frame,
    order: Order,
    place: &Place,
    payment: Option<&Payment>,
    error: Option<&ApiError>,
) -> TicketsPage {
    let view = |ticket: &Ticket| {
        let code = app.box_office.ticket_code(reservation, ticket).to_string();
        TicketView {
            number: ticket.number,
            title: (frame.t.ticket.number_of)(ticket.number, reservation.quantity.get()),
            seat: ticket.seat.as_ref().map(ToString::to_string),
            qr: qr(&code),
            used_at: ticket
                .used_at()
                .map(|at| (frame.t.ticket.used_at)(&format::clock(at, &place.zone))),
            code,
        }
    };
    let tickets: Vec<_> = reservation.tickets.iter().map(view).collect();
    let now = app.box_office.now();
    let has_begun = place
        .snapshot
        .as_deref()
        .is_some_and(|snapshot| snapshot.event.starts_at <= now);
    TicketsPage {
        can_cancel: !has_begun && tickets.iter().all(|ticket| ticket.used_at.is_none()),
        tickets,
        cancel_body: match payment {
            Some(_) => (frame.t.ticket.cancel_body)(&order.total),
            None => frame.t.ticket.cancel_free_body.to_owned(),
        },
        notice: error.map(|error| super::filled::notice(error, frame.lang)),
        key: html::form_key(),
        frame,
        order,
    }
}

fn cancelled(
    reservation: &Reservation,
    at: Timestamp,
    frame: Frame,
    order: Order,
    place: &Place,
) -> EndedPage {
    let (t, lang) = (&frame.t.ended, frame.lang);
    let refund = match &reservation.state {
        ReservationState::Cancelled { refund, .. } => refund.as_ref(),
        _ => None,
    };
    let money = refund.map_or(t.no_refund.to_owned(), |refund| {
        let amount = place.money(refund.amount, lang);
        match refund.state {
            RefundState::Done { .. } => (t.refund_done)(&amount),
            RefundState::Pending => {
                let expected = format::moment(refund.expected_at, &place.zone, lang);
                (t.refund_pending)(&amount, &expected)
            }
        }
    });
    EndedPage {
        title: t.cancelled_title,
        body: (t.cancelled_at)(&format::moment(at, &place.zone, lang)),
        money,
        frame,
        order,
    }
}

fn expired(frame: Frame, order: Order) -> EndedPage {
    EndedPage {
        title: frame.t.ended.expired_title,
        body: frame.t.ended.expired_body.to_owned(),
        money: String::new(),
        frame,
        order,
    }
}
