//! The coordinator of a node that is on its own: memory, and nothing shared.
//!
//! Its leases line up the askers of one process, and its cache hears of this node's commits only;
//! beside other nodes the database still decides, and what is cached is as old as its ttl.

mod lease;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::coordinator::{
    Cached, Coordinator, CoordinatorHealth, Lease, Load, NotAtHand, ViewKey,
};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use boxoffice::store::StoreError;
use tokio::sync::watch;

use self::lease::Leases;
use crate::cache::Cache;
use crate::limits::{CacheLimits, millis};

/// Coordinates within one process.
///
/// Lives inside a tokio runtime. Reports the metrics `onsale_cache_hits_total`,
/// `onsale_cache_misses_total` and `onsale_lease_wait_seconds` to the recorder that is installed
/// when it is made.
pub struct InProcess {
    cache: Arc<Cache>,
    leases: Leases,
}

impl InProcess {
    /// Knows nothing yet, and has given no lease.
    pub fn new(limits: CacheLimits) -> Self {
        Self {
            cache: Arc::new(Cache::new(&limits)),
            leases: Leases::new(millis(limits.lease_ttl_ms)),
        }
    }
}

#[async_trait]
impl Coordinator for InProcess {
    async fn acquire(&self, event: EventId, wait_max: Duration) -> Option<Lease> {
        self.leases.acquire(event, wait_max).await
    }

    async fn is_wanted(&self, lease: &Lease) -> bool {
        self.leases.is_wanted(lease)
    }

    async fn release(&self, lease: Lease) {
        self.leases.release(&lease);
    }

    fn at_hand(&self, key: &ViewKey) -> Result<Option<Cached>, NotAtHand> {
        self.cache.at_hand(key)
    }

    async fn view(&self, key: ViewKey, load: Load) -> Result<Option<Cached>, StoreError> {
        self.cache.view(key, load).await
    }

    fn publish(&self, snapshot: Arc<EventSnapshot>) {
        self.cache.publish(&snapshot);
    }

    /// For `forgotten_secs` the event is answered to be nothing, and no load or publication
    /// brings it back; its watchers see the end of their channel.
    fn forget(&self, event: EventId) {
        self.cache.forget(event);
    }

    fn watch(&self, event: EventId) -> watch::Receiver<Option<Arc<EventSnapshot>>> {
        self.cache.watch(event)
    }

    async fn health(&self) -> CoordinatorHealth {
        CoordinatorHealth::Alone
    }
}
