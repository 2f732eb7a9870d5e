//! Whether what was told of a reservation is what the ledger has: nobody is told of another's.

use super::deeds::asks_for;
use super::{Findings, Rule};
use crate::day::EventEvidence;
use crate::history::{Op, Shown, Told};

pub(super) fn check(event: &EventEvidence, history: &[Op], findings: &mut Findings) {
    for op in history {
        let Some(Told::Done { shown, .. } | Told::Reservation(shown)) = op.told.as_deref() else {
            continue;
        };
        let mut rows = event.reservations.iter();
        // What is not in the ledger at all is found with the deeds.
        let Some(row) = rows.find(|row| row.id == shown.id) else {
            continue;
        };
        let agrees = is_same(shown, row) && asks_for(&op.ask, row).unwrap_or(true);
        findings.expect(agrees, Rule::AcknowledgedSurvives, || {
            format!(
                "{} was told of {shown} of {}, and the ledger has {row} of {}",
                op.ask, shown.user, row.user
            )
        });
    }
}

/// Whether all agrees that never changes.
fn is_same(told: &Shown, row: &Shown) -> bool {
    told.event == row.event
        && told.user == row.user
        && told.grade == row.grade
        && told.quantity == row.quantity
        && told.reserved_at == row.reserved_at
        && told.seats == row.seats
        && told.price == row.price
}
