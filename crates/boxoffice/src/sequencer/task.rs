//! One event's task: gathers commands, decides them in groups, commits, answers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use crate::command::{Outcome, Unserved};
use crate::decide::{Known, decide, facts_needed};
use crate::event::EventSnapshot;
use crate::group::{Decision, Facts, FactsQuery, Group};
use crate::ids::{EventId, GroupId, Version};
use crate::runtime::{self, mpsc};
use crate::store::{CommitError, Source, StoreError};
use crate::time::{Instant, Timestamp};

use super::Sequencers;
use super::brief::brief;
use super::lease::LeaseKeeper;
use super::queue::{Batch, Envelope};

/// How long to wait before the database is asked again what became of a commit.
const RESOLVE_PAUSE: Duration = Duration::from_millis(20);

/// The task of one event on this node.
pub(super) struct Sequencer {
    event: EventId,
    shared: Arc<Sequencers>,
    queue: mpsc::Receiver<Envelope>,
    lease: LeaseKeeper,
    warm: Option<Warm>,
}

/// The event as this node knows it.
struct Warm {
    snapshot: EventSnapshot,
    /// When the database was last known to have this version and no later one.
    confirmed: Instant,
}

/// A commit whose answer was lost.
struct UnknownCommit {
    id: GroupId,
    version: Version,
    outcomes: Vec<Outcome>,
    more_due: bool,
}

/// What one attempt to serve a batch came to.
enum Attempt {
    /// Decided, and committed where it changed anything.
    Decided {
        outcomes: Vec<Outcome>,
        more_due: bool,
    },
    /// Somebody else was first: look and decide again.
    Conflict,
    /// The answer to the commit was lost, or cannot be looked up yet: look and decide again.
    Unknown,
    /// Something in the batch cannot be carried out.
    Poison,
    /// There is no such event.
    Gone,
    /// Not decided.
    Unserved(Unserved),
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
            queue,
            lease,
            warm: None,
        }
    }

    /// Serves the event until nobody asks for `idle_secs`, or until shutdown.
    pub(super) async fn run(mut self) {
        let mut envelopes = Vec::new();
        let mut more_due = false;
        while self.gather(&mut envelopes, more_due).await {
            self.shared.metrics.dequeued(envelopes.len());
            let batch = Batch::take(envelopes.drain(..), self.instant());
            more_due = self.serve(batch).await;
            self.lease
                .after_group(more_due || !self.queue.is_empty())
                .await;
        }
        self.lease.give_back().await;
    }

    /// Waits for commands or for a hold to fall due; `false` where the task should end.
    async fn gather(&mut self, envelopes: &mut Vec<Envelope>, more_due: bool) -> bool {
        let batch_len_max = self.shared.limits.batch_len_max as usize;
        if more_due {
            while envelopes.len() < batch_len_max
                && let Ok(envelope) = self.queue.try_recv()
            {
                envelopes.push(envelope);
            }
            return true;
        }
        loop {
            let idle = Duration::from_secs(self.shared.limits.idle_secs.into());
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

    fn until_due(&self) -> Option<Duration> {
        let due = self.warm.as_ref()?.snapshot.next_due?;
        Some(due.since(self.shared.ports.clock.now()))
    }

    /// Serves a batch in one group, or in several where a command is poison.
    ///
    /// Says whether more is due at this moment.
    async fn serve(&mut self, batch: Batch) -> bool {
        let began = self.instant();
        let lease_time = self.lease.take().await;
        let mut more_due = false;
        let mut parts = vec![(batch, true)];
        while let Some((batch, sweep)) = parts.pop() {
            match self.serve_part(batch, sweep, began, lease_time).await {
                Ok(more) => more_due = more,
                // The first suspect is what was due; the sweep of idle events comes back to it.
                Err(batch) if sweep => parts.push((batch, false)),
                Err(batch) if batch.commands.len() <= 1 => {
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
                    if conflicts < self.shared.limits.conflicts_max {
                        continue;
                    }
                    Unserved::Overloaded
                }
                Attempt::Unknown => {
                    self.warm = None;
                    if batch
                        .last_deadline()
                        .is_some_and(|deadline| deadline > self.instant())
                    {
                        runtime::sleep(RESOLVE_PAUSE).await;
                        continue;
                    }
                    Unserved::Unavailable
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
            }
            // Otherwise something may have been done: the callers are told that nobody knows.
            return Ok(false);
        }
    }

    async fn attempt(
        &mut self,
        batch: &Batch,
        sweep: bool,
        unknown: &mut Vec<UnknownCommit>,
    ) -> Attempt {
        let snapshot = match self.snapshot().await {
            Ok(Some(snapshot)) => snapshot,
            Ok(None) => return Attempt::Gone,
            Err(_) if !unknown.is_empty() => return Attempt::Unknown,
            Err(error) => return unserved(error),
        };
        match self.landed(&snapshot, unknown).await {
            Ok(None) => {}
            Ok(Some(UnknownCommit {
                outcomes, more_due, ..
            })) => {
                self.shared.ports.coordinator.publish(Arc::new(snapshot));
                return Attempt::Decided { outcomes, more_due };
            }
            Err(_) => return Attempt::Unknown,
        }
        let now = self.shared.ports.clock.now().max(snapshot.last_now);
        let mut query = facts_needed(
            &snapshot,
            &batch.commands,
            now,
            self.shared.limits.due_len_max,
        );
        if !sweep {
            query = FactsQuery {
                due_by: None,
                live: false,
                ..query
            };
        }
        let facts = match self.facts(&query, &snapshot).await {
            Ok(Some(facts)) => facts,
            Ok(None) => return Attempt::Conflict,
            Err(error) => return unserved(error),
        };
        let known = Known {
            snapshot: &snapshot,
            facts: &facts,
        };
        let decided =
            std::panic::catch_unwind(AssertUnwindSafe(|| decide(known, &batch.commands, now)));
        match decided {
            Err(_) => Attempt::Poison,
            Ok(decision) if decision.changes.is_empty() => self.confirm(decision).await,
            Ok(decision) => self.commit(batch, &snapshot, decision, now, unknown).await,
        }
    }

    /// The warm snapshot, or the database's.
    async fn snapshot(&mut self) -> Result<Option<EventSnapshot>, StoreError> {
        if let Some(warm) = &self.warm {
            return Ok(Some(warm.snapshot.clone()));
        }
        let confirmed = self.instant();
        let loaded = self
            .shared
            .ports
            .store
            .event(self.event, Source::Writer)
            .await?;
        self.warm = loaded.clone().map(|snapshot| Warm {
            snapshot,
            confirmed,
        });
        Ok(loaded)
    }

    /// The commit whose answer was lost, if it is in the log. Those that cannot be are forgotten.
    async fn landed(
        &self,
        snapshot: &EventSnapshot,
        unknown: &mut Vec<UnknownCommit>,
    ) -> Result<Option<UnknownCommit>, StoreError> {
        let visible = |commit: &UnknownCommit| commit.version <= snapshot.version;
        while let Some(index) = unknown.iter().position(visible) {
            let (id, version) = (unknown[index].id, unknown[index].version);
            let group = self
                .shared
                .ports
                .store
                .group_at(self.event, version)
                .await?;
            let commit = unknown.swap_remove(index);
            if group == Some(id) {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    /// What the batch needs to know; `None` where the event is not at the snapshot's version.
    async fn facts(
        &mut self,
        query: &FactsQuery,
        snapshot: &EventSnapshot,
    ) -> Result<Option<Facts>, StoreError> {
        if query.is_empty() {
            return Ok(Some(Facts::default()));
        }
        let asked = self.instant();
        let facts = self.shared.ports.store.facts(self.event, query).await?;
        if facts.version != Some(snapshot.version) {
            return Ok(None);
        }
        if let Some(warm) = &mut self.warm {
            warm.confirmed = asked;
        }
        Ok(Some(facts))
    }

    /// A decision that changes nothing holds if its version was the last one a moment ago.
    async fn confirm(&mut self, decision: Decision) -> Attempt {
        let Decision {
            outcomes,
            after,
            more_due,
            ..
        } = decision;
        let now = self.instant();
        let age_max = runtime::millis(self.shared.limits.sold_out_age_ms_max);
        let Some(warm) = &mut self.warm else {
            return Attempt::Conflict;
        };
        if now.since(warm.confirmed) > age_max {
            let found = self
                .shared
                .ports
                .store
                .facts(self.event, &FactsQuery::default())
                .await;
            match found {
                Ok(facts) if facts.version == Some(after.version) => warm.confirmed = now,
                Ok(_) => return Attempt::Conflict,
                Err(error) => return unserved(error),
            }
        }
        warm.snapshot.next_due = after.next_due;
        Attempt::Decided { outcomes, more_due }
    }

    async fn commit(
        &mut self,
        batch: &Batch,
        snapshot: &EventSnapshot,
        decision: Decision,
        now: Timestamp,
        unknown: &mut Vec<UnknownCommit>,
    ) -> Attempt {
        let Decision {
            outcomes,
            changes,
            after,
            more_due,
        } = decision;
        let group = Group {
            event: self.event,
            base: snapshot.version,
            id: self.shared.ports.ids.group(now),
            now,
            actor: self.shared.ports.node.clone(),
            brief: brief(&batch.commands, &outcomes),
            changes,
        };
        let id = group.id;
        let confirmed = self.instant();
        let mut results = self.shared.ports.store.commit(vec![group]).await;
        match results.pop() {
            Some(Ok(())) => {
                self.announce(&after);
                self.warm = after.event.deleted_at.is_none().then_some(Warm {
                    snapshot: after,
                    confirmed,
                });
                Attempt::Decided { outcomes, more_due }
            }
            Some(Err(CommitError::VersionTaken)) => Attempt::Conflict,
            Some(Err(CommitError::Refused(why))) => {
                tracing::error!(event = %self.event, why, "the database refuses a group");
                Attempt::Poison
            }
            Some(Err(CommitError::Unavailable(why))) => {
                tracing::warn!(event = %self.event, why, "a group was not committed");
                Attempt::Unserved(Unserved::Unavailable)
            }
            Some(Err(CommitError::Unknown(why))) => {
                tracing::warn!(event = %self.event, why, "the answer to a commit was lost");
                self.shared.metrics.unknown_commit();
                let version = snapshot.version.next();
                unknown.push(UnknownCommit {
                    id,
                    version,
                    outcomes,
                    more_due,
                });
                Attempt::Unknown
            }
            None => Attempt::Unserved(Unserved::Internal),
        }
    }

    fn announce(&self, after: &EventSnapshot) {
        let coordinator = &self.shared.ports.coordinator;
        if after.event.deleted_at.is_some() {
            coordinator.forget(self.event);
        } else {
            coordinator.publish(Arc::new(after.clone()));
        }
    }

    fn instant(&self) -> Instant {
        self.shared.ports.clock.instant()
    }
}

fn unserved(error: StoreError) -> Attempt {
    tracing::warn!(%error, "the database did not answer");
    Attempt::Unserved(error.into())
}
