//! What the cache may tell: something that was true, never going back, and the truth in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use boxoffice::grade::Stock;

use super::{Findings, Rule};
use crate::coordinator::EVENT_TTL;
use crate::database::VersionStock;
use crate::day::{EventEvidence, Evidence};
use crate::history::{Ask, Op, Seats, Told};
use crate::scenario::Scenario;
use crate::world::Moment;

/// How long a load into a cache may take, while the event changes.
const LOAD_MAX: Duration = Duration::from_millis(2_500);

/// One look at an event that was answered.
struct Look<'a> {
    op: &'a Op,
    answered: Moment,
    version: i64,
    seats: &'a [Seats],
    good_for: Duration,
}

pub(super) fn check(
    scenario: &Scenario,
    event: &EventEvidence,
    evidence: &Evidence,
    findings: &mut Findings,
) {
    let looks: Vec<Look<'_>> = evidence
        .history
        .iter()
        .filter(|op| *op.ask == Ask::Look { event: event.id })
        .filter_map(look)
        .collect();
    let mut by_version: BTreeMap<i64, &[Seats]> = BTreeMap::new();
    for look in &looks {
        for seats in look.seats {
            let adds_up = seats.available + seats.held + seats.sold == seats.total;
            findings.expect(adds_up, Rule::AnswersMakeSense, || format!("{seats:?}"));
        }
        let known = by_version.entry(look.version).or_insert(look.seats);
        findings.expect(*known == look.seats, Rule::ReadsGoForward, || {
            format!(
                "version {} was told as {known:?} and as {:?}",
                look.version, look.seats
            )
        });
    }
    check_truth(scenario, event, evidence, &looks, findings);
    for (index, later) in looks.iter().enumerate() {
        let went_back = looks[..index].iter().find(|earlier| {
            (earlier.op.node, earlier.op.life) == (later.op.node, later.op.life)
                && earlier.answered.order < later.op.asked.order
                && earlier.answered.at + earlier.good_for > later.answered.at
                && earlier.version > later.version
        });
        if let Some(earlier) = went_back {
            findings.add(
                Rule::ReadsGoForward,
                format!(
                    "event {}: n{} told version {}, and {} ms later version {}",
                    event.id,
                    later.op.node,
                    earlier.version,
                    later
                        .answered
                        .at
                        .saturating_sub(earlier.answered.at)
                        .as_millis(),
                    later.version
                ),
            );
            return;
        }
    }
    check_calm(event, &looks, findings);
}

/// What was told of a version is what the tables had at that version, and it was the newest at some
/// moment since the oldest that a cache may tell.
fn check_truth(
    scenario: &Scenario,
    event: &EventEvidence,
    evidence: &Evidence,
    looks: &[Look<'_>],
    findings: &mut Findings,
) {
    let of_event = |version: &&VersionStock| version.event == event.id;
    let versions: Vec<&VersionStock> = evidence.versions.iter().filter(of_event).collect();
    let age_max = EVENT_TTL + LOAD_MAX + scenario.lag_max() + scenario.standstill();
    for look in looks {
        let told = look.version;
        let place = versions.partition_point(|known| known.version < told);
        let known = versions.get(place).filter(|known| known.version == told);
        let agrees = known.is_some_and(|known| is_stock(look.seats, &known.stock));
        findings.expect(agrees, Rule::StockIsTrue, || {
            format!(
                "event {}: n{} told version {told} as {:?}, and the tables had {known:?}",
                event.id, look.op.node, look.seats
            )
        });
        let is_early = known.is_some_and(|known| known.at > look.answered.at);
        let next = versions.get(place + 1);
        let is_late = next.is_some_and(|next| next.at + age_max < look.op.asked.at);
        findings.expect(!is_early && !is_late, Rule::StockIsTrue, || {
            format!(
                "event {}: n{} told version {told} after {:?}, which was the newest from {:?} to {:?}",
                event.id,
                look.op.node,
                look.op.asked.at,
                known.map(|known| known.at),
                next.map(|next| next.at)
            )
        });
    }
}

fn is_stock(seats: &[Seats], stock: &[Stock]) -> bool {
    let same = |(told, known): (&Seats, &Stock)| {
        (told.total, told.available, told.held, told.sold)
            == (known.total, known.available, known.held, known.sold)
    };
    seats.len() == stock.len() && seats.iter().zip(stock).all(same)
}

fn look(op: &Op) -> Option<Look<'_>> {
    match (op.told.as_deref(), op.answered) {
        (
            Some(Told::Seats {
                version,
                seats,
                good_for_micros,
            }),
            Some(answered),
        ) => Some(Look {
            op,
            answered,
            version: *version,
            seats,
            good_for: Duration::from_micros(*good_for_micros),
        }),
        _ => None,
    }
}

/// Once all is calm and every cached state has had its time, what is told does not go back; and once
/// nothing changes any more, what each node tells is what the ledger has.
fn check_calm(event: &EventEvidence, looks: &[Look<'_>], findings: &mut Findings) {
    let mut newest = 0;
    let mut last_of_node: BTreeMap<u32, &Look<'_>> = BTreeMap::new();
    for look in looks.iter().filter(|look| look.op.in_calm) {
        findings.expect(look.version >= newest, Rule::ReadsGoForward, || {
            format!(
                "event {}: version {newest} was told in calm, and then n{} told version {}",
                event.id, look.op.node, look.version
            )
        });
        newest = newest.max(look.version);
        last_of_node.insert(look.op.node, look);
    }
    let Some(ledger) = &event.ledger else { return };
    for (node, look) in last_of_node {
        let told = look.seats.iter().map(|seats| {
            let counts = [seats.total, seats.available, seats.held, seats.sold];
            counts.map(i64::from)
        });
        let kept = ledger.grades.iter();
        let kept = kept.map(|grade| [grade.total, grade.available, grade.held, grade.sold]);
        let is_last = look.version == ledger.version.0 && told.eq(kept);
        findings.expect(is_last, Rule::StockIsTrue, || {
            format!(
                "event {}: n{node} tells version {} in the end as {:?}, and the ledger has version {}",
                event.id, look.version, look.seats, ledger.version.0
            )
        });
    }
}
