//! From questions and answers to sightings: what somebody was told without changing anything.

use boxoffice::idempotency::IdempotencyKey;
use uuid::Uuid;

use super::deeds::{Case, body, plain};
use super::model::{Body, CANCEL, Sight};
use super::trial::{Sighting, Story};
use super::{Findings, Rule};
use crate::history::{Ask, Op, Status, Told};

impl Case<'_> {
    pub(super) fn find_sightings(&mut self, findings: &mut Findings) {
        for op in self.ops.clone() {
            let (Some(told), Some(answered)) = (op.told.as_deref(), op.answered) else {
                continue;
            };
            let Some(sight) = self.sight(op, told, findings) else {
                continue;
            };
            let asked = match &*op.ask {
                Ask::Reserve { key: None, .. } => self.asked_with_age(op),
                _ => op.asked.order,
            };
            self.sightings.push(Sighting {
                asked,
                answered: answered.order,
                sight,
                story: Story::Told(&op.ask, told),
            });
        }
    }

    /// A refusal may be told of a state that is a little old, by the configuration.
    fn asked_with_age(&self, op: &Op) -> u64 {
        let since = op.asked.at.saturating_sub(self.refusal_age);
        let known = self.moments.partition_point(|(at, _)| *at < since);
        // What ended with the next moment may have happened after the state that was told.
        let before = known.checked_sub(1).map_or(0, |last| self.moments[last].1);
        before.min(op.asked.order)
    }

    fn sight(&self, op: &Op, told: &Told, findings: &mut Findings) -> Option<Sight> {
        match (&*op.ask, told) {
            (
                Ask::Reserve {
                    grade, quantity, ..
                },
                Told::TooFew { available },
            ) => {
                findings.expect(available < quantity, Rule::AnswersMakeSense, || {
                    format!("{} was told {told}", op.ask)
                });
                Some(Sight::TooFew {
                    grade: self.grade(grade),
                    available: *available,
                })
            }
            (Ask::Reserve { seats, .. }, Told::Taken(taken)) => {
                let right = !taken.is_empty() && taken.iter().all(|seat| seats.contains(seat));
                findings.expect(right, Rule::AnswersMakeSense, || {
                    format!("{} was told {told}", op.ask)
                });
                Some(Sight::Taken {
                    asked: seats.clone(),
                    taken: taken.clone(),
                })
            }
            (Ask::Reserve { user, quantity, .. }, Told::Limit { limit, holding }) => {
                let right = self.event.plan.buyer_tickets_max == Some(*limit)
                    && holding + quantity > *limit;
                findings.expect(right, Rule::AnswersMakeSense, || {
                    format!("{} was told {told}", op.ask)
                });
                Some(Sight::Limit {
                    user: self.users.get(user.as_str()).copied()?,
                    holding: *holding,
                })
            }
            (_, Told::KeyReused) => {
                let (key, body) = self.keyed(&op.ask)?;
                Some(Sight::KeyReused { key, body })
            }
            (
                _,
                Told::Done {
                    shown,
                    replayed: true,
                },
            ) => {
                let (key, body) = self.keyed(&op.ask)?;
                Some(Sight::Replay {
                    key,
                    body,
                    reservation: self.place(shown.id, op, findings)?,
                    status: plain(shown.status),
                })
            }
            (Ask::Show { id, .. }, Told::Reservation(shown)) => Some(Sight::Is {
                reservation: self.place(*id, op, findings)?,
                status: plain(shown.status),
            }),
            (
                Ask::Cancel { id, .. }
                | Ask::Pay { id, .. }
                | Ask::Extend { id, .. }
                | Ask::Enter { id, .. },
                told,
            ) => self.own_sight(*id, op, told, findings),
            _ => event_sight(op, told, findings),
        }
    }

    /// What she was told of her own reservation.
    fn own_sight(&self, id: Uuid, op: &Op, told: &Told, findings: &mut Findings) -> Option<Sight> {
        let cancels = matches!(*op.ask, Ask::Cancel { .. });
        let status = match told {
            Told::AlreadyCancelled => Status::Cancelled,
            Told::HoldExpired => Status::Expired,
            Told::PaymentInProgress | Told::ExtensionUsed => Status::Held,
            Told::AlreadyConfirmed | Told::TicketUsed { .. } => Status::Confirmed,
            Told::Done {
                shown,
                replayed: false,
            } if !cancels => plain(shown.status),
            // A reservation that was never paid for has no tickets to show.
            Told::NotFound if !matches!(*op.ask, Ask::Enter { .. }) => return gone(op, findings),
            _ => return None,
        };
        Some(Sight::Is {
            reservation: self.place(id, op, findings)?,
            status,
        })
    }

    fn keyed(&self, ask: &Ask) -> Option<(IdempotencyKey, Body)> {
        match ask {
            Ask::Reserve {
                grade,
                quantity,
                seats,
                key: Some(key),
                ..
            } => Some((key.clone(), body(*quantity, self.grade(grade), seats))),
            Ask::Cancel { key: Some(key), .. } => Some((key.clone(), CANCEL)),
            _ => None,
        }
    }

    fn place(&self, id: Uuid, op: &Op, findings: &mut Findings) -> Option<usize> {
        let place = self.places.get(id);
        findings.expect(place.is_some(), Rule::AcknowledgedSurvives, || {
            format!("{} was told of {id}, which is not in the ledger", op.ask)
        });
        place
    }
}

/// What was told of the event itself.
fn event_sight(op: &Op, told: &Told, findings: &mut Findings) -> Option<Sight> {
    match (&*op.ask, told) {
        (Ask::Reserve { .. } | Ask::CallOff { .. }, Told::EventOff) => Some(Sight::Off),
        (Ask::Show { .. } | Ask::Reserve { .. } | Ask::CallOff { .. }, Told::NotFound) => {
            gone(op, findings)
        }
        _ => None,
    }
}

/// Who asks for something that she was told of, must find it.
fn gone(op: &Op, findings: &mut Findings) -> Option<Sight> {
    findings.add(
        Rule::AcknowledgedSurvives,
        format!("{} was told that there is no such thing", op.ask),
    );
    None
}
