//! The door: what was told of a reservation's tickets has to fit one order.
//!
//! No table says when an admission was taken back, so that these are no deeds that could be put into the
//! event's order by their time. A reservation has few of them: every order is tried.

use std::collections::BTreeMap;

use boxoffice::idempotency::IdempotencyKey;
use uuid::Uuid;

use super::deeds::NEVER;
use super::{Findings, Rule};
use crate::day::EventEvidence;
use crate::history::{Ask, Op, Shown, Status, Told};

/// Steps after which the search is given up, and that is told as a violation.
const STEPS_MAX: u32 = 20_000;

/// What happened to a reservation's tickets, or was told of them, between two moments.
struct Step<'a> {
    asked: u64,
    answered: u64,
    /// Whether it may not have happened at all.
    is_open: bool,
    what: What<'a>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    /// Paid for: there are tickets from here on.
    Confirmed,
    /// Cancelled; whether by its buyer, who may not once a ticket was used.
    Cancelled {
        by_buyer: bool,
    },
    Asked(&'a Ask, Option<&'a Told>),
    Seen(&'a Shown),
    /// Its buyer was told that she may not cancel it, because a ticket was used then.
    Kept {
        used_at: i64,
    },
}

/// A reservation's tickets between two steps.
#[derive(Clone, Default)]
struct Tickets<'a> {
    confirmed: bool,
    cancelled: bool,
    /// Which were used, and when, where that is known.
    used: BTreeMap<u32, Option<i64>>,
    keys: Vec<&'a str>,
}

pub(super) fn check(event: &EventEvidence, history: &[Op], findings: &mut Findings) {
    let mut by_row: BTreeMap<Uuid, Vec<&Op>> = BTreeMap::new();
    for op in history {
        if let Ask::Enter { id, .. } = &*op.ask
            && op.ask.event() == Some(event.id)
        {
            by_row.entry(*id).or_default();
        }
    }
    if by_row.is_empty() {
        return;
    }
    for op in history {
        if let Some(ops) = op.about().and_then(|id| by_row.get_mut(&id)) {
            ops.push(op);
        }
    }
    for row in &event.reservations {
        let Some(ops) = by_row.get(&row.id) else {
            continue;
        };
        let steps = steps(event, row, ops);
        let begun = Tickets {
            confirmed: event.plan.hold_secs == 0,
            ..Tickets::default()
        };
        let mut search = Search {
            row,
            steps: &steps,
            done: vec![false; steps.len()],
            tried: 0,
        };
        findings.expect(search.go(&begun), Rule::AdmittedOnce, || {
            format!("what was told at the door of {row} fits no order")
        });
    }
}

fn steps<'a>(event: &EventEvidence, row: &Shown, ops: &[&'a Op]) -> Vec<Step<'a>> {
    let mut steps: Vec<Step<'a>> = ops.iter().filter_map(|op| step(op)).collect();
    let first = |is: &dyn Fn(&Op) -> bool| {
        let found = ops.iter().filter(|op| is(op));
        found.map(|op| op.asked.order).min()
    };
    let told = |is: &dyn Fn(&Told) -> bool| {
        let found = ops.iter().filter(|op| op.told.as_deref().is_some_and(is));
        let found = found.filter_map(|op| op.answered);
        found.map(|answered| answered.order).min()
    };
    let shows = |told: &Told, status: Status| {
        matches!(told, Told::Done { shown, .. } | Told::Reservation(shown)
            if shown.status == status)
    };
    if event.plan.hold_secs > 0 && row.paid.is_some() {
        steps.push(Step {
            asked: first(&|op| matches!(*op.ask, Ask::Pay { .. })).unwrap_or(0),
            answered: told(&|told| shows(told, Status::Confirmed)).unwrap_or(NEVER),
            // What was paid for once the event had been called off is given back at once.
            is_open: row.status != Status::Confirmed,
            what: What::Confirmed,
        });
    }
    if row.status == Status::Cancelled {
        let is = |told: &Told| *told == Told::AlreadyCancelled || shows(told, Status::Cancelled);
        let by_buyer = event.off_at.is_none();
        let asked = first(&|op| matches!(*op.ask, Ask::Cancel { .. }));
        steps.push(Step {
            asked: asked.filter(|_| by_buyer).unwrap_or(0),
            answered: told(&is).unwrap_or(NEVER),
            is_open: false,
            what: What::Cancelled { by_buyer },
        });
    }
    steps.sort_by_key(|step| step.asked);
    steps
}

fn step(op: &Op) -> Option<Step<'_>> {
    let told = op.told.as_deref();
    let what = match (&*op.ask, told) {
        (Ask::Enter { .. }, Some(Told::Nothing(_))) => return None,
        (Ask::Enter { .. }, None | Some(Told::Unknown { .. })) => What::Asked(&op.ask, None),
        (Ask::Enter { .. }, Some(told)) => What::Asked(&op.ask, Some(told)),
        (Ask::Cancel { .. }, Some(Told::TicketUsed { at })) => What::Kept { used_at: *at },
        (_, Some(Told::Done { shown, .. } | Told::Reservation(shown)))
            if shown.status == Status::Confirmed =>
        {
            What::Seen(shown)
        }
        _ => return None,
    };
    let is_open = matches!(what, What::Asked(_, None));
    Some(Step {
        asked: op.asked.order,
        answered: match op.answered {
            Some(answered) if !is_open => answered.order,
            _ => NEVER,
        },
        is_open,
        what,
    })
}

impl<'a> Tickets<'a> {
    /// Does it, or finds that it can be told; false where neither can be.
    fn take(&mut self, what: What<'a>) -> bool {
        let admits = self.confirmed && !self.cancelled;
        match what {
            What::Confirmed => !std::mem::replace(&mut self.confirmed, true) && !self.cancelled,
            What::Cancelled { by_buyer } => {
                let may = !by_buyer || self.used.is_empty();
                self.used.clear();
                may && !std::mem::replace(&mut self.cancelled, true)
            }
            What::Seen(shown) => admits && self.are_used(&shown.used),
            What::Kept { used_at } => {
                let known = self.used.values().flatten().min();
                admits && !self.used.is_empty() && known.is_none_or(|known| *known >= used_at)
            }
            What::Asked(ask, told) => self.enter(ask, told),
        }
    }

    fn enter(&mut self, ask: &'a Ask, told: Option<&Told>) -> bool {
        let Ask::Enter {
            number, undo, key, ..
        } = ask
        else {
            return false;
        };
        let key = key.as_ref().map(IdempotencyKey::as_str);
        let known = key.is_some_and(|key| self.keys.contains(&key));
        let admits = self.confirmed && !self.cancelled;
        let used = self.used.get(number).copied();
        let at = match told {
            Some(Told::Done { replayed: true, .. }) => return known,
            _ if known => return false,
            Some(Told::TicketUsed { at }) => {
                let same = used.is_some_and(|used| used.is_none_or(|used| used == *at));
                return admits && !*undo && same;
            }
            Some(Told::TicketNotUsed) => return admits && *undo && used.is_none(),
            Some(Told::TicketCancelled) => return self.confirmed && self.cancelled,
            Some(Told::NotFound) => return !self.confirmed,
            Some(Told::Done { shown, .. }) => {
                let used = shown.used.iter().find(|(used, _)| used == number);
                used.map(|(_, at)| *at)
            }
            None => None,
            Some(_) => return false,
        };
        // Whoever was told has heard when she went in, and nothing once she is out again.
        if told.is_some() && at.is_some() == *undo {
            return false;
        }
        self.keys.extend(key);
        if *undo {
            return admits && self.used.remove(number).is_some();
        }
        admits && self.used.insert(*number, at).is_none()
    }

    /// Whether exactly these are used.
    fn are_used(&self, told: &[(u32, i64)]) -> bool {
        let same = |(number, at): &(u32, i64)| {
            let used = self.used.get(number);
            used.is_some_and(|used| used.is_none_or(|used| used == *at))
        };
        told.len() == self.used.len() && told.iter().all(same)
    }
}

/// The search for an order, after Wing and Gong as in `trial`.
struct Search<'a, 's> {
    row: &'a Shown,
    steps: &'s [Step<'a>],
    done: Vec<bool>,
    tried: u32,
}

impl<'a> Search<'a, '_> {
    fn go(&mut self, tickets: &Tickets<'a>) -> bool {
        let left = 0..self.steps.len();
        let left: Vec<usize> = left.filter(|index| !self.done[*index]).collect();
        let ends = left.iter().map(|index| self.steps[*index].answered).min();
        if left.iter().all(|index| self.steps[*index].is_open) && self.is_end(tickets) {
            return true;
        }
        for index in left {
            self.tried += 1;
            let step = &self.steps[index];
            if self.tried > STEPS_MAX {
                return false;
            }
            if ends.is_some_and(|ends| ends < step.asked) {
                continue;
            }
            let mut after = tickets.clone();
            if !after.take(step.what) {
                continue;
            }
            self.done[index] = true;
            if self.go(&after) {
                return true;
            }
            self.done[index] = false;
        }
        false
    }

    /// Whether the tables have it like this at the end.
    fn is_end(&self, tickets: &Tickets<'_>) -> bool {
        let cancelled = self.row.status == Status::Cancelled;
        cancelled == tickets.cancelled && (cancelled || tickets.are_used(&self.row.used))
    }
}
