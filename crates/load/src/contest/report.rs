//! The outcome of a contest, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::Options;
use super::buyers::Rush;
use super::check::{self, Attempt, Cancellation, Ledger, Outcome, Payment};
use super::stage::Stage;
use super::violation::Violation;
use crate::latency::{Summary, millis};

/// How many violations are printed; all are in the JSON.
const VIOLATIONS_PRINTED_MAX: usize = 20;

/// What a contest showed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The event that was sold.
    pub event_id: u64,
    /// How many tickets were put on sale.
    pub tickets: u32,
    /// How buyers came to numbered seats, if the tickets have any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned: Option<String>,
    /// How many buyers came.
    pub buyers: u32,
    /// How many connections they had.
    pub connections: usize,
    /// Tickets that buyers were told are theirs, without those given back.
    pub sold: u64,
    /// Buyers who were told so.
    pub reservations: u64,
    /// Buyers who were told that fewer are left than they want, or that their seats are taken.
    pub refused: u64,
    /// Buyers who paid; `None` where nobody has to.
    pub paid: Option<u64>,
    /// Buyers whose hold ended without a payment.
    pub unpaid: u64,
    /// Tickets that others have; `None` where nobody else may buy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<u64>,
    /// Money of the tickets that their buyers keep, in minor units.
    pub money: u64,
    /// Reservations that were cancelled.
    pub cancelled: u64,
    /// Tickets sold beyond the stock, or to two buyers.
    pub sold_twice: u64,
    /// Every other answer, by status and code.
    pub errors: BTreeMap<String, u64>,
    /// From the instant the doors opened to the last answer, in microseconds.
    pub total_time_us: u64,
    /// How long buyers waited for an answer, from the same instant.
    pub latency: Summary,
    /// Where the ledger contradicts the answers.
    pub violations: Vec<Violation>,
}

impl Report {
    pub(super) fn new(
        stage: &Stage,
        options: &Options,
        rush: &Rush,
        ledger: &Ledger,
        violations: Vec<Violation>,
    ) -> Self {
        let (tickets, attempts) = (stage.tickets, &rush.attempts);
        Self {
            event_id: stage.event_id,
            tickets,
            assigned: options.assigned.map(|assigned| assigned.to_string()),
            buyers: u32::try_from(attempts.len()).unwrap_or(u32::MAX),
            connections: rush.connections,
            sold: check::promised(attempts),
            reservations: count(attempts, |a| matches!(a.outcome, Outcome::Sold(_))),
            refused: count(attempts, |a| is_refusal(&a.outcome)),
            paid: options
                .pays
                .then(|| count(attempts, |a| a.payment == Some(Payment::Done))),
            unpaid: count(attempts, is_unpaid),
            others: stage.is_shared.then(|| ledger.with_others()),
            money: check::money::kept(ledger),
            cancelled: count(attempts, |a| a.cancellation == Some(Cancellation::Done)),
            sold_twice: check::sold_twice(tickets, attempts, ledger),
            errors: errors(attempts),
            total_time_us: micros(rush.time),
            latency: rush.latencies.summary(),
            violations,
        }
    }

    /// Whether the ledger agrees with every answer, and every buyer got one: her tickets or a
    /// refusal.
    pub fn is_exact(&self) -> bool {
        self.is_consistent() && self.errors.is_empty()
    }

    /// Whether the ledger agrees with every answer, even if some buyers got an error or none.
    pub fn is_consistent(&self) -> bool {
        self.violations.is_empty() && self.sold_twice == 0
    }

    /// From the instant the doors opened to the last answer.
    pub fn total_time(&self) -> Duration {
        Duration::from_micros(self.total_time_us)
    }
}

const fn is_refusal(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused { .. } | Outcome::SeatsTaken(_))
}

const fn is_unpaid(attempt: &Attempt) -> bool {
    matches!(
        attempt.payment,
        Some(Payment::Abandoned | Payment::Declined | Payment::TooLate)
    )
}

fn count(attempts: &[Attempt], wanted: impl Fn(&Attempt) -> bool) -> u64 {
    attempts
        .iter()
        .map(|attempt| u64::from(wanted(attempt)))
        .sum()
}

fn errors(attempts: &[Attempt]) -> BTreeMap<String, u64> {
    let mut errors = BTreeMap::new();
    for attempt in attempts {
        if let Outcome::Failed(code) | Outcome::Unknown(code) = &attempt.outcome {
            *errors.entry(code.clone()).or_default() += 1;
        }
        if let Some(Payment::Failed(code) | Payment::Unknown(code)) = &attempt.payment {
            *errors.entry(code.clone()).or_default() += 1;
        }
        if let Some(Cancellation::Failed(code) | Cancellation::Unknown(code)) =
            &attempt.cancellation
        {
            *errors.entry(code.clone()).or_default() += 1;
        }
    }
    errors
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        let assigned = self.assigned.as_ref().map(|how| format!(", {how}"));
        let title = format!(
            "{} buyers for {} tickets{}",
            self.buyers,
            self.tickets,
            assigned.unwrap_or_default()
        );
        table.set_header([title, format!("over {} connections", self.connections)]);
        let mut row = |name: &str, value: String| {
            table.add_row([name.to_owned(), value]);
        };
        row("tickets sold", self.sold.to_string());
        if let Some(others) = self.others {
            row("tickets that others have", others.to_string());
        }
        row("buyers served", self.reservations.to_string());
        row("buyers refused", self.refused.to_string());
        if let Some(paid) = self.paid {
            row("buyers who paid", paid.to_string());
            row("holds left unpaid", self.unpaid.to_string());
            row("money kept", self.money.to_string());
        }
        if self.cancelled > 0 {
            row("reservations cancelled", self.cancelled.to_string());
        }
        row("tickets sold twice", self.sold_twice.to_string());
        row("total time", millis(self.total_time_us));
        for (name, value) in self.latency.rows() {
            row(&format!("latency {name}"), value);
        }
        if self.errors.is_empty() {
            row("errors", "0".to_owned());
        }
        for (code, times) in &self.errors {
            row(&format!("error {code}"), times.to_string());
        }
        if let Some(figures) = table.column_mut(1) {
            figures.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{table}")?;
        self.write_verdict(f)
    }
}

impl Report {
    fn write_verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in self.violations.iter().take(VIOLATIONS_PRINTED_MAX) {
            writeln!(f, "VIOLATION: {violation}")?;
        }
        let left_out = self.violations.len().saturating_sub(VIOLATIONS_PRINTED_MAX);
        if left_out > 0 {
            writeln!(f, "and {left_out} more violations")?;
        }
        if self.is_exact() {
            write!(
                f,
                "EXACT: the ledger agrees with every answer, and everybody got one."
            )
        } else if self.is_consistent() {
            let errors: u64 = self.errors.values().sum();
            write!(
                f,
                "NOT EXACT: the ledger agrees with every answer, but {errors} were errors."
            )
        } else {
            write!(f, "WRONG: the ledger contradicts what buyers were told.")
        }
    }
}
