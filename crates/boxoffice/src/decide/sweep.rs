//! What is due: holds that ended, and what a cancelled event has to give back.

use std::sync::Arc;

use crate::event::{EventSnapshot, SaleState};

use super::draft::Draft;

/// Whether a cancelled event still has seats that somebody holds or owns.
pub(super) fn must_give_back(snapshot: &EventSnapshot) -> bool {
    snapshot.event.state == SaleState::Cancelled && snapshot.stock().taken() > 0
}

impl Draft<'_> {
    /// Does what is due among the facts.
    pub(super) fn sweep(&mut self) {
        let facts = self.known.facts;
        for found in facts.due.iter().chain(&facts.live) {
            // One that is due and live was found twice.
            let current = self.changed(found.id).unwrap_or_else(|| Arc::clone(found));
            self.do_due(current);
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
