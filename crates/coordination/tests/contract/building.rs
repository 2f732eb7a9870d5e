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

/// How long things last beside a coordinator.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) lease_ttl_ms: u32,
    /// Long enough to wait for something that does not come, and far below a lease's time.
    pub(crate) a_while: Duration,
    pub(crate) page_ttl_ms: u32,
    pub(crate) load_ms_max: u32,
    pub(crate) forgotten_secs: u32,
    /// Whether time stands still while anything is done, so that waiting takes exactly its time.
    pub(crate) is_stopped: bool,
}

/// Where the clock stands still.
pub(crate) const STOPPED: Pace = Pace {
    lease_ttl_ms: 300,
    a_while: Duration::from_millis(100),
    page_ttl_ms: 200,
    load_ms_max: 500,
    forgotten_secs: 1,
    is_stopped: true,
};

/// Where the clock goes on, whatever else the machine does meanwhile.
pub(crate) const REAL: Pace = Pace {
    lease_ttl_ms: 3_000,
    a_while: Duration::from_secs(1),
    page_ttl_ms: 2_000,
    load_ms_max: 5_000,
    forgotten_secs: 10,
    is_stopped: false,
};

impl Pace {
    /// Limits that a test can wait for.
    pub(crate) fn limits(self) -> CacheLimits {
        CacheLimits {
            lease_ttl_ms: self.lease_ttl_ms,
            page_ttl_ms: self.page_ttl_ms,
            admitted_ttl_ms: 10_000,
            load_ms_max: self.load_ms_max,
            forgotten_secs: self.forgotten_secs,
            ..CacheLimits::default()
        }
    }

    pub(crate) fn lease_ttl(self) -> Duration {
        Duration::from_millis(self.lease_ttl_ms.into())
    }

    pub(crate) fn page_ttl(self) -> Duration {
        Duration::from_millis(self.page_ttl_ms.into())
    }

    pub(crate) fn load_max(self) -> Duration {
        Duration::from_millis(self.load_ms_max.into())
    }

    pub(crate) fn forgotten(self) -> Duration {
        Duration::from_secs(self.forgotten_secs.into())
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
pub(crate) struct HeldLoad {
    begun: oneshot::Receiver<()>,
    end: oneshot::Sender<()>,
}

impl HeldLoad {
    /// Waits until the database has been asked.
    pub(crate) async fn has_begun(&mut self) {
        (&mut self.begun).await.expect("the load begins");
    }

    pub(crate) fn end(self) {
        self.end.send(()).expect("the load goes on");
    }
}

pub(crate) fn held_load(found: View) -> (HeldLoad, Load) {
    let (asked, begun) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let load = async move {
        let _ = asked.send(());
        ended.await.expect("the test ends its loads");
        Ok(Some(found))
    };
    (HeldLoad { begun, end }, load.boxed())
}
