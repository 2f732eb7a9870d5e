//! What nodes share beside the database, as it is on a bad day.
//!
//! One hall of leases for all nodes, and a cache in each node that hears of the others' commits:
//! both are the real ones of `coordination`. What lies between them is modelled: leases come late,
//! are lost while they are held or granted twice, news is lost, late, out of order or told twice, and all of it goes down.

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

use crate::census::Kind;
use crate::dice::{Dice, SharedDice};
use crate::planted::Slip;
use crate::scenario::Rates;
use crate::world::{Life, World, lock, sleep_ms};

/// How long a node may serve an event from memory without a word from the database.
pub(crate) const EVENT_TTL: Duration = Duration::from_secs(4);

/// A lease that the hall has given to two at once has a token from here on.
const SECOND_GRANT: u128 = 1 << 100;

/// How late news may come at most, in milliseconds.
const NEWS_LATE_MS_MAX: u32 = 80;

/// How long a lease lasts that nobody gives back, in milliseconds.
const LEASE_TTL_MS: u32 = 1_000;

/// How late a lease may be heard of at most, in milliseconds: its time may be up by then.
const LEASE_LATE_MS_MAX: u32 = LEASE_TTL_MS + 200;

fn cache_limits() -> CacheLimits {
    CacheLimits {
        event_entries_max: 100,
        event_ttl_secs: 4,
        forgotten_secs: 3,
        load_ms_max: 2_500,
        lease_ttl_ms: LEASE_TTL_MS,
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
    /// Tokens that nodes have and have not given back.
    given: Mutex<BTreeMap<u128, Given>>,
}

/// A lease that a node has.
struct Given {
    event: EventId,
    life: Arc<Life>,
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
        let mut limits = cache_limits();
        if slip.is_some_and(Slip::never_loses_a_lease) {
            limits.lease_ttl_ms = u32::MAX;
        }
        Arc::new(Self {
            world,
            leases: InProcess::new(limits),
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

    /// Leases that nodes have not given back, the dead only until they are forgotten.
    pub(crate) fn leases_out(&self) -> usize {
        lock(&self.given).len()
    }

    /// Forgets the dead.
    pub(crate) fn bury(&self) {
        lock(&self.desks).retain(|desk| !desk.life.is_dead());
        lock(&self.given).retain(|_, given| !given.life.is_dead());
    }

    /// Of the planted bugs: whether nothing but the lease guards the stock.
    fn is_all_there_is(&self) -> bool {
        self.slip.is_some_and(Slip::leaves_it_to_the_lease)
    }

    fn are_leases_down(&self) -> bool {
        self.leases_down.load(Ordering::Relaxed)
    }

    fn is_calm(&self) -> bool {
        self.world.is_calm()
    }

    /// Of the planted bug: ends the event's lease, its own or whoever's it is by now.
    async fn delete_lease(&self, own: Lease) {
        let event = own.event;
        // Before its own is given back: who is next in line then keeps what she is handed.
        let others: Vec<u128> = lock(&self.given)
            .iter()
            .filter(|(_, given)| given.event == event)
            .map(|(token, _)| *token)
            .collect();
        self.leases.release(own).await;
        for token in others {
            self.leases.release(unwaited(event, token)).await;
        }
    }
}

/// A lease that was got without waiting for it.
const fn unwaited(event: EventId, token: u128) -> Lease {
    Lease {
        event,
        token,
        was_waited_for: false,
    }
}

/// One node's way to the shared part, for one life of the node.
pub(crate) struct Desk {
    hall: Arc<Hall>,
    own: Listener,
    dice: SharedDice,
}

impl Desk {
    pub(crate) fn new(hall: Arc<Hall>, life: Arc<Life>, node: u32, dice: Dice) -> Self {
        let cache = Arc::new(InProcess::new(cache_limits()));
        let own = Listener { node, life, cache };
        lock(&hall.desks).push(own.clone());
        Self {
            hall,
            own,
            dice: dice.shared(),
        }
    }

    /// Remembers that this node has a lease, and what the planted bugs have to know of it.
    fn take_home(&self, lease: &Lease, granted: Duration) {
        let hall = &self.hall;
        let life = Arc::clone(&self.own.life);
        if hall.is_all_there_is() {
            let ttl = Duration::from_millis(LEASE_TTL_MS.into());
            life.set_leased(lease.event, Some(granted + ttl));
        }
        let event = lease.event;
        lock(&hall.given).insert(lease.token, Given { event, life });
    }

    /// Takes the lease away after a while, whether it is still held or not.
    fn evict_later(&self, lease: &Lease) {
        let ms = self.dice.roll(|dice| dice.within(1..=LEASE_TTL_MS));
        let (hall, node, lease) = (Arc::clone(&self.hall), self.own.node, lease.clone());
        tokio::spawn(async move {
            sleep_ms(ms).await;
            if lock(&hall.given).contains_key(&lease.token) {
                hall.world.fault(Kind::LeaseEvicted, || {
                    format!("n{node} loses the lease of event {}", lease.event)
                });
                hall.leases.release(lease).await;
            }
        });
    }

    fn happens(&self, rate: u32) -> bool {
        !self.hall.is_calm() && self.dice.roll(|dice| dice.per_mille(rate))
    }

    /// Tells the other nodes, as well as the network does.
    fn spread(&self, news: &News) {
        let hall = &self.hall;
        let is_down = hall.cache_down.load(Ordering::Relaxed);
        let desks = lock(&hall.desks);
        let others = desks.iter().filter(|other| other.node != self.own.node);
        for other in others.filter(|other| !other.life.is_dead()) {
            let node = other.node;
            if is_down || self.happens(hall.rates.news_lost) {
                let told = || format!("news for n{node} is lost");
                hall.world.fault(Kind::NewsLost, told);
                continue;
            }
            if self.happens(hall.rates.news_twice) {
                let told = || format!("news for n{node} comes twice");
                hall.world.fault(Kind::NewsTwice, told);
                self.deliver_late(other.clone(), news.clone());
            }
            if self.happens(hall.rates.news_late) {
                let told = || format!("news for n{node} comes late");
                hall.world.fault(Kind::NewsLate, told);
                self.deliver_late(other.clone(), news.clone());
            } else {
                other.hear(news.clone());
            }
        }
    }

    fn deliver_late(&self, to: Listener, news: News) {
        let ms = self.dice.roll(|dice| dice.within(1..=NEWS_LATE_MS_MAX));
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
        if hall.are_leases_down() {
            // Nobody answers: the asker's own patience ends it, or the connection is refused.
            if self.dice.roll(|dice| dice.percent(50)) {
                std::future::pending::<()>().await;
            }
            return None;
        }
        let mut lease = if self.happens(rates.lease_twice) {
            hall.world.fault(Kind::LeaseTwice, || {
                let node = self.own.node;
                format!("n{node} is granted the lease of event {event} beside another")
            });
            let token = SECOND_GRANT + u128::from(self.dice.roll(Dice::roll));
            unwaited(event, token)
        } else {
            hall.leases.acquire(event, wait_max).await?
        };
        // Who leaves everything to the lease takes nothing for known.
        lease.was_waited_for |= hall.is_all_there_is();
        let granted = hall.world.elapsed();
        if self.happens(rates.lease_late) {
            let ms = self.dice.roll(|dice| dice.within(1..=LEASE_LATE_MS_MAX));
            hall.world.fault(Kind::LeaseLate, || {
                format!("n{} hears of its lease {ms} ms late", self.own.node)
            });
            sleep_ms(ms).await;
        }
        self.own.life.gate().await;
        self.take_home(&lease, granted);
        if self.happens(rates.lease_lost) {
            self.evict_later(&lease);
        }
        Some(lease)
    }

    async fn is_wanted(&self, lease: &Lease) -> bool {
        self.own.life.gate().await;
        if self.hall.are_leases_down() {
            std::future::pending::<()>().await;
        }
        self.hall.leases.is_wanted(lease).await
    }

    async fn release(&self, lease: Lease) {
        let hall = &self.hall;
        // Whatever becomes of it, the node has given it back.
        lock(&hall.given).remove(&lease.token);
        self.own.life.gate().await;
        self.own.life.set_leased(lease.event, None);
        if hall.are_leases_down() {
            hall.world.fault(Kind::ReleaseLost, || {
                format!(
                    "n{} gives its lease back, and nobody hears it",
                    self.own.node
                )
            });
            return;
        }
        if hall.slip == Some(Slip::LeaseDeletedByAnybody) {
            return hall.delete_lease(lease).await;
        }
        hall.leases.release(lease).await;
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
        if self.hall.are_leases_down() {
            return CoordinatorHealth::Degraded;
        }
        CoordinatorHealth::Up
    }
}
