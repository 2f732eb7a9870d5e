//! The words that the tests are told in: moments, buyers, requests and events, with defaults.
#![allow(dead_code, reason = "each test binary tells its own part of the story")]

use boxoffice::buyer::UserId;
use boxoffice::command::Reserve;
use boxoffice::event::{DEFAULT_ORGANIZER, Event, NewEvent, SaleState, Venue};
use boxoffice::grade::{Grade, SeatLabel, SeatType, Seating, Stock};
use boxoffice::idempotency::{BodyHash, KeyedRequest};
use boxoffice::ids::{EventId, PaymentId, ReservationId};
use boxoffice::money::{Currency, Money};
use boxoffice::reservation::Quantity;
use boxoffice::time::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// What a ticket costs where a test does not care.
pub(crate) const PRICE: i64 = 1_000;

/// When every story begins, in seconds since the epoch.
const BEGINNING_SECS: i64 = 1_900_000_000;

/// When the event itself begins where a test does not care, in seconds of the story.
pub(crate) const STARTS_SECS: i64 = 1_000_000;

/// So many seconds into the story.
pub(crate) const fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros((BEGINNING_SECS + secs) * 1_000_000)
}

pub(crate) fn buyer(name: &str) -> UserId {
    name.parse().expect("a user id")
}

pub(crate) fn grade(name: &str) -> SeatType {
    name.parse().expect("a grade's name")
}

pub(crate) fn tickets(count: u32) -> Quantity {
    i64::from(count).try_into().expect("a quantity")
}

/// A client's key, and what it asked for under it.
pub(crate) fn keyed(key: &str, body: &str) -> KeyedRequest {
    KeyedRequest {
        key: key.parse().expect("a key"),
        body: BodyHash::of(&[body.as_bytes()]),
    }
}

fn unused_number() -> u128 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed).into()
}

/// A reservation's id that nothing else has.
pub(crate) fn new_id() -> ReservationId {
    ReservationId(Uuid::from_u128(unused_number()))
}

/// A payment's id that nothing else has.
pub(crate) fn new_payment() -> PaymentId {
    PaymentId(Uuid::from_u128(unused_number()))
}

/// A buyer's request for seats, of any grade and without a key unless it says so.
#[derive(Clone)]
pub(crate) struct Ask(pub(crate) Reserve);

pub(crate) fn ask(name: &str, count: u32) -> Ask {
    Ask(Reserve {
        id: new_id(),
        user: buyer(name),
        quantity: tickets(count),
        seat_type: None,
        seats: Vec::new(),
        key: None,
    })
}

impl Ask {
    pub(crate) fn of(mut self, name: &str) -> Self {
        self.0.seat_type = Some(grade(name));
        self
    }

    pub(crate) fn seats(mut self, labels: &[&str]) -> Self {
        let labels = labels.iter().map(|label| SeatLabel((*label).into()));
        self.0.seats = labels.collect();
        self
    }

    /// Under this key; the same request each time.
    pub(crate) fn keyed(self, key: &str) -> Self {
        self.keyed_for(key, "the same")
    }

    /// Under this key, for this body.
    pub(crate) fn keyed_for(mut self, key: &str, body: &str) -> Self {
        self.0.key = Some(keyed(key, body));
        self
    }

    /// The same request, as its retry: with another id.
    pub(crate) fn again(&self) -> Self {
        let mut retry = self.clone();
        retry.0.id = new_id();
        retry
    }
}

/// An event that is about to go on sale.
#[derive(Clone)]
pub(crate) struct EventBuilder {
    pub(crate) event: Event,
    pub(crate) grades: Vec<Grade>,
}

/// An event without grades, on sale at once, with ten minutes to pay and no limit per buyer.
pub(crate) fn event() -> EventBuilder {
    EventBuilder {
        event: Event {
            id: EventId(1),
            organizer: DEFAULT_ORGANIZER,
            production: None,
            name: "A concert".to_owned(),
            description: None,
            venue: Venue::default(),
            starts_at: at(STARTS_SECS),
            zone: "Asia/Seoul".to_owned(),
            currency: Currency::KRW,
            sale_opens_at: None,
            sale_closes_at: None,
            hold_secs: 600,
            buyer_tickets_max: None,
            state: SaleState::Active,
            deleted_at: None,
            created_at: at(0),
            updated_at: at(0),
        },
        grades: Vec::new(),
    }
}

impl EventBuilder {
    pub(crate) fn with_grade(self, name: &str, total: u32) -> Self {
        self.with_priced_grade(name, total, PRICE)
    }

    pub(crate) fn with_priced_grade(mut self, name: &str, total: u32, price: i64) -> Self {
        self.grades.push(Grade {
            seat_type: grade(name),
            price: Money(price),
            seating: Seating::General,
            stock: Stock::of(total),
        });
        self
    }

    pub(crate) fn with_assigned_grade(self, name: &str, rows: u32, seats_per_row: u32) -> Self {
        let mut event = self.with_grade(name, rows * seats_per_row);
        let last = event.grades.last_mut().expect("the grade of a moment ago");
        last.seating = Seating::Assigned {
            rows,
            seats_per_row,
        };
        event
    }

    pub(crate) fn held_for_secs(mut self, secs: u32) -> Self {
        self.event.hold_secs = secs;
        self
    }

    /// Without holds: whoever gets seats has them.
    pub(crate) fn sold_at_once(self) -> Self {
        self.held_for_secs(0)
    }

    pub(crate) fn limited_to(mut self, tickets: u32) -> Self {
        self.event.buyer_tickets_max = Some(tickets);
        self
    }

    pub(crate) fn opening_at(mut self, secs: i64) -> Self {
        self.event.sale_opens_at = Some(at(secs));
        self
    }

    pub(crate) fn closing_at(mut self, secs: i64) -> Self {
        self.event.sale_closes_at = Some(at(secs));
        self
    }

    pub(crate) fn starting_at(mut self, secs: i64) -> Self {
        self.event.starts_at = at(secs);
        self
    }

    pub(crate) fn build(self) -> NewEvent {
        NewEvent {
            event: self.event,
            grades: self.grades,
        }
    }
}
