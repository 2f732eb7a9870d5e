//! One attempt to serve a batch: look, decide, commit. Whoever asked for it may ask again.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use crate::command::{Outcome, Unserved};
use crate::decide::{Known, decide, facts_needed};
use crate::event::EventSnapshot;
use crate::group::{Changes, Decision, Facts, FactsQuery, Group};
use crate::ids::{GroupId, Version};
use crate::planted::planted;
use crate::runtime;
use crate::store::{CommitError, Source, StoreError};
use crate::time::{Instant, Timestamp};

use super::brief::brief;
use super::queue::Batch;
use super::task::Sequencer;

/// The event as this node knows it.
pub(super) struct Warm {
    pub(super) snapshot: Arc<EventSnapshot>,
    /// When the database was last known to have this version and no later one.
    confirmed: Instant,
}

/// A commit whose answer was lost.
pub(super) struct UnknownCommit {
    id: GroupId,
    version: Version,
    outcomes: Vec<Outcome>,
    more_due: bool,
}

/// What one attempt to serve a batch came to.
pub(super) enum Attempt {
    /// Decided, and committed where it changed anything.
    Decided {
        outcomes: Vec<Outcome>,
        more_due: bool,
    },
    /// Somebody else was first: look and decide again.
    Conflict,
    /// Something in the batch cannot be carried out.
    Poison,
    /// There is no such event.
    Gone,
    /// Not decided, or not known to be.
    Unserved(Unserved),
}

impl Sequencer {
    /// Looks, decides and commits once; `unknown` are this batch's commits whose answers were lost.
    pub(super) async fn attempt(
        &mut self,
        batch: &Batch,
        sweep: bool,
        unknown: &mut Vec<UnknownCommit>,
    ) -> Attempt {
        let found = match self.snapshot().await {
            Ok(found) => found,
            Err(error) => return unserved(&error),
        };
        match self.landed(found.as_deref(), unknown).await {
            Ok(None) => {}
            Ok(Some(commit)) => {
                self.announce(found);
                let UnknownCommit {
                    outcomes, more_due, ..
                } = commit;
                return Attempt::Decided { outcomes, more_due };
            }
            Err(error) => return unserved(&error),
        }
        let Some(snapshot) = found else {
            return Attempt::Gone;
        };
        let mut now = self.shared.ports.clock.now().max(snapshot.last_now);
        if planted!(ClockBelieved) {
            now = self.shared.ports.clock.now();
        }
        let facts = match self.facts(batch, &snapshot, now, sweep).await {
            Ok(Some(facts)) => facts,
            Ok(None) => return Attempt::Conflict,
            Err(StoreError::Corrupt { table, column, id }) => {
                tracing::error!(event = %self.event, table, column, id, "a row is corrupt");
                return Attempt::Poison;
            }
            Err(error) => return unserved(&error),
        };
        #[cfg(feature = "planted-bugs")]
        let Some((snapshot, now)) = self.read_again(snapshot, now).await else {
            return Attempt::Conflict;
        };
        let known = Known {
            snapshot: &snapshot,
            facts: &facts,
        };
        let decide = AssertUnwindSafe(|| decide(known, &batch.commands, now));
        let Ok(mut decision) = std::panic::catch_unwind(decide) else {
            return Attempt::Poison;
        };
        if !sweep {
            // The facts told nothing of what is due: it still is.
            let next_due = &mut decision.after.next_due;
            *next_due = next_due.iter().copied().chain(snapshot.next_due).min();
        }
        if decision.changes.is_empty() && unknown.is_empty() {
            return self.confirm(decision).await;
        }
        self.commit(batch, &snapshot, decision, now, unknown).await
    }

    /// The warm snapshot, or the database's.
    async fn snapshot(&mut self) -> Result<Option<Arc<EventSnapshot>>, StoreError> {
        if let Some(warm) = &self.warm {
            return Ok(Some(Arc::clone(&warm.snapshot)));
        }
        let confirmed = self.instant();
        let store = &self.shared.ports.store;
        let loaded = store.event(self.event, Source::Writer).await?.map(Arc::new);
        self.warm = loaded.clone().map(|snapshot| Warm {
            snapshot,
            confirmed,
        });
        Ok(loaded)
    }

    /// Of the planted bug: the event as it is now, after its facts were read.
    #[cfg(feature = "planted-bugs")]
    async fn read_again(
        &mut self,
        snapshot: Arc<EventSnapshot>,
        now: Timestamp,
    ) -> Option<(Arc<EventSnapshot>, Timestamp)> {
        if !planted!(VersionAfterFacts) {
            return Some((snapshot, now));
        }
        self.warm = None;
        let newer = self.snapshot().await.ok().flatten()?;
        let now = now.max(newer.last_now);
        Some((newer, now))
    }

    /// The commit whose answer was lost, if it is in the log. Those that cannot be are forgotten.
    ///
    /// `found` is the event as it was read since, `None` where it is gone: then every version that
    /// it had when a commit was lost has been followed by another.
    async fn landed(
        &self,
        found: Option<&EventSnapshot>,
        unknown: &mut Vec<UnknownCommit>,
    ) -> Result<Option<UnknownCommit>, StoreError> {
        let store = &self.shared.ports.store;
        let visible = |commit: &UnknownCommit| {
            found.is_none_or(|snapshot| commit.version <= snapshot.version)
        };
        while let Some(index) = unknown.iter().position(visible) {
            let (id, version) = (unknown[index].id, unknown[index].version);
            let group = store.group_at(self.event, version).await?;
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
        batch: &Batch,
        snapshot: &EventSnapshot,
        now: Timestamp,
        sweep: bool,
    ) -> Result<Option<Facts>, StoreError> {
        let due_len_max = self.shared.limits.due_len_max;
        let mut query = facts_needed(snapshot, &batch.commands, now, due_len_max);
        if !sweep {
            query = FactsQuery {
                due_by: None,
                live: false,
                ..query
            };
        }
        if query.is_empty() {
            return Ok(Some(Facts::default()));
        }
        let asked = self.instant();
        let facts = self.shared.ports.store.facts(self.event, &query).await?;
        if facts.version != Some(snapshot.version) && !planted!(VersionAfterFacts) {
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
        if now.since(warm.confirmed) > age_max && !planted!(SoldOutForGood) {
            let store = &self.shared.ports.store;
            match store.facts(self.event, &FactsQuery::default()).await {
                Ok(facts) if facts.version == Some(after.version) => warm.confirmed = now,
                Ok(_) => return Attempt::Conflict,
                Err(error) => return unserved(&error),
            }
        }
        if warm.snapshot.next_due != after.next_due {
            Arc::make_mut(&mut warm.snapshot).next_due = after.next_due;
        }
        Attempt::Decided { outcomes, more_due }
    }

    /// The next link of the chain after `base`.
    fn group(&self, base: Version, now: Timestamp, brief: String, changes: Changes) -> Group {
        Group {
            event: self.event,
            base,
            id: self.shared.ports.ids.group(now),
            now,
            actor: self.shared.ports.node.clone(),
            brief,
            changes,
        }
    }

    /// Commits a decision. One that changes nothing takes its version all the same: a commit
    /// whose answer was lost cannot land any more then, and a refusal is true.
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
        let after = EventSnapshot {
            version: snapshot.version.next(),
            last_now: now,
            ..after
        };
        let brief = brief(&batch.commands, &outcomes);
        let group = self.group(snapshot.version, now, brief, changes);
        #[cfg(feature = "planted-bugs")]
        let group = crate::planted::without_abandoned(batch, group);
        let id = group.id;
        let confirmed = self.instant();
        let mut results = self.shared.ports.store.commit(vec![group]).await;
        match results.pop() {
            Some(Ok(())) => {
                let after = after.event.deleted_at.is_none().then(|| Arc::new(after));
                #[cfg(feature = "planted-bugs")]
                self.announce(crate::planted::stock_as_before(snapshot, after.as_ref()));
                #[cfg(not(feature = "planted-bugs"))]
                self.announce(after.clone());
                self.warm = after.map(|snapshot| Warm {
                    snapshot,
                    confirmed,
                });
                Attempt::Decided { outcomes, more_due }
            }
            Some(Err(CommitError::VersionTaken)) if planted!(ConflictAnswered) => {
                Attempt::Decided { outcomes, more_due }
            }
            Some(Err(CommitError::VersionTaken)) => Attempt::Conflict,
            Some(Err(CommitError::Refused(why))) => {
                tracing::error!(event = %self.event, why, "the database refuses a group");
                Attempt::Poison
            }
            Some(Err(CommitError::Unknown(_))) if planted!(UnknownToldAsNothing) => {
                Attempt::Unserved(Unserved::Unavailable)
            }
            Some(Err(CommitError::Unavailable(why))) => {
                tracing::warn!(event = %self.event, why, "a group was not committed");
                Attempt::Unserved(Unserved::Unavailable)
            }
            Some(Err(CommitError::Unknown(why))) => {
                tracing::warn!(event = %self.event, why, "the answer to a commit was lost");
                self.shared.metrics.unknown_commit();
                unknown.push(UnknownCommit {
                    id,
                    version: after.version,
                    outcomes,
                    more_due,
                });
                Attempt::Unserved(Unserved::Unavailable)
            }
            None => Attempt::Unserved(Unserved::Internal),
        }
    }

    /// Tells everybody what the event is like now; `None`: it is gone.
    fn announce(&self, after: Option<Arc<EventSnapshot>>) {
        let coordinator = &self.shared.ports.coordinator;
        match after {
            Some(snapshot) => coordinator.publish(snapshot),
            None => coordinator.forget(self.event),
        }
    }
}

fn unserved(error: &StoreError) -> Attempt {
    tracing::warn!(%error, "the database did not answer");
    Attempt::Unserved(error.clone().into())
}
