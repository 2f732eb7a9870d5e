//! Keys of what is done with a reservation that is there, and holds that are extended.
//!
//! When a hold was extended is in no answer and in no table, so that this is no deed that could be
//! put into the event's order. What can be said without one is said here.

use boxoffice::idempotency::IdempotencyKey;
use uuid::Uuid;

use super::{Findings, Rule};
use crate::day::EventEvidence;
use crate::history::{Ask, Op, Told};

/// What was done with one reservation under which key, or under none.
struct Act<'a> {
    op: &'a Op,
    id: Uuid,
    kind: Kind,
    key: Option<&'a IdempotencyKey>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cancel,
    Pay,
    Extend,
}

pub(super) fn check(event: &EventEvidence, history: &[Op], findings: &mut Findings) {
    let of_event = history.iter().filter(|op| op.ask.event() == Some(event.id));
    let mut acts: Vec<Act<'_>> = of_event.filter_map(act).collect();
    acts.sort_by_key(|act| act.id);
    for of_row in acts.chunk_by(|one, other| one.id == other.id) {
        let times = |kind| {
            let of_kind = of_row.iter().filter(move |act| act.kind == kind);
            of_kind.filter(|act| act.is_new()).count()
        };
        let extended = times(Kind::Extend);
        findings.expect(extended <= 1, Rule::ExtendedOnce, || {
            format!("{} was extended {extended} times", of_row[0].id)
        });
        for act in of_row {
            check_act(event, act, of_row, findings);
        }
    }
}

fn act(op: &Op) -> Option<Act<'_>> {
    let (id, kind) = match &*op.ask {
        Ask::Cancel { id, .. } => (*id, Kind::Cancel),
        Ask::Pay { id, .. } => (*id, Kind::Pay),
        Ask::Extend { id, .. } => (*id, Kind::Extend),
        _ => return None,
    };
    let key = op.ask.own_key();
    Some(Act { op, id, kind, key })
}

impl Act<'_> {
    /// Whether it was told to be done now and not before.
    fn is_new(&self) -> bool {
        let told = self.op.told.as_deref();
        matches!(
            told,
            Some(Told::Done {
                replayed: false,
                ..
            })
        )
    }
}

/// `of_row`: all that was done with the same reservation.
fn check_act(event: &EventEvidence, act: &Act<'_>, of_row: &[Act<'_>], findings: &mut Findings) {
    let (op, Some(told), Some(answered)) = (act.op, act.op.told.as_deref(), act.op.answered) else {
        return;
    };
    if let (Kind::Extend, Told::Done { shown, .. }) = (act.kind, told) {
        let hold_micros = i64::from(event.plan.hold_secs) * 1_000_000;
        let latest = shown.reserved_at + 2 * hold_micros;
        let within = shown.expires_at.is_none_or(|ends| ends <= latest);
        findings.expect(within, Rule::ExtendedOnce, || {
            format!("{} was told {shown}, held for longer than twice", op.ask)
        });
    }
    let Some(key) = act.key else { return };
    let before = |other: &&Act<'_>| other.op.asked.order < answered.order;
    let others = || {
        of_row
            .iter()
            .filter(before)
            .filter(|other| other.kind == act.kind)
    };
    let by_another_key = others().any(|other| other.key != Some(key));
    let sent_again =
        others().any(|other| other.key == Some(key) && other.op.asked.order != op.asked.order);
    let holds = match told {
        // Nobody uses a key of hers for anything else.
        Told::KeyReused => false,
        Told::Done { replayed: true, .. } => sent_again,
        // It was her own request that did it: she has to be told so.
        Told::ExtensionUsed | Told::PaymentInProgress if act.kind != Kind::Cancel => {
            by_another_key || (act.kind == Kind::Extend && *told == Told::PaymentInProgress)
        }
        _ => true,
    };
    findings.expect(holds, Rule::KeysLeadOnce, || {
        format!("{} was told {told}", op.ask)
    });
}
