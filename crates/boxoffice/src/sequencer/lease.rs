//! The sequencer's use of the event's lease: taken before a group, kept while it is busy.

use std::sync::Arc;
use std::time::Duration;

use crate::coordinator::{Coordinator, Lease};
use crate::ids::EventId;
use crate::limits::Limits;
use crate::planted::planted;
use crate::runtime;
use crate::time::Clock;

/// A lease that is held or not; the sale is correct either way.
///
/// No call to the coordinator holds a group up longer than `wait_max`, whatever is wrong with it.
pub(super) struct LeaseKeeper {
    event: EventId,
    coordinator: Arc<dyn Coordinator>,
    clock: Arc<dyn Clock>,
    wait_max: Duration,
    groups_max: u32,
    held: Option<Lease>,
    groups: u32,
}

impl LeaseKeeper {
    pub(super) fn new(
        event: EventId,
        coordinator: Arc<dyn Coordinator>,
        clock: Arc<dyn Clock>,
        limits: &Limits,
    ) -> Self {
        Self {
            event,
            coordinator,
            clock,
            wait_max: runtime::millis(limits.lease_wait_ms_max),
            groups_max: limits.lease_groups_max,
            held: None,
            groups: 0,
        }
    }

    /// Takes the lease if it may, and says how long it waited for it.
    pub(super) async fn take(&mut self) -> Duration {
        if self.held.is_some() {
            return Duration::ZERO;
        }
        let asked = self.clock.instant();
        let lease = self.coordinator.acquire(self.event, self.wait_max);
        self.held = runtime::timeout(self.wait_max, lease).await.ok().flatten();
        self.groups = 0;
        self.clock.instant().since(asked)
    }

    /// Whether somebody else had the lease when it was asked for, or has it still, `lease_time` after it was.
    ///
    /// The time alone tells nothing: on a busy node a lease that is free takes its time as well.
    pub(super) fn was_with_another(&self, lease_time: Duration) -> bool {
        match &self.held {
            Some(lease) => lease.was_waited_for && self.groups == 0,
            None => lease_time >= self.wait_max,
        }
    }

    /// Whether this node has the lease, as far as it knows.
    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// After a group: keeps the lease while there is work and nobody else waits, for so many groups.
    pub(super) async fn after_group(&mut self, busy: bool) {
        self.groups += 1;
        let may_keep = busy && self.groups < self.groups_max;
        if !(may_keep && self.is_unwanted().await) {
            self.give_back().await;
        }
    }

    async fn is_unwanted(&self) -> bool {
        let Some(lease) = &self.held else {
            return false;
        };
        let wanted = self.coordinator.is_wanted(lease);
        runtime::timeout(self.wait_max, wanted).await == Ok(false)
    }

    /// Gives the lease back.
    pub(super) async fn give_back(&mut self) {
        if let Some(lease) = self.held.take()
            && !planted!(LeaseNeverReturned)
        {
            let release = self.coordinator.release(lease);
            // One that is not given back ends by itself.
            let _late = runtime::timeout(self.wait_max, release).await;
        }
    }
}
