//! Whether a server's ledger agrees with what it told its buyers.
//!
//! Pure: answers and ledger in, violations out. It trusts neither side. The answers are what the
//! buyers can prove; the ledger is what the server says when asked afterwards.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use super::violation::Violation;

pub(super) mod money;
mod seats;
#[cfg(test)]
mod tests;

pub use money::Paid;

/// One buyer's attempt: what she asked for and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who she is; no two attempts share a user.
    pub user_id: String,
    /// How many tickets she asked for.
    pub quantity: u32,
    /// The seats that she named; empty: any.
    pub seats: Vec<String>,
    /// What she was told.
    pub outcome: Outcome,
    /// What she was told when she paid, or that she did not; `None`: nobody has to.
    pub payment: Option<Payment>,
    /// What she was told when she gave her tickets back, if she did.
    pub cancellation: Option<Cancellation>,
}

/// What a buyer was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 201: these tickets are hers.
    Sold(Entry),
    /// 409: fewer are left than she asked for, with the figures of the answer's details.
    Refused {
        /// How many she is said to have asked for.
        requested: Option<u32>,
        /// How many are said to be left.
        available: Option<u32>,
    },
    /// 409: these of the seats that she named are taken.
    SeatsTaken(Vec<String>),
    /// An answer that means that nothing was done for her, by its code.
    Failed(String),
    /// No answer, or one that leaves the outcome open, by its code.
    Unknown(String),
}

/// What became of a buyer's payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payment {
    /// The tickets are hers.
    Done,
    /// She never came back; the hold ends by itself.
    Abandoned,
    /// Her card was no good; the hold ends by itself.
    Declined,
    /// Her hold had ended.
    TooLate,
    /// Nothing was charged, by the answer's code.
    Failed(String),
    /// No answer, or one that leaves the outcome open, by its code.
    Unknown(String),
}

/// What a buyer was told when she cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// Her tickets are given back.
    Done,
    /// They are not, by the answer's code.
    Failed(String),
    /// No answer, or one that leaves the outcome open, by its code.
    Unknown(String),
}

/// A reservation as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub reservation_id: String,
    /// Whose it is.
    pub user_id: String,
    /// How many tickets.
    pub quantity: u32,
    /// Its state, in the server's words.
    pub status: String,
    /// Its seats, where they have numbers.
    pub seats: Vec<String>,
    /// Its payment, if it has one.
    pub payment: Option<Paid>,
}

impl Entry {
    /// Whether its tickets are taken from the stock.
    fn is_live(&self) -> bool {
        !matches!(self.status.as_str(), "CANCELLED" | "EXPIRED")
    }
}

/// What the server says it has sold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The stock of the one grade.
    pub stock: Stock,
    /// What the event itself says: how many tickets there are, and how many are left.
    pub event: (u32, u32),
    /// Every reservation of the contest's buyers; of everybody, where the event is the contest's own.
    pub entries: Vec<Entry>,
    /// Reservations of others, who may buy at the same time: nobody was told of them here.
    pub others: Vec<Entry>,
    /// Every numbered seat, and whether it is taken; `None` where seats have no numbers.
    pub seats: Option<BTreeMap<String, bool>>,
    /// What a ticket costs, in minor units; `None` where nobody has to pay.
    pub price: Option<u64>,
}

impl Ledger {
    /// Every reservation, whoever has it.
    fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().chain(&self.others)
    }

    /// Tickets that others have.
    pub(super) fn with_others(&self) -> u64 {
        let live = self.others.iter().filter(|entry| entry.is_live());
        live.map(|entry| u64::from(entry.quantity)).sum()
    }
}

/// The stock of a grade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stock {
    /// How many tickets there are.
    pub total: u32,
    /// Left to sell.
    pub available: u32,
    /// Held for buyers who have not paid.
    pub held: u32,
    /// Sold.
    pub sold: u32,
}

/// Finds every contradiction.
///
/// `total` is what was put on sale, as one grade. With cancellations and holds that ended the
/// stock rises again, so a refusal is proved wrong only if it was for no more tickets than were
/// left in the end less all that were ever given back: no fewer can have been left at any moment.
pub fn violations(total: u32, attempts: &[Attempt], ledger: &Ledger) -> Vec<Violation> {
    let mut found = Vec::new();
    check_stock(total, attempts, ledger, &mut found);
    check_told(attempts, ledger, &mut found);
    check_listed(attempts, ledger, &mut found);
    check_refusals(total, attempts, ledger, &mut found);
    seats::check(attempts, ledger, &mut found);
    money::check(ledger, &mut found);
    found
}

/// How many tickets were promised to buyers, and not given back, beyond the stock, or to two buyers
/// under one reservation, or are live in the ledger beyond the stock, or have one seat: the worst of
/// these.
pub fn sold_twice(total: u32, attempts: &[Attempt], ledger: &Ledger) -> u64 {
    let mut told = HashSet::new();
    let shared = sales(attempts)
        .filter(|(_, sale)| !told.insert(&sale.reservation_id))
        .map(|(_, sale)| u64::from(sale.quantity))
        .sum();
    let beyond = promised(attempts)
        .max(live(ledger))
        .saturating_sub(u64::from(total));
    let seats = seats::owned_twice(ledger).into_values();
    let seated = seats.map(|owners| owners.len() as u64 - 1).sum();
    beyond.max(shared).max(seated)
}

/// Tickets that buyers were told are theirs, and that they did not try to give back.
pub(super) fn promised(attempts: &[Attempt]) -> u64 {
    sales(attempts)
        .filter(|(attempt, _)| matches!(attempt.payment, None | Some(Payment::Done)))
        .filter(|(attempt, _)| may_be_live(attempt.cancellation.as_ref()))
        .map(|(_, sale)| u64::from(sale.quantity))
        .sum()
}

fn may_be_live(cancellation: Option<&Cancellation>) -> bool {
    !matches!(
        cancellation,
        Some(Cancellation::Done | Cancellation::Unknown(_))
    )
}

fn sales(attempts: &[Attempt]) -> impl Iterator<Item = (&Attempt, &Entry)> {
    attempts
        .iter()
        .filter_map(|attempt| match &attempt.outcome {
            Outcome::Sold(sale) => Some((attempt, sale)),
            _ => None,
        })
}

fn live(ledger: &Ledger) -> u64 {
    ledger
        .all()
        .filter(|entry| entry.is_live())
        .map(|e| u64::from(e.quantity))
        .sum()
}

fn check_stock(total: u32, attempts: &[Attempt], ledger: &Ledger, found: &mut Vec<Violation>) {
    let stock = ledger.stock;
    let live = live(ledger);
    if live > u64::from(total) {
        found.push(Violation::SoldBeyondStock { live, total });
    }
    let promised = promised(attempts);
    if promised > u64::from(total) {
        found.push(Violation::PromisedBeyondStock { promised, total });
    }
    let sum = u64::from(stock.available) + u64::from(stock.held) + u64::from(stock.sold);
    if sum != u64::from(total) || stock.total != total {
        found.push(Violation::StockDoesNotAddUp { stock, total });
    }
    if ledger.event != (stock.total, stock.available) {
        let (total, available) = ledger.event;
        found.push(Violation::EventDiffersFromStock {
            total,
            available,
            stock,
        });
    }
    if u64::from(stock.held) + u64::from(stock.sold) != live {
        found.push(Violation::StockDiffersFromLedger { stock, live });
    }
}

/// Everything that a buyer was told is in the ledger as she was told it.
fn check_told(attempts: &[Attempt], ledger: &Ledger, found: &mut Vec<Violation>) {
    let listed: HashMap<&str, &Entry> = ledger
        .entries
        .iter()
        .map(|entry| (entry.reservation_id.as_str(), entry))
        .collect();
    let mut told = HashSet::new();
    for (attempt, sale) in sales(attempts) {
        let reservation_id = sale.reservation_id.clone();
        if !told.insert(sale.reservation_id.as_str()) {
            found.push(Violation::ToldTwice {
                reservation_id: reservation_id.clone(),
            });
        }
        if (&sale.user_id, sale.quantity) != (&attempt.user_id, attempt.quantity) {
            found.push(Violation::AnswerDiffers {
                user_id: attempt.user_id.clone(),
                asked: attempt.quantity,
                answered_user_id: sale.user_id.clone(),
                answered: sale.quantity,
            });
        }
        let Some(entry) = listed.get(sale.reservation_id.as_str()) else {
            let user_id = attempt.user_id.clone();
            found.push(Violation::NotInLedger {
                reservation_id,
                user_id,
            });
            continue;
        };
        if (&entry.user_id, entry.quantity) != (&attempt.user_id, attempt.quantity) {
            found.push(Violation::LedgerDiffers {
                reservation_id: reservation_id.clone(),
                told: (attempt.user_id.clone(), attempt.quantity),
                listed: (entry.user_id.clone(), entry.quantity),
            });
        }
        let cancelled = match &attempt.cancellation {
            None | Some(Cancellation::Failed(_)) => false,
            Some(Cancellation::Done) => true,
            // Either is true to somebody who was told nothing.
            Some(Cancellation::Unknown(_)) => entry.status == "CANCELLED",
        };
        let expected = if cancelled {
            "CANCELLED"
        } else {
            money::expected(attempt, entry)
        };
        check_status(entry, expected, found);
    }
}

fn check_status(entry: &Entry, expected: &'static str, found: &mut Vec<Violation>) {
    if entry.status != expected {
        found.push(Violation::WrongStatus {
            reservation_id: entry.reservation_id.clone(),
            expected,
            status: entry.status.clone(),
        });
    }
}

/// Everything in the ledger is there once, and for somebody who was told, or who heard nothing.
fn check_listed(attempts: &[Attempt], ledger: &Ledger, found: &mut Vec<Violation>) {
    let told: HashSet<&str> = sales(attempts)
        .map(|(_, sale)| sale.reservation_id.as_str())
        .collect();
    let in_doubt: HashMap<&str, &Attempt> = attempts
        .iter()
        .filter(|attempt| matches!(attempt.outcome, Outcome::Unknown(_)))
        .map(|attempt| (attempt.user_id.as_str(), attempt))
        .collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unanswered: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &ledger.entries {
        let times = times.entry(entry.reservation_id.as_str()).or_default();
        *times += 1;
        if *times > 1 || told.contains(entry.reservation_id.as_str()) {
            continue;
        }
        let Some(attempt) = in_doubt.get(entry.user_id.as_str()) else {
            found.push(Violation::NobodyWasTold {
                reservation_id: entry.reservation_id.clone(),
                user_id: entry.user_id.clone(),
            });
            continue;
        };
        *unanswered.entry(attempt.user_id.as_str()).or_default() += 1;
        if entry.quantity != attempt.quantity {
            found.push(Violation::LedgerDiffers {
                reservation_id: entry.reservation_id.clone(),
                told: (attempt.user_id.clone(), attempt.quantity),
                listed: (entry.user_id.clone(), entry.quantity),
            });
        }
        // Who heard nothing could not pay.
        let paid = if ledger.price.is_some() {
            "EXPIRED"
        } else {
            "CONFIRMED"
        };
        check_status(entry, paid, found);
    }
    let twice = times.into_iter().filter(|(_, times)| *times > 1);
    found.extend(twice.map(|(id, times)| Violation::TwiceInLedger {
        reservation_id: id.to_owned(),
        times,
    }));
    let twice = unanswered.into_iter().filter(|(_, times)| *times > 1);
    found.extend(twice.map(|(user, times)| Violation::UnansweredTwice {
        user_id: user.to_owned(),
        times,
    }));
}

fn check_refusals(total: u32, attempts: &[Attempt], ledger: &Ledger, found: &mut Vec<Violation>) {
    let given_back: u64 = ledger
        .all()
        .filter(|e| !e.is_live())
        .map(|e| u64::from(e.quantity))
        .sum();
    let left = u64::from(total)
        .saturating_sub(live(ledger))
        .saturating_sub(given_back);
    for attempt in attempts {
        let Outcome::Refused {
            requested,
            available,
        } = attempt.outcome
        else {
            continue;
        };
        let (user_id, asked) = (attempt.user_id.clone(), attempt.quantity);
        let founded = requested == Some(asked) && available.is_some_and(|left| left < asked);
        if !founded {
            let user_id = user_id.clone();
            found.push(Violation::RefusalUnfounded {
                user_id,
                asked,
                requested,
                available,
            });
        }
        if left >= u64::from(asked) {
            found.push(Violation::RefusedTooEarly {
                user_id,
                asked,
                left,
            });
        }
    }
}

impl fmt::Display for Stock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            total,
            available,
            held,
            sold,
        } = self;
        write!(
            f,
            "{available} available + {held} held + {sold} sold of {total}"
        )
    }
}
