//! The port to the database.

use async_trait::async_trait;

use crate::buyer::{User, UserId, UserStatistics};
use crate::command::Unserved;
use crate::event::{EventSnapshot, NewEvent};
use crate::group::{Facts, FactsQuery, Group};
use crate::idempotency::KeyedRequest;
use crate::ids::{EventId, GroupId, PaymentId, ReservationCode, ReservationId, Version};
use crate::invariants::Ledger;
use crate::money::Money;
use crate::page::{Direction, Page, PageRequest};
use crate::payment::Refund;
use crate::reservation::{Reservation, ReservationStatus};
use crate::time::Timestamp;

/// Bytes of a secret that nodes share.
pub const SECRET_LEN: usize = 32;

/// Why the database did not answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be used at the moment: gone, full, locked, read-only. Nothing was written.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// The answer to a write was lost: it was written, or it was not. Nothing that only reads fails so.
    #[error("the answer to the write was lost: {0}")]
    Unknown(String),
    /// What was read makes no sense.
    #[error("{table}.{column} of {id} is corrupt")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row, as its key reads.
        id: String,
    },
}

impl From<StoreError> for Unserved {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::Unknown(_) => Self::OutcomeUnknown { reservation: None },
            StoreError::Corrupt { .. } => Self::Internal,
        }
    }
}

/// Why a group was not committed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommitError {
    /// Another group has this version. Nothing was written.
    #[error("another group has this version")]
    VersionTaken,
    /// The database refuses what the group holds: a constraint, a value. Nothing was written.
    #[error("the database refuses the group: {0}")]
    Refused(String),
    /// The database cannot be used at the moment. Nothing was written.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// The answer was lost: it was written, or it was not. The log tells.
    #[error("the answer to the commit was lost: {0}")]
    Unknown(String),
}

/// Which copy of the data to read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// The writer: everything that is committed.
    Writer,
    /// A reader: may lag.
    Reader,
}

/// What an event list is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventSort {
    /// When it begins.
    EventDate,
    /// Its name.
    EventName,
    /// When it was created.
    CreatedAt,
}

/// Which events a list holds, told by what they are at `now`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventFilter {
    /// Every one.
    All,
    /// Sells or will sell, and seats are left.
    Active,
    /// Sells or will sell, and no seat is left.
    SoldOut,
    /// Closed by the organizer, its sale window or its date.
    Closed,
    /// Called off.
    Cancelled,
    /// Not begun and not called off.
    Upcoming,
    /// In its sale window with seats left.
    Available,
}

/// A list of events.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EventListQuery {
    /// Which.
    pub filter: EventFilter,
    /// Whose name or venue contains this, in any case.
    pub text: Option<String>,
    /// Sorted by; equal ones by id.
    pub sort: EventSort,
    /// Which way.
    pub direction: Direction,
    /// Which part.
    pub page: PageRequest,
    /// The moment that the filter is told for.
    pub now: Timestamp,
}

/// A list of reservations, by the time they were made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReservationListQuery {
    /// Of this event only.
    pub event: Option<EventId>,
    /// Of this buyer only.
    pub user: Option<UserId>,
    /// In this status only.
    pub status: Option<ReservationStatus>,
    /// Which way.
    pub direction: Direction,
    /// Which part.
    pub page: PageRequest,
}

/// Something new, or what the same key had made before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Created<T> {
    /// Made now.
    New(T),
    /// Made before, under the same key.
    Replayed(T),
    /// The key was used for another request. Nothing was made.
    KeyReused,
}

/// What became of a new profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UserCreated {
    /// Made now.
    New(User),
    /// Made before, under the same key.
    Replayed(User),
    /// The key was used for another request. Nothing was made.
    KeyReused,
    /// The id is taken. Nothing was made.
    Exists,
}

/// A payment whose outcome is not settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentUnderWay {
    /// Of which event.
    pub event: EventId,
    /// For which reservation, which is PAYING.
    pub reservation: ReservationId,
    /// The attempt.
    pub payment: PaymentId,
    /// When it began.
    pub started_at: Timestamp,
}

/// A refund that has not gone back yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefundDue {
    /// Of which event.
    pub event: EventId,
    /// Of which reservation.
    pub reservation: ReservationId,
    /// The refund; pending.
    pub refund: Refund,
}

/// The database, as the box office needs it. Every method is safe to drop at any await point:
/// what it began is finished or undone without it.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Whether it can be used.
    async fn ping(&self, source: Source) -> Result<(), StoreError>;

    /// The event with its grades, all of one version; `None` where it is not or was deleted.
    async fn event(&self, id: EventId, source: Source)
    -> Result<Option<EventSnapshot>, StoreError>;

    /// A page of events that are not deleted.
    async fn events(&self, query: &EventListQuery) -> Result<Page<EventSnapshot>, StoreError>;

    /// Makes an event at version 1, with its first line in the log.
    async fn create_event(
        &self,
        new: NewEvent,
        group: GroupId,
        key: Option<KeyedRequest>,
    ) -> Result<Created<EventSnapshot>, StoreError>;

    /// What a batch of commands needs to know, from the writer. The event's version is read first.
    async fn facts(&self, event: EventId, query: &FactsQuery) -> Result<Facts, StoreError>;

    /// Commits each group whole or not at all; one result for each, in their order.
    ///
    /// Groups of different events do not depend on each other, and may share a transaction where
    /// the engine gains by it. The event's version, its `last_now` and the log are written too.
    async fn commit(&self, groups: Vec<Group>) -> Vec<Result<(), CommitError>>;

    /// The group that has this version of the event, read from the writer.
    async fn group_at(
        &self,
        event: EventId,
        version: Version,
    ) -> Result<Option<GroupId>, StoreError>;

    /// The reservation of this id, from the writer.
    async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, StoreError>;

    /// The buyer's reservation of this code, from the writer.
    async fn reservation_by_code(
        &self,
        user: &UserId,
        code: ReservationCode,
    ) -> Result<Option<Reservation>, StoreError>;

    /// A page of reservations, from the writer.
    async fn reservations(
        &self,
        query: &ReservationListQuery,
    ) -> Result<Page<Reservation>, StoreError>;

    /// The event's reservations after `after`, in the order of their ids, from the writer; at most
    /// `len_max`. For who reads them all: each part costs the same, however many came before it.
    async fn reservations_of(
        &self,
        event: EventId,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<Reservation>, StoreError>;

    /// How many tickets of an event are used, from the writer. Costs a look at as many index entries.
    async fn admitted(&self, event: EventId) -> Result<u64, StoreError>;

    /// What the event's reservations CONFIRMED cost together, from the writer. Costs a look at each.
    async fn takings(&self, event: EventId) -> Result<Money, StoreError>;

    /// How many of the event's reservations have a greater id, from the writer: those that were made
    /// since. Costs a look at as many index entries.
    async fn reserved_since(&self, event: EventId, after: ReservationId)
    -> Result<u64, StoreError>;

    /// Makes a profile.
    async fn create_user(
        &self,
        user: User,
        key: Option<KeyedRequest>,
    ) -> Result<UserCreated, StoreError>;

    /// A buyer's profile, from the writer.
    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// What a buyer has done, from the writer.
    async fn user_statistics(&self, id: &UserId) -> Result<UserStatistics, StoreError>;

    /// Events that have something due at `now`: a hold that ended, or a reservation HELD or
    /// CONFIRMED of a cancelled event. One that is PAYING is not due. At most `len_max`.
    async fn events_due(&self, now: Timestamp, len_max: u32) -> Result<Vec<EventId>, StoreError>;

    /// Payments under way of reservations after `after`, in the order of reservations' ids, from
    /// the writer; at most `len_max`.
    async fn payments_under_way(
        &self,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<PaymentUnderWay>, StoreError>;

    /// Refunds still to go back, of payments after `after`, in the order of payments' ids, from
    /// the writer; at most `len_max`.
    async fn refunds_due(
        &self,
        after: Option<PaymentId>,
        len_max: u32,
    ) -> Result<Vec<RefundDue>, StoreError>;

    /// The secret of this name: the one that is kept, or `offered`, which is kept from now on.
    async fn secret(
        &self,
        name: &str,
        offered: [u8; SECRET_LEN],
    ) -> Result<[u8; SECRET_LEN], StoreError>;

    /// Removes at most `len_max` keys from before `before`; says how many.
    async fn purge_keys(&self, before: Timestamp, len_max: u32) -> Result<u64, StoreError>;

    /// Events after `after`, deleted ones included, in order; at most `len_max`. For the audit.
    async fn event_ids(&self, after: EventId, len_max: u32) -> Result<Vec<EventId>, StoreError>;

    /// What the tables say of an event, added up; all of one moment. For the audit.
    async fn ledger(&self, event: EventId) -> Result<Option<Ledger>, StoreError>;

    /// Finishes what was begun and lets go of the database.
    async fn close(&self);
}
