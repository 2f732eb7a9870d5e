//! Builders with defaults, and loads that tests can hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use boxoffice::buyer::User;
use boxoffice::coordinator::{Cached, Load, View, ViewKey};
use boxoffice::ids::EventId;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::store::{EventFilter, EventListQuery, EventSort, StoreError};
use boxoffice::time::Timestamp;
use coordination::limits::CacheLimits;
use futures_util::FutureExt;
use tokio::sync::oneshot;

pub(crate) use crate::testing::snapshot;

pub(crate) const EVENT: EventId = EventId(7);
pub(crate) const OTHER_EVENT: EventId = EventId(8);

pub(crate) const LEASE_TTL: Duration = Duration::from_millis(300);
pub(crate) const PAGE_TTL: Duration = Duration::from_millis(200);
pub(crate) const LOAD_MAX: Duration = Duration::from_millis(500);
pub(crate) const FORGOTTEN: Duration = Duration::from_secs(1);

/// Limits that a test can wait for even where the clock cannot be stopped.
pub(crate) fn limits() -> CacheLimits {
    CacheLimits {
        lease_ttl_ms: 300,
        page_ttl_ms: 200,
        load_ms_max: 500,
        forgotten_secs: 1,
        ..CacheLimits::default()
    }
}

/// Lets every task that is ready go on for as long as it can, and servers answer.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_millis(30)).await;
}

pub(crate) fn user(name: &str) -> Arc<User> {
    Arc::new(User {
        id: name.parse().expect("a user id"),
        username: name.to_owned(),
        email: None,
        phone_number: None,
        created_at: Timestamp::from_micros(0),
    })
}

pub(crate) fn first_page() -> EventListQuery {
    EventListQuery {
        filter: EventFilter::All,
        text: None,
        sort: EventSort::EventDate,
        direction: Direction::Ascending,
        page: PageRequest { page: 0, size: 20 },
        now: Timestamp::from_micros(0),
    }
}

pub(crate) const fn event_key() -> ViewKey {
    ViewKey::Event(EVENT)
}

pub(crate) fn event_view(version: i64) -> View {
    View::Event(snapshot(EVENT, version))
}

/// The version of an event that was looked up and found.
pub(crate) fn version_of(answer: &Result<Option<Cached>, StoreError>) -> i64 {
    match answer {
        Ok(Some(Cached {
            view: View::Event(snapshot),
            ..
        })) => snapshot.version.0,
        other => panic!("not an event: {other:?}"),
    }
}

pub(crate) fn no_database() -> StoreError {
    StoreError::Unavailable("gone".to_owned())
}

/// A load that brings this at once.
pub(crate) fn load(found: Result<Option<View>, StoreError>) -> Load {
    async move { found }.boxed()
}

/// A load that must not run.
pub(crate) fn no_load() -> Load {
    async { panic!("the database was asked") }.boxed()
}

/// Makes loads, and counts how many of them were begun.
#[derive(Clone, Default)]
pub(crate) struct Database {
    loads: Arc<AtomicU32>,
}

impl Database {
    pub(crate) fn loads(&self) -> u32 {
        self.loads.load(Ordering::Relaxed)
    }

    /// A load that takes a while.
    pub(crate) fn load(&self, found: Result<Option<View>, StoreError>) -> Load {
        let loads = Arc::clone(&self.loads);
        async move {
            loads.fetch_add(1, Ordering::Relaxed);
            settle().await;
            found
        }
        .boxed()
    }
}

/// A load that has read what it will bring, and ends when the test says so.
pub(crate) fn held_load(found: View) -> (oneshot::Sender<()>, Load) {
    let (end, ended) = oneshot::channel();
    let load = async move {
        ended.await.expect("the test ends its loads");
        Ok(Some(found))
    };
    (end, load.boxed())
}
