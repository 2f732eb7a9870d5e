//! The store over a database server: `MySQL` 8.0, Aurora `MySQL` 3 and `MariaDB` 10.11 alike.
//!
//! Everything that belongs together is one packet of statements: a group with its `COMMIT`, or what
//! is read at one moment. No lock is held over a round trip of ours. Start reading at [`commit`],
//! then [`mod@line`] and [`pool`].

mod address;
mod asking;
mod commit;
mod commit_money;
mod commit_reservations;
mod create;
#[cfg(test)]
mod dialect;
mod facts;
mod failure;
mod gathering;
mod line;
mod open;
mod packet;
mod pool;
mod reader;
mod reads;
mod schema;

use std::sync::Arc;

use async_trait::async_trait;
use boxoffice::buyer::{User, UserId, UserStatistics};
use boxoffice::event::{EventSnapshot, NewEvent};
use boxoffice::group::{Facts, FactsQuery, Group};
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::{EventId, GroupId, PaymentId, ReservationCode, ReservationId, Version};
use boxoffice::invariants::Ledger;
use boxoffice::money::Money;
use boxoffice::page::Page;
use boxoffice::reservation::Reservation;
use boxoffice::runtime::{self, JoinHandle};
use boxoffice::store::{
    CommitError, Created, EventListQuery, PaymentUnderWay, RefundDue, ReservationListQuery,
    SECRET_LEN, Source, Store, StoreError, UserCreated,
};
use boxoffice::time::Timestamp;

use self::asking::Asking;
use self::line::Line;
pub use self::open::MySqlOpenError;
use self::packet::Packet;
use self::pool::{Pool, Role};
use self::reader::Sources;
use self::reads::Deleted;
use crate::{DatabaseLimits, OpenMode};

/// The store over a database server. A clone is another handle to the same.
#[derive(Clone)]
pub struct MySqlStore {
    sources: Arc<Sources>,
    asking: Arc<Asking>,
    line: Arc<Line>,
}

impl MySqlStore {
    /// Connects to `mysql://user:password@host:port/name`; lists of events and their details are
    /// read from `reader_url` where there is one.
    pub async fn open(
        url: &str,
        reader_url: Option<&str>,
        limits: DatabaseLimits,
        mode: OpenMode,
    ) -> Result<Self, MySqlOpenError> {
        let options = address::options(url)?;
        let reader = reader_url.map(address::options).transpose()?;
        open::check_schema(url, &options, mode).await?;
        // An audit only reads, and may look at a copy.
        let role = match mode {
            OpenMode::Audit => Role::Reader,
            OpenMode::Serve | OpenMode::Migrate => Role::Writer,
        };
        let writer = Arc::new(Pool::new(role, options, limits));
        let reader = reader.map(|options| Arc::new(Pool::new(Role::Reader, options, limits)));
        let line = Arc::new(Line::new(Arc::clone(&writer), limits));
        let sources = Arc::new(Sources::new(writer, reader, limits.reader_lag_max()));
        let asking = Arc::new(Asking::new(Arc::clone(&sources), limits));
        Ok(Self {
            sources,
            asking,
            line,
        })
    }
}

/// Waits for a task that writes, and goes on even where its caller does not wait any more.
async fn ended<T>(task: JoinHandle<Result<T, StoreError>>) -> Result<T, StoreError> {
    let result = task.await;
    result.unwrap_or_else(|error| Err(StoreError::Unknown(error.to_string())))
}

#[async_trait]
impl Store for MySqlStore {
    async fn ping(&self, source: Source) -> Result<(), StoreError> {
        let mut packet = Packet::new();
        packet.add("SELECT 1", &[]);
        self.sources.read(source, packet).await.map(drop)
    }

    async fn event(
        &self,
        id: EventId,
        source: Source,
    ) -> Result<Option<EventSnapshot>, StoreError> {
        reads::event(&self.sources, source, id, Deleted::Not).await
    }

    async fn events(&self, query: &EventListQuery) -> Result<Page<EventSnapshot>, StoreError> {
        reads::events(&self.sources, query).await
    }

    async fn create_event(
        &self,
        new: NewEvent,
        group: GroupId,
        key: Option<KeyedRequest>,
    ) -> Result<Created<EventSnapshot>, StoreError> {
        let sources = Arc::clone(&self.sources);
        ended(runtime::spawn(async move {
            create::event(&sources, &new, group, key.as_ref()).await
        }))
        .await
    }

    async fn facts(&self, event: EventId, query: &FactsQuery) -> Result<Facts, StoreError> {
        facts::facts(&self.sources, &self.asking, event, query).await
    }

    async fn commit(&self, groups: Vec<Group>) -> Vec<Result<(), CommitError>> {
        self.line.commit(groups).await
    }

    async fn group_at(
        &self,
        event: EventId,
        version: Version,
    ) -> Result<Option<GroupId>, StoreError> {
        reads::group_at(&self.sources, event, version).await
    }

    async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
        reads::reservation(&self.sources, id).await
    }

    async fn reservation_by_code(
        &self,
        user: &UserId,
        code: ReservationCode,
    ) -> Result<Option<Reservation>, StoreError> {
        reads::by_code(&self.sources, user, code).await
    }

    async fn reservations(
        &self,
        query: &ReservationListQuery,
    ) -> Result<Page<Reservation>, StoreError> {
        reads::reservation_page(&self.sources, query).await
    }

    async fn reservations_of(
        &self,
        event: EventId,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<Reservation>, StoreError> {
        reads::reservations_of(&self.sources, event, after, len_max).await
    }

    async fn admitted(&self, event: EventId) -> Result<u64, StoreError> {
        reads::admitted(&self.sources, event).await
    }

    async fn takings(&self, event: EventId) -> Result<Money, StoreError> {
        reads::takings(&self.sources, event).await
    }

    async fn reserved_since(
        &self,
        event: EventId,
        after: ReservationId,
    ) -> Result<u64, StoreError> {
        reads::reserved_since(&self.sources, event, after).await
    }

    async fn create_user(
        &self,
        user: User,
        key: Option<KeyedRequest>,
    ) -> Result<UserCreated, StoreError> {
        let sources = Arc::clone(&self.sources);
        ended(runtime::spawn(async move {
            create::user(&sources, &user, key.as_ref()).await
        }))
        .await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        reads::user(&self.sources, id).await
    }

    async fn user_statistics(&self, id: &UserId) -> Result<UserStatistics, StoreError> {
        reads::statistics(&self.sources, id).await
    }

    async fn events_due(&self, now: Timestamp, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        reads::due(&self.sources, now, len_max).await
    }

    async fn payments_under_way(
        &self,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<PaymentUnderWay>, StoreError> {
        reads::under_way(&self.sources, after, len_max).await
    }

    async fn refunds_due(
        &self,
        after: Option<PaymentId>,
        len_max: u32,
    ) -> Result<Vec<RefundDue>, StoreError> {
        reads::refunds_due(&self.sources, after, len_max).await
    }

    async fn secret(
        &self,
        name: &str,
        offered: [u8; SECRET_LEN],
    ) -> Result<[u8; SECRET_LEN], StoreError> {
        let (sources, name) = (Arc::clone(&self.sources), name.to_owned());
        ended(runtime::spawn(async move {
            create::secret(&sources, &name, &offered).await
        }))
        .await
    }

    async fn purge_keys(&self, before: Timestamp, len_max: u32) -> Result<u64, StoreError> {
        let sources = Arc::clone(&self.sources);
        ended(runtime::spawn(async move {
            create::purge(&sources, before, len_max).await
        }))
        .await
    }

    async fn event_ids(&self, after: EventId, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        reads::ids(&self.sources, after, len_max).await
    }

    async fn ledger(&self, event: EventId) -> Result<Option<Ledger>, StoreError> {
        reads::books(&self.sources, event).await
    }

    async fn close(&self) {
        self.sources.close().await;
    }
}
