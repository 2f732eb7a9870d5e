//! Events: what is sold, when, and by which rules.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::grade::{Grade, SeatType, Seating, Stock};
use crate::ids::{EventId, Version};
use crate::money::Currency;
use crate::seats::SeatMaps;
use crate::time::Timestamp;

/// The organizer that every installation has.
pub const DEFAULT_ORGANIZER: i64 = 1;

/// Most seats that one event may have.
pub const SEATS_MAX: u32 = 10_000_000;

/// Most grades that one event may have.
pub const GRADES_MAX: usize = 50;

/// Where it takes place.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Venue {
    /// The hall's name.
    pub name: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// How many people it takes; told, not enforced.
    pub capacity: Option<u32>,
}

/// What the organizer decided about the sale; what follows from time and stock is derived.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SaleState {
    /// Sells within its sale window.
    Active,
    /// Sells no more; what was sold stays valid.
    Closed,
    /// Does not take place; every reservation is cancelled and refunded.
    Cancelled,
}

/// What a visitor is told about an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EventStatus {
    /// Seats are left.
    Active,
    /// No seat is left at the moment.
    SoldOut,
    /// Closed by the organizer, its sale window or its date.
    Closed,
    /// Called off.
    Cancelled,
}

/// An event without its stock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    pub id: EventId,
    /// Whose event it is.
    pub organizer: i64,
    /// The show it is a performance of, if any.
    pub production: Option<i64>,
    /// Its name.
    pub name: String,
    /// A text about it.
    pub description: Option<String>,
    /// Where it is.
    pub venue: Venue,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The IANA name of the zone that its times are told in.
    pub zone: String,
    /// What prices are in.
    pub currency: Currency,
    /// When the sale opens; `None`: at once.
    pub sale_opens_at: Option<Timestamp>,
    /// When the sale closes; `None`: when the event begins.
    pub sale_closes_at: Option<Timestamp>,
    /// How long a reservation is held for payment; 0: confirmed at once.
    pub hold_secs: u32,
    /// Most tickets that one buyer may hold or own.
    pub buyer_tickets_max: Option<u32>,
    /// What the organizer decided.
    pub state: SaleState,
    /// When it was deleted, if it was.
    pub deleted_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its description or rules last changed.
    pub updated_at: Timestamp,
}

/// What the sale window says at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SalePhase {
    /// Not yet.
    Before {
        /// When it opens.
        opens_at: Timestamp,
    },
    /// Now.
    Open,
    /// No more.
    Over,
}

impl Event {
    /// Whether the sale is before, in or past its window at `now`.
    pub fn phase(&self, now: Timestamp) -> SalePhase {
        let closes_at = self
            .sale_closes_at
            .map_or(self.starts_at, |at| at.min(self.starts_at));
        if self.state != SaleState::Active || now >= closes_at {
            return SalePhase::Over;
        }
        match self.sale_opens_at {
            Some(opens_at) if now < opens_at => SalePhase::Before { opens_at },
            _ => SalePhase::Open,
        }
    }
}

/// An event and its stock at one version of its chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventSnapshot {
    /// The event; shared, because it seldom changes while its stock does.
    pub event: Arc<Event>,
    /// Its grades, in the organizer's order.
    pub grades: Vec<Grade>,
    /// The last group that is in this.
    pub version: Version,
    /// The time of that group; no later group is earlier.
    pub last_now: Timestamp,
    /// No hold falls due before this; `None`: no hold is waiting.
    pub next_due: Option<Timestamp>,
    /// Which seats of its assigned grades are taken. Lists of events are read without.
    pub seats: SeatMaps,
}

impl EventSnapshot {
    /// The seats of all grades together.
    pub fn stock(&self) -> Stock {
        self.grades
            .iter()
            .fold(Stock::default(), |sum, grade| Stock {
                total: sum.total + grade.stock.total,
                available: sum.available + grade.stock.available,
                held: sum.held + grade.stock.held,
                sold: sum.sold + grade.stock.sold,
            })
    }

    /// What to tell a visitor at `now`.
    pub fn status(&self, now: Timestamp) -> EventStatus {
        if self.event.state == SaleState::Cancelled {
            return EventStatus::Cancelled;
        }
        match self.event.phase(now) {
            SalePhase::Over => EventStatus::Closed,
            _ if self.stock().available == 0 => EventStatus::SoldOut,
            _ => EventStatus::Active,
        }
    }

    /// Whether a grade has numbered seats.
    pub fn is_assigned(&self) -> bool {
        let assigned = |grade: &Grade| matches!(grade.seating, Seating::Assigned { .. });
        self.grades.iter().any(assigned)
    }

    /// The grade of this name.
    pub fn grade(&self, seat_type: &SeatType) -> Option<&Grade> {
        self.grades
            .iter()
            .find(|grade| grade.seat_type == *seat_type)
    }
}

/// What an organizer says to create an event; checked by whoever makes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    /// The event; its id is not known yet and is ignored.
    pub event: Event,
    /// Its grades, in order, with fresh stock.
    pub grades: Vec<Grade>,
}
