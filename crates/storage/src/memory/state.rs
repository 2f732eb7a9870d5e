//! The maps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use boxoffice::buyer::{User, UserId};
use boxoffice::event::{Event, EventSnapshot};
use boxoffice::grade::{Grade, SeatLabel};
use boxoffice::idempotency::{IdempotencyKey, KeyedRequest};
use boxoffice::ids::{EventId, GroupId, PaymentId, ReservationId, Version};
use boxoffice::payment::{Payment, Refund};
use boxoffice::reservation::{Reservation, ReservationState, ReservationStatus};
use boxoffice::seats::{SeatMaps, SeatState};
use boxoffice::store::SECRET_LEN;
use boxoffice::time::Timestamp;
use uuid::Uuid;

use crate::shape::claimed;

/// Everything that is stored.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) closed: bool,
    pub(super) events: BTreeMap<EventId, EventRow>,
    reservations: BTreeMap<ReservationId, Arc<Reservation>>,
    by_user: BTreeSet<(UserId, ReservationId)>,
    by_event: BTreeSet<(EventId, ReservationId)>,
    holds: BTreeSet<(EventId, Timestamp, ReservationId)>,
    pub(super) claims: BTreeMap<EventId, Claims>,
    paying: BTreeSet<ReservationId>,
    pub(super) payments: BTreeMap<PaymentId, PaymentRow>,
    /// Every refund, whether a reservation carries it or not.
    pub(super) refunds: BTreeMap<PaymentId, Refund>,
    pub(super) secrets: BTreeMap<String, [u8; SECRET_LEN]>,
    pub(super) keys: BTreeMap<KeyScope, KeyRow>,
    pub(super) users: BTreeMap<UserId, User>,
}

/// An event, its stock and its chain.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) event: Arc<Event>,
    pub(super) grades: Vec<Grade>,
    pub(super) version: Version,
    pub(super) last_now: Timestamp,
    /// Follows from the claims.
    pub(super) seats: SeatMaps,
    pub(super) log: BTreeMap<Version, LogLine>,
}

/// One link of a chain.
#[derive(Debug)]
pub(super) struct LogLine {
    pub(super) group: GroupId,
    pub(super) at: Timestamp,
}

/// A payment attempt and where it belongs.
#[derive(Clone, Debug)]
pub(super) struct PaymentRow {
    pub(super) event: EventId,
    pub(super) reservation: ReservationId,
    pub(super) payment: Payment,
}

/// Whose key: the event and the user, each `None` where the key has none.
pub(super) type KeyScope = (Option<EventId>, Option<UserId>, IdempotencyKey);

/// Whose each claimed seat of an event is.
pub(super) type Claims = BTreeMap<SeatLabel, ReservationId>;

/// What a key led to.
#[derive(Clone, Debug)]
pub(super) struct KeyRow {
    pub(super) request: KeyedRequest,
    pub(super) led_to: LedTo,
    pub(super) at: Timestamp,
}

/// The thing that a key's request made.
#[derive(Clone, Copy, Debug)]
pub(super) enum LedTo {
    Reservation(ReservationId),
    Event(EventId),
    Profile,
}

const FIRST_ID: ReservationId = ReservationId(Uuid::nil());
const LAST_ID: ReservationId = ReservationId(Uuid::max());

impl State {
    /// The event at its version with its seats, deleted or not.
    pub(super) fn snapshot(&self, id: EventId) -> Option<EventSnapshot> {
        let seats = self.events.get(&id)?.seats.clone();
        let snapshot = self.without_seats(id)?;
        Some(EventSnapshot { seats, ..snapshot })
    }

    /// Shows a reservation's seats on the map as the claims have them now.
    ///
    /// A claim of a seat that no grade has is left to the audit.
    pub(super) fn map_seats(&mut self, reservation: &Reservation) {
        let event = reservation.event;
        let (claims, Some(row)) = (self.claims.get(&event), self.events.get_mut(&event)) else {
            return;
        };
        for seat in &reservation.seats {
            let by = claims.and_then(|claims| claims.get(seat));
            let standing = by.map_or(SeatState::Available, |by| {
                claimed(self.reservations.get(by).map(|found| found.status()))
            });
            row.seats.set(std::slice::from_ref(seat), standing);
        }
    }

    /// The event at its version, deleted or not, as lists tell it.
    pub(super) fn without_seats(&self, id: EventId) -> Option<EventSnapshot> {
        let row = self.events.get(&id)?;
        Some(EventSnapshot {
            event: Arc::clone(&row.event),
            grades: row.grades.clone(),
            version: row.version,
            last_now: row.last_now,
            next_due: self.holds_of(id).next().map(|(at, _)| at),
            seats: SeatMaps::default(),
        })
    }

    /// The reservation, with its payment as it is now.
    pub(super) fn reservation(&self, id: ReservationId) -> Option<Arc<Reservation>> {
        let mut found = Arc::clone(self.reservations.get(&id)?);
        let Some(known) = crate::shape::payment_of(&found) else {
            return Some(found);
        };
        let current = &self.payments.get(&known.id)?.payment;
        if current != known {
            let current = current.clone();
            let (ReservationState::Paying { payment, .. }
            | ReservationState::Confirmed {
                payment: Some(payment),
            }
            | ReservationState::Cancelled {
                payment: Some(payment),
                ..
            }) = &mut Arc::make_mut(&mut found).state
            else {
                return Some(found);
            };
            *payment = current;
        }
        Some(found)
    }

    /// The reservation as it was written, without a look at its payment.
    pub(super) fn stored(&self, id: ReservationId) -> Option<&Arc<Reservation>> {
        self.reservations.get(&id)
    }

    /// Every reservation's id, in order.
    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = ReservationId> {
        self.reservations.keys().copied()
    }

    /// The ids of a buyer's reservations, in order.
    pub(super) fn of_user(&self, user: &UserId) -> impl DoubleEndedIterator<Item = ReservationId> {
        let all = (user.clone(), FIRST_ID)..=(user.clone(), LAST_ID);
        self.by_user.range(all).map(|(_, id)| *id)
    }

    /// The ids of an event's reservations, in order.
    pub(super) fn of_event(&self, id: EventId) -> impl DoubleEndedIterator<Item = ReservationId> {
        self.by_event
            .range((id, FIRST_ID)..=(id, LAST_ID))
            .map(|(_, id)| *id)
    }

    /// The event's holds, the first to end first.
    pub(super) fn holds_of(&self, id: EventId) -> impl Iterator<Item = (Timestamp, ReservationId)> {
        let first = (id, Timestamp::from_micros(i64::MIN), FIRST_ID);
        let last = (id, Timestamp::from_micros(i64::MAX), LAST_ID);
        self.holds.range(first..=last).map(|(_, at, id)| (*at, *id))
    }

    /// The ids of reservations that are being paid, in order.
    pub(super) fn paying(&self) -> &BTreeSet<ReservationId> {
        &self.paying
    }

    /// Puts a reservation in the place of what it was before, if it was.
    pub(super) fn put(&mut self, reservation: Arc<Reservation>) {
        let id = reservation.id;
        if let Some(due_at) = self
            .reservations
            .get(&id)
            .and_then(|before| before.due_at())
        {
            self.holds.remove(&(reservation.event, due_at, id));
        }
        if let Some(due_at) = reservation.due_at() {
            self.holds.insert((reservation.event, due_at, id));
        }
        if reservation.status() == ReservationStatus::Paying {
            self.paying.insert(id);
        } else {
            self.paying.remove(&id);
        }
        let (user, event) = (reservation.user.clone(), reservation.event);
        if self.reservations.insert(id, reservation).is_none() {
            self.by_user.insert((user, id));
            self.by_event.insert((event, id));
        }
    }

    /// Removes keys from before `before`, the oldest first.
    pub(super) fn purge(&mut self, before: Timestamp, len_max: u32) -> u64 {
        let old = self.keys.iter().filter(|(_, row)| row.at < before);
        let mut old: Vec<(Timestamp, KeyScope)> =
            old.map(|(scope, row)| (row.at, scope.clone())).collect();
        old.sort();
        old.truncate(len_max as usize);
        for (_, scope) in &old {
            self.keys.remove(scope);
        }
        old.len() as u64
    }
}
