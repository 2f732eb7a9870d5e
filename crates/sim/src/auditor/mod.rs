//! The auditor: checks every answer of a day against a model of its own.
//!
//! Knows nothing of how the box office decides. Its sources are what clients asked and were told,
//! and the tables at the end. From these it makes, for each event, a list of deeds (what changed
//! something) and of sightings (what somebody was told without changing anything), and asks whether
//! there is one order in which all of them could have happened one after the other, each between
//! its question and its answer: linearizability.

mod books;
mod calling_off;
mod deeds;
mod door;
mod keys;
mod likely;
mod model;
mod money;
mod places;
mod reads;
mod sightings;
mod told;
mod trial;

use std::fmt;
use std::time::Duration;

use crate::day::Evidence;
use crate::history::{Ask, Nothing, Told};
use crate::scenario::Scenario;

/// A rule that a day broke.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What was found, with names and figures.
    pub found: String,
}

/// What the auditor holds a day to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rule {
    /// The invariants of the ledger hold, at the end and at every look during the day.
    BooksBalance,
    /// What was acknowledged is in the ledger.
    AcknowledgedSurvives,
    /// Who was told that nothing was done finds nothing done.
    NothingMeansNothing,
    /// Nothing is in the ledger that nobody asked for.
    NothingFromNowhere,
    /// Each event's answers could have been given one after the other.
    Linearizable,
    /// The auditor's own count agrees with the ledger.
    CountsAgree,
    /// Every hold ends, late perhaps and never early.
    HoldsEnd,
    /// A confirmed reservation has its tickets, and no other has any.
    TicketsMatch,
    /// Who has paid has tickets, or her money back; once.
    PaidMeansTicketed,
    /// A hold that is being paid for does not end meanwhile.
    PayingKeepsSeats,
    /// Nobody pays for what another's request broke.
    BystandersServed,
    /// Every request is answered within its deadline.
    AnsweredInTime,
    /// Once faults have stopped, everybody is served.
    ServedInCalm,
    /// What is read from a cache never goes back, and catches up.
    ReadsGoForward,
    /// A list read page by page has every row once.
    ListsAreWhole,
    /// Queues, tasks and leases return to zero.
    NothingLeaks,
    /// Answers make sense by themselves.
    AnswersMakeSense,
    /// Everybody pays the price, and no more.
    PriceIsRight,
    /// A key leads to one thing, which is done once.
    KeysLeadOnce,
    /// A hold is extended once.
    ExtendedOnce,
    /// What is told of an event's stock is what it was at that version, and not long ago.
    StockIsTrue,
    /// A ticket admits one, once, until that is taken back.
    AdmittedOnce,
    /// An event that was called off leaves nobody with a seat.
    CallingOffClears,
    /// Nothing panics.
    NothingPanics,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.meaning(), self.found)
    }
}

impl Rule {
    /// What it says, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::BooksBalance => "the books balance",
            Self::AcknowledgedSurvives => "what was acknowledged is in the ledger",
            Self::NothingMeansNothing => "who was told that nothing was done finds nothing done",
            Self::NothingFromNowhere => "nothing is in the ledger that nobody asked for",
            Self::Linearizable => "each event's answers fit one order",
            Self::CountsAgree => "the auditor's count agrees with the ledger",
            Self::HoldsEnd => "every hold ends, late perhaps and never early",
            Self::TicketsMatch => "a confirmed reservation has its tickets, and no other has any",
            Self::PaidMeansTicketed => "who has paid has tickets, or her money back, once",
            Self::PayingKeepsSeats => "a hold that is being paid for does not end meanwhile",
            Self::BystandersServed => "nobody pays for what another's request broke",
            Self::AnsweredInTime => "every request is answered within its deadline",
            Self::ServedInCalm => "once faults have stopped, everybody is served",
            Self::ReadsGoForward => "reads from a cache never go back, and catch up",
            Self::ListsAreWhole => "a list read page by page has every row once",
            Self::NothingLeaks => "queues, tasks and leases return to zero",
            Self::AnswersMakeSense => "answers make sense by themselves",
            Self::PriceIsRight => "everybody pays the price, and no more",
            Self::KeysLeadOnce => "a key leads to one thing, which is done once",
            Self::ExtendedOnce => "a hold is extended once",
            Self::StockIsTrue => "what is told of the stock was so, and not long ago",
            Self::AdmittedOnce => "a ticket admits one, once",
            Self::CallingOffClears => "an event that was called off leaves nobody with a seat",
            Self::NothingPanics => "nothing panics",
        }
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, rule: Rule, found: impl Into<String>) {
        let found = found.into();
        self.0.push(Violation { rule, found });
    }

    fn expect(&mut self, holds: bool, rule: Rule, found: impl FnOnce() -> String) {
        if !holds {
            self.add(rule, found());
        }
    }
}

/// How long a read outside an event's queue may take on top of the deadline, in milliseconds:
/// slow statements, waits for locks and a node that stands still.
const SLOWNESS_MS: u64 = 9_000;

impl Evidence {
    /// Every moment of the day that is known, in order.
    fn moments(&self) -> Vec<(Duration, u64)> {
        let ops = self.history.iter();
        let known = ops.flat_map(|op| [Some(op.asked), op.answered]).flatten();
        // Each has its own place in the order, so that nothing has to be sorted.
        let mut moments = vec![None; 2 * self.history.len() + 1];
        for moment in known {
            let Ok(place) = usize::try_from(moment.order) else {
                continue;
            };
            if place >= moments.len() {
                moments.resize(place + 1, None);
            }
            moments[place] = Some((moment.at, moment.order));
        }
        moments.into_iter().flatten().collect()
    }
}

/// Audits a day; empty where every rule holds.
pub(crate) fn audit(scenario: &Scenario, evidence: &Evidence) -> Vec<Violation> {
    let mut findings = Findings::default();
    findings.0.extend(evidence.seen.iter().cloned());
    for found in &evidence.unbalanced {
        findings.add(Rule::BooksBalance, format!("during the day, {found}"));
    }
    answers(scenario, evidence, &mut findings);
    let moments = evidence.moments();
    for event in &evidence.events {
        books::check(event, &mut findings);
        told::check(event, &evidence.history, &mut findings);
        reads::check(scenario, event, evidence, &mut findings);
        keys::check(event, &evidence.history, &mut findings);
        door::check(event, &evidence.history, &mut findings);
        deeds::check(scenario, event, evidence, &moments, &mut findings);
    }
    money::check(scenario, evidence, &mut findings);
    findings.0
}

/// What can be said of an answer without knowing the others.
fn answers(scenario: &Scenario, evidence: &Evidence, findings: &mut Findings) {
    let deadline_ms = u64::from(scenario.limits.request_deadline_ms);
    for op in &evidence.history {
        let Some(told) = &op.told else { continue };
        if let Told::Nonsense(what) = &**told {
            findings.add(
                Rule::AnswersMakeSense,
                format!("{} was told {what}", op.ask),
            );
        }
        addressed(&op.ask, told, findings);
        let poisonous =
            matches!(&*op.ask, Ask::Reserve { user, .. } if user.as_str().starts_with("poison"));
        if **told == Told::Nothing(Nothing::Internal) && !poisonous {
            findings.add(
                Rule::BystandersServed,
                format!("{} was told of an internal error", op.ask),
            );
        }
        let served = !matches!(**told, Told::Nothing(_) | Told::Unknown { .. });
        findings.expect(
            !op.in_calm || served || poisonous,
            Rule::ServedInCalm,
            || format!("{} was told {told}", op.ask),
        );
        let slowness_ms = if op.in_calm { 100 } else { SLOWNESS_MS };
        if let Some(answered) = op.answered {
            let took = answered.at.saturating_sub(op.asked.at);
            let in_time = took.as_millis() <= u128::from(deadline_ms + slowness_ms);
            findings.expect(in_time, Rule::AnsweredInTime, || {
                format!(
                    "{} took {took:?}, and the deadline is {deadline_ms} ms",
                    op.ask
                )
            });
        }
    }
}

/// Whether an answer is about what was asked for, and about something that is there.
fn addressed(ask: &Ask, told: &Told, findings: &mut Findings) {
    match (ask, told) {
        (_, Told::Done { shown, .. } | Told::Reservation(shown)) => {
            let another = ask.reservation().is_some_and(|id| id != shown.id);
            findings.expect(!another, Rule::AnswersMakeSense, || {
                format!("{ask} was told of another: {shown}")
            });
        }
        // Clients ask for an event once its organizer has heard that it is on sale.
        (Ask::Look { .. }, Told::NotFound) => findings.add(
            Rule::AcknowledgedSurvives,
            format!("{ask} was told that there is no such thing"),
        ),
        (Ask::Open { event, .. }, Told::Opened { event: opened }) => {
            findings.expect(event == opened, Rule::KeysLeadOnce, || {
                format!("{ask} was told that it is event {opened}")
            });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
