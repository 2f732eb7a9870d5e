//! The port to what nodes share beside the database. It decides nothing.
//!
//! Everything here may be lost, late, evicted or granted twice, and the sale stays correct.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::buyer::{User, UserId};
use crate::event::EventSnapshot;
use crate::ids::EventId;
use crate::page::Page;
use crate::planted::planted;
use crate::store::{EventListQuery, StoreError};
use crate::takings::Takings;

/// The right to decide for an event, for a while; saves wasted decisions and nothing more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// For which event.
    pub event: EventId,
    /// Whose it is; nobody else's release takes it away.
    pub token: u128,
    /// Whether somebody else had it when it was asked for, and may have sold until now.
    pub was_waited_for: bool,
}

/// What can be looked up in the cache.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ViewKey {
    /// An event with its stock.
    Event(EventId),
    /// A buyer's profile.
    User(UserId),
    /// A page of events. Its `now` is rounded by the asker, so that pages are found again.
    Events(EventListQuery),
    /// How many were let in to an event.
    Admitted(EventId),
    /// What an event has taken.
    Takings(EventId),
}

/// What the cache holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum View {
    /// An event with its stock; its version tells which of two is newer.
    Event(Arc<EventSnapshot>),
    /// A buyer's profile.
    User(Arc<User>),
    /// A page of events.
    Events(Arc<Page<Arc<EventSnapshot>>>),
    /// How many were let in to an event.
    Admitted(u64),
    /// What an event has taken.
    Takings(Takings),
}

impl View {
    /// Whether this may take the place of `old`: an older version of an event never does.
    pub fn supersedes(&self, old: &Self) -> bool {
        match (self, old) {
            (Self::Event(new), Self::Event(old)) => {
                new.version >= old.version || planted!(OlderOverwrites)
            }
            _ => true,
        }
    }
}

/// A view, and how it was come by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cached {
    /// The view.
    pub view: View,
    /// Whether no database was asked.
    pub hit: bool,
    /// How long it may still be served.
    pub ttl: Duration,
}

/// Nothing is known in memory: [`Coordinator::view`] has to find out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAtHand;

/// Loads a view from the database; `None` where there is nothing.
pub type Load = BoxFuture<'static, Result<Option<View>, StoreError>>;

/// How the coordinator is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoordinatorHealth {
    /// There is no shared part; this node is on its own by design.
    Alone,
    /// The shared part answers.
    Up,
    /// The shared part is lost; this node serves from memory and database.
    Degraded,
}

/// What nodes share beside the database.
#[async_trait]
pub trait Coordinator: Send + Sync + 'static {
    /// Waits for the event's lease, at most `wait_max`; `None`: go on without.
    async fn acquire(&self, event: EventId, wait_max: Duration) -> Option<Lease>;

    /// Whether somebody else waits for this lease.
    async fn is_wanted(&self, lease: &Lease) -> bool;

    /// Gives the lease back, if it is still this one.
    async fn release(&self, lease: Lease);

    /// What this node has in memory, without waiting for anybody; `None` in it where it knows that
    /// there is nothing.
    fn at_hand(&self, key: &ViewKey) -> Result<Option<Cached>, NotAtHand>;

    /// Looks in the cache, and loads what is not there: once, however many ask at a time.
    async fn view(&self, key: ViewKey, load: Load) -> Result<Option<Cached>, StoreError>;

    /// Tells everybody what an event is like after a commit. An older version never overwrites.
    fn publish(&self, snapshot: Arc<EventSnapshot>);

    /// Forgets an event that is deleted.
    fn forget(&self, event: EventId);

    /// The newest published state of an event, for those who watch it live.
    ///
    /// Coalesced: at most ten a second, the last one always.
    fn watch(&self, event: EventId) -> tokio::sync::watch::Receiver<Option<Arc<EventSnapshot>>>;

    /// How the shared part is doing.
    async fn health(&self) -> CoordinatorHealth;
}
