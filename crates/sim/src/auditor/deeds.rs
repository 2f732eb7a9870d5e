//! From questions, answers and the ledger to deeds and sightings.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use uuid::Uuid;

use super::model::{Body, Change, State, Taken};
use super::trial::{Deed, Misfit, Sighting, Trial};
use super::{Findings, Rule};
use crate::day::{EventEvidence, Evidence};
use crate::history::{Ask, Op, Shown, Status, Told};
use crate::scenario::Scenario;

/// The end of what nobody was told the end of.
const NEVER: u64 = u64::MAX;

/// An event's case, as it is put together.
pub(super) struct Case<'a> {
    pub(super) event: &'a EventEvidence,
    pub(super) ops: Vec<&'a Op>,
    /// How old a refusal's state may be, by the configuration.
    pub(super) refusal_age: Duration,
    /// Every moment of the day that is known, in order.
    pub(super) moments: Vec<(Duration, u64)>,
    pub(super) places: HashMap<Uuid, usize>,
    pub(super) users: BTreeMap<&'a str, usize>,
    taken: Vec<Taken>,
    deeds: Vec<Deed>,
    pub(super) sightings: Vec<Sighting>,
}

pub(super) fn check(
    scenario: &Scenario,
    event: &EventEvidence,
    evidence: &Evidence,
    findings: &mut Findings,
) {
    let history = &evidence.history;
    let of_event = |op: &&Op| op.ask.event() == Some(event.id);
    let mut moments: Vec<(Duration, u64)> = history
        .iter()
        .flat_map(|op| [Some(op.asked), op.answered])
        .flatten()
        .map(|moment| (moment.at, moment.order))
        .collect();
    moments.sort_unstable();
    let mut case = Case {
        event,
        ops: history.iter().filter(of_event).collect(),
        refusal_age: Duration::from_millis(scenario.limits.sold_out_age_ms_max.into()),
        moments,
        places: HashMap::new(),
        users: BTreeMap::new(),
        taken: Vec::new(),
        deeds: Vec::new(),
        sightings: Vec::new(),
    };
    case.find_users();
    case.find_takings(findings);
    case.find_endings(findings);
    case.find_sightings(findings);
    case.hold_trial(&evidence.changes, findings);
}

impl<'a> Case<'a> {
    fn find_users(&mut self) {
        let asking = self.ops.iter().filter_map(|op| match &op.ask {
            Ask::Reserve { user, .. } => Some(user.as_str()),
            _ => None,
        });
        let listed = self.event.reservations.iter().map(|row| row.user.as_str());
        for user in asking.chain(listed) {
            let next = self.users.len();
            self.users.entry(user).or_insert(next);
        }
    }

    /// Who asked for each reservation of the ledger, and whether all that was promised is there.
    fn find_takings(&mut self, findings: &mut Findings) {
        let mut open = self.open_questions();
        let mut by_id: BTreeMap<Uuid, Vec<&'a Op>> = BTreeMap::new();
        for op in &self.ops {
            if let (
                Ask::Reserve { .. },
                Some(Told::Done {
                    shown,
                    replayed: false,
                }),
            ) = (&op.ask, &op.told)
            {
                by_id.entry(shown.id).or_default().push(op);
            }
        }
        let mut rows: Vec<&'a Shown> = self.event.reservations.iter().collect();
        rows.sort_by_key(|row| (row.reserved_at, row.id));
        for row in rows {
            let told = by_id.remove(&row.id).unwrap_or_default();
            findings.expect(told.len() <= 1, Rule::AnswersMakeSense, || {
                format!("{} requests were told to have made {row}", told.len())
            });
            let op = told
                .first()
                .copied()
                .or_else(|| self.who_asked(row, &mut open));
            let Some(op) = op else {
                findings.add(self.nobody(row), format!("{row} of {}", row.user));
                continue;
            };
            self.take(row, op);
        }
        for lost in by_id.into_values().flatten().take(3) {
            findings.add(
                Rule::AcknowledgedSurvives,
                format!("{} was told that it is done", lost.ask),
            );
        }
    }

    /// Questions to reserve whose outcome nobody was told.
    fn open_questions(&self) -> Vec<&'a Op> {
        let open = |op: &&&Op| {
            matches!(op.ask, Ask::Reserve { .. })
                && matches!(op.told, None | Some(Told::Unknown { .. }))
        };
        self.ops.iter().filter(open).copied().collect()
    }

    /// Which of the open questions made this reservation: the one that was told its id, else one
    /// whose key led to it later, else the first that asked for the same.
    fn who_asked(&self, row: &Shown, open: &mut Vec<&'a Op>) -> Option<&'a Op> {
        let by_id =
            |op: &&Op| matches!(&op.told, Some(Told::Unknown { id: Some(id) }) if *id == row.id);
        let same = |op: &&Op| match &op.ask {
            Ask::Reserve {
                user,
                grade,
                quantity,
                seats,
                ..
            } => {
                let named = seats.is_empty() || same_seats(seats, &row.seats);
                *user == row.user && *grade == row.grade && *quantity == row.quantity && named
            }
            _ => false,
        };
        let key_led_to = |op: &&Op| {
            match &op.ask {
            Ask::Reserve { key: Some(key), .. } => self.ops.iter().any(|other| {
                matches!((&other.ask, &other.told),
                    (Ask::Reserve { key: Some(known), .. }, Some(Told::Done { shown, replayed: true }))
                    if known == key && shown.id == row.id)
            }),
            _ => false,
        }
        };
        let no_id = |op: &&Op| op.told.is_none();
        let place = (open.iter().position(|op| by_id(op) && same(op)))
            .or_else(|| {
                open.iter()
                    .position(|op| same(op) && no_id(op) && key_led_to(op))
            })
            .or_else(|| open.iter().position(|op| same(op) && no_id(op)))?;
        Some(open.remove(place))
    }

    /// Which rule a reservation breaks that no question explains.
    fn nobody(&self, row: &Shown) -> Rule {
        let promised_nothing = self.ops.iter().any(|op| {
            matches!(&op.ask, Ask::Reserve { user, quantity, .. }
                if *user == row.user && *quantity == row.quantity)
                && matches!(op.told, Some(Told::Nothing(_)))
        });
        if promised_nothing {
            Rule::NothingMeansNothing
        } else {
            Rule::NothingFromNowhere
        }
    }

    fn take(&mut self, row: &Shown, op: &'a Op) {
        let Ask::Reserve {
            user,
            grade,
            quantity,
            seats,
            key,
            ..
        } = &op.ask
        else {
            return;
        };
        let index = self.taken.len();
        let grade = self.grade(grade);
        self.places.insert(row.id, index);
        self.taken.push(Taken {
            user: self.users.get(user.as_str()).copied().unwrap_or(0),
            grade,
            quantity: *quantity,
            first: if self.event.plan.hold_secs == 0 {
                Status::Confirmed
            } else {
                Status::Held
            },
            seats: row.seats.clone(),
            key: key.clone().map(|key| (key, body(*quantity, grade, seats))),
        });
        self.deeds.push(Deed {
            at: row.reserved_at,
            asked: op.asked.order,
            answered: told_end(op),
            change: Change::Take(index),
            story: format!("{} ({})", op.ask, row.id),
        });
    }

    pub(super) fn grade(&self, name: &str) -> usize {
        let known = self.event.grades.iter().position(|known| known == name);
        known.unwrap_or(0)
    }

    /// How each reservation ended, and who ended it.
    fn find_endings(&mut self, findings: &mut Findings) {
        for row in &self.event.reservations {
            let Some(index) = self.places.get(&row.id).copied() else {
                continue;
            };
            let began = self
                .deeds
                .iter()
                .find(|deed| matches!(deed.change, Change::Take(i) if i == index));
            let asked = began.map_or(0, |deed| deed.asked);
            let at = row.ended_at.unwrap_or(0);
            self.find_payer(row, index, asked);
            match row.status {
                Status::Expired => {
                    let held_until = self.held_until(row);
                    findings.expect(at >= held_until, Rule::HoldsEnd, || {
                        format!("{row} ended after {} us", at - row.reserved_at)
                    });
                    self.deeds.push(Deed {
                        at,
                        asked,
                        answered: NEVER,
                        change: Change::Expire(index),
                        story: format!("{} expires", row.id),
                    });
                }
                Status::Cancelled => self.find_canceller(row, index, at, findings),
                Status::Held | Status::Paying | Status::Confirmed => {}
            }
        }
        for op in &self.ops {
            if let (Ask::Cancel { id, .. }, Some(Told::Done { .. })) = (&op.ask, &op.told) {
                let row = self.event.reservations.iter().find(|row| row.id == *id);
                let kept = row.is_some_and(|row| row.status == Status::Cancelled);
                findings.expect(kept, Rule::AcknowledgedSurvives, || {
                    format!("{} was told that it is done", op.ask)
                });
            }
        }
    }

    /// Until when she was told that her seats are held.
    fn held_until(&self, row: &Shown) -> i64 {
        let hold_micros = i64::from(self.event.plan.hold_secs) * 1_000_000;
        let told = self.ops.iter().filter_map(|op| match &op.told {
            Some(Told::Done { shown, .. }) if shown.id == row.id => shown.expires_at,
            _ => None,
        });
        told.fold(row.reserved_at + hold_micros, i64::max)
    }

    /// When it was paid, and by when somebody had been told so.
    fn find_payer(&mut self, row: &Shown, index: usize, taken: u64) {
        if self.taken[index].first == Status::Confirmed {
            return;
        }
        let Some(paid) = row.paid else { return };
        let paying = |op: &&&Op| matches!(&op.ask, Ask::Pay { id, .. } if *id == row.id);
        let asked = self
            .ops
            .iter()
            .filter(paying)
            .map(|op| op.asked.order)
            .min();
        let told = self.ops.iter().filter(|op| {
            matches!(&op.told, Some(Told::Done { shown, .. } | Told::Reservation(shown))
                if shown.id == row.id && shown.status == Status::Confirmed)
        });
        let told = told
            .filter_map(|op| op.answered)
            .map(|answered| answered.order)
            .min();
        self.deeds.push(Deed {
            at: paid.at,
            asked: asked.unwrap_or(taken),
            answered: told.unwrap_or(NEVER),
            change: Change::Confirm(index),
            story: format!("{} is confirmed by {}", row.id, paid.id),
        });
    }

    fn find_canceller(&mut self, row: &Shown, index: usize, at: i64, findings: &mut Findings) {
        let of_row: Vec<&Op> = self
            .ops
            .iter()
            .filter(|op| matches!(&op.ask, Ask::Cancel { id, .. } if *id == row.id))
            .copied()
            .collect();
        let told: Vec<&&Op> = of_row
            .iter()
            .filter(|op| {
                matches!(
                    op.told,
                    Some(Told::Done {
                        replayed: false,
                        ..
                    })
                )
            })
            .collect();
        findings.expect(told.len() <= 1, Rule::Linearizable, || {
            format!("{row} was cancelled {} times", told.len())
        });
        let open = || {
            let mut open = of_row
                .iter()
                .filter(|op| matches!(op.told, None | Some(Told::Unknown { .. })));
            open.next()
        };
        let Some(op) = told.first().copied().or_else(open) else {
            let rule = if of_row.is_empty() {
                Rule::NothingFromNowhere
            } else {
                Rule::NothingMeansNothing
            };
            return findings.add(rule, format!("{row} was cancelled by nobody"));
        };
        let Ask::Cancel { key, .. } = &op.ask else {
            return;
        };
        self.deeds.push(Deed {
            at,
            asked: op.asked.order,
            answered: told_end(op),
            change: Change::GiveBack {
                reservation: index,
                key: key.clone(),
            },
            story: op.ask.to_string(),
        });
    }

    /// `changes` says what to try first among the deeds of one moment; it decides nothing.
    fn hold_trial(mut self, changes: &[(Uuid, Status)], findings: &mut Findings) {
        let mut likely: HashMap<(usize, Status), usize> = HashMap::new();
        for (order, (id, status)) in changes.iter().enumerate() {
            if let Some(place) = self.places.get(id) {
                likely.entry((*place, *status)).or_insert(order);
            }
        }
        let taken = &self.taken;
        let likely = |deed: &Deed| {
            let made = match deed.change {
                Change::Take(index) => (index, taken[index].first),
                Change::GiveBack { reservation, .. } => (reservation, Status::Cancelled),
                Change::Expire(index) => (index, Status::Expired),
                Change::Confirm(index) => (index, Status::Confirmed),
            };
            likely.get(&made).copied().unwrap_or(usize::MAX)
        };
        self.deeds
            .sort_by_cached_key(|deed| (deed.at, likely(deed)));
        self.sightings.sort_by_key(|sighting| sighting.asked);
        let plan = &self.event.plan;
        let totals: Vec<u32> = plan.grades.iter().map(|grade| grade.total).collect();
        let state = State::new(
            &self.taken,
            &totals,
            self.users.len(),
            plan.buyer_tickets_max,
        );
        match Trial::new(&self.deeds, &self.sightings, state).run() {
            Ok(()) => {}
            Err(Misfit::NoOrder(story)) => findings.add(
                Rule::Linearizable,
                format!("event {}: there is no place for {story}", self.event.id),
            ),
            Err(Misfit::TooLong) => findings.add(
                Rule::Linearizable,
                format!("event {}: no order was found in time", self.event.id),
            ),
        }
    }
}

/// What a reservation under a key asks for.
pub(super) fn body(quantity: u32, grade: usize, seats: &[String]) -> Body {
    let named = seats.iter().flat_map(|seat| seat.bytes());
    let named = named.fold(0, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
    (named << 16) | (grade as u64) << 8 | u64::from(quantity)
}

fn same_seats(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|seat| other.contains(seat))
}

/// A payment under way changes nothing that the model knows of: its seats are held.
pub(super) fn plain(status: Status) -> Status {
    match status {
        Status::Paying => Status::Held,
        other => other,
    }
}

/// When a deed was over, as far as somebody was told.
fn told_end(op: &Op) -> u64 {
    match (&op.told, op.answered) {
        (Some(Told::Done { .. }), Some(answered)) => answered.order,
        _ => NEVER,
    }
}
