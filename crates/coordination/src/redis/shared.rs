//! The shared level of the cache: asked before the database, told after it.

use std::sync::Arc;
use std::time::Duration;

use ::redis::{FromRedisValue, ParsingError, Value, cmd};
use boxoffice::buyer::User;
use boxoffice::coordinator::{View, ViewKey};
use boxoffice::event::{Event, EventSnapshot};
use boxoffice::ids::EventId;

use super::codec::{News, Note, Stamp, Stock, decode, encode};
use super::keys::Keys;
use super::link::{Link, Lost};
use super::scripts::{FORGET, GET, PUT};
use crate::cache::hearing::Hearing;

/// What the shared level knows.
pub(crate) enum Found {
    /// A view, and for how long it may be served.
    View(View, Duration),
    /// The event was deleted.
    Forgotten(EventId),
}

/// For how long things are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ttls {
    pub(super) event: Duration,
    pub(super) seats: Duration,
    pub(super) user: Duration,
    pub(super) forgotten: Duration,
}

/// What nodes know together. Cheap to clone.
///
/// Pages are not in it: they are for so short a time that each node may as well make its own.
#[derive(Clone)]
pub(crate) struct SharedLevel {
    pub(super) link: Arc<Link>,
    pub(super) hearing: Arc<Hearing>,
    pub(super) keys: Keys,
    pub(super) ttls: Ttls,
    pub(super) node: u64,
}

/// An answer of the script `get`.
struct Parts {
    details: Vec<u8>,
    stock: Vec<u8>,
    left_ms: i64,
}

impl FromRedisValue for Parts {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (details, stock, left_ms) = FromRedisValue::from_redis_value(value)?;
        Ok(Self {
            details,
            stock,
            left_ms,
        })
    }
}

impl SharedLevel {
    /// Whether this node hears of what others put here.
    pub(crate) fn hearing(&self) -> Arc<Hearing> {
        Arc::clone(&self.hearing)
    }

    /// Looks a view up; `None` where it is not there, or Redis is not.
    pub(crate) async fn get(&self, key: &ViewKey) -> Option<Found> {
        if !self.link.is_up() {
            return None;
        }
        let found = match key {
            ViewKey::Event(event) => self.event(*event).await,
            ViewKey::User(user) => {
                let mut get = cmd("GET");
                get.arg(self.keys.user(user));
                self.user(&get).await
            }
            ViewKey::Events(_) | ViewKey::Admitted(_) | ViewKey::Takings(_) => return None,
        };
        let meters = &self.link.meters;
        if found.is_some() {
            meters.shared_hits.increment(1);
        } else {
            meters.shared_misses.increment(1);
        }
        found
    }

    async fn event(&self, event: EventId) -> Option<Found> {
        let mut get = GET.key(self.keys.details(event));
        get.key(self.keys.seats(event));
        let parts: Parts = self.link.run::<Option<_>>(&get).await.ok()??;
        if parts.stock.is_empty() {
            return Some(Found::Forgotten(event));
        }
        let details: Event = decode(&parts.details)?;
        let stock: Stock = decode(&parts.stock)?;
        let snapshot = stock.of(&Arc::new(details))?;
        let left = Duration::from_millis(u64::try_from(parts.left_ms).unwrap_or_default());
        Some(Found::View(View::Event(Arc::new(snapshot)), left))
    }

    async fn user(&self, get: &::redis::Cmd) -> Option<Found> {
        let bytes: Vec<u8> = self.link.command::<Option<_>>(get).await.ok()??;
        let user: User = decode(&bytes)?;
        Some(Found::View(View::User(Arc::new(user)), self.ttls.user))
    }

    /// Keeps what a load brought, without keeping anybody waiting.
    pub(crate) fn put(&self, view: &View) {
        if !self.link.is_up() {
            return;
        }
        let shared = self.clone();
        match view {
            View::Event(snapshot) => {
                let snapshot = Arc::clone(snapshot);
                tokio::spawn(async move { shared.put_event(&snapshot, None, true).await });
            }
            View::User(user) => {
                let user = Arc::clone(user);
                tokio::spawn(async move { shared.put_user(&user).await });
            }
            View::Events(_) | View::Admitted(_) | View::Takings(_) => {}
        }
    }

    async fn put_user(&self, user: &User) -> Result<(), Lost> {
        let mut set = cmd("SET");
        set.arg(self.keys.user(&user.id))
            .arg(encode(user))
            .arg("PX")
            .arg(ms(self.ttls.user));
        self.link.command(&set).await
    }

    /// Keeps a committed state, and tells every node.
    pub(super) async fn publish(&self, snapshot: &EventSnapshot) -> Result<(), Lost> {
        let stamp = Stamp::of(&snapshot.event);
        let note = Note {
            node: self.node,
            news: News::Stock(Stock::new(snapshot, stamp)),
        };
        let note = encode(&note);
        // The description goes along only where it is not there yet.
        if !self.put_event(snapshot, Some(&note), false).await? {
            self.put_event(snapshot, Some(&note), true).await?;
        }
        Ok(())
    }

    /// False where the description is wanted too.
    async fn put_event(
        &self,
        snapshot: &EventSnapshot,
        note: Option<&[u8]>,
        with_details: bool,
    ) -> Result<bool, Lost> {
        let event = snapshot.event.id;
        let details = encode(&*snapshot.event);
        let stamp = Stamp::of_bytes(&details);
        let details = if with_details { &details[..] } else { &[] };
        let mut put = PUT.key(self.keys.details(event));
        put.key(self.keys.seats(event))
            .arg(snapshot.version.0)
            .arg(stamp.text())
            .arg(encode(&Stock::new(snapshot, stamp)))
            .arg(ms(self.ttls.seats))
            .arg(ms(self.ttls.event))
            .arg(details)
            .arg(self.keys.news())
            .arg(note.unwrap_or_default());
        Ok(self.link.run::<i64>(&put).await? == 1)
    }

    /// Remembers for a while that an event is deleted, and tells every node.
    pub(super) async fn forget(&self, event: EventId) -> Result<(), Lost> {
        let note = Note {
            node: self.node,
            news: News::Gone(event),
        };
        let mut forget = FORGET.key(self.keys.details(event));
        forget
            .key(self.keys.seats(event))
            .arg(ms(self.ttls.forgotten))
            .arg(self.keys.news())
            .arg(encode(&note));
        self.link.run::<i64>(&forget).await.map(drop)
    }
}

fn ms(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)
}
