//! One event's task: gathers commands and serves them in groups, until nobody asks any more.

use std::sync::Arc;
use std::time::Duration;

use crate::command::Unserved;
use crate::ids::EventId;
use crate::planted::planted;
use crate::runtime::{self, mpsc};
use crate::time::Instant;

use super::Sequencers;
use super::attempt::{Attempt, UnknownCommit, Warm};
use super::lease::LeaseKeeper;
use super::queue::{Batch, Envelope};

/// How long to wait before the database is asked again what became of a commit.
const RESOLVE_PAUSE: Duration = Duration::from_millis(20);

/// How many times as long as its group took does a busy node without a lease rest after it.
///
/// Another node's group was decided on a version that has just been taken: it has to read again, while
/// who committed has not. Without a rest the same node is first each time, for as long as it is busy.
/// Twice leaves the other the time to read, decide and commit.
const REST_GROUPS: u32 = 2;

/// The longest such rest.
const REST_MAX: Duration = Duration::from_millis(200);

/// How long what is due is left alone after the database refused to do it.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// The task of one event on this node.
pub(super) struct Sequencer {
    pub(super) event: EventId,
    pub(super) shared: Arc<Sequencers>,
    /// The event as this node knows it; `None`: it asks the database first.
    pub(super) warm: Option<Warm>,
    queue: mpsc::Receiver<Envelope>,
    lease: LeaseKeeper,
    /// When what is due may be done again.
    sweep_resumes: Instant,
}

impl Sequencer {
    pub(super) fn new(
        event: EventId,
        shared: Arc<Sequencers>,
        queue: mpsc::Receiver<Envelope>,
    ) -> Self {
        let (coordinator, clock) = (
            Arc::clone(&shared.ports.coordinator),
            Arc::clone(&shared.ports.clock),
        );
        let lease = LeaseKeeper::new(event, coordinator, clock, &shared.limits);
        Self {
            event,
            shared,
            warm: None,
            queue,
            lease,
            sweep_resumes: Instant::default(),
        }
    }

    /// Serves the event until nobody asks for `idle_secs`, or until shutdown.
    pub(super) async fn run(mut self) {
        let mut envelopes = Vec::new();
        let mut more_due = false;
        while more_due || self.wait(&mut envelopes).await {
            // Nothing is taken while the lease is waited for: who gives up meanwhile may.
            let lease_time = self.lease.take().await;
            self.top_up(&mut envelopes);
            if planted!(LeaseReleasedBeforeCommit) {
                self.lease.give_back().await;
            }
            let batch = Batch::take(envelopes.drain(..), self.instant());
            let due = more_due || self.until_due() == Some(Duration::ZERO);
            if self.lease.was_with_another(lease_time) {
                // Another node has sold meanwhile: what is decided on an older version is for nothing.
                self.warm = None;
            }
            let (began, in_line) = (self.instant(), self.lease.is_held());
            more_due = (due || !batch.is_empty()) && self.serve(batch, lease_time).await;
            let busy = more_due || !self.queue.is_empty();
            if busy && !in_line {
                let took = self.instant().since(began);
                runtime::sleep((took * REST_GROUPS).min(REST_MAX)).await;
            }
            self.lease.after_group(busy).await;
        }
        self.lease.give_back().await;
    }

    /// Waits for a command or for a hold to fall due; `false` where the task should end.
    async fn wait(&mut self, envelopes: &mut Vec<Envelope>) -> bool {
        let batch_len_max = self.shared.limits.batch_len_max as usize;
        // Who does not know the event has nothing to stay for: another task begins as well.
        let idle_secs = self
            .warm
            .as_ref()
            .map_or(0, |_| self.shared.limits.idle_secs);
        let idle = Duration::from_secs(idle_secs.into());
        loop {
            let due = self.until_due();
            let wait = due.map_or(idle, |due| due.min(idle));
            match runtime::timeout(wait, self.queue.recv_many(envelopes, batch_len_max)).await {
                Ok(received) => return received > 0,
                Err(_) if due.is_some_and(|due| due <= idle) => return true,
                Err(_) if self.shared.end_if_idle(self.event, &self.queue) => return false,
                Err(_) => {}
            }
        }
    }

    /// Takes what else is in the queue, as far as one group may grow.
    fn top_up(&mut self, envelopes: &mut Vec<Envelope>) {
        let batch_len_max = self.shared.limits.batch_len_max as usize;
        while envelopes.len() < batch_len_max
            && let Ok(envelope) = self.queue.try_recv()
        {
            envelopes.push(envelope);
        }
    }

    fn until_due(&self) -> Option<Duration> {
        let due = self.warm.as_ref()?.snapshot.next_due?;
        let paused = self.sweep_resumes.since(self.instant());
        Some(due.since(self.shared.ports.clock.now()).max(paused))
    }

    /// Serves a batch in one group, or in several where a command is poison.
    ///
    /// Says whether more is due at this moment.
    async fn serve(&mut self, batch: Batch, lease_time: Duration) -> bool {
        let began = self.instant();
        let mut more_due = false;
        let mut parts = vec![(batch, began >= self.sweep_resumes)];
        while let Some((batch, sweep)) = parts.pop() {
            match self.serve_part(batch, sweep, began, lease_time).await {
                Ok(more) => more_due = more,
                // The first suspect is what was due.
                Err(batch) if sweep => {
                    self.sweep_resumes = self.instant().plus(SWEEP_PAUSE);
                    if !batch.is_empty() {
                        parts.push((batch, false));
                    }
                }
                Err(batch) if batch.commands.len() <= 1 || planted!(PoisonTakesAll) => {
                    self.shared.metrics.poisoned();
                    batch.refuse(Unserved::Internal, began);
                }
                Err(mut batch) => {
                    let second = batch.split_half();
                    parts.push((second, false));
                    parts.push((batch, false));
                }
            }
        }
        more_due
    }

    /// Serves a batch as one group; gives it back where something in it is poison.
    async fn serve_part(
        &mut self,
        batch: Batch,
        sweep: bool,
        began: Instant,
        lease_time: Duration,
    ) -> Result<bool, Batch> {
        let mut unknown: Vec<UnknownCommit> = Vec::new();
        let mut conflicts = 0;
        loop {
            let why = match self.attempt(&batch, sweep, &mut unknown).await {
                Attempt::Decided { outcomes, more_due } => {
                    let took = self.instant().since(began);
                    self.shared.metrics.group(&batch.commands, &outcomes, took);
                    batch.answer(outcomes, began, lease_time);
                    return Ok(more_due);
                }
                Attempt::Gone => {
                    batch.event_gone(began);
                    return Ok(false);
                }
                Attempt::Conflict => {
                    self.warm = None;
                    self.shared.metrics.conflict();
                    conflicts += 1;
                    let took = self.instant().since(began);
                    let limits = &self.shared.limits;
                    if conflicts < limits.conflicts_max && took < limits.conflict_time_max() {
                        continue;
                    }
                    Unserved::Overloaded
                }
                Attempt::Poison if unknown.is_empty() => {
                    self.warm = None;
                    return Err(batch);
                }
                Attempt::Poison => Unserved::Internal,
                Attempt::Unserved(why) => why,
            };
            self.warm = None;
            if unknown.is_empty() {
                batch.refuse(why, began);
                return Ok(false);
            }
            // Something may have been done. Whether it was is worth asking while somebody waits;
            // then the callers, who get no answer from here, know that nobody knows.
            if !batch.is_awaited() {
                return Ok(false);
            }
            runtime::sleep(RESOLVE_PAUSE).await;
        }
    }

    pub(super) fn instant(&self) -> Instant {
        self.shared.ports.clock.instant()
    }
}
