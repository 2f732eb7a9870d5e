//! The one decision: what commands do to an event, given what is known.

mod change;
mod draft;
mod payment;
mod refund;
mod reservation;
mod seating;
mod sweep;
mod ticket;

use crate::buyer::UserId;
use crate::command::{Command, Outcome};
use crate::event::EventSnapshot;
use crate::group::{Decision, Facts, FactsQuery};
use crate::ids::ReservationId;
use crate::time::Timestamp;

pub use change::shares;
use draft::Draft;

/// What a decision rests on: the event at a version, and facts read after that version was.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The event and its stock.
    pub snapshot: &'a EventSnapshot,
    /// What the commands need to know beside it; see [`facts_needed`].
    pub facts: &'a Facts,
}

/// Decides each command in order, each seeing what the earlier ones changed.
///
/// What is due by `now` among the facts is done first. Pure: the same knowledge, commands and
/// `now` give the same outcomes and changes on every node, in every store and in the simulator.
/// `now` must not be before `snapshot.last_now`.
pub fn decide(known: Known<'_>, commands: &[Command], now: Timestamp) -> Decision {
    let mut draft = Draft::new(known, now);
    draft.sweep();
    let outcomes = commands
        .iter()
        .map(|command| draft.apply(command))
        .collect();
    draft.finish(outcomes)
}

/// What has to be looked up before these commands can be decided on this snapshot.
///
/// At most `due_len_max` holds that are due are asked for.
pub fn facts_needed(
    snapshot: &EventSnapshot,
    commands: &[Command],
    now: Timestamp,
    due_len_max: u32,
) -> FactsQuery {
    let mut query = FactsQuery {
        due_by: snapshot.next_due.filter(|due| *due <= now).map(|_| now),
        live: sweep::must_give_back(snapshot),
        due_len_max,
        ..FactsQuery::default()
    };
    let limited = snapshot.event.buyer_tickets_max.is_some()
        || commands
            .iter()
            .any(|command| matches!(command, Command::Update(_)));
    for command in commands {
        query.reservations.extend(match command {
            Command::Reserve(_) => None,
            other => other.reservation(),
        });
        match command {
            Command::Reserve(reserve) => {
                if let Some(request) = &reserve.key {
                    query.keys.push((reserve.user.clone(), request.key.clone()));
                }
                if limited {
                    query.buyers.push(reserve.user.clone());
                }
            }
            Command::SettlePayment(settle) => query.payments.push(settle.payment),
            Command::CompleteRefund(refund) => query.payments.push(refund.payment),
            other => {
                if let (Some(request), Some(id)) = (other.key(), other.reservation()) {
                    let key = request.key.clone();
                    match maker(commands, id) {
                        Some(user) => query.keys.push((user.clone(), key)),
                        None => query.keys_by_reservation.push((id, key)),
                    }
                }
            }
        }
    }
    query
}

/// Who reserves this in the same batch; the database cannot know yet.
fn maker(commands: &[Command], id: ReservationId) -> Option<&UserId> {
    commands.iter().find_map(|command| match command {
        Command::Reserve(reserve) if reserve.id == id => Some(&reserve.user),
        _ => None,
    })
}

impl Draft<'_> {
    fn apply(&mut self, command: &Command) -> Outcome {
        match command {
            Command::Reserve(reserve) => Outcome::Reserve(self.reserve(reserve)),
            Command::Cancel(cancel) => Outcome::Cancel(self.cancel(cancel)),
            Command::Extend(extend) => Outcome::Extend(self.extend(extend)),
            Command::BeginPayment(begin) => Outcome::BeginPayment(self.begin_payment(begin)),
            Command::SettlePayment(settle) => Outcome::SettlePayment(self.settle_payment(settle)),
            Command::CompleteRefund(refund) => {
                Outcome::CompleteRefund(Ok(self.complete_refund(refund)))
            }
            Command::CheckIn(ticket) => Outcome::CheckIn(self.check_in(ticket)),
            Command::UndoCheckIn(ticket) => Outcome::UndoCheckIn(self.undo_check_in(ticket)),
            Command::Update(update) => Outcome::Update(self.update(update)),
            Command::Delete => Outcome::Delete(self.delete()),
            Command::Sweep => Outcome::Sweep(Ok(self.more_due())),
        }
    }
}
