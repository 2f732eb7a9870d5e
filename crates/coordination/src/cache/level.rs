//! The in-process level: what this node knows, for how long, and which of two states stays.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use boxoffice::buyer::UserId;
use boxoffice::coordinator::{View, ViewKey};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use boxoffice::store::EventListQuery;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::time::Instant;

use crate::limits::{CacheLimits, millis, secs};

/// What this node knows about a key.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// It is this, and may be served so long.
    View(View, Duration),
    /// It was deleted.
    Forgotten,
}

/// What became of a view that was put here.
#[derive(Debug)]
pub(crate) enum Put {
    /// It is what is known now, for so long.
    Stored(Duration),
    /// Something newer was known and stays, or that it was deleted.
    Overtaken(Known),
}

/// The views in this process's memory.
///
/// One shelf for each kind, so that a crowd of buyers cannot push the events out.
pub(crate) struct Level {
    events: Shelf<EventId>,
    users: Shelf<UserId>,
    pages: Shelf<EventListQuery>,
    forgotten: Duration,
}

impl Level {
    pub(crate) fn new(limits: &CacheLimits) -> Self {
        Self {
            events: Shelf::new(limits.event_entries_max, secs(limits.event_ttl_secs)),
            users: Shelf::new(limits.user_entries_max, secs(limits.user_ttl_secs)),
            pages: Shelf::new(limits.page_entries_max, millis(limits.page_ttl_ms)),
            forgotten: secs(limits.forgotten_secs),
        }
    }

    /// What is known, if anything.
    pub(crate) fn get(&self, key: &ViewKey) -> Option<Known> {
        match key {
            ViewKey::Event(event) => self.events.get(event),
            ViewKey::User(user) => self.users.get(user),
            ViewKey::Events(query) => self.pages.get(query),
        }
    }

    /// The newest known state of an event.
    pub(crate) fn snapshot(&self, event: EventId) -> Option<Arc<EventSnapshot>> {
        match self.events.get(&event) {
            Some(Known::View(View::Event(snapshot), _)) => Some(snapshot),
            _ => None,
        }
    }

    /// Stores what a load brought, unless what is known is newer.
    pub(crate) fn put(&self, key: &ViewKey, view: View) -> Put {
        match key {
            ViewKey::Event(event) => self.events.put(event, view),
            ViewKey::User(user) => self.users.put(user, view),
            ViewKey::Events(query) => self.pages.put(query, view),
        }
    }

    /// Remembers an event as deleted, for a while and whatever arrives.
    ///
    /// A deletion is final and numbers are not used again, so that whatever still arrives is older
    /// than the deletion: no version needs to be compared, nor be known.
    pub(crate) fn forget(&self, event: EventId) {
        self.events.insert(event, State::Forgotten, self.forgotten);
    }
}

/// What an entry says.
#[derive(Clone, Debug)]
enum State {
    View(View),
    Forgotten,
}

/// A state, and until when it counts. Past that it is as if it were not there.
#[derive(Clone, Debug)]
struct Entry {
    state: State,
    until: Instant,
}

impl Entry {
    fn known_at(self, now: Instant) -> Option<Known> {
        if now >= self.until {
            return None;
        }
        Some(match self.state {
            State::View(view) => Known::View(view, self.until - now),
            State::Forgotten => Known::Forgotten,
        })
    }
}

/// The views of one kind.
struct Shelf<K> {
    entries: Cache<K, Entry>,
    ttl: Duration,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Shelf<K> {
    /// The entries carry their own end, told by tokio's clock, which tests can stop; the cache's
    /// own time to live only gives the memory back. Least recently used goes first, because a
    /// policy that weighs how often a key is asked for may turn away what was just published.
    fn new(entries_max: u32, ttl: Duration) -> Self {
        let entries = Cache::builder()
            .max_capacity(entries_max.into())
            .time_to_live(ttl)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { entries, ttl }
    }

    fn get(&self, key: &K) -> Option<Known> {
        self.entries.get(key)?.known_at(Instant::now())
    }

    /// Compares and stores as one step: no other put of this key comes between.
    fn put(&self, key: &K, view: View) -> Put {
        let now = Instant::now();
        let mut put = Put::Stored(self.ttl);
        self.entries.entry_by_ref(key).and_compute_with(|old| {
            let known = old.and_then(|old| old.into_value().known_at(now));
            let is_overtaken = match &known {
                Some(Known::View(old, _)) => !view.supersedes(old),
                Some(Known::Forgotten) => true,
                None => false,
            };
            if let Some(known) = known.filter(|_| is_overtaken) {
                put = Put::Overtaken(known);
                return Op::Nop;
            }
            Op::Put(Entry {
                state: State::View(view),
                until: now + self.ttl,
            })
        });
        put
    }

    fn insert(&self, key: K, state: State, ttl: Duration) {
        self.entries.insert(
            key,
            Entry {
                state,
                until: Instant::now() + ttl,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::testing::snapshot;

    const KEY: ViewKey = ViewKey::Event(EventId(7));

    fn view(version: i64) -> View {
        View::Event(snapshot(EventId(7), version))
    }

    fn version(level: &Level) -> Option<i64> {
        level
            .snapshot(EventId(7))
            .map(|snapshot| snapshot.version.0)
    }

    #[test]
    fn the_newest_of_states_that_arrive_at_the_same_time_stays() {
        let level = Level::new(&CacheLimits::default());
        for round in 0..100 {
            thread::scope(|scope| {
                for start in 0..4 {
                    let level = &level;
                    scope.spawn(move || {
                        for step in 0..25 {
                            level.put(&KEY, view(round * 100 + (start + step * 37) % 100));
                        }
                    });
                }
            });
            let newest =
                (0..4).flat_map(|start| (0..25).map(move |step| (start + step * 37) % 100));
            assert_eq!(
                version(&level),
                newest.max().map(|newest| round * 100 + newest)
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_is_known_until_its_time_is_up() {
        let level = Level::new(&CacheLimits::default());
        level.put(&KEY, view(2));
        tokio::time::advance(Duration::from_secs(299)).await;
        assert_eq!(version(&level), Some(2));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(version(&level), None);
    }

    #[tokio::test(start_paused = true)]
    async fn each_state_that_is_put_starts_its_own_time() {
        let level = Level::new(&CacheLimits::default());
        level.put(&KEY, view(1));
        tokio::time::advance(Duration::from_secs(200)).await;
        level.put(&KEY, view(2));
        assert!(matches!(
            level.put(&KEY, view(1)),
            Put::Overtaken(Known::View(..))
        ));
        tokio::time::advance(Duration::from_secs(200)).await;
        assert_eq!(version(&level), Some(2));
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(version(&level), None);
    }

    #[test]
    fn a_shelf_holds_no_more_than_its_bound_and_never_refuses_the_newest() {
        let limits = CacheLimits {
            event_entries_max: 10,
            ..CacheLimits::default()
        };
        let level = Level::new(&limits);
        for event in 0..1_000 {
            let event = EventId(event);
            level.put(&ViewKey::Event(event), View::Event(snapshot(event, 1)));
            level.events.entries.run_pending_tasks();
            assert!(level.snapshot(event).is_some());
        }
        assert!(level.events.entries.entry_count() <= 10);
    }
}
