//! One event's sale, told command by command or group by group.
//!
//! Whatever a story tells, each of its groups is held against the rules that no group may break.

use std::collections::HashSet;
use std::sync::Arc;

use boxoffice::command::{
    Answer, BeginPayment, Cancel, CancelError, CheckIn, CheckInError, Command, CompleteRefund,
    DeleteError, EventPatch, Extend, ExtendError, Outcome, PayError, ReserveError, SettlePayment,
    Update, UpdateError, Verdict,
};
use boxoffice::decide::{Known, decide, facts_needed};
use boxoffice::event::EventSnapshot;
use boxoffice::grade::Stock;
use boxoffice::group::Decision;
use boxoffice::ids::{PaymentId, ReservationId};
use boxoffice::invariants;
use boxoffice::reservation::Reservation;
use boxoffice::time::Timestamp;

use crate::sale::{Ask, EventBuilder, at, grade, keyed, new_payment};
use crate::table::Table;

pub(crate) struct Story {
    pub(crate) table: Table,
    pub(crate) snapshot: EventSnapshot,
    pub(crate) now: Timestamp,
    pub(crate) due_len_max: u32,
}

impl EventBuilder {
    /// The story of this event, from its beginning.
    pub(crate) fn on_sale(self) -> Story {
        let table = Table::new(self.build());
        Story {
            snapshot: table.snapshot(),
            table,
            now: at(0),
            due_len_max: 1_000,
        }
    }
}

pub(crate) type Booked = Result<Answer<Arc<Reservation>>, ReserveError>;

impl Story {
    /// Goes on at this moment of the story.
    pub(crate) fn at(&mut self, secs: i64) -> &mut Self {
        self.now = at(secs);
        self
    }

    /// Ends at most so many holds in one group.
    pub(crate) fn ending_at_most(mut self, holds: u32) -> Self {
        self.due_len_max = holds;
        self
    }

    /// Decides a group, writes it, and checks what must hold of every group.
    pub(crate) fn decide(&mut self, commands: &[Command]) -> Decision {
        let query = facts_needed(&self.snapshot, commands, self.now, self.due_len_max);
        let facts = self.table.facts(&query);
        let known = Known {
            snapshot: &self.snapshot,
            facts: &facts,
        };
        let decision = decide(known, commands, self.now);
        assert_eq!(
            decide(known, commands, self.now),
            decision,
            "the same again"
        );
        assert_eq!(decision.outcomes.len(), commands.len());
        let ids = decision.changes.reservations.iter();
        let ids: HashSet<_> = ids.map(|touched| touched.reservation.id).collect();
        assert_eq!(
            ids.len(),
            decision.changes.reservations.len(),
            "each reservation once"
        );
        self.table.apply(&decision.changes, self.now);
        self.snapshot = decision.after.clone();
        self.expect_sound();
        decision
    }

    fn expect_sound(&self) {
        assert_eq!(invariants::check(&self.table.ledger()), []);
        let read = self.table.snapshot();
        assert!(
            match (self.snapshot.next_due, read.next_due) {
                (None, Some(_)) => false,
                (Some(kept), Some(true_one)) => kept <= true_one,
                (_, None) => true,
            },
            "a hold would be forgotten: {:?} kept, {:?} true",
            self.snapshot.next_due,
            read.next_due
        );
        let kept = EventSnapshot {
            next_due: read.next_due,
            ..self.snapshot.clone()
        };
        assert_eq!(kept, read, "the node knows what the database has");
    }

    /// Decides these commands as one group.
    pub(crate) fn group<const N: usize>(&mut self, commands: &[Command; N]) -> [Outcome; N] {
        let outcomes = self.decide(commands).outcomes;
        outcomes.try_into().expect("an outcome for each command")
    }

    fn alone(&mut self, command: Command) -> Outcome {
        let [outcome] = self.group(&[command]);
        outcome
    }

    pub(crate) fn reserve(&mut self, ask: impl Into<Command>) -> Booked {
        booked(self.alone(ask.into()))
    }

    /// Reserves what there certainly is.
    pub(crate) fn reserved(&mut self, ask: Ask) -> Arc<Reservation> {
        self.reserve(ask).expect("seats").value
    }

    pub(crate) fn cancel(
        &mut self,
        id: ReservationId,
    ) -> Result<Answer<Arc<Reservation>>, CancelError> {
        cancelled(self.alone(cancel(id)))
    }

    pub(crate) fn extend(&mut self, id: ReservationId) -> Result<Arc<Reservation>, ExtendError> {
        match self.alone(extend(id)) {
            Outcome::Extend(result) => result.map(|answer| answer.value),
            other => panic!("not an extension: {other:?}"),
        }
    }

    /// Begins to pay, with an attempt of its own.
    pub(crate) fn begin(&mut self, id: ReservationId) -> Result<PaymentId, PayError> {
        let payment = new_payment();
        paid(self.alone(begin(id, payment))).map(|_| payment)
    }

    pub(crate) fn settle(
        &mut self,
        id: ReservationId,
        payment: PaymentId,
        verdict: Verdict,
    ) -> Result<Arc<Reservation>, PayError> {
        paid(self.alone(settle(id, payment, verdict)))
    }

    /// Begins to pay, and the money comes.
    pub(crate) fn pay(&mut self, id: ReservationId) -> Arc<Reservation> {
        let payment = self.begin(id).expect("a hold");
        self.settle(id, payment, Verdict::Paid)
            .expect("a reservation")
    }

    pub(crate) fn check_in(
        &mut self,
        id: ReservationId,
        number: u32,
    ) -> Result<Arc<Reservation>, CheckInError> {
        checked(self.alone(Command::CheckIn(ticket(id, number))))
    }

    pub(crate) fn undo_check_in(
        &mut self,
        id: ReservationId,
        number: u32,
    ) -> Result<Arc<Reservation>, CheckInError> {
        checked(self.alone(Command::UndoCheckIn(ticket(id, number))))
    }

    pub(crate) fn update(&mut self, patch: EventPatch) -> Result<Arc<EventSnapshot>, UpdateError> {
        updated(self.alone(update(patch)))
    }

    pub(crate) fn delete(&mut self) -> Result<(), DeleteError> {
        match self.alone(Command::Delete) {
            Outcome::Delete(result) => result,
            other => panic!("not a deletion: {other:?}"),
        }
    }

    /// Does what is due, group by group, and says how many groups that took.
    pub(crate) fn sweep_all(&mut self) -> usize {
        for groups in 1..1_000 {
            if !self.decide(&[Command::Sweep]).more_due {
                return groups;
            }
        }
        panic!("more stays due for ever");
    }

    pub(crate) fn stock(&self, name: &str) -> Stock {
        let found = self.snapshot.grade(&grade(name));
        found.expect("a grade of this name").stock
    }

    pub(crate) fn available(&self, name: &str) -> u32 {
        self.stock(name).available
    }

    /// The reservation as it is written.
    pub(crate) fn written(&self, id: ReservationId) -> Arc<Reservation> {
        Arc::clone(&self.table.reservations[&id])
    }
}

impl From<Ask> for Command {
    fn from(ask: Ask) -> Self {
        Self::Reserve(ask.0)
    }
}

pub(crate) fn cancel(reservation: ReservationId) -> Command {
    Command::Cancel(Cancel {
        reservation,
        key: None,
    })
}

pub(crate) fn cancel_keyed(reservation: ReservationId, key: &str, body: &str) -> Command {
    Command::Cancel(Cancel {
        reservation,
        key: Some(keyed(key, body)),
    })
}

pub(crate) fn extend(reservation: ReservationId) -> Command {
    Command::Extend(Extend {
        reservation,
        key: None,
    })
}

pub(crate) fn begin(reservation: ReservationId, payment: PaymentId) -> Command {
    Command::BeginPayment(BeginPayment {
        reservation,
        payment,
        method: "CARD".to_owned(),
        key: None,
    })
}

pub(crate) fn settle(reservation: ReservationId, payment: PaymentId, verdict: Verdict) -> Command {
    Command::SettlePayment(SettlePayment {
        reservation,
        payment,
        verdict,
    })
}

pub(crate) fn complete_refund(reservation: ReservationId, payment: PaymentId) -> Command {
    Command::CompleteRefund(CompleteRefund {
        reservation,
        payment,
    })
}

pub(crate) fn ticket(reservation: ReservationId, number: u32) -> CheckIn {
    CheckIn {
        reservation,
        number,
        key: None,
    }
}

pub(crate) fn update(patch: EventPatch) -> Command {
    Command::Update(Box::new(Update {
        patch,
        if_version: None,
    }))
}

pub(crate) fn booked(outcome: Outcome) -> Booked {
    match outcome {
        Outcome::Reserve(result) => result,
        other => panic!("not a reservation: {other:?}"),
    }
}

pub(crate) fn cancelled(outcome: Outcome) -> Result<Answer<Arc<Reservation>>, CancelError> {
    match outcome {
        Outcome::Cancel(result) => result,
        other => panic!("not a cancellation: {other:?}"),
    }
}

pub(crate) fn paid(outcome: Outcome) -> Result<Arc<Reservation>, PayError> {
    match outcome {
        Outcome::BeginPayment(result) => result.map(|answer| answer.value),
        Outcome::SettlePayment(result) => result,
        other => panic!("not a payment: {other:?}"),
    }
}

fn checked(outcome: Outcome) -> Result<Arc<Reservation>, CheckInError> {
    match outcome {
        Outcome::CheckIn(result) | Outcome::UndoCheckIn(result) => result.map(|a| a.value),
        other => panic!("not a ticket: {other:?}"),
    }
}

pub(crate) fn updated(outcome: Outcome) -> Result<Arc<EventSnapshot>, UpdateError> {
    match outcome {
        Outcome::Update(result) => result,
        other => panic!("not an update: {other:?}"),
    }
}
