//! From questions, answers and the ledger to deeds and sightings.

use std::collections::BTreeMap;
use std::time::Duration;

use boxoffice::grade::{SeatLabel, SeatType};
use uuid::Uuid;

use super::likely::Likely;
use super::model::{Body, Change, State, Taken};
use super::places::Places;
use super::trial::{Deed, Misfit, Sighting, Story, Trial};
use super::{Findings, Rule};
use crate::database::Made;
use crate::day::{EventEvidence, Evidence};
use crate::history::{Ask, Op, Shown, Status, Told};
use crate::scenario::Scenario;

/// The end of what nobody was told the end of.
pub(super) const NEVER: u64 = u64::MAX;

/// An event's case, as it is put together.
pub(super) struct Case<'a> {
    pub(super) event: &'a EventEvidence,
    pub(super) ops: Vec<&'a Op>,
    /// How old a refusal's state may be, by the configuration.
    pub(super) refusal_age: Duration,
    /// Every moment of the day that is known, in order.
    pub(super) moments: &'a [(Duration, u64)],
    pub(super) places: Places,
    pub(super) users: BTreeMap<&'a str, usize>,
    taken: Vec<Taken>,
    /// The place of each reservation's taking among the deeds.
    took: Vec<usize>,
    /// Who asked for or was told of which reservation, sorted by it.
    about: Vec<(u128, &'a Op)>,
    pub(super) deeds: Vec<Deed<'a>>,
    pub(super) sightings: Vec<Sighting<'a>>,
}

pub(super) fn check(
    scenario: &Scenario,
    event: &EventEvidence,
    evidence: &Evidence,
    moments: &[(Duration, u64)],
    findings: &mut Findings,
) {
    let history = &evidence.history;
    let of_event = |op: &&Op| op.ask.event() == Some(event.id);
    let mut case = Case {
        event,
        ops: history.iter().filter(of_event).collect(),
        refusal_age: Duration::from_millis(scenario.limits.sold_out_age_ms_max.into()),
        moments,
        places: Places::of(event.reservations.iter().map(|row| row.id)),
        users: BTreeMap::new(),
        taken: Vec::new(),
        took: Vec::new(),
        about: Vec::new(),
        deeds: Vec::new(),
        sightings: Vec::new(),
    };
    case.find_users();
    case.find_whom_about();
    case.find_takings(findings);
    case.find_endings(findings);
    case.find_calling_off(findings);
    case.find_sightings(findings);
    case.hold_trial(&evidence.changes, findings);
}

impl<'a> Case<'a> {
    fn find_users(&mut self) {
        let asking = self.ops.iter().filter_map(|op| match &*op.ask {
            Ask::Reserve { user, .. } => Some(user.as_str()),
            _ => None,
        });
        let listed = self.event.reservations.iter().map(|row| row.user.as_str());
        for user in asking.chain(listed) {
            let next = self.users.len();
            self.users.entry(user).or_insert(next);
        }
    }

    fn find_whom_about(&mut self) {
        let about = |op: &&'a Op| Some((op.about()?.as_u128(), *op));
        self.about = self.ops.iter().filter_map(about).collect();
        self.about.sort_by_key(|(id, _)| *id);
    }

    /// What was asked for and told of a reservation, in the order in which it was asked.
    fn of_row(&self, id: Uuid) -> impl Iterator<Item = &'a Op> + use<'a, '_> {
        let id = id.as_u128();
        let first = self.about.partition_point(|(known, _)| *known < id);
        let of_row = self.about[first..].iter();
        of_row
            .take_while(move |(known, _)| *known == id)
            .map(|(_, op)| *op)
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
            ) = (&*op.ask, op.told.as_deref())
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
            matches!(*op.ask, Ask::Reserve { .. })
                && matches!(op.told.as_deref(), None | Some(Told::Unknown { .. }))
        };
        self.ops.iter().filter(open).copied().collect()
    }

    /// Which of the open questions made this reservation: the one that was told its id, else the
    /// likeliest that asked for the same.
    fn who_asked(&self, row: &Shown, open: &mut Vec<&'a Op>) -> Option<&'a Op> {
        let by_id = |op: &&Op| matches!(op.told.as_deref(), Some(Told::Unknown { id: Some(id) }) if *id == row.id);
        let same = |op: &&Op| asks_for(&op.ask, row) == Some(true);
        let place = (open.iter().position(|op| by_id(op) && same(op))).or_else(|| {
            let places = (0..open.len()).filter(|place| {
                let op = &open[*place];
                same(op) && op.told.is_none()
            });
            // The first of the likeliest.
            places.min_by_key(|place| self.unlikelihood(open[*place], row))
        })?;
        Some(open.remove(place))
    }

    /// How unlikely a question that nobody answered made this reservation, by what was told of its
    /// key: it led here, it was used, nothing is known, it led elsewhere, it made an earlier one.
    fn unlikelihood(&self, op: &Op, row: &Shown) -> u32 {
        let Some(key) = op.ask.reserve_key() else {
            return 2;
        };
        let keys = self.taken.iter().filter_map(|taken| taken.key.as_ref());
        if keys.map(|(known, _)| known).any(|known| known == key) {
            return 4;
        }
        let same_key = |other: &&&Op| other.ask.reserve_key() == Some(key);
        let mut unlikelihood = 2;
        for other in self.ops.iter().filter(same_key) {
            match other.told.as_deref() {
                Some(Told::Done { shown, .. }) if shown.id == row.id => return 0,
                Some(Told::Done { .. }) => return 3,
                Some(Told::KeyReused) => unlikelihood = 1,
                _ => {}
            }
        }
        unlikelihood
    }

    /// Which rule a reservation breaks that no question explains.
    fn nobody(&self, row: &Shown) -> Rule {
        let promised_nothing = self.ops.iter().any(|op| {
            matches!(&*op.ask, Ask::Reserve { user, quantity, .. }
                if *user == row.user && *quantity == row.quantity)
                && matches!(op.told.as_deref(), Some(Told::Nothing(_)))
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
        } = &*op.ask
        else {
            return;
        };
        let index = self.taken.len();
        let grade = self.grade(grade);
        self.places.put(row.id, index);
        self.took.push(self.deeds.len());
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
            story: Story::Took(&op.ask, row.id),
        });
    }

    pub(super) fn grade(&self, name: &SeatType) -> usize {
        let known = self.event.grades.iter().position(|known| known == name);
        known.unwrap_or(0)
    }

    /// How each reservation ended, and who ended it.
    fn find_endings(&mut self, findings: &mut Findings) {
        for row in &self.event.reservations {
            let Some(index) = self.places.get(row.id) else {
                continue;
            };
            let asked = self.deeds[self.took[index]].asked;
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
                        story: Story::Expired(row.id),
                    });
                }
                Status::Cancelled => self.find_canceller(row, index, at, findings),
                Status::Held | Status::Paying | Status::Confirmed => {}
            }
        }
        for op in &self.ops {
            if let (Ask::Cancel { id, .. }, Some(Told::Done { .. })) =
                (&*op.ask, op.told.as_deref())
            {
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
        let told = self
            .of_row(row.id)
            .filter_map(|op| match op.told.as_deref() {
                Some(Told::Done { shown, .. }) => shown.expires_at,
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
        let paying = |op: &&Op| matches!(&*op.ask, Ask::Pay { .. });
        let asked = self
            .of_row(row.id)
            .filter(paying)
            .map(|op| op.asked.order)
            .min();
        let told = self.of_row(row.id).filter(|op| {
            matches!(op.told.as_deref(), Some(Told::Done { shown, .. } | Told::Reservation(shown))
                if shown.status == Status::Confirmed)
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
            story: Story::Confirmed {
                reservation: row.id,
                payment: paid.id,
            },
        });
    }

    fn find_canceller(&mut self, row: &Shown, index: usize, at: i64, findings: &mut Findings) {
        let of_row: Vec<&'a Op> = self
            .of_row(row.id)
            .filter(|op| matches!(&*op.ask, Ask::Cancel { .. }))
            .collect();
        let told: Vec<&&'a Op> = of_row
            .iter()
            .filter(|op| {
                matches!(
                    op.told.as_deref(),
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
        // The one whose key led to it later, else the first that nobody knows the outcome of.
        let led_to = |op: &&&Op| match &*op.ask {
            Ask::Cancel { key: Some(key), .. } => of_row.iter().any(|other| {
                matches!((&*other.ask, other.told.as_deref()),
                    (Ask::Cancel { key: Some(known), .. }, Some(Told::Done { replayed: true, .. }))
                    if known == key)
            }),
            _ => false,
        };
        let is_open =
            |op: &&&'a Op| matches!(op.told.as_deref(), None | Some(Told::Unknown { .. }));
        let open = || {
            let mut open = of_row.iter().filter(is_open);
            open.clone().find(led_to).or_else(|| open.next())
        };
        let by_nobody = told.is_empty() && of_row.iter().filter(is_open).find(led_to).is_none();
        if by_nobody && self.event.off_at.is_some_and(|off_at| off_at <= at) {
            return self.clear(row, index, at, open().copied());
        }
        let Some(op) = told.first().copied().or_else(open) else {
            let rule = if of_row.is_empty() {
                Rule::NothingFromNowhere
            } else {
                Rule::NothingMeansNothing
            };
            return findings.add(rule, format!("{row} was cancelled by nobody"));
        };
        let op: &'a Op = op;
        let Ask::Cancel { key, .. } = &*op.ask else {
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
            story: Story::Asked(&op.ask),
        });
    }

    /// `changes` says what to try first among the deeds of one moment; it decides nothing.
    fn hold_trial(mut self, changes: &[Made], findings: &mut Findings) {
        let of_event = changes.iter().filter(|made| made.event == self.event.id);
        let of_event = of_event.filter_map(|made| match made.reservation {
            Some(id) => Some((Some(self.places.get(id)?), made.status)),
            None => Some((None, made.status)),
        });
        let likely = Likely::of(of_event, self.taken.len());
        let taken = &self.taken;
        self.deeds
            .sort_by_cached_key(|deed| (deed.at, likely.order(&deed.change, taken)));
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
            Err(Misfit::TooLong(story)) => findings.add(
                Rule::Linearizable,
                format!(
                    "event {}: no order was found in time, at best none for {story}",
                    self.event.id
                ),
            ),
        }
    }
}

/// What a reservation under a key asks for.
pub(super) fn body(quantity: u32, grade: usize, seats: &[SeatLabel]) -> Body {
    let named = seats.iter().flat_map(|seat| seat.0.bytes());
    let named = named.fold(0, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
    (named << 16) | (grade as u64) << 8 | u64::from(quantity)
}

/// Whether a question to reserve asks for what this reservation is; `None`: it asks for something else.
pub(super) fn asks_for(ask: &Ask, row: &Shown) -> Option<bool> {
    let Ask::Reserve {
        user,
        grade,
        quantity,
        seats,
        ..
    } = ask
    else {
        return None;
    };
    let named = seats.is_empty() || same_seats(seats, &row.seats);
    Some(*user == row.user && *grade == row.grade && *quantity == row.quantity && named)
}

fn same_seats(one: &[SeatLabel], other: &[SeatLabel]) -> bool {
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
    match (op.told.as_deref(), op.answered) {
        (Some(Told::Done { .. }), Some(answered)) => answered.order,
        _ => NEVER,
    }
}
