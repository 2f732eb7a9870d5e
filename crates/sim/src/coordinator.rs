//! What nodes share beside the database, as it is on a bad day.
//!
//! One hall of leases for all nodes, and a cache in each node that hears of the others' commits:
//! both are the real ones of `coordination`. What lies between them is modelled: leases come late,
//! are lost or granted twice, news is lost, late, out of order or told twice, and all of it goes down.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::coordinator::{
    Cached, Coordinator, CoordinatorHealth, Lease, Load, NotAtHand, ViewKey,
};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use boxoffice::store::StoreError;
use coordination::in_process::InProcess;
use coordination::limits::CacheLimits;
use tokio::sync::watch;

use crate::dice::Dice;
use crate::planted::Slip;
use crate::scenario::Rates;
use crate::world::{Life, World, lock, sleep_ms};

/// How long a node may serve an event from memory without a word from the database.
pub(crate) const EVENT_TTL: Duration = Duration::from_secs(4);

/// A lease that the hall has given to two at once has a token from here on.
const SECOND_GRANT: u128 = 1 << 100;

fn cache_limits() -> CacheLimits {
    CacheLimits {
        event_entries_max: 100,
        event_ttl_secs: 4,
        forgotten_secs: 3,
        load_ms_max: 2_500,
        lease_ttl_ms: 1_000,
        ..CacheLimits::default()
    }
}

/// The shared part.
pub(crate) struct Hall {
    world: Arc<World>,
    leases: InProcess,
    rates: Rates,
    slip: Option<Slip>,
    leases_down: AtomicBool,
    cache_down: AtomicBool,
    desks: Mutex<Vec<Listener>>,
    /// Tokens that living nodes have and have not given back.
    given: Mutex<BTreeMap<u128, EventId>>,
}

/// A node's cache, as the others' news reaches it.
#[derive(Clone)]
struct Listener {
    node: u32,
    life: Arc<Life>,
    cache: Arc<InProcess>,
}

/// What one node tells the others.
#[derive(Clone)]
enum News {
    Is(Arc<EventSnapshot>),
    Gone(EventId),
}

impl Hall {
    pub(crate) fn new(world: Arc<World>, rates: Rates, slip: Option<Slip>) -> Arc<Self> {
        Arc::new(Self {
            world,
            leases: InProcess::new(cache_limits()),
            rates,
            slip,
            leases_down: AtomicBool::new(false),
            cache_down: AtomicBool::new(false),
            desks: Mutex::default(),
            given: Mutex::default(),
        })
    }

    pub(crate) fn set_leases_down(&self, down: bool) {
        self.leases_down.store(down, Ordering::Relaxed);
    }

    pub(crate) fn set_cache_down(&self, down: bool) {
        self.cache_down.store(down, Ordering::Relaxed);
    }

    /// Leases that living nodes have not given back.
    pub(crate) fn leases_out(&self) -> usize {
        lock(&self.given).len()
    }

    /// Forgets the dead.
    pub(crate) fn bury(&self) {
        lock(&self.desks).retain(|desk| !desk.life.is_dead());
        lock(&self.given).clear();
    }

    fn is_calm(&self) -> bool {
        self.world.is_calm()
    }

    /// Of the planted bug: ends the event's lease, whoever has it by now.
    async fn delete_lease(&self, event: EventId) {
        let of_event: Vec<u128> = lock(&self.given)
            .iter()
            .filter(|(_, of)| **of == event)
            .map(|(token, _)| *token)
            .collect();
        for token in of_event {
            self.leases.release(Lease { event, token }).await;
        }
    }
}

/// One node's way to the shared part, for one life of the node.
pub(crate) struct Desk {
    hall: Arc<Hall>,
    own: Listener,
    dice: Mutex<Dice>,
}

impl Desk {
    pub(crate) fn new(hall: Arc<Hall>, life: Arc<Life>, node: u32, dice: Dice) -> Self {
        let cache = Arc::new(InProcess::new(cache_limits()));
        let own = Listener { node, life, cache };
        lock(&hall.desks).push(own.clone());
        Self {
            hall,
            own,
            dice: Mutex::new(dice),
        }
    }

    fn happens(&self, rate: u32) -> bool {
        !self.hall.is_calm() && lock(&self.dice).per_mille(rate)
    }

    /// Tells the other nodes, as well as the network does.
    fn spread(&self, news: &News) {
        let others: Vec<Listener> = lock(&self.hall.desks)
            .iter()
            .filter(|other| other.node != self.own.node && !other.life.is_dead())
            .cloned()
            .collect();
        let rates = &self.hall.rates;
        for other in others {
            if self.hall.cache_down.load(Ordering::Relaxed) || self.happens(rates.news_lost) {
                self.hall
                    .world
                    .fault(|| format!("news for n{} is lost", other.node));
                continue;
            }
            if self.happens(rates.news_twice) {
                self.hall
                    .world
                    .fault(|| format!("news for n{} comes twice", other.node));
                self.deliver(other.clone(), news.clone(), 80);
            }
            let late = if self.happens(rates.news_late) { 80 } else { 0 };
            if late > 0 {
                self.hall
                    .world
                    .fault(|| format!("news for n{} comes late", other.node));
            }
            self.deliver(other, news.clone(), late);
        }
    }

    fn deliver(&self, to: Listener, news: News, late_ms_max: u32) {
        if late_ms_max == 0 {
            return to.hear(news);
        }
        let ms = lock(&self.dice).within(1..=late_ms_max);
        tokio::spawn(async move {
            sleep_ms(ms).await;
            to.hear(news);
        });
    }
}

impl Listener {
    fn hear(&self, news: News) {
        if self.life.is_dead() {
            return;
        }
        match news {
            News::Is(snapshot) => self.cache.publish(snapshot),
            News::Gone(event) => self.cache.forget(event),
        }
    }
}

#[async_trait]
impl Coordinator for Desk {
    async fn acquire(&self, event: EventId, wait_max: Duration) -> Option<Lease> {
        self.own.life.gate().await;
        let hall = &self.hall;
        let rates = &hall.rates;
        if hall.leases_down.load(Ordering::Relaxed) {
            // Nobody answers: the asker's own patience ends it, or the connection is refused.
            if lock(&self.dice).percent(50) {
                std::future::pending::<()>().await;
            }
            return None;
        }
        if self.happens(rates.lease_twice) {
            hall.world.fault(|| {
                format!(
                    "n{} is granted the lease of event {event} beside another",
                    self.own.node
                )
            });
            let token = SECOND_GRANT + u128::from(lock(&self.dice).roll());
            return Some(Lease { event, token });
        }
        if self.happens(rates.lease_late) {
            let ms = lock(&self.dice).within(1..=200);
            hall.world
                .fault(|| format!("n{} hears of its lease {ms} ms late", self.own.node));
            sleep_ms(ms).await;
        }
        let lease = hall.leases.acquire(event, wait_max).await?;
        if self.happens(rates.lease_lost) {
            hall.world
                .fault(|| format!("n{} loses the lease of event {event}", self.own.node));
            hall.leases.release(lease.clone()).await;
        }
        self.own.life.gate().await;
        lock(&hall.given).insert(lease.token, event);
        Some(lease)
    }

    async fn is_wanted(&self, lease: &Lease) -> bool {
        self.own.life.gate().await;
        self.hall.leases.is_wanted(lease).await
    }

    async fn release(&self, lease: Lease) {
        self.own.life.gate().await;
        lock(&self.hall.given).remove(&lease.token);
        if self.hall.slip == Some(Slip::LeaseDeletedByAnybody) {
            return self.hall.delete_lease(lease.event).await;
        }
        self.hall.leases.release(lease).await;
    }

    fn at_hand(&self, key: &ViewKey) -> Result<Option<Cached>, NotAtHand> {
        self.own.cache.at_hand(key)
    }

    async fn view(&self, key: ViewKey, load: Load) -> Result<Option<Cached>, StoreError> {
        self.own.cache.view(key, load).await
    }

    fn publish(&self, snapshot: Arc<EventSnapshot>) {
        if self.own.life.is_dead() {
            return;
        }
        self.own.cache.publish(Arc::clone(&snapshot));
        self.spread(&News::Is(snapshot));
    }

    fn forget(&self, event: EventId) {
        if self.own.life.is_dead() {
            return;
        }
        self.own.cache.forget(event);
        self.spread(&News::Gone(event));
    }

    fn watch(&self, event: EventId) -> watch::Receiver<Option<Arc<EventSnapshot>>> {
        self.own.cache.watch(event)
    }

    async fn health(&self) -> CoordinatorHealth {
        if self.hall.leases_down.load(Ordering::Relaxed) {
            return CoordinatorHealth::Degraded;
        }
        CoordinatorHealth::Up
    }
}
