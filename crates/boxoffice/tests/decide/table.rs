//! A database in memory that writes what was decided, and answers what is asked and no more.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use boxoffice::buyer::UserId;
use boxoffice::event::{Event, EventSnapshot, NewEvent, SaleState};
use boxoffice::grade::Grade;
use boxoffice::group::{Changes, Facts, FactsQuery, PaymentRecord};
use boxoffice::idempotency::{IdempotencyKey, KeyRecord};
use boxoffice::ids::{PaymentId, ReservationId, Version};
use boxoffice::invariants::{GradeLedger, Ledger};
use boxoffice::money::Money;
use boxoffice::payment::{Payment, PaymentState, Refund};
use boxoffice::reservation::{Reservation, ReservationState, ReservationStatus, TicketState};
use boxoffice::seats::{SeatMaps, SeatState};
use boxoffice::time::Timestamp;

pub(crate) struct Table {
    event: Arc<Event>,
    grades: Vec<Grade>,
    log: Vec<Timestamp>,
    pub(crate) reservations: BTreeMap<ReservationId, Arc<Reservation>>,
    pub(crate) keys: HashMap<(UserId, IdempotencyKey), KeyRecord>,
    pub(crate) payments: BTreeMap<PaymentId, (ReservationId, Payment)>,
    pub(crate) refunds: BTreeMap<PaymentId, Refund>,
}

impl Table {
    pub(crate) fn new(new: NewEvent) -> Self {
        Self {
            log: vec![new.event.created_at],
            event: Arc::new(new.event),
            grades: new.grades,
            reservations: BTreeMap::new(),
            keys: HashMap::new(),
            payments: BTreeMap::new(),
            refunds: BTreeMap::new(),
        }
    }

    pub(crate) fn version(&self) -> Version {
        Version(i64::try_from(self.log.len()).expect("a short log"))
    }

    /// The event as a node reads it that knows nothing yet.
    pub(crate) fn snapshot(&self) -> EventSnapshot {
        EventSnapshot {
            event: Arc::clone(&self.event),
            grades: self.grades.clone(),
            version: self.version(),
            last_now: *self.log.last().expect("the event's creation"),
            next_due: self.holds().filter_map(|held| held.due_at()).min(),
            seats: self.seats(),
        }
    }

    fn seats(&self) -> SeatMaps {
        let mut seats = SeatMaps::of(&self.grades);
        for reservation in self.reservations.values() {
            match reservation.status() {
                ReservationStatus::Held | ReservationStatus::Paying => {
                    seats.set(&reservation.seats, SeatState::Held);
                }
                ReservationStatus::Confirmed => seats.set(&reservation.seats, SeatState::Sold),
                ReservationStatus::Cancelled | ReservationStatus::Expired => {}
            }
        }
        seats
    }

    fn holds(&self) -> impl Iterator<Item = &Arc<Reservation>> {
        let held = |reservation: &&Arc<Reservation>| reservation.due_at().is_some();
        self.reservations.values().filter(held)
    }

    pub(crate) fn facts(&self, query: &FactsQuery) -> Facts {
        let mut facts = Facts {
            version: Some(self.version()),
            ..Facts::default()
        };
        let by_reservation = query.keys_by_reservation.iter().filter_map(|(id, key)| {
            let user = self.reservations.get(id)?.user.clone();
            Some((user, key.clone()))
        });
        for scope in query.keys.iter().cloned().chain(by_reservation) {
            if let Some(record) = self.keys.get(&scope) {
                facts.keys.insert(scope, record.clone());
                self.find(record.reservation, &mut facts);
            }
        }
        for user in &query.buyers {
            let holding = self.holding(user);
            if holding > 0 {
                facts.holdings.insert(user.clone(), holding);
            }
        }
        for id in &query.reservations {
            self.find(*id, &mut facts);
        }
        for id in &query.payments {
            if let Some((reservation, payment)) = self.payments.get(id) {
                let record = PaymentRecord {
                    reservation: *reservation,
                    payment: payment.clone(),
                    refund: self.refunds.get(id).cloned(),
                };
                facts.payments.insert(*id, record);
            }
        }
        self.find_due(query, &mut facts);
        facts
    }

    fn find(&self, id: ReservationId, facts: &mut Facts) {
        if let Some(found) = self.reservations.get(&id) {
            facts.reservations.insert(id, Arc::clone(found));
        }
    }

    fn find_due(&self, query: &FactsQuery, facts: &mut Facts) {
        let len_max = query.due_len_max as usize;
        if let Some(by) = query.due_by {
            let mut holds: Vec<_> = self.holds().cloned().collect();
            holds.sort_by_key(|held| held.due_at());
            let is_due = |held: &Arc<Reservation>| held.due_at().is_some_and(|due| due <= by);
            let due_len = holds.iter().filter(|held| is_due(held)).count();
            let rest = holds.split_off(due_len.min(len_max));
            facts.next_due = rest.first().and_then(|held| held.due_at());
            facts.due = holds;
        }
        if query.live {
            let returnable = |reservation: &&Arc<Reservation>| {
                matches!(
                    reservation.status(),
                    ReservationStatus::Held | ReservationStatus::Confirmed
                )
            };
            let live = self.reservations.values().filter(returnable);
            facts.live = live.take(len_max).cloned().collect();
        }
    }

    /// Tickets that this buyer holds or owns.
    pub(crate) fn holding(&self, user: &UserId) -> u32 {
        self.live()
            .filter(|reservation| reservation.user == *user)
            .map(|reservation| reservation.quantity.get())
            .sum()
    }

    fn live(&self) -> impl Iterator<Item = &Arc<Reservation>> {
        let live = |reservation: &&Arc<Reservation>| reservation.status().is_live();
        self.reservations.values().filter(live)
    }

    /// Writes a group; whatever contradicts what is there is a broken promise of the decision.
    pub(crate) fn apply(&mut self, changes: &Changes, now: Timestamp) {
        if changes.is_empty() {
            return;
        }
        self.log.push(now);
        if let Some(event) = &changes.event {
            self.event = Arc::clone(event);
        }
        for changed in &changes.grades {
            let same = |grade: &&mut Grade| grade.seat_type == changed.seat_type;
            let grade = self.grades.iter_mut().find(same).expect("a known grade");
            assert_ne!(grade, changed, "a grade that did not change is written");
            *grade = changed.clone();
        }
        for touched in &changes.reservations {
            let reservation = &touched.reservation;
            let old = self
                .reservations
                .insert(reservation.id, Arc::clone(reservation));
            assert_eq!(old.is_none(), touched.new, "new or changed: {touched:?}");
            if let ReservationState::Cancelled {
                refund: Some(refund),
                ..
            } = &reservation.state
            {
                self.refunds.insert(refund.payment, refund.clone());
            }
        }
        for record in &changes.keys {
            let scope = (record.user.clone(), record.request.key.clone());
            let old = self.keys.insert(scope, record.clone());
            assert_eq!(old, None, "a key leads to one reservation, once");
        }
        for (reservation, payment) in &changes.payments {
            self.payments
                .insert(payment.id, (*reservation, payment.clone()));
        }
        for refund in &changes.refunds {
            self.refunds.insert(refund.payment, refund.clone());
        }
    }

    /// The event's books, added up from what is written.
    pub(crate) fn ledger(&self) -> Ledger {
        let (mut money_in, mut ticketed, mut refunded) = (Money::ZERO, Money::ZERO, Money::ZERO);
        for (reservation, payment) in self.payments.values() {
            if !matches!(
                payment.state,
                PaymentState::Paid { .. } | PaymentState::Refunded { .. }
            ) {
                continue;
            }
            money_in = money_in.plus(payment.amount);
            if let ReservationState::Confirmed { payment: Some(own) } =
                &self.reservations[reservation].state
                && own.id == payment.id
            {
                ticketed = ticketed.plus(payment.amount);
            }
        }
        for refund in self.refunds.values() {
            refunded = refunded.plus(refund.amount);
        }
        let backwards = self.log.windows(2).filter(|pair| pair[1] < pair[0]).count();
        let wrong = self.reservations.values().filter(|r| has_wrong_tickets(r));
        let astray = self.keys.values().filter(|record| {
            let found = self.reservations.get(&record.reservation);
            found.is_none_or(|reservation| reservation.user != record.user)
        });
        Ledger {
            event: self.event.id,
            version: self.version(),
            last_now: *self.log.last().expect("a log"),
            log_len: self.version().0,
            log_version_max: self.version(),
            log_backwards: count(backwards),
            log_last_now: *self.log.iter().max().expect("a log"),
            grades: self.grades.iter().map(|g| self.grade_ledger(g)).collect(),
            reservations_astray: count(self.astray()),
            reservations_ticketed_wrong: count(wrong.count()),
            reservations_due_wrong: 0,
            keys_astray: count(astray.count()),
            claims_wrong: 0,
            money_in,
            money_ticketed: ticketed,
            money_refunded: refunded,
        }
    }

    fn astray(&self) -> usize {
        let has_grade =
            |r: &&Arc<Reservation>| self.grades.iter().all(|g| g.seat_type != r.seat_type);
        self.reservations.values().filter(has_grade).count()
    }

    fn grade_ledger(&self, grade: &Grade) -> GradeLedger {
        let mut ledger = GradeLedger {
            reserved_held: 0,
            reserved_sold: 0,
            tickets_live: 0,
            ..GradeLedger::balanced(grade.seat_type.clone(), grade.stock)
        };
        let of_grade = |r: &&Arc<Reservation>| r.seat_type == grade.seat_type;
        for reservation in self.live().filter(of_grade) {
            let tickets = i64::from(reservation.quantity.get());
            match reservation.status() {
                ReservationStatus::Confirmed => ledger.reserved_sold += tickets,
                _ => ledger.reserved_held += tickets,
            }
            ledger.tickets_live += valid_tickets(reservation);
        }
        ledger
    }

    /// No ticket of a called-off event stays good for long, once everything due is done.
    pub(crate) fn is_given_back(&self) -> bool {
        self.event.state == SaleState::Cancelled
            && self
                .live()
                .all(|reservation| reservation.status() == ReservationStatus::Paying)
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).expect("a small number")
}

fn valid_tickets(reservation: &Reservation) -> i64 {
    let valid = |ticket: &&boxoffice::reservation::Ticket| ticket.state != TicketState::Cancelled;
    count(reservation.tickets.iter().filter(valid).count())
}

fn has_wrong_tickets(reservation: &Reservation) -> bool {
    let expected = match reservation.status() {
        ReservationStatus::Confirmed => i64::from(reservation.quantity.get()),
        _ => 0,
    };
    valid_tickets(reservation) != expected
}
