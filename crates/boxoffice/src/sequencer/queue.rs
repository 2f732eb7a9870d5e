//! A command on its way to its group, and the caller who waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::command::{Command, CommandKind, Outcome, Unserved};
use crate::runtime::oneshot;
use crate::time::Instant;

use super::metrics::Waiting;

/// An outcome, and what it cost in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Served {
    /// What became of the command.
    pub outcome: Outcome,
    /// How long it waited for its group.
    pub queue_time: Duration,
    /// How long its group waited for the event's lease.
    pub lease_time: Duration,
}

impl Served {
    /// The answer to a command that no group took.
    pub(crate) fn unserved(kind: CommandKind, why: Unserved) -> Self {
        Self {
            outcome: kind.unserved(why),
            queue_time: Duration::ZERO,
            lease_time: Duration::ZERO,
        }
    }
}

/// Settles between caller and sequencer, once, whether a waiting command is decided or given up.
#[derive(Debug, Default)]
pub(crate) struct Claim(AtomicU8);

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Claim {
    /// The sequencer takes the command into a group; `false` where its caller gave it up.
    pub(crate) fn take(&self) -> bool {
        self.0
            .compare_exchange(WAITING, TAKEN, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// The command is given up; `false` where a group has it and the outcome is open.
    pub(crate) fn give_up(&self) -> bool {
        let waiting =
            self.0
                .compare_exchange(WAITING, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire);
        waiting != Err(TAKEN)
    }
}

/// Who waits for a command's outcome.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) claim: Arc<Claim>,
    pub(crate) reply: oneshot::Sender<Served>,
    pub(crate) arrived: Instant,
    pub(crate) deadline: Instant,
}

/// A command in its event's queue.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) command: Command,
    pub(crate) caller: Caller,
    pub(crate) waiting: Waiting,
}

/// Commands that are decided together, and their callers, in the same order.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) commands: Vec<Command>,
    pub(crate) callers: Vec<Caller>,
}

impl Batch {
    /// Takes what is still wanted at `now`; the rest is dropped before it is decided.
    pub(crate) fn take(envelopes: impl Iterator<Item = Envelope>, now: Instant) -> Self {
        let (len, _) = envelopes.size_hint();
        let mut batch = Self {
            commands: Vec::with_capacity(len),
            callers: Vec::with_capacity(len),
        };
        for Envelope {
            command,
            caller,
            waiting,
        } in envelopes
        {
            drop(waiting);
            if caller.deadline <= now {
                // Told from here, because her own timer may come a little later.
                if caller.claim.give_up() {
                    let late = Served::unserved(command.kind(), Unserved::Overloaded);
                    let _gone = caller.reply.send(late);
                }
            } else if !caller.reply.is_closed() && caller.claim.take() {
                batch.commands.push(command);
                batch.callers.push(caller);
            }
        }
        batch
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Whether somebody still waits: who is past her deadline does not.
    pub(crate) fn is_awaited(&self) -> bool {
        self.callers.iter().any(|caller| !caller.reply.is_closed())
    }

    /// Splits off the second half.
    pub(crate) fn split_half(&mut self) -> Self {
        let middle = self.commands.len() / 2;
        Self {
            commands: self.commands.split_off(middle),
            callers: self.callers.split_off(middle),
        }
    }

    /// Answers every caller with her outcome.
    pub(crate) fn answer(self, outcomes: Vec<Outcome>, decided: Instant, lease_time: Duration) {
        #[cfg(feature = "planted-bugs")]
        let outcomes = crate::planted::swapped(outcomes);
        for (caller, outcome) in self.callers.into_iter().zip(outcomes) {
            let queue_time = decided.since(caller.arrived);
            // A caller who is gone needs no answer; what was decided stays.
            let _gone = caller.reply.send(Served {
                outcome,
                queue_time,
                lease_time,
            });
        }
    }

    /// Answers every caller that nothing was done.
    pub(crate) fn refuse(self, why: Unserved, decided: Instant) {
        let outcomes = self
            .commands
            .iter()
            .map(|command| command.kind().unserved(why))
            .collect();
        self.answer(outcomes, decided, Duration::ZERO);
    }

    /// Answers every caller that there is no such event.
    pub(crate) fn event_gone(self, decided: Instant) {
        let outcomes = self
            .commands
            .iter()
            .map(|command| command.kind().event_gone())
            .collect();
        self.answer(outcomes, decided, Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::Claim;

    #[test]
    fn a_command_that_was_given_up_is_not_taken() {
        let claim = Claim::default();
        assert!(claim.give_up());
        assert!(!claim.take());
    }

    #[test]
    fn a_command_that_was_taken_is_not_given_up() {
        let claim = Claim::default();
        assert!(claim.take());
        assert!(!claim.give_up());
    }

    #[test]
    fn a_command_may_be_given_up_twice() {
        let claim = Claim::default();
        assert!(claim.give_up());
        assert!(claim.give_up());
    }
}
