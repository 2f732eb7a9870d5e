//! Cache-aside with single-flight, and the publication of what a commit made.
//!
//! Two ways lead into the in-process level: a load, which may be old by the time it ends, and a
//! publication, which is new. Both pass through [`Level::put`], where an older version of an event
//! never takes the place of a newer one, so that it does not matter which of them comes last.
//!
//! A loading future runs in a task of its own: its asker may go away without leaving the others
//! waiting for a future that nobody polls.

mod bounded;
mod counters;
mod flights;
pub(crate) mod hearing;
mod level;

use std::sync::Arc;
use std::time::Duration;

use boxoffice::coordinator::{Cached, Load, NotAtHand, View, ViewKey};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::{EventId, Version};
use boxoffice::store::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use self::counters::Counters;
use self::flights::{Answer, Boarding, Flights, Pilot};
use self::level::{Freshness, Known, Level, Put};
use crate::limits::{CacheLimits, millis, secs};
use crate::redis::codec::Stock;
use crate::redis::shared::{Found, SharedLevel};
use crate::watchers::Watchers;

/// The cache of one node.
pub(crate) struct Cache {
    level: Level,
    flights: Arc<Flights>,
    watchers: Watchers,
    counters: Counters,
    load_max: Duration,
    /// What nodes share; asked before the database.
    shared: Option<SharedLevel>,
}

impl Cache {
    pub(crate) fn new(limits: &CacheLimits) -> Self {
        Self {
            level: Level::new(limits),
            flights: Arc::default(),
            watchers: Watchers::new(millis(limits.watch_interval_ms)),
            counters: Counters::register(),
            load_max: millis(limits.load_ms_max),
            shared: None,
        }
    }

    /// The cache of a node beside others.
    pub(crate) fn beside(limits: &CacheLimits, shared: SharedLevel) -> Self {
        let seats_ttl = secs(limits.seats_ttl_secs);
        Self {
            level: Level::beside(limits, seats_ttl, shared.hearing()),
            shared: Some(shared),
            ..Self::new(limits)
        }
    }

    /// What is in memory, without waiting for anybody.
    pub(crate) fn at_hand(&self, key: &ViewKey) -> Result<Option<Cached>, NotAtHand> {
        let known = self.level.get(key).ok_or(NotAtHand)?;
        self.counters.hit(key);
        Ok(cached(known, true))
    }

    /// Looks in memory, and loads what is not there: once, however many ask at a time.
    pub(crate) async fn view(self: &Arc<Self>, key: ViewKey, load: Load) -> Answer {
        if let Ok(known) = self.at_hand(&key) {
            return Ok(known);
        }
        let waiting = match self.flights.board(&key, || self.level.get(&key)) {
            Boarding::Known(known) => {
                self.counters.hit(&key);
                return Ok(cached(known, true));
            }
            Boarding::Passenger(waiting) => waiting,
            Boarding::Pilot(pilot, waiting) => {
                let cache = Arc::clone(self);
                let key = key.clone();
                tokio::spawn(async move { cache.fly(key, load, pilot).await }.in_current_span());
                waiting
            }
        };
        self.counters.miss(&key);
        waiting.answer().await
    }

    async fn fly(&self, key: ViewKey, load: Load, pilot: Pilot) {
        let answer = match self.find(&key).await {
            Some(found) => Ok(found),
            None => self.load(&key, load).await,
        };
        pilot.land(answer);
    }

    /// What the shared level knows, if there is one and it does: a view, or that there is none.
    async fn find(&self, key: &ViewKey) -> Option<Option<Cached>> {
        let as_of = Instant::now();
        match self.shared.as_ref()?.get(key).await? {
            Found::View(view, ttl_max) => {
                let freshness = Freshness { as_of, ttl_max };
                Some(self.keep(key, view, freshness, true))
            }
            Found::Forgotten(event) => {
                self.forget(event);
                Some(None)
            }
        }
    }

    /// Asks the database, and tells the shared level.
    async fn load(&self, key: &ViewKey, load: Load) -> Answer {
        let as_of = Instant::now();
        let loaded = timeout(self.load_max, load).await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable(format!(
                "a load took longer than {} ms",
                self.load_max.as_millis()
            )))
        });
        let Some(view) = loaded? else {
            return Ok(None);
        };
        if let Some(shared) = &self.shared {
            shared.put(&view);
        }
        Ok(self.keep(key, view, Freshness::of(as_of), false))
    }

    /// Keeps what was found, and says what is known now: that, or what overtook it.
    fn keep(&self, key: &ViewKey, view: View, freshness: Freshness, hit: bool) -> Option<Cached> {
        let ttl = match self.level.put(key, view.clone(), freshness) {
            Put::Stored(ttl) => ttl,
            Put::Overtaken(known) => return cached(known, hit),
            Put::Outdated => Duration::ZERO,
        };
        if let View::Event(snapshot) = &view {
            self.watchers.offer(snapshot);
        }
        Some(Cached { view, hit, ttl })
    }

    /// Makes a committed state the known one, here and for those who watch.
    pub(crate) fn publish(&self, snapshot: &Arc<EventSnapshot>) {
        let key = ViewKey::Event(snapshot.event.id);
        let view = View::Event(Arc::clone(snapshot));
        let freshness = Freshness::of(Instant::now());
        if let Put::Stored(_) = self.level.put(&key, view, freshness) {
            self.watchers.offer(snapshot);
        }
    }

    /// Takes in what another node has published.
    ///
    /// Events that nobody here has asked for are left alone. Where the description has changed
    /// too, it is fetched for those who watch, and by the next who asks.
    pub(crate) fn hear(self: &Arc<Self>, stock: &Stock) {
        let (event, version) = (stock.event, stock.version);
        let shown = || self.watchers.shown(event).map(|shown| shown.event.clone());
        let details = self.level.details(event).or_else(shown);
        if let Some(snapshot) = details.and_then(|details| stock.of(&details)) {
            self.publish(&Arc::new(snapshot));
            return;
        }
        let is_loading = self.flights.has(&ViewKey::Event(event));
        let is_watched = self.watchers.is_watched(event);
        if is_loading || is_watched || self.level.has(event) {
            self.level.heard(event, version);
        }
        if is_watched {
            self.fetch_for_watchers(event, version);
        }
    }

    /// Shows everybody who watches what was missed while nothing could be heard.
    pub(crate) fn catch_up(self: &Arc<Self>) {
        for event in self.watchers.watched() {
            self.fetch_for_watchers(event, Version(0));
        }
    }

    fn fetch_for_watchers(self: &Arc<Self>, event: EventId, version: Version) {
        let cache = Arc::clone(self);
        tokio::spawn(async move {
            let key = ViewKey::Event(event);
            let shared = cache.shared.as_ref()?;
            if let Found::View(View::Event(snapshot), _) = shared.get(&key).await?
                && snapshot.version >= version
            {
                cache.publish(&snapshot);
            }
            Some(())
        });
    }

    /// Drops what is known of a deleted event; for a while it answers that there is nothing.
    pub(crate) fn forget(&self, event: EventId) {
        self.level.forget(event);
        self.watchers.close(event);
    }

    /// The newest known state of an event, and those that follow.
    pub(crate) fn watch(&self, event: EventId) -> watch::Receiver<Option<Arc<EventSnapshot>>> {
        self.watchers.watch(event, || self.level.snapshot(event))
    }
}

fn cached(known: Known, hit: bool) -> Option<Cached> {
    match known {
        Known::View(view, ttl) => Some(Cached { view, hit, ttl }),
        Known::Forgotten => None,
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;
    use crate::testing::snapshot;

    const EVENT: EventId = EventId(7);
    const KEY: ViewKey = ViewKey::Event(EVENT);

    fn load(found: Option<View>) -> Load {
        Box::pin(async move { Ok(found) })
    }

    #[tokio::test(start_paused = true)]
    async fn a_load_leaves_nothing_behind_however_it_ends() {
        let cache = Arc::new(Cache::new(&CacheLimits::default()));
        let ends: [Load; 4] = [
            load(None),
            Box::pin(async { Err(StoreError::Unavailable("gone".to_owned())) }),
            Box::pin(async { panic!("a bug in a loader") }),
            load(Some(View::Event(snapshot(EVENT, 1)))),
        ];
        for end in ends {
            let _ = cache.view(KEY, end).await;
            assert_eq!(cache.flights.len(), 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn hits_and_misses_are_counted_by_the_kind_of_view() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let cache = metrics::with_local_recorder(&recorder, || {
            Arc::new(Cache::new(&CacheLimits::default()))
        });
        for _ in 0..3 {
            let found = cache
                .view(KEY, load(Some(View::Event(snapshot(EVENT, 1)))))
                .await;
            assert!(found.is_ok());
        }

        let told = recorder.handle().render();
        for line in [
            "onsale_cache_hits_total{view=\"event\"} 2",
            "onsale_cache_misses_total{view=\"event\"} 1",
            "onsale_cache_hits_total{view=\"user\"} 0",
            "onsale_cache_misses_total{view=\"events\"} 0",
        ] {
            assert!(told.contains(line), "{line} is not in\n{told}");
        }
    }
}
