//! One task and one bounded queue for each event that sells on this node.

use std::sync::Arc;
use std::time::Duration;

use crate::box_office::Ports;
use crate::command::{Command, Outcome, Unserved};
use crate::ids::EventId;
use crate::limits::Limits;

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

/// Every event's sequencer on this node.
pub struct Sequencers {
    ports: Ports,
    limits: Limits,
}

impl Sequencers {
    /// No sequencer yet; each begins with its event's first command.
    pub fn new(ports: Ports, limits: Limits) -> Self {
        Self { ports, limits }
    }

    /// Puts a command into its event's queue and waits for its outcome.
    pub async fn submit(self: &Arc<Self>, event: EventId, command: Command) -> Served {
        let _ = (event, &self.ports, &self.limits);
        Served { outcome: command.unserved(Unserved::Internal), queue_time: Duration::ZERO, lease_time: Duration::ZERO }
    }

    /// Decides what was accepted, takes nothing new, and ends every event's task.
    pub async fn shutdown(&self) {}
}
