//! A commit and what can become of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use boxoffice::group::Group;
use boxoffice::store::{CommitError, Store, StoreError};
use uuid::Uuid;

use super::{Connections, Database, Writer};
use crate::history::Status;
use crate::planted::Slip;
use crate::world::{lock, sleep_ms};

/// What becomes of a commit that has left the node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Answered,
    LostBefore,
    LostAfter,
    /// The connection is gone, and the server carries the packet out this many milliseconds later.
    LostLate(u32),
}

impl Connections {
    pub(super) async fn commit_one(&self, group: Group) -> Result<(), CommitError> {
        self.life.gate().await;
        if let Err(StoreError::Unavailable(why)) = self.meet(true).await {
            return Err(CommitError::Unavailable(why));
        }
        if self.left_open.load(Ordering::Relaxed) {
            // Inside somebody else's transaction everything succeeds, and nothing stays.
            return Ok(());
        }
        let fate = self.fate();
        let outlives = self.dice(|dice| dice.percent(50));
        self.travel().await;
        if !outlives {
            self.life.gate().await;
        }
        if self.db.writer() == Writer::Down {
            return Err(lost());
        }
        let (event, version) = (group.event, group.base.next());
        match fate {
            Fate::Answered => {}
            Fate::LostBefore => {
                self.tell_lost(event.0, version.0, "was not carried out");
                self.life.gate().await;
                return Err(lost());
            }
            Fate::LostAfter => self.tell_lost(event.0, version.0, "was carried out"),
            Fate::LostLate(ms) => {
                self.tell_lost(event.0, version.0, "is carried out later");
                let db = Arc::clone(&self.db);
                let node = self.node;
                tokio::spawn(async move {
                    sleep_ms(ms).await;
                    let _nobody_hears = db.apply(group, node).await;
                });
                self.life.gate().await;
                return Err(lost());
            }
        }
        if self.db.slips(Slip::CheckApartFromWrite) {
            // The check is a transaction of its own, and the write another.
            let checked = self.db.tables.group_at(event, version).await;
            if matches!(checked, Ok(Some(_))) {
                return Err(CommitError::VersionTaken);
            }
            self.travel().await;
        }
        let result = self.db.apply(group, self.node).await;
        self.travel().await;
        self.life.gate().await;
        match (fate, result) {
            (Fate::LostAfter, _) => Err(lost()),
            (_, result) => result,
        }
    }

    fn fate(&self) -> Fate {
        if self.is_calm() {
            return Fate::Answered;
        }
        let rates = &self.db.rates;
        let (roll, ms) = self.dice(|dice| (dice.below(1_000), dice.within(1..=60)));
        let after = rates.lost_before + rates.lost_after;
        match roll {
            roll if roll < rates.lost_before => Fate::LostBefore,
            roll if roll < after => Fate::LostAfter,
            roll if roll < after + rates.lost_late => Fate::LostLate(ms),
            _ => Fate::Answered,
        }
    }

    fn tell_lost(&self, event: i64, version: i64, what: &str) {
        self.db.world.fault(|| {
            format!(
                "n{}: the answer to the commit of event {event}'s version {version} is lost; it {what}",
                self.node
            )
        });
    }
}

fn lost() -> CommitError {
    CommitError::Unknown("the connection broke during the commit".to_owned())
}

impl Database {
    /// Carries a group out, or refuses it, as one step.
    async fn apply(&self, mut group: Group, node: u32) -> Result<(), CommitError> {
        let event = group.event;
        let poison =
            group.changes.reservations.iter().any(|touched| {
                touched.new && touched.reservation.user.as_str().starts_with("poison")
            });
        if poison {
            self.world
                .fault(|| format!("n{node}: the database chokes on a group of event {event}"));
            return Err(CommitError::Refused("incorrect string value".to_owned()));
        }
        if self.trusts_the_lease() {
            // Nothing stands between a stale decision and the tables.
            if let Ok(Some(current)) = self.tables.ledger(event).await {
                group.base = current.version;
            }
        }
        let (id, base) = (group.id, group.base);
        let brief = self.world.is_traced().then(|| group.brief.clone());
        let touched: Vec<(Uuid, Status)> = (group.changes.reservations.iter())
            .map(|touched| &touched.reservation)
            .map(|made| (made.id.0, made.status().into()))
            .collect();
        let result = self.tables.commit(vec![group]).await.pop();
        let result = result.unwrap_or(Err(CommitError::VersionTaken));
        match &result {
            Ok(()) => {
                lock(&self.state).changes.extend(touched);
                self.remember(event).await;
                self.look_at_books(event, base.next().0).await;
                self.world.tell(|| {
                    let version = base.next().0;
                    let brief = brief.as_deref().unwrap_or_default();
                    format!("n{node} committed event {event}'s version {version} as {id}: {brief}")
                });
            }
            Err(why) => self.world.tell(|| {
                format!(
                    "n{node} did not commit on event {event}'s {}: {why}",
                    base.0
                )
            }),
        }
        result
    }

    /// Of the planted bugs: those that leave it to the lease that nobody else decides.
    fn trusts_the_lease(&self) -> bool {
        let slips = [
            Slip::StaleSnapshotWritten,
            Slip::CheckApartFromWrite,
            Slip::LeaseTrusted,
            Slip::LeaseDeletedByAnybody,
        ];
        self.slip.is_some_and(|slip| slips.contains(&slip))
    }
}

/// A statement's transaction. Dropped before it ends, it is rolled back; with the planted bug its
/// connection goes back to the pool as it is.
pub(super) struct OpenTransaction<'a> {
    connections: &'a Connections,
    ended: bool,
}

impl<'a> OpenTransaction<'a> {
    pub(super) fn begin(connections: &'a Connections) -> Self {
        Self {
            connections,
            ended: false,
        }
    }

    pub(super) fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for OpenTransaction<'_> {
    fn drop(&mut self) {
        if !self.ended && self.connections.db.slips(Slip::TransactionLeftOpen) {
            self.connections.left_open.store(true, Ordering::Relaxed);
        }
    }
}
