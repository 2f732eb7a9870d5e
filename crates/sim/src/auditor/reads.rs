//! What the cache may tell: something that was true, never going back, and the truth in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Findings, Rule};
use crate::day::EventEvidence;
use crate::history::{Ask, Op, Seats, Told};
use crate::world::Moment;

/// One look at an event that was answered.
struct Look<'a> {
    op: &'a Op,
    answered: Moment,
    version: i64,
    seats: &'a [Seats],
    good_for: Duration,
}

pub(super) fn check(event: &EventEvidence, history: &[Op], findings: &mut Findings) {
    let looks: Vec<Look<'_>> = history
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

/// Once all is calm and every cached state has had its time, what is told is what is: the last
/// two who ask the same thing without a change between them hear the same from every node.
fn check_calm(event: &EventEvidence, looks: &[Look<'_>], findings: &mut Findings) {
    let mut newest = 0;
    for look in looks.iter().filter(|look| look.op.in_calm) {
        findings.expect(look.version >= newest, Rule::ReadsGoForward, || {
            format!(
                "event {}: version {newest} was told in calm, and then n{} told version {}",
                event.id, look.op.node, look.version
            )
        });
        newest = newest.max(look.version);
    }
}
