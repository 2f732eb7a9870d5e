//! What a decision needs to know beside the event, and what it changes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::buyer::UserId;
use crate::command::Outcome;
use crate::event::{Event, EventSnapshot};
use crate::grade::Grade;
use crate::idempotency::{IdempotencyKey, KeyRecord};
use crate::ids::{EventId, GroupId, PaymentId, ReservationId, Version};
use crate::payment::{Payment, Refund};
use crate::reservation::Reservation;
use crate::time::Timestamp;

/// What a batch of commands needs to know beside the event's snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FactsQuery {
    /// Keys to look up, with the reservations that they led to.
    pub keys: Vec<(UserId, IdempotencyKey)>,
    /// Keys to look up whose user is the reservation's: the reservation and the key.
    pub keys_by_reservation: Vec<(ReservationId, IdempotencyKey)>,
    /// Buyers whose live tickets to count.
    pub buyers: Vec<UserId>,
    /// Reservations to look up.
    pub reservations: Vec<ReservationId>,
    /// Payments to look up.
    pub payments: Vec<PaymentId>,
    /// Look up holds that end at or before this; `None`: don't.
    pub due_by: Option<Timestamp>,
    /// Look up reservations HELD or CONFIRMED, which a cancelled event still has to give back.
    pub live: bool,
    /// At most this many of `due_by` and of `live`, each.
    pub due_len_max: u32,
}

impl FactsQuery {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
            && self.keys_by_reservation.is_empty()
            && self.buyers.is_empty()
            && self.reservations.is_empty()
            && self.payments.is_empty()
            && self.due_by.is_none()
            && !self.live
    }
}

/// What was found. It may be newer than the snapshot that it is used with; then the commit fails.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// The event's version, read before anything else here; `None`: the event is gone.
    pub version: Option<Version>,
    /// Keys that led to a success.
    pub keys: HashMap<(UserId, IdempotencyKey), KeyRecord>,
    /// Tickets HELD, PAYING and CONFIRMED of the buyers asked about; those with none are left out.
    pub holdings: HashMap<UserId, u32>,
    /// Reservations asked about, and those that the found keys led to. Of this event only.
    pub reservations: HashMap<ReservationId, Arc<Reservation>>,
    /// Payments asked about, of this event only.
    pub payments: HashMap<PaymentId, PaymentRecord>,
    /// Holds that are due, earliest first, at most `due_len_max`.
    pub due: Vec<Arc<Reservation>>,
    /// The earliest end of a hold that is not in `due`; filled where `due_by` was asked.
    pub next_due: Option<Timestamp>,
    /// Reservations HELD or CONFIRMED, at most `due_len_max`; filled where `live` was asked.
    pub live: Vec<Arc<Reservation>>,
}

/// An attempt to pay, whatever its reservation says by now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentRecord {
    /// For which reservation.
    pub reservation: ReservationId,
    /// Where it stands.
    pub payment: Payment,
    /// How it goes back, if it does.
    pub refund: Option<Refund>,
}

/// A reservation that a group made or changed, as it is after the group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touched {
    /// The reservation.
    pub reservation: Arc<Reservation>,
    /// Whether the group made it.
    pub new: bool,
}

/// Everything that a group writes beside its line in the log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// The event, where its description, rules or state changed.
    pub event: Option<Arc<Event>>,
    /// The grades that changed, whole.
    pub grades: Vec<Grade>,
    /// Reservations made or changed; each once.
    pub reservations: Vec<Touched>,
    /// Keys that led to a success.
    pub keys: Vec<KeyRecord>,
    /// Payment attempts made or changed, with their reservations; each once.
    pub payments: Vec<(ReservationId, Payment)>,
    /// Refunds made or changed that no reservation's state carries: of money that came when its
    /// reservation had no use for it any more. Each once.
    pub refunds: Vec<Refund>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.event.is_none()
            && self.grades.is_empty()
            && self.reservations.is_empty()
            && self.keys.is_empty()
            && self.payments.is_empty()
            && self.refunds.is_empty()
    }
}

/// One link of an event's chain, ready to be committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The event.
    pub event: EventId,
    /// The version that it was decided on; the group becomes the next one.
    pub base: Version,
    /// Its own mark in the log.
    pub id: GroupId,
    /// The time it was decided for.
    pub now: Timestamp,
    /// Which node decided it.
    pub actor: String,
    /// Commands and outcomes in brief, a JSON object.
    pub brief: String,
    /// What it writes.
    pub changes: Changes,
}

/// A decision: an outcome for each command, and what it changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// One for each command, in their order.
    pub outcomes: Vec<Outcome>,
    /// What to write; empty where nothing changes.
    pub changes: Changes,
    /// The event's state once it is committed; its version is the next one where anything changes.
    pub after: EventSnapshot,
    /// Whether more is due at this very moment than the facts held.
    pub more_due: bool,
}
