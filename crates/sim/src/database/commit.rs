//! A commit and what can become of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use boxoffice::group::Group;
use boxoffice::store::{CommitError, StoreError};

use super::{Connections, Database, Made, Writer};
use crate::census::Kind;
use crate::history::Status;
use crate::planted::{Slip, Trust};
use crate::world::{Life, lock, sleep_ms};

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
        let _under_way = self.life.commits();
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
                self.tell_lost(Kind::CommitNotDone, event.0, version.0);
                self.life.gate().await;
                return Err(lost());
            }
            Fate::LostAfter => self.tell_lost(Kind::CommitDone, event.0, version.0),
            Fate::LostLate(ms) => {
                self.tell_lost(Kind::CommitDoneLater, event.0, version.0);
                let (db, life) = (Arc::clone(&self.db), Arc::clone(&self.life));
                let node = self.node;
                tokio::spawn(async move {
                    sleep_ms(ms).await;
                    let _nobody_hears = db.apply(group, node, &life);
                });
                self.life.gate().await;
                return Err(lost());
            }
        }
        if self.db.slips(Slip::CheckApartFromWrite) {
            // The check is a transaction of its own, and the write another.
            let checked = self.db.tables.tables().group_at(event, version);
            if checked.is_some() {
                return Err(CommitError::VersionTaken);
            }
            self.travel().await;
        }
        let result = self.db.apply(group, self.node, &self.life);
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

    fn tell_lost(&self, kind: Kind, event: i64, version: i64) {
        self.db.world.fault(kind, || {
            let (node, what) = (self.node, kind.words());
            format!("n{node}: event {event}'s version {version}: {what}")
        });
    }
}

fn lost() -> CommitError {
    CommitError::Unknown("the connection broke during the commit".to_owned())
}

impl Database {
    /// Carries a group out, or refuses it, as one step.
    fn apply(&self, mut group: Group, node: u32, life: &Life) -> Result<(), CommitError> {
        let event = group.event;
        let poison =
            group.changes.reservations.iter().any(|touched| {
                touched.new && touched.reservation.user.as_str().starts_with("poison")
            });
        if poison {
            self.world.fault(Kind::Refused, || {
                format!("n{node}: the database chokes on a group of event {event}")
            });
            return Err(CommitError::Refused("incorrect string value".to_owned()));
        }
        match self.slip.and_then(Slip::trust) {
            None => {}
            Some(Trust::WhileLeased) if !life.is_leased(event) => {
                return Err(CommitError::VersionTaken);
            }
            // Nothing stands between a stale decision and the tables.
            Some(Trust::WhileLeased | Trust::Always) => {
                if let Some((current, _)) = self.tables.tables().stock(event) {
                    group.base = current;
                }
            }
        }
        let (id, base) = (group.id, group.base);
        let brief = self.world.is_traced().then(|| group.brief.clone());
        let touched = group.changes.reservations.iter();
        let touched = touched.map(|touched| &touched.reservation);
        let touched = touched.map(|made| (Some(made.id.0), made.status().into()));
        // After what was done in its group before it; what it lets happen cannot come earlier anyway.
        let called_off = group.changes.event.iter();
        let called_off = called_off.map(|_| (None, Status::Cancelled));
        let made: Vec<Made> = (touched.chain(called_off))
            .map(|(reservation, status)| Made {
                event: event.0,
                reservation,
                status,
            })
            .collect();
        let result = self.tables.tables().commit(&group);
        match &result {
            Ok(()) => {
                lock(&self.state).changes.extend(made);
                self.remember(event);
                self.look_at_books(event, base.next().0);
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
