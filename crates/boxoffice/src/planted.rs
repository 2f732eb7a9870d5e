//! Classic mistakes that can be planted into this crate, one at a time, for the simulator to find.
//!
//! Only with the feature `planted-bugs`. Without it `planted!` is
//! `false` at compile time, and nothing of this is in the binary.

/// Whether a mistake is planted at this place.
macro_rules! planted {
    ($bug:ident) => {{
        #[cfg(feature = "planted-bugs")]
        {
            $crate::planted::is_planted($crate::planted::Bug::$bug)
        }
        #[cfg(not(feature = "planted-bugs"))]
        {
            false
        }
    }};
}
pub(crate) use planted;

#[cfg(feature = "planted-bugs")]
mod bugs {
    use std::cell::Cell;
    use std::sync::Arc;

    use crate::command::{Command, Outcome, ReserveError, Unserved};
    use crate::event::EventSnapshot;
    use crate::group::Group;
    use crate::sequencer::Batch;

    /// A mistake, where it would be made.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Bug {
        /// The lease is given back before the group is committed.
        LeaseReleasedBeforeCommit,
        /// Another node was first, and the outcomes are answered all the same.
        ConflictAnswered,
        /// A commit whose answer was lost is told as if nothing had been done.
        UnknownToldAsNothing,
        /// A commit whose answer was lost is done again, as something new.
        UnknownBooksAgain,
        /// The deadline passes during a commit, and it is told as if nothing had been done.
        DeadlineToldAsNothing,
        /// A cancelled reservation can be cancelled again.
        SeatsReturnedTwice,
        /// A refusal is answered from memory, however old.
        SoldOutForGood,
        /// The cache takes whatever comes, older or not.
        OlderOverwrites,
        /// The answer to a keyed request is not kept.
        KeyNotKept,
        /// The limit is held against what was there before the group.
        LimitBeforeGroup,
        /// One member that the database refuses takes its whole group down.
        PoisonTakesAll,
        /// Who goes away during the commit loses the reservation, and its seats stay taken.
        AbortLeaksSeats,
        /// The node's clock is believed, although the event's last time is later.
        ClockBelieved,
        /// The event's version is read after the facts that it guards.
        VersionAfterFacts,
        /// A hold ends although it is being paid for.
        ExpiryRacesPayment,
        /// A charge whose answer was lost counts as declined.
        UnknownChargeDeclined,
        /// A payment that the provider has not seen yet counts as declined.
        UnseenIsDeclined,
        /// What was paid for a cancelled reservation is kept.
        RefundForgotten,
        /// Whether a seat is somebody's is not looked at.
        SeatNotLookedAt,
        /// A lease that was taken is never given back.
        LeaseNeverReturned,
        /// What is published after a commit has its version, and the stock from before it.
        StockToldWrong,
        /// The reader is believed that an event is not there.
        ReaderBelieved,
        /// More is charged than the seats cost.
        Overcharged,
        /// A hold may be extended again and again.
        ExtendedTwice,
        /// The key of an extension is not kept.
        ExtensionKeyNotKept,
        /// The search for due holds ends with the first one that fails.
        SweeperDies,
        /// A ticket that was used admits once more.
        TicketAdmitsTwice,
        /// An event that was called off is sold all the same.
        CalledOffSells,
        /// Two of one group hear each other's answers.
        AnswersSwapped,
    }

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Plants a mistake into everything that runs on this thread, or takes it out.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Whether this mistake is planted on this thread.
    pub(crate) fn is_planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Whether what came to this is booked again.
    pub(crate) fn books_again(error: &ReserveError) -> bool {
        let unknown = matches!(
            error,
            ReserveError::Unserved(Unserved::OutcomeUnknown { .. })
        );
        unknown && is_planted(Bug::UnknownBooksAgain)
    }

    /// The group without the reservations of callers who have gone away.
    pub(crate) fn without_abandoned(batch: &Batch, mut group: Group) -> Group {
        if is_planted(Bug::AbortLeaksSeats) {
            let pairs = || batch.commands.iter().zip(&batch.callers);
            let abandoned = |id| {
                pairs().any(|(command, caller)| {
                    matches!(command, Command::Reserve(reserve) if reserve.id == id)
                        && caller.reply.is_closed()
                })
            };
            let changes = &mut group.changes;
            changes
                .reservations
                .retain(|touched| !abandoned(touched.reservation.id));
            changes.keys.retain(|key| !abandoned(key.reservation));
        }
        group
    }

    /// The outcomes, the first two that made a reservation perhaps in each other's place.
    pub(crate) fn swapped(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
        let made = |outcome: &Outcome| matches!(outcome, Outcome::Reserve(Ok(_)));
        let mut places = (0..outcomes.len()).filter(|place| made(&outcomes[*place]));
        let pair = places.next().zip(places.next());
        if let Some((first, second)) = pair.filter(|_| is_planted(Bug::AnswersSwapped)) {
            outcomes.swap(first, second);
        }
        outcomes
    }

    /// What is published after a group: the event as it is now, or with the stock from before.
    pub(crate) fn stock_as_before(
        before: &EventSnapshot,
        after: Option<&Arc<EventSnapshot>>,
    ) -> Option<Arc<EventSnapshot>> {
        let mut after = Arc::clone(after?);
        if is_planted(Bug::StockToldWrong) {
            Arc::make_mut(&mut after).grades.clone_from(&before.grades);
        }
        Some(after)
    }
}
#[cfg(feature = "planted-bugs")]
pub use bugs::{Bug, plant};
#[cfg(feature = "planted-bugs")]
pub(crate) use bugs::{books_again, is_planted, stock_as_before, swapped, without_abandoned};
