//! The event as it becomes while a group is decided.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::buyer::UserId;
use crate::command::Outcome;
use crate::decide::Known;
use crate::event::{Event, EventSnapshot};
use crate::grade::{Grade, Stock};
use crate::group::{Changes, Decision, Touched};
use crate::idempotency::{BodyHash, IdempotencyKey, KeyRecord, KeyedRequest};
use crate::ids::{PaymentId, ReservationId, Version};
use crate::payment::{Payment, Refund};
use crate::planted::planted;
use crate::reservation::Reservation;
use crate::seats::{SeatMaps, SeatState};
use crate::time::Timestamp;

/// Starts as what is known, and takes in each command's changes.
pub(super) struct Draft<'a> {
    pub(super) known: Known<'a>,
    pub(super) now: Timestamp,
    pub(super) event: Arc<Event>,
    pub(super) grades: Vec<Grade>,
    pub(super) seats: SeatMaps,
    touched: IndexMap<ReservationId, Touched>,
    keys: IndexMap<(UserId, IdempotencyKey), KeyRecord>,
    payments: IndexMap<PaymentId, (ReservationId, Payment)>,
    /// Refunds that no reservation's state carries.
    refunds: IndexMap<PaymentId, Refund>,
    /// How the tickets of a buyer differ from the facts' count.
    holdings: HashMap<UserId, i64>,
}

/// How the seats of one reservation move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Movement {
    /// Free seats are held.
    Hold,
    /// Free seats are sold.
    Sell,
    /// Held seats are sold.
    Settle,
    /// Held seats become free.
    ReleaseHeld,
    /// Sold seats become free.
    ReleaseSold,
}

impl Movement {
    /// The stock after it; `None` where there are fewer seats to move.
    fn of_stock(self, stock: Stock, count: u32) -> Option<Stock> {
        match self {
            Self::Hold => stock.hold(count),
            Self::Sell => stock.sell(count),
            Self::Settle => stock.settle(count),
            Self::ReleaseHeld => stock.release_held(count),
            Self::ReleaseSold => stock.release_sold(count),
        }
    }

    /// Where it leaves numbered seats.
    const fn leaves_seats(self) -> SeatState {
        match self {
            Self::Hold => SeatState::Held,
            Self::Sell | Self::Settle => SeatState::Sold,
            Self::ReleaseHeld | Self::ReleaseSold => SeatState::Available,
        }
    }

    /// Tickets that the buyer gains for each seat.
    const fn tickets_gained(self) -> i64 {
        match self {
            Self::Hold | Self::Sell => 1,
            Self::Settle => 0,
            Self::ReleaseHeld | Self::ReleaseSold => -1,
        }
    }
}

/// What a key says about a request.
pub(super) enum KeyState {
    /// It was never used with success.
    Unused,
    /// It led to this reservation.
    LedTo(Arc<Reservation>),
    /// It was used for another request.
    Reused,
}

impl<'a> Draft<'a> {
    pub(super) fn new(known: Known<'a>, now: Timestamp) -> Self {
        Self {
            known,
            now,
            event: Arc::clone(&known.snapshot.event),
            grades: known.snapshot.grades.clone(),
            seats: known.snapshot.seats.clone(),
            touched: IndexMap::new(),
            keys: IndexMap::new(),
            payments: IndexMap::new(),
            refunds: IndexMap::new(),
            holdings: HashMap::new(),
        }
    }

    /// The reservation as it is now: changed in this group, or as it was found.
    pub(super) fn reservation(&self, id: ReservationId) -> Option<Arc<Reservation>> {
        let found = || self.known.facts.reservations.get(&id).cloned();
        self.changed(id).or_else(found)
    }

    /// The reservation, if this group has made or changed it.
    pub(super) fn changed(&self, id: ReservationId) -> Option<Arc<Reservation>> {
        let touched = self.touched.get(&id)?;
        Some(Arc::clone(&touched.reservation))
    }

    /// Keeps a reservation that is new in this group.
    pub(super) fn insert(&mut self, reservation: Arc<Reservation>) {
        self.touched.insert(
            reservation.id,
            Touched {
                reservation,
                new: true,
            },
        );
    }

    /// Keeps a reservation that changed; one that is new in this group stays new.
    pub(super) fn replace(&mut self, reservation: Reservation) -> Arc<Reservation> {
        let reservation = Arc::new(reservation);
        let new = self
            .touched
            .get(&reservation.id)
            .is_some_and(|touched| touched.new);
        let touched = Touched {
            reservation: Arc::clone(&reservation),
            new,
        };
        self.touched.insert(reservation.id, touched);
        reservation
    }

    /// Keeps an attempt to pay, as it is now.
    pub(super) fn keep_payment(&mut self, reservation: ReservationId, payment: Payment) {
        self.payments.insert(payment.id, (reservation, payment));
    }

    /// The attempt to pay as it is now, with its reservation; `None`: nobody began it.
    pub(super) fn payment(&self, id: PaymentId) -> Option<(ReservationId, Payment)> {
        let found = || {
            let record = self.known.facts.payments.get(&id)?;
            Some((record.reservation, record.payment.clone()))
        };
        self.payments.get(&id).cloned().or_else(found)
    }

    /// Keeps a refund that no reservation's state carries.
    pub(super) fn keep_refund(&mut self, refund: Refund) {
        self.refunds.insert(refund.payment, refund);
    }

    /// The refund of a payment, where no reservation's state carries it.
    pub(super) fn refund(&self, id: PaymentId) -> Option<Refund> {
        let found = || self.known.facts.payments.get(&id)?.refund.clone();
        self.refunds.get(&id).cloned().or_else(found)
    }

    /// What the key says about a request with this body.
    pub(super) fn key_state(&self, user: &UserId, request: &KeyedRequest) -> KeyState {
        let scope = (user.clone(), request.key.clone());
        let found = self
            .keys
            .get(&scope)
            .or_else(|| self.known.facts.keys.get(&scope));
        match found {
            None => KeyState::Unused,
            Some(record) if !same_body(record, request.body) => KeyState::Reused,
            Some(record) => match self.reservation(record.reservation) {
                Some(reservation) => KeyState::LedTo(reservation),
                // The record is there and its reservation is not: refuse rather than book again.
                None => KeyState::Reused,
            },
        }
    }

    /// Keeps a key that led to a success.
    pub(super) fn keep_key(&mut self, request: Option<&KeyedRequest>, reservation: &Reservation) {
        let Some(request) = request else { return };
        if planted!(KeyNotKept) {
            return;
        }
        let record = KeyRecord {
            user: reservation.user.clone(),
            request: request.clone(),
            reservation: reservation.id,
            at: self.now,
        };
        self.keys
            .insert((record.user.clone(), record.request.key.clone()), record);
    }

    /// Live tickets of this buyer, this group's changes included.
    pub(super) fn holding(&self, user: &UserId) -> u32 {
        let found = self.known.facts.holdings.get(user).copied().unwrap_or(0);
        let mut changed = self.holdings.get(user).copied().unwrap_or(0);
        if planted!(LimitBeforeGroup) {
            changed = 0;
        }
        u32::try_from(i64::from(found) + changed).unwrap_or(0)
    }

    /// Moves a reservation's seats in the stock of its grade and, where they have numbers, on the
    /// seat map; counts them for the buyer. Says whether there were enough to move.
    pub(super) fn move_seats(&mut self, of: &Reservation, movement: Movement) -> bool {
        let count = of.quantity.get();
        let mut grades = self.grades.iter_mut();
        let Some(grade) = grades.find(|grade| grade.seat_type == of.seat_type) else {
            return false;
        };
        let Some(stock) = movement.of_stock(grade.stock, count) else {
            return false;
        };
        grade.stock = stock;
        self.seats.set(&of.seats, movement.leaves_seats());
        let by = movement.tickets_gained() * i64::from(count);
        if by != 0 {
            *self.holdings.entry(of.user.clone()).or_default() += by;
        }
        true
    }

    /// The version that the event will have, should this group change nothing more.
    pub(super) fn version(&self) -> Version {
        let version = self.known.snapshot.version;
        if self.is_unchanged() {
            version
        } else {
            version.next()
        }
    }

    /// The event as it is now.
    pub(super) fn snapshot(&self) -> EventSnapshot {
        EventSnapshot {
            event: Arc::clone(&self.event),
            grades: self.grades.clone(),
            version: self.version(),
            last_now: self.now,
            next_due: self.next_due(),
            seats: self.seats.clone(),
        }
    }

    fn is_unchanged(&self) -> bool {
        self.touched.is_empty()
            && self.keys.is_empty()
            && self.payments.is_empty()
            && self.refunds.is_empty()
            && self.event == self.known.snapshot.event
            && self.grades == self.known.snapshot.grades
    }

    /// The earliest end of a hold that is left; may be too early, never too late.
    fn next_due(&self) -> Option<Timestamp> {
        let known = self.known.snapshot.next_due;
        // Where something was due, the facts were asked, and know what comes next.
        let found = if known.is_some_and(|due| due <= self.now) {
            self.known.facts.next_due
        } else {
            known
        };
        let held = self
            .touched
            .values()
            .filter_map(|touched| touched.reservation.due_at());
        held.chain(found).min()
    }

    pub(super) fn finish(self, outcomes: Vec<Outcome>) -> Decision {
        let before = self.known.snapshot;
        let more_due = self.more_due();
        let (version, next_due) = (self.version(), self.next_due());
        let grades = self.grades.iter().zip(&before.grades);
        let other = grades.filter(|(now, was)| now != was);
        let changes = Changes {
            event: (self.event != before.event).then(|| Arc::clone(&self.event)),
            grades: other.map(|(now, _)| now.clone()).collect(),
            reservations: self.touched.into_values().collect(),
            keys: self.keys.into_values().collect(),
            payments: self.payments.into_values().collect(),
            refunds: self.refunds.into_values().collect(),
        };
        let after = EventSnapshot {
            event: self.event,
            grades: self.grades,
            version,
            last_now: if version == before.version {
                before.last_now
            } else {
                self.now
            },
            next_due,
            seats: self.seats,
        };
        Decision {
            outcomes,
            changes,
            after,
            more_due,
        }
    }
}

fn same_body(record: &KeyRecord, body: BodyHash) -> bool {
    record.request.body == body
}
