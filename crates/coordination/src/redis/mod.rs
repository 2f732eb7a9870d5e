//! The coordinator of a node beside others: Redis holds what they share.
//!
//! Redis decides nothing here. A lease may run out, be evicted or be given twice, a publication may
//! be lost, late, doubled or out of order, and Redis may be gone: the sale goes on, correct, and no
//! request fails or waits long for it. Start reading at [`RedisCoordinator`]; `link` is what stands
//! between every use of Redis and its absence.

pub(crate) mod codec;
mod dial;
mod fault;
mod inbox;
mod keeper;
mod keys;
mod lease;
mod link;
mod meters;
mod outbox;
mod place;
mod scripts;
pub(crate) mod shared;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::coordinator::{
    Cached, Coordinator, CoordinatorHealth, Lease, Load, NotAtHand, ViewKey,
};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use boxoffice::store::StoreError;
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

pub use self::place::{InvalidPlace, Place};

use self::inbox::Inbox;
use self::keeper::Keeper;
use self::keys::Keys;
use self::lease::{Desk, Leases};
use self::link::Link;
use self::outbox::{Outbox, Word};
use self::shared::{SharedLevel, Ttls};
use crate::cache::Cache;
use crate::cache::hearing::Hearing;
use crate::limits::{CacheLimits, RedisLimits, millis, secs};

/// Pulses without an echo until publications are taken to be missed.
const PULSES_MISSED_MAX: u32 = 3;

/// How long the end of a node may be held up by what it has not told yet.
const FLUSH_MAX: Duration = Duration::from_secs(1);

/// Where Redis is and how it is used.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Where it is.
    pub place: Place,
    /// What every name in it begins with; nodes of one sale have the same one.
    pub prefix: String,
    /// The bounds of cache and lease.
    pub cache: CacheLimits,
    /// The bounds of what is done with Redis.
    pub redis: RedisLimits,
}

/// Coordinates with other nodes by way of Redis.
///
/// Lives inside a tokio runtime. Reports the metrics of the in-process coordinator, those of
/// `meters`, and health: `Up` while it can write, publish and hear, otherwise `Degraded`.
pub struct RedisCoordinator {
    cache: Arc<Cache>,
    leases: Leases,
    outbox: Outbox,
    link: Arc<Link>,
    hearing: Arc<Hearing>,
    keeper: JoinHandle<()>,
}

impl RedisCoordinator {
    /// Begins to connect, and waits for it a moment. Without Redis it begins all the same.
    pub async fn open(settings: RedisSettings) -> Self {
        let RedisSettings {
            place,
            prefix,
            cache: limits,
            redis,
        } = settings;
        // Whoever comes first chooses; ring is the only one that is built in.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let node = SysRng.try_next_u64().unwrap_or_default();
        let keys = Keys::new(&prefix);
        let link = Arc::new(Link::new(millis(redis.redis_timeout_ms)));
        let hearing = Arc::new(Hearing::new(
            millis(redis.redis_pulse_ms) * PULSES_MISSED_MAX,
            millis(limits.unheard_ttl_ms),
        ));
        let shared = SharedLevel {
            link: Arc::clone(&link),
            hearing: Arc::clone(&hearing),
            keys: keys.clone(),
            ttls: ttls(&limits),
            node,
        };
        let desk = Arc::new(Desk::new());
        let cache = Arc::new(Cache::beside(&limits, shared.clone()));
        let inbox = Inbox {
            node,
            news: keys.news(),
            cache: Arc::clone(&cache),
            hearing: Arc::clone(&hearing),
            desk: Arc::clone(&desk),
            link: Arc::clone(&link),
            began: Instant::now(),
        };
        let keeper = Keeper {
            place,
            link: Arc::clone(&link),
            inbox,
            keys: keys.clone(),
            node,
            limits: redis,
        };
        let keeper = tokio::spawn(keeper.run());
        let _late = timeout(millis(redis.redis_connect_timeout_ms), hearing.live()).await;
        let interval = millis(limits.watch_interval_ms);
        Self {
            outbox: Outbox::new(shared, interval, limits.event_entries_max),
            leases: Leases {
                link: Arc::clone(&link),
                desk,
                keys,
                node,
                last: Arc::default(),
                ttl: millis(limits.lease_ttl_ms),
            },
            cache,
            link,
            hearing,
            keeper,
        }
    }

    /// Tells the other nodes what they have not been told yet, for a second at most.
    pub async fn close(&self) {
        self.outbox.flush(FLUSH_MAX).await;
    }
}

impl Drop for RedisCoordinator {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

fn ttls(limits: &CacheLimits) -> Ttls {
    Ttls {
        event: secs(limits.event_ttl_secs),
        seats: secs(limits.seats_ttl_secs),
        user: secs(limits.user_ttl_secs),
        forgotten: secs(limits.forgotten_secs),
    }
}

#[async_trait]
impl Coordinator for RedisCoordinator {
    async fn acquire(&self, event: EventId, wait_max: Duration) -> Option<Lease> {
        self.leases.acquire(event, wait_max).await
    }

    async fn is_wanted(&self, lease: &Lease) -> bool {
        self.leases.is_wanted(lease).await
    }

    async fn release(&self, lease: Lease) {
        self.leases.release(lease).await;
    }

    fn at_hand(&self, key: &ViewKey) -> Result<Option<Cached>, NotAtHand> {
        self.cache.at_hand(key)
    }

    async fn view(&self, key: ViewKey, load: Load) -> Result<Option<Cached>, StoreError> {
        self.cache.view(key, load).await
    }

    fn publish(&self, snapshot: Arc<EventSnapshot>) {
        self.cache.publish(&snapshot);
        self.outbox.tell(snapshot.event.id, Word::State(snapshot));
    }

    fn forget(&self, event: EventId) {
        self.cache.forget(event);
        self.outbox.tell(event, Word::Gone);
    }

    fn watch(&self, event: EventId) -> watch::Receiver<Option<Arc<EventSnapshot>>> {
        self.cache.watch(event)
    }

    async fn health(&self) -> CoordinatorHealth {
        if self.link.is_up() && self.hearing.is_live(Instant::now()) {
            CoordinatorHealth::Up
        } else {
            CoordinatorHealth::Degraded
        }
    }
}
