//! What the sequencers tell about themselves.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::command::{Command, CommandKind, Fate, Outcome};

/// Handles that are looked up once.
pub(crate) struct Metrics {
    queue_len: Gauge,
    shed: Counter,
    group_size: Histogram,
    group_seconds: Histogram,
    conflicts: Counter,
    unknown_commits: Counter,
    poisoned: Counter,
    /// By command and fate; each is looked up once, when there is something to count.
    outcomes: [[OnceLock<Counter>; Fate::COUNT]; CommandKind::COUNT],
}

/// A command in a queue, counted until it leaves: taken, refused, or lost with its task.
#[derive(Debug)]
pub(crate) struct Waiting(Gauge);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            queue_len: gauge!("onsale_queue_length"),
            shed: counter!("onsale_shed_total"),
            group_size: histogram!("onsale_group_size"),
            group_seconds: histogram!("onsale_group_seconds"),
            conflicts: counter!("onsale_conflicts_total"),
            unknown_commits: counter!("onsale_unknown_commits_total"),
            poisoned: counter!("onsale_poisoned_commands_total"),
            outcomes: [const { [const { OnceLock::new() }; Fate::COUNT] }; CommandKind::COUNT],
        }
    }

    /// Counts a command that joins a queue, until what is given back is dropped.
    pub(crate) fn waiting(&self) -> Waiting {
        self.queue_len.increment(1);
        Waiting(self.queue_len.clone())
    }

    /// A command was turned away.
    pub(crate) fn shed(&self) {
        self.shed.increment(1);
    }

    /// A group was decided, and committed where it changed anything.
    pub(crate) fn group(&self, commands: &[Command], outcomes: &[Outcome], took: Duration) {
        self.group_size.record(commands.len() as f64);
        self.group_seconds.record(took.as_secs_f64());
        let mut first = 0;
        // Outcomes come in runs of a kind.
        while first < outcomes.len() {
            let labels = (commands[first].kind(), outcomes[first].fate());
            let run = outcomes[first..]
                .iter()
                .zip(&commands[first..])
                .take_while(|(outcome, command)| (command.kind(), outcome.fate()) == labels)
                .count();
            self.outcomes(labels.0, labels.1).increment(run as u64);
            first += run;
        }
    }

    fn outcomes(&self, kind: CommandKind, fate: Fate) -> &Counter {
        self.outcomes[kind as usize][fate as usize].get_or_init(
            || counter!("onsale_outcomes_total", "command" => kind.name(), "fate" => fate.name()),
        )
    }

    /// Another node was first.
    pub(crate) fn conflict(&self) {
        self.conflicts.increment(1);
    }

    /// The answer to a commit was lost.
    pub(crate) fn unknown_commit(&self) {
        self.unknown_commits.increment(1);
    }

    /// A command could not be carried out because of a fault of ours.
    pub(crate) fn poisoned(&self) {
        self.poisoned.increment(1);
    }
}
