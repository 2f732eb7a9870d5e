//! One event: what it is, what is left, and the form that takes seats.

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use boxoffice::box_office::CachedEvent;
use boxoffice::event::EventSnapshot;
use boxoffice::grade::{Grade, Seating};
use boxoffice::reservation::QUANTITY_MAX;
use boxoffice::time::Timestamp;

use super::drawn::{self, Sheet};
use super::face::{Face, Standing};
use super::filled::Filled;
use super::format;
use super::html::{self, Frame};
use super::texts::texts;
use super::visitor::lang_of;
use crate::api::{Answer, App, event_number};
use crate::errors::Code;
use crate::lang::Lang;
use crate::request::Asked;
use crate::visit::Host;
use crate::zone::Zone;

/// The route of [`told`], as it is counted.
pub(crate) const HOT_PAGE: &str = "/events/{eventId}";

/// Without a script, the page of an event comes back by itself when its sale opens within this time.
const OPENS_SOON_SECS: u32 = 600;

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    frame: Frame,
    face: Face,
    version: i64,
    description: Option<String>,
    address: Option<String>,
    capacity: Option<String>,
    zone: String,
    sale: Vec<String>,
    per_buyer: Option<String>,
    time_to_pay: Option<String>,
    hold_note: String,
    grades: Vec<GradeRow>,
    quantities: Vec<Quantity>,
    filled: Filled,
}

/// How many there can be.
struct Quantity {
    count: u32,
    is_sent: bool,
}

/// A grade that can be chosen.
struct GradeRow {
    name: String,
    price: String,
    left: u32,
    left_told: String,
    is_numbered: bool,
}

impl GradeRow {
    fn of(grade: &Grade, snapshot: &EventSnapshot, lang: Lang) -> Self {
        let (t, left) = (&texts(lang).event, grade.stock.available);
        Self {
            left_told: match left {
                0 => t.sold_out.to_owned(),
                left => (t.left)(left),
            },
            name: grade.seat_type.to_string(),
            price: format::price(grade.price, snapshot.event.currency, lang),
            left,
            is_numbered: matches!(grade.seating, Seating::Assigned { .. }),
        }
    }
}

impl EventPage {
    fn of(snapshot: &EventSnapshot, now: Timestamp, lang: Lang, filled: Filled) -> Self {
        let event = &*snapshot.event;
        let frame = Frame::new(lang, format!("/events/{}", event.id));
        let zone = Zone::named_or_utc(&event.zone);
        let moment = |at| format::moment(at, &zone, lang);
        let t = &frame.t.event;
        let from = event.sale_opens_at.map(|at| (t.sale_from)(&moment(at)));
        let until = event.sale_closes_at.map(|at| (t.sale_until)(&moment(at)));
        let grades = snapshot.grades.iter();
        let quantity = |count| Quantity {
            count,
            is_sent: count == filled.quantity,
        };
        let most = event.buyer_tickets_max.unwrap_or(QUANTITY_MAX);
        Self {
            face: Face::of(snapshot, now, lang),
            version: snapshot.version.0,
            description: event.description.clone(),
            address: event.venue.address.clone(),
            capacity: event.venue.capacity.map(t.capacity),
            zone: event.zone.clone(),
            sale: from.into_iter().chain(until).collect(),
            per_buyer: event.buyer_tickets_max.map(t.limit_is),
            time_to_pay: Some(event.hold_secs)
                .filter(|secs| *secs > 0)
                .map(t.minutes),
            hold_note: match event.hold_secs {
                0 => frame.t.buy.no_hold_note.to_owned(),
                secs => (frame.t.buy.hold_note)(secs),
            },
            grades: grades.map(|g| GradeRow::of(g, snapshot, lang)).collect(),
            quantities: (1..=most.min(QUANTITY_MAX)).map(quantity).collect(),
            filled,
            frame,
        }
    }

    /// Which grade is chosen before the buyer chooses: what she sent, or the only one that is left.
    fn is_chosen(&self, name: &str) -> bool {
        let mut left = self.grades.iter().filter(|grade| grade.left > 0);
        match (self.filled.seat_type.as_str(), left.next(), left.next()) {
            ("", Some(only), None) => only.name == name,
            (sent, ..) => sent.eq_ignore_ascii_case(name),
        }
    }

    fn is_numbered(&self) -> bool {
        self.grades.iter().any(|grade| grade.is_numbered)
    }
}

/// The page of an event, past the router: nearly everybody asks for it while it sells.
pub(crate) fn told(
    app: &App,
    cached: Option<CachedEvent>,
    headers: &HeaderMap,
    takes_gzip: bool,
) -> Answer {
    let lang = lang_of(headers);
    let snapshot = cached.ok_or(Code::EventNotFound)?.snapshot;
    let now = app.box_office.now();
    let draw = || html::drawn(&EventPage::of(&snapshot, now, lang, Filled::default()));
    let page = (lang, Sheet::Event);
    let mut response = drawn::answer(app, (&snapshot, now), page, takes_gzip, draw)?;
    if let Standing::Before { opens_at } = Standing::of(&snapshot, now) {
        let secs = (opens_at.as_micros() - now.as_micros()).div_euclid(1_000_000);
        if let Ok(secs) = u32::try_from(secs)
            && secs < OPENS_SOON_SECS
        {
            html::refresh_after(&mut response, secs + 1 + html::jitter(3));
        }
    }
    Ok(response)
}

pub(super) async fn page(app: Host, asked: Asked) -> Answer {
    let id = asked.param("eventId", event_number)?;
    let cached = app.box_office.event(id).await?;
    told(&app, cached, asked.headers(), false)
}

/// The same page after a form that could not be done, filled as it was sent.
pub(super) fn refilled(
    snapshot: &EventSnapshot,
    now: Timestamp,
    lang: Lang,
    status: StatusCode,
    filled: Filled,
) -> Answer {
    let page = EventPage::of(snapshot, now, lang, filled);
    let html = html::drawn(&page)?;
    let standing = page.face.standing;
    Ok(drawn::answer_once(&html, (standing, now), status, lang))
}
