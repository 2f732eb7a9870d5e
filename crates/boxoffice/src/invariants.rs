//! What must hold at every commit, written once: for tests, audits, drills and a metric.

use std::fmt;

use crate::grade::{SeatType, Stock};
use crate::ids::{EventId, Version};
use crate::money::Money;
use crate::time::Timestamp;

/// One grade's books: what its row says, and what its reservations add up to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GradeLedger {
    /// The grade's name.
    pub seat_type: Option<SeatType>,
    /// What the grade's row says, as stored; negative numbers are possible in a broken database.
    pub total: i64,
    /// See [`Stock`].
    pub available: i64,
    /// See [`Stock`].
    pub held: i64,
    /// See [`Stock`].
    pub sold: i64,
    /// Tickets of reservations HELD or PAYING.
    pub reserved_held: i64,
    /// Tickets of reservations CONFIRMED.
    pub reserved_sold: i64,
    /// Tickets that admit or have admitted somebody.
    pub tickets_live: i64,
}

impl GradeLedger {
    /// The books of a grade whose reservations agree with its stock.
    pub fn balanced(seat_type: SeatType, stock: Stock) -> Self {
        Self {
            seat_type: Some(seat_type),
            total: stock.total.into(),
            available: stock.available.into(),
            held: stock.held.into(),
            sold: stock.sold.into(),
            reserved_held: stock.held.into(),
            reserved_sold: stock.sold.into(),
            tickets_live: stock.sold.into(),
        }
    }
}

/// What the tables say of one event, added up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// The event.
    pub event: EventId,
    /// The version in the event's row.
    pub version: Version,
    /// The time of its last group, in the event's row.
    pub last_now: Timestamp,
    /// Lines in its log.
    pub log_len: i64,
    /// The highest version in its log.
    pub log_version_max: Version,
    /// Lines whose time is earlier than that of the line before.
    pub log_backwards: i64,
    /// The latest time in its log.
    pub log_last_now: Timestamp,
    /// Its grades.
    pub grades: Vec<GradeLedger>,
    /// Reservations of a grade that the event does not have.
    pub reservations_astray: i64,
    /// Reservations without the tickets that their state asks for, or with tickets it forbids.
    pub reservations_ticketed_wrong: i64,
    /// Reservations whose due time does not fit their state.
    pub reservations_due_wrong: i64,
    /// Keys that lead to no reservation of the event.
    pub keys_astray: i64,
    /// Seats claimed by no live reservation, or live reservations of numbered seats without claim.
    pub claims_wrong: i64,
    /// Money of payments PAID or REFUNDED.
    pub money_in: Money,
    /// Money of payments PAID or REFUNDED that belong to reservations CONFIRMED.
    pub money_ticketed: Money,
    /// Money of refunds, pending ones included.
    pub money_refunded: Money,
}

/// A rule of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Invariant {
    /// `available + held + sold == total`, none of them negative.
    StockAddsUp,
    /// The stock agrees with the reservations.
    StockIsReserved,
    /// Each confirmed ticket exists once, and no other admits anybody.
    TicketsMatch,
    /// The log has every version once, and the event's row the last.
    ChainIsWhole,
    /// No group is earlier than the one before.
    TimeRunsForward,
    /// Each key leads to its reservation.
    KeysLead,
    /// Each claimed seat has one live reservation.
    SeatsAreClaimedOnce,
    /// A hold has an end, and nothing else has.
    HoldsEnd,
    /// Money in = tickets out + refunds.
    MoneyAddsUp,
}

impl Invariant {
    /// Every invariant.
    pub const ALL: [Self; 9] = [
        Self::StockAddsUp,
        Self::StockIsReserved,
        Self::TicketsMatch,
        Self::ChainIsWhole,
        Self::TimeRunsForward,
        Self::KeysLead,
        Self::SeatsAreClaimedOnce,
        Self::HoldsEnd,
        Self::MoneyAddsUp,
    ];

    /// Its name in metrics and on one line of the audit.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StockAddsUp => "stock_adds_up",
            Self::StockIsReserved => "stock_is_reserved",
            Self::TicketsMatch => "tickets_match",
            Self::ChainIsWhole => "chain_is_whole",
            Self::TimeRunsForward => "time_runs_forward",
            Self::KeysLead => "keys_lead",
            Self::SeatsAreClaimedOnce => "seats_are_claimed_once",
            Self::HoldsEnd => "holds_end",
            Self::MoneyAddsUp => "money_adds_up",
        }
    }

    /// What it says, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::StockAddsUp => "available + held + sold = total in every grade, none negative",
            Self::StockIsReserved => "held and sold seats are those of the reservations",
            Self::TicketsMatch => "each confirmed seat has one ticket, and no other ticket admits",
            Self::ChainIsWhole => "every version is in the log once, and the event has the last",
            Self::TimeRunsForward => "no group is earlier than the one before",
            Self::KeysLead => "each idempotency key leads to a reservation of its event",
            Self::SeatsAreClaimedOnce => "each claimed seat has one live reservation",
            Self::HoldsEnd => "each hold has an end, and nothing else has",
            Self::MoneyAddsUp => "money in = tickets out + refunds",
        }
    }
}

/// A rule that an event breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The rule.
    pub invariant: Invariant,
    /// The event.
    pub event: EventId,
    /// What was found, with figures.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "event {}: {}: {}",
            self.event,
            self.invariant.name(),
            self.found
        )
    }
}

/// Checks every invariant against an event's books; empty where all hold.
pub fn check(ledger: &Ledger) -> Vec<Violation> {
    let mut report = Report {
        event: ledger.event,
        violations: Vec::new(),
    };
    for grade in &ledger.grades {
        check_grade(grade, &mut report);
    }
    report.expect_none(
        Invariant::StockIsReserved,
        ledger.reservations_astray,
        "of no grade",
    );
    report.expect_none(
        Invariant::TicketsMatch,
        ledger.reservations_ticketed_wrong,
        "with the wrong tickets",
    );
    report.expect_none(
        Invariant::HoldsEnd,
        ledger.reservations_due_wrong,
        "with a wrong end",
    );
    report.expect_none(Invariant::KeysLead, ledger.keys_astray, "that lead nowhere");
    report.expect_none(
        Invariant::SeatsAreClaimedOnce,
        ledger.claims_wrong,
        "claimed wrongly",
    );
    check_chain(ledger, &mut report);
    let out = ledger.money_ticketed.plus(ledger.money_refunded);
    report.expect(Invariant::MoneyAddsUp, ledger.money_in == out, || {
        format!(
            "{} came in, {} is ticketed, {} refunded",
            ledger.money_in.0, ledger.money_ticketed.0, ledger.money_refunded.0
        )
    });
    report.violations
}

fn check_grade(grade: &GradeLedger, report: &mut Report) {
    let GradeLedger {
        total,
        available,
        held,
        sold,
        ..
    } = *grade;
    let name = grade.seat_type.as_ref().map_or("?", SeatType::as_str);
    let none_negative = [total, available, held, sold].iter().all(|n| *n >= 0);
    report.expect(
        Invariant::StockAddsUp,
        none_negative && available + held + sold == total,
        || format!("{name}: {available} available + {held} held + {sold} sold, {total} in all"),
    );
    report.expect(
        Invariant::StockIsReserved,
        held == grade.reserved_held && sold == grade.reserved_sold,
        || {
            format!(
                "{name}: {held} held and {sold} sold, but reservations hold {} and own {}",
                grade.reserved_held, grade.reserved_sold
            )
        },
    );
    report.expect(Invariant::TicketsMatch, grade.tickets_live == sold, || {
        format!(
            "{name}: {sold} sold, but {} tickets admit",
            grade.tickets_live
        )
    });
}

fn check_chain(ledger: &Ledger, report: &mut Report) {
    let whole = ledger.log_len == ledger.version.0 && ledger.log_version_max == ledger.version;
    report.expect(Invariant::ChainIsWhole, whole, || {
        format!(
            "version {}, but the log has {} lines up to {}",
            ledger.version.0, ledger.log_len, ledger.log_version_max.0
        )
    });
    let forward = ledger.log_backwards == 0 && ledger.log_last_now == ledger.last_now;
    report.expect(Invariant::TimeRunsForward, forward, || {
        format!(
            "{} steps back; last at {} in the event, {} in the log",
            ledger.log_backwards,
            ledger.last_now.as_micros(),
            ledger.log_last_now.as_micros()
        )
    });
}

struct Report {
    event: EventId,
    violations: Vec<Violation>,
}

impl Report {
    fn expect(&mut self, invariant: Invariant, holds: bool, found: impl FnOnce() -> String) {
        if !holds {
            self.violations.push(Violation {
                invariant,
                event: self.event,
                found: found(),
            });
        }
    }

    fn expect_none(&mut self, invariant: Invariant, count: i64, what: &str) {
        self.expect(invariant, count == 0, || format!("{count} {what}"));
    }
}

#[cfg(test)]
mod tests;
