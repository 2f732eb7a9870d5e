//! The in-process level: what this node knows, for how long, and which of two states stays.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use boxoffice::buyer::UserId;
use boxoffice::coordinator::{View, ViewKey};
use boxoffice::event::{Event, EventSnapshot};
use boxoffice::ids::{EventId, Version};
use boxoffice::store::EventListQuery;
use tokio::time::Instant;

use super::bounded::Bounded;
use super::hearing::Hearing;
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
    /// Something newer was heard of, and what that is has to be loaded.
    Outdated,
}

/// How fresh a view is as it arrives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    /// When it was the newest there was; no publication of before can be newer.
    pub(crate) as_of: Instant,
    /// How long it may be served from then on at most, whatever its kind.
    pub(crate) ttl_max: Duration,
}

impl Freshness {
    /// Of what was the newest at this moment.
    pub(crate) fn of(as_of: Instant) -> Self {
        Self {
            as_of,
            ttl_max: Duration::MAX,
        }
    }
}

/// The views in this process's memory.
///
/// One shelf for each kind, so that a crowd of buyers cannot push the events out.
pub(crate) struct Level {
    events: Shelf<EventId>,
    users: Shelf<UserId>,
    pages: Shelf<EventListQuery>,
    admitted: Shelf<EventId>,
    takings: Shelf<EventId>,
    forgotten: Duration,
}

impl Level {
    pub(crate) fn new(limits: &CacheLimits) -> Self {
        Self {
            events: Shelf::new(limits.event_entries_max, secs(limits.event_ttl_secs)),
            users: Shelf::new(limits.user_entries_max, secs(limits.user_ttl_secs)),
            pages: Shelf::new(limits.page_entries_max, millis(limits.page_ttl_ms)),
            admitted: Shelf::new(limits.event_entries_max, millis(limits.admitted_ttl_ms)),
            takings: Shelf::new(limits.event_entries_max, millis(limits.admitted_ttl_ms)),
            forgotten: secs(limits.forgotten_secs),
        }
    }

    /// Beside other nodes: their commits are heard of, or an event is served for a short time only.
    pub(crate) fn beside(limits: &CacheLimits, seats_ttl: Duration, hearing: Arc<Hearing>) -> Self {
        let mut level = Self::new(limits);
        level.events = Shelf::new(limits.event_entries_max, seats_ttl);
        level.events.hearing = Some(hearing);
        level
    }

    /// What is known, if anything.
    pub(crate) fn get(&self, key: &ViewKey) -> Option<Known> {
        match key {
            ViewKey::Event(event) => self.events.get(event),
            ViewKey::User(user) => self.users.get(user),
            ViewKey::Events(query) => self.pages.get(query),
            ViewKey::Admitted(event) => self.admitted.get(event),
            ViewKey::Takings(event) => self.takings.get(event),
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
    pub(crate) fn put(&self, key: &ViewKey, view: View, freshness: Freshness) -> Put {
        match key {
            ViewKey::Event(event) => self.events.put(event, view, freshness),
            ViewKey::User(user) => self.users.put(user, view, freshness),
            ViewKey::Events(query) => self.pages.put(query, view, freshness),
            ViewKey::Admitted(event) => self.admitted.put(event, view, freshness),
            ViewKey::Takings(event) => self.takings.put(event, view, freshness),
        }
    }

    /// What an event was like without its stock when it was last known, however long ago.
    pub(crate) fn details(&self, event: EventId) -> Option<Arc<Event>> {
        match self.events.entries.get(&event)?.state {
            State::View(View::Event(snapshot)) => Some(Arc::clone(&snapshot.event)),
            _ => None,
        }
    }

    /// Whether anything is remembered of an event.
    pub(crate) fn has(&self, event: EventId) -> bool {
        self.events.entries.has(&event)
    }

    /// Remembers that an event has this version, and drops what is older.
    ///
    /// For as long as a load may take: what one brings that began before is not kept.
    pub(crate) fn heard(&self, event: EventId, version: Version) {
        let now = Instant::now();
        let until = now + self.forgotten;
        self.events.change(&event, now, |old| {
            let is_news = match old.map(|old| &old.state) {
                Some(State::View(view)) => version_of(view).is_some_and(|old| old < version),
                Some(State::Heard(old)) => *old < version,
                Some(State::Forgotten) => false,
                None => true,
            };
            is_news.then_some(Entry {
                state: State::Heard(version),
                as_of: now,
                until,
            })
        });
    }

    /// Remembers an event as deleted, for a while and whatever arrives.
    ///
    /// A deletion is final and numbers are not used again, so that whatever still arrives is older
    /// than the deletion: no version needs to be compared, nor be known.
    pub(crate) fn forget(&self, event: EventId) {
        self.events.insert(&event, State::Forgotten, self.forgotten);
    }
}

fn version_of(view: &View) -> Option<Version> {
    match view {
        View::Event(snapshot) => Some(snapshot.version),
        View::User(_) | View::Events(_) | View::Admitted(_) | View::Takings(_) => None,
    }
}

/// What an entry says.
#[derive(Clone, Debug)]
enum State {
    View(View),
    Forgotten,
    /// Another node has committed this version; what it is like has to be loaded.
    Heard(Version),
}

/// A state, and until when it counts. Past that it is as if it were not there.
#[derive(Clone, Debug)]
struct Entry {
    state: State,
    as_of: Instant,
    until: Instant,
}

/// The views of one kind.
struct Shelf<K> {
    entries: Bounded<K, Entry>,
    ttl: Duration,
    /// Where others change what is on it: whether their changes are heard of.
    hearing: Option<Arc<Hearing>>,
}

impl<K: Hash + Eq + Clone> Shelf<K> {
    fn new(entries_max: u32, ttl: Duration) -> Self {
        Self {
            entries: Bounded::new(entries_max),
            ttl,
            hearing: None,
        }
    }

    fn get(&self, key: &K) -> Option<Known> {
        let entry = self.entries.get(key)?;
        let now = Instant::now();
        match entry.state {
            State::View(view) => {
                let unheard = self
                    .hearing
                    .as_ref()
                    .and_then(|h| h.ttl_of(entry.as_of, now));
                let until = unheard.map_or(entry.until, |ttl| entry.until.min(entry.as_of + ttl));
                (now < until).then(|| Known::View(view, until - now))
            }
            State::Forgotten => (now < entry.until).then_some(Known::Forgotten),
            State::Heard(_) => None,
        }
    }

    /// Compares and stores as one step: no other put of this key comes between.
    ///
    /// What is compared with is what is not past its time, also where it is no longer served
    /// because a change may have been missed: it is still newer than what is older.
    fn put(&self, key: &K, view: View, freshness: Freshness) -> Put {
        let now = Instant::now();
        let until = freshness.as_of + self.ttl.min(freshness.ttl_max);
        let mut put = Put::Stored(until.saturating_duration_since(now));
        self.change(key, now, |old| {
            let overtaken = match old {
                Some(Entry {
                    state: State::View(old),
                    until,
                    ..
                }) if !view.supersedes(old) => {
                    Some(Put::Overtaken(Known::View(old.clone(), *until - now)))
                }
                Some(Entry {
                    state: State::Forgotten,
                    ..
                }) => Some(Put::Overtaken(Known::Forgotten)),
                Some(Entry {
                    state: State::Heard(newer),
                    ..
                }) if version_of(&view).is_some_and(|version| version < *newer) => {
                    Some(Put::Outdated)
                }
                _ => None,
            };
            if let Some(overtaken) = overtaken {
                put = overtaken;
                return None;
            }
            Some(Entry {
                state: State::View(view),
                as_of: freshness.as_of,
                until,
            })
        });
        put
    }

    fn insert(&self, key: &K, state: State, ttl: Duration) {
        let as_of = Instant::now();
        let until = as_of + ttl;
        let entry = Entry {
            state,
            as_of,
            until,
        };
        self.change(key, as_of, |_| Some(entry));
    }

    /// Puts what `change` makes of what counts at this moment, as one step; `None` leaves it.
    fn change(&self, key: &K, now: Instant, change: impl FnOnce(Option<&Entry>) -> Option<Entry>) {
        let has_ended = |entry: &Entry| entry.until <= now;
        self.entries.change(key, has_ended, |old| {
            change(old.filter(|old| !has_ended(old)))
        });
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::testing::snapshot;

    const KEY: ViewKey = ViewKey::Event(EventId(7));

    fn new() -> Freshness {
        Freshness::of(Instant::now())
    }

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
                            level.put(&KEY, view(round * 100 + (start + step * 37) % 100), new());
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
        level.put(&KEY, view(2), new());
        tokio::time::advance(Duration::from_secs(299)).await;
        assert_eq!(version(&level), Some(2));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(version(&level), None);
    }

    #[tokio::test(start_paused = true)]
    async fn each_state_that_is_put_starts_its_own_time() {
        let level = Level::new(&CacheLimits::default());
        level.put(&KEY, view(1), new());
        tokio::time::advance(Duration::from_secs(200)).await;
        level.put(&KEY, view(2), new());
        assert!(matches!(
            level.put(&KEY, view(1), new()),
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
            level.put(
                &ViewKey::Event(event),
                View::Event(snapshot(event, 1)),
                new(),
            );
            assert!(level.snapshot(event).is_some());
        }
        assert!(level.events.entries.len() <= 10);
    }

    fn beside_others() -> (Level, Arc<Hearing>) {
        let hearing = Arc::new(Hearing::new(
            Duration::from_millis(750),
            Duration::from_millis(250),
        ));
        let ttl = Duration::from_secs(30);
        let level = Level::beside(&CacheLimits::default(), ttl, Arc::clone(&hearing));
        (level, hearing)
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_missed_a_publication_is_served_for_a_moment_only() {
        let (level, hearing) = beside_others();
        hearing.subscribed();
        hearing.pulse(Instant::now());
        level.put(&KEY, view(1), new());
        tokio::time::advance(Duration::from_millis(700)).await;
        assert_eq!(version(&level), Some(1));
        hearing.lost();
        assert_eq!(version(&level), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_load_that_began_before_the_subscription_may_have_missed_something() {
        let (level, hearing) = beside_others();
        let began = new();
        tokio::time::advance(Duration::from_millis(300)).await;
        hearing.subscribed();
        hearing.pulse(Instant::now());
        level.put(&KEY, view(1), began);
        assert_eq!(version(&level), None);
        level.put(&KEY, view(1), new());
        assert_eq!(version(&level), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_served_any_more_is_still_not_overwritten_by_older() {
        let (level, hearing) = beside_others();
        level.put(&KEY, view(5), new());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(version(&level), None);
        assert!(matches!(
            level.put(&KEY, view(4), new()),
            Put::Overtaken(Known::View(..))
        ));
        hearing.subscribed();
        hearing.pulse(Instant::now());
        level.put(&KEY, view(5), new());
        assert_eq!(version(&level), Some(5));
    }

    #[tokio::test(start_paused = true)]
    async fn who_heard_of_a_version_keeps_nothing_older() {
        let (level, hearing) = beside_others();
        hearing.subscribed();
        hearing.pulse(Instant::now());
        level.put(&KEY, view(1), new());
        level.heard(EventId(7), Version(3));
        assert_eq!(version(&level), None);
        assert!(matches!(level.put(&KEY, view(2), new()), Put::Outdated));
        level.put(&KEY, view(3), new());
        level.heard(EventId(7), Version(2));
        assert_eq!(version(&level), Some(3));
    }
}
