//! What is due: holds that ended, and what a cancelled event has to give back.

use crate::event::{EventSnapshot, SaleState};
use crate::reservation::ReservationStatus;

use super::draft::Draft;

/// Whether a cancelled event still has seats that somebody holds or owns.
pub(super) fn must_give_back(snapshot: &EventSnapshot) -> bool {
    snapshot.event.state == SaleState::Cancelled && snapshot.stock().taken() > 0
}

impl Draft<'_> {
    /// Does what is due among the facts.
    pub(super) fn sweep(&mut self) {
        for held in &self.known.facts.due {
            self.expire_if_due(held.clone());
        }
        if self.event.state != SaleState::Cancelled {
            return;
        }
        for live in &self.known.facts.live {
            let current = self.reservation(live.id).unwrap_or_else(|| live.clone());
            // Others ended in this very group, or are being paid: settling gives those back.
            if matches!(
                current.status(),
                ReservationStatus::Held | ReservationStatus::Confirmed
            ) {
                self.give_back(&current);
            }
        }
    }

    /// Whether more is due at this moment than the facts held.
    pub(super) fn more_due(&self) -> bool {
        let facts = self.known.facts;
        let holds = facts.next_due.is_some_and(|due| due <= self.now);
        let newly_cancelled = self.event.state == SaleState::Cancelled
            && self.known.snapshot.event.state != SaleState::Cancelled
            && self.grades.iter().any(|grade| grade.stock.taken() > 0);
        let more_to_give_back =
            !facts.live.is_empty() && self.grades.iter().any(|grade| grade.stock.taken() > 0);
        holds || newly_cancelled || more_to_give_back
    }
}
