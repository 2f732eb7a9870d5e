//! The payment provider's books against the box office's.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Findings, Rule};
use crate::day::Evidence;
use crate::history::{Shown, Status};
use crate::scenario::Scenario;

/// How far clocks may run ahead, and nodes stand still, before a payment may rightly be given up
/// while it is on its way, in milliseconds.
const AHEAD_MS_MAX: u128 = 1_000;

pub(super) fn check(scenario: &Scenario, evidence: &Evidence, findings: &mut Findings) {
    let all = || evidence.events.iter().flat_map(|event| &event.reservations);
    let rows: HashMap<Uuid, &Shown> = all().map(|row| (row.id, row)).collect();
    let ahead_ms = u128::from(scenario.ahead_ms_max()) + scenario.standstill().as_millis();
    let clocks_agree = ahead_ms <= AHEAD_MS_MAX;
    for (payment, charge) in &evidence.charges {
        let row = rows.get(&charge.reservation);
        let paid_for = row.is_some_and(|row| row.paid.is_some_and(|paid| paid.id == *payment));
        let ticketed = paid_for && row.is_some_and(|row| row.status == Status::Confirmed);
        let wanted = u32::from(charge.paid && !ticketed);
        let told = || match row {
            Some(row) => row.to_string(),
            None => format!("{}, which is not in the ledger", charge.reservation),
        };
        findings.expect(charge.refunds == wanted, Rule::PaidMeansTicketed, || {
            let fate = if charge.paid { "taken" } else { "declined" };
            format!(
                "payment {payment} of {} was {fate} and given back {} times, for {}",
                charge.amount,
                charge.refunds,
                told()
            )
        });
        let price = row.map_or(charge.amount, |row| row.price);
        findings.expect(charge.amount == price, Rule::PriceIsRight, || {
            format!(
                "payment {payment} is of {}, for {}, which costs {price}",
                charge.amount,
                told()
            )
        });
        let kept = !charge.paid || paid_for;
        findings.expect(kept || !clocks_agree, Rule::PayingKeepsSeats, || {
            format!("payment {payment} was taken for {}", told())
        });
    }
    let known = |paid: Uuid| {
        evidence
            .charges
            .iter()
            .any(|(id, charge)| *id == paid && charge.paid)
    };
    // In the order of the tables: a map's would be another one in every process.
    for row in all().filter(|row| row.paid.is_some_and(|paid| !known(paid.id))) {
        findings.add(
            Rule::PaidMeansTicketed,
            format!("{row} says that it is paid, and the provider does not know of it"),
        );
    }
}
