//! Whether everybody who paid has her tickets, nobody else has, and no unit of money is left over.

use super::{Attempt, Entry, Ledger, Payment, Violation};

/// What the server says of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Its state, in the server's words.
    pub status: String,
    /// How much, in minor units.
    pub amount: u64,
}

/// The state of a reservation that follows from what its buyer was told of her payment.
pub(super) fn expected(attempt: &Attempt, entry: &Entry) -> &'static str {
    match &attempt.payment {
        Some(Payment::Abandoned | Payment::Declined | Payment::TooLate | Payment::Failed(_)) => {
            "EXPIRED"
        }
        // Either is true to somebody who was told nothing.
        Some(Payment::Unknown(_)) if entry.status == "EXPIRED" => "EXPIRED",
        None | Some(Payment::Done | Payment::Unknown(_)) => "CONFIRMED",
    }
}

/// The money of each reservation is what its state says, to the unit.
pub(super) fn check(ledger: &Ledger, found: &mut Vec<Violation>) {
    for entry in &ledger.entries {
        let amount = ledger.price.map(|price| price * u64::from(entry.quantity));
        let status = match entry.status.as_str() {
            "CONFIRMED" => Some("PAID"),
            "CANCELLED" => Some("REFUNDED"),
            "EXPIRED" => None,
            // Still open; told as a wrong status.
            _ => continue,
        };
        let expected = status.zip(amount).map(|(status, amount)| Paid {
            status: status.to_owned(),
            amount,
        });
        if entry.payment != expected {
            found.push(Violation::MoneyDiffers {
                reservation_id: entry.reservation_id.clone(),
                status: entry.status.clone(),
                expected: told(expected.as_ref()),
                money: told(entry.payment.as_ref()),
            });
        }
    }
}

/// Money of tickets that their buyers keep, in minor units.
pub(in crate::contest) fn kept(ledger: &Ledger) -> u64 {
    let paid = ledger.entries.iter().filter_map(|e| e.payment.as_ref());
    let kept = paid.filter(|paid| paid.status == "PAID");
    kept.map(|paid| paid.amount).sum()
}

fn told(paid: Option<&Paid>) -> String {
    paid.map_or_else(
        || "no money".to_owned(),
        |paid| format!("{} {}", paid.amount, paid.status),
    )
}
