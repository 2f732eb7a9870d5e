//! The store over one `SQLite` file: one connection that writes, a few that read.

mod bind_events;
mod commit;
mod commit_money;
mod commit_reservations;
mod facts;
mod failure;
mod ledger;
mod open;
#[cfg(test)]
mod plans;
mod read_events;
mod read_payments;
mod read_reservations;
mod read_users;
mod schema;
mod single;
mod statements;
mod writer;

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
use boxoffice::runtime::{mpsc, oneshot};
use boxoffice::store::{
    CommitError, Created, EventListQuery, PaymentUnderWay, RefundDue, ReservationListQuery,
    SECRET_LEN, Source, Store, StoreError, UserCreated,
};
use boxoffice::time::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};

use self::failure::unavailable;
pub use self::open::{OpenError, OpenMode};
use self::single::Single;
use self::writer::{Job, Writer};

/// The store over one `SQLite` file. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    readers: SqlitePool,
    /// To the writer; nobody listens where the file was opened to be read only.
    jobs: mpsc::Sender<Job>,
}

impl SqliteStore {
    /// Opens `sqlite:path` or `sqlite://path`.
    pub async fn open(url: &str, mode: OpenMode) -> Result<Self, OpenError> {
        let path = open::path_of(url)?;
        let (jobs, queue) = mpsc::channel(writer::QUEUE_LEN_MAX);
        match mode {
            OpenMode::Audit => drop(queue),
            OpenMode::Migrate => {
                let opened = open::writable(&path, false).await?;
                open::close(&path, opened).await?;
                drop(queue);
            }
            OpenMode::Serve => {
                let opened = open::writable(&path, true).await?;
                let readers = open::readable(&path).await?;
                let open::Writable {
                    options,
                    connection,
                    lock,
                } = opened;
                let writer = Writer::new(options, connection, queue, lock);
                writer
                    .start()
                    .map_err(|source| OpenError::Unwritable { path, source })?;
                return Ok(Self { readers, jobs });
            }
        }
        Ok(Self {
            readers: open::readable(&path).await?,
            jobs,
        })
    }

    /// Lets the file have at most this many pages, so that a test finds out what a full disk does.
    /// Holds until the writer opens the file anew.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages_max: u32) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Job::LimitPages { pages_max, reply }, answer)
            .await?
    }

    async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers
            .acquire()
            .await
            .map_err(|error| unavailable(&error))
    }

    async fn ask<T>(&self, job: Job, answer: oneshot::Receiver<T>) -> Result<T, StoreError> {
        let closed = || StoreError::Unavailable("the database is closed or read-only".to_owned());
        self.jobs.send(job).await.map_err(|_| closed())?;
        answer
            .await
            .map_err(|_| StoreError::Unknown("the writer has stopped".to_owned()))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn ping(&self, source: Source) -> Result<(), StoreError> {
        if source == Source::Writer && self.jobs.is_closed() {
            return Err(StoreError::Unavailable(
                "the database is closed or read-only".to_owned(),
            ));
        }
        let mut reader = self.reader().await?;
        let pinged = sqlx::query("SELECT id FROM organizers WHERE id = 1").execute(&mut *reader);
        pinged.await.map(drop).map_err(|error| unavailable(&error))
    }

    async fn event(
        &self,
        id: EventId,
        _source: Source,
    ) -> Result<Option<EventSnapshot>, StoreError> {
        let mut reader = self.reader().await?;
        read_events::event_at_once(&mut reader, id).await
    }

    async fn events(&self, query: &EventListQuery) -> Result<Page<EventSnapshot>, StoreError> {
        read_events::events(&mut *self.reader().await?, query).await
    }

    async fn create_event(
        &self,
        new: NewEvent,
        group: GroupId,
        key: Option<KeyedRequest>,
    ) -> Result<Created<EventSnapshot>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let result = single::not_yet();
        let single = Single::Event {
            new: Box::new(new),
            group,
            key,
            result,
            reply,
        };
        self.ask(Job::Single(Box::new(single)), answer).await?
    }

    async fn facts(&self, event: EventId, query: &FactsQuery) -> Result<Facts, StoreError> {
        facts::facts(&mut *self.reader().await?, event, query).await
    }

    async fn commit(&self, groups: Vec<Group>) -> Vec<Result<(), CommitError>> {
        let len = groups.len();
        if len == 0 {
            return Vec::new();
        }
        let (reply, answer) = oneshot::channel();
        if self.jobs.send(Job::Commit { groups, reply }).await.is_err() {
            let closed = CommitError::Unavailable("the database is closed or read-only".to_owned());
            return vec![Err(closed); len];
        }
        let lost = |_| vec![Err(CommitError::Unknown("the writer has stopped".to_owned())); len];
        answer.await.unwrap_or_else(lost)
    }

    async fn group_at(
        &self,
        event: EventId,
        version: Version,
    ) -> Result<Option<GroupId>, StoreError> {
        single::group_at(&mut *self.reader().await?, event, version).await
    }

    async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
        read_reservations::reservation(&mut *self.reader().await?, id).await
    }

    async fn reservation_by_code(
        &self,
        user: &UserId,
        code: ReservationCode,
    ) -> Result<Option<Reservation>, StoreError> {
        read_reservations::by_code(&mut *self.reader().await?, user, code).await
    }

    async fn reservations(
        &self,
        query: &ReservationListQuery,
    ) -> Result<Page<Reservation>, StoreError> {
        read_reservations::page(&mut *self.reader().await?, query).await
    }

    async fn reservations_of(
        &self,
        event: EventId,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<Reservation>, StoreError> {
        read_reservations::of_event(&mut *self.reader().await?, event, after, len_max).await
    }

    async fn admitted(&self, event: EventId) -> Result<u64, StoreError> {
        read_reservations::admitted(&mut *self.reader().await?, event).await
    }

    async fn takings(&self, event: EventId) -> Result<Money, StoreError> {
        read_reservations::takings(&mut *self.reader().await?, event).await
    }

    async fn reserved_since(
        &self,
        event: EventId,
        after: ReservationId,
    ) -> Result<u64, StoreError> {
        read_reservations::since(&mut *self.reader().await?, event, after).await
    }

    async fn create_user(
        &self,
        user: User,
        key: Option<KeyedRequest>,
    ) -> Result<UserCreated, StoreError> {
        let (reply, answer) = oneshot::channel();
        let single = Single::User {
            user,
            key,
            result: single::not_yet(),
            reply,
        };
        self.ask(Job::Single(Box::new(single)), answer).await?
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        read_users::user(&mut *self.reader().await?, id).await
    }

    async fn user_statistics(&self, id: &UserId) -> Result<UserStatistics, StoreError> {
        read_users::statistics(&mut *self.reader().await?, id).await
    }

    async fn events_due(&self, now: Timestamp, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        read_events::due(&mut *self.reader().await?, now, len_max).await
    }

    async fn payments_under_way(
        &self,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<PaymentUnderWay>, StoreError> {
        read_payments::under_way(&mut *self.reader().await?, after, len_max).await
    }

    async fn refunds_due(
        &self,
        after: Option<PaymentId>,
        len_max: u32,
    ) -> Result<Vec<RefundDue>, StoreError> {
        read_payments::refunds_due(&mut *self.reader().await?, after, len_max).await
    }

    async fn secret(
        &self,
        name: &str,
        offered: [u8; SECRET_LEN],
    ) -> Result<[u8; SECRET_LEN], StoreError> {
        let (reply, answer) = oneshot::channel();
        let single = Single::Secret {
            name: name.to_owned(),
            offered,
            result: single::not_yet(),
            reply,
        };
        self.ask(Job::Single(Box::new(single)), answer).await?
    }

    async fn purge_keys(&self, before: Timestamp, len_max: u32) -> Result<u64, StoreError> {
        let (reply, answer) = oneshot::channel();
        let single = Single::Purge {
            before,
            len_max,
            result: single::not_yet(),
            reply,
        };
        self.ask(Job::Single(Box::new(single)), answer).await?
    }

    async fn event_ids(&self, after: EventId, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        read_events::ids(&mut *self.reader().await?, after, len_max).await
    }

    async fn ledger(&self, event: EventId) -> Result<Option<Ledger>, StoreError> {
        ledger::ledger(&mut *self.reader().await?, event).await
    }

    async fn close(&self) {
        // The readers first: the last connection to leave moves the log into the file.
        self.readers.close().await;
        let (reply, answer) = oneshot::channel();
        let _ = self.ask(Job::Close { reply }, answer).await;
    }
}
