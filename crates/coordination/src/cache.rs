//! Cache-aside with single-flight, and the publication of what a commit made.
//!
//! Two ways lead into the in-process level: a load, which may be old by the time it ends, and a
//! publication, which is new. Both pass through [`Level::put`], where an older version of an event
//! never takes the place of a newer one, so that it does not matter which of them comes last.
//!
//! A loading future runs in a task of its own: its asker may go away without leaving the others
//! waiting for a future that nobody polls.

mod counters;
mod flights;
mod level;

use std::sync::Arc;
use std::time::Duration;

use boxoffice::coordinator::{Cached, Load, View, ViewKey};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use boxoffice::store::StoreError;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::Instrument;

use self::counters::Counters;
use self::flights::{Answer, Boarding, Flights, Pilot};
use self::level::{Known, Level, Put};
use crate::limits::{CacheLimits, millis};
use crate::watchers::Watchers;

/// The cache of one node.
pub(crate) struct Cache {
    level: Level,
    flights: Arc<Flights>,
    watchers: Watchers,
    counters: Counters,
    load_max: Duration,
}

impl Cache {
    pub(crate) fn new(limits: &CacheLimits) -> Self {
        Self {
            level: Level::new(limits),
            flights: Arc::default(),
            watchers: Watchers::new(millis(limits.watch_interval_ms)),
            counters: Counters::register(),
            load_max: millis(limits.load_ms_max),
        }
    }

    /// Looks in memory, and loads what is not there: once, however many ask at a time.
    pub(crate) async fn view(self: &Arc<Self>, key: ViewKey, load: Load) -> Answer {
        if let Some(known) = self.level.get(&key) {
            self.counters.hit(&key);
            return Ok(cached(known, true));
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
        let answer = match self.fetch(load).await {
            Ok(Some(view)) => Ok(self.keep(&key, view)),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        pilot.land(answer);
    }

    /// Where a view comes from that this process does not know: a shared level is asked here,
    /// before the database, and told afterwards.
    async fn fetch(&self, load: Load) -> Result<Option<View>, StoreError> {
        timeout(self.load_max, load).await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable(format!(
                "a load took longer than {} ms",
                self.load_max.as_millis()
            )))
        })
    }

    /// Keeps what was loaded, and says what is known now: that, or what overtook it.
    fn keep(&self, key: &ViewKey, view: View) -> Option<Cached> {
        match self.level.put(key, view.clone()) {
            Put::Stored(ttl) => {
                if let View::Event(snapshot) = &view {
                    self.watchers.offer(snapshot);
                }
                Some(Cached {
                    view,
                    hit: false,
                    ttl,
                })
            }
            Put::Overtaken(known) => cached(known, false),
        }
    }

    /// Makes a committed state the known one, here and for those who watch.
    pub(crate) fn publish(&self, snapshot: &Arc<EventSnapshot>) {
        let key = ViewKey::Event(snapshot.event.id);
        if let Put::Stored(_) = self.level.put(&key, View::Event(Arc::clone(snapshot))) {
            self.watchers.offer(snapshot);
        }
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
