//! The store over plain maps: for tests and the simulator.
//!
//! Behaves as the others do, and always in the same way: it looks at no clock, draws no lots, and
//! goes through its maps in the order of their keys. Nothing is kept beyond the process.

mod commit;
mod create;
mod ledger;
mod lists;
mod state;
mod tables;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
use boxoffice::store::{
    CommitError, Created, EventListQuery, PaymentUnderWay, RefundDue, ReservationListQuery,
    SECRET_LEN, Source, Store, StoreError, UserCreated,
};
use boxoffice::time::Timestamp;

use self::state::State;
pub use self::tables::Tables;

/// The store over plain maps. A clone is another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tables as they are now, for as long as this is kept: nobody else can use them meanwhile.
    pub fn tables(&self) -> Tables<'_> {
        Tables(self.state())
    }

    /// A panic elsewhere cannot leave the maps half changed: a group is checked before it is applied.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.state();
        if state.closed {
            return Err(StoreError::Unavailable("the store is closed".to_owned()));
        }
        Ok(state)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn ping(&self, _source: Source) -> Result<(), StoreError> {
        self.open().map(drop)
    }

    async fn event(
        &self,
        id: EventId,
        _source: Source,
    ) -> Result<Option<EventSnapshot>, StoreError> {
        Ok(self
            .open()?
            .snapshot(id)
            .filter(|found| found.event.deleted_at.is_none()))
    }

    async fn events(&self, query: &EventListQuery) -> Result<Page<EventSnapshot>, StoreError> {
        Ok(lists::events(&*self.open()?, query))
    }

    async fn create_event(
        &self,
        new: NewEvent,
        group: GroupId,
        key: Option<KeyedRequest>,
    ) -> Result<Created<EventSnapshot>, StoreError> {
        create::event(&mut *self.open()?, new, group, key)
    }

    async fn facts(&self, event: EventId, query: &FactsQuery) -> Result<Facts, StoreError> {
        Ok(lists::facts(&*self.open()?, event, query))
    }

    async fn commit(&self, groups: Vec<Group>) -> Vec<Result<(), CommitError>> {
        match self.open() {
            Ok(mut state) => groups
                .iter()
                .map(|group| commit::commit(&mut state, group))
                .collect(),
            Err(error) => vec![Err(CommitError::Unavailable(error.to_string())); groups.len()],
        }
    }

    async fn group_at(
        &self,
        event: EventId,
        version: Version,
    ) -> Result<Option<GroupId>, StoreError> {
        let state = self.open()?;
        let line = state
            .events
            .get(&event)
            .and_then(|row| row.log.get(&version));
        Ok(line.map(|line| line.group))
    }

    async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
        Ok(self.open()?.reservation(id).map(Arc::unwrap_or_clone))
    }

    async fn reservation_by_code(
        &self,
        user: &UserId,
        code: ReservationCode,
    ) -> Result<Option<Reservation>, StoreError> {
        let state = self.open()?;
        let found = state
            .of_user(user)
            .rfind(|id| ReservationCode::from(*id) == code);
        Ok(found
            .and_then(|id| state.reservation(id))
            .map(Arc::unwrap_or_clone))
    }

    async fn reservations(
        &self,
        query: &ReservationListQuery,
    ) -> Result<Page<Reservation>, StoreError> {
        Ok(lists::reservations(&*self.open()?, query))
    }

    async fn reservations_of(
        &self,
        event: EventId,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<Reservation>, StoreError> {
        Ok(lists::reservations_of(
            &*self.open()?,
            event,
            after,
            len_max,
        ))
    }

    async fn admitted(&self, event: EventId) -> Result<u64, StoreError> {
        Ok(lists::admitted(&*self.open()?, event))
    }

    async fn takings(&self, event: EventId) -> Result<Money, StoreError> {
        Ok(lists::takings(&*self.open()?, event))
    }

    async fn reserved_since(
        &self,
        event: EventId,
        after: ReservationId,
    ) -> Result<u64, StoreError> {
        Ok(lists::reserved_since(&*self.open()?, event, after))
    }

    async fn create_user(
        &self,
        user: User,
        key: Option<KeyedRequest>,
    ) -> Result<UserCreated, StoreError> {
        Ok(create::user(&mut *self.open()?, user, key))
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(self.open()?.users.get(id).cloned())
    }

    async fn user_statistics(&self, id: &UserId) -> Result<UserStatistics, StoreError> {
        Ok(lists::statistics(&*self.open()?, id))
    }

    async fn events_due(&self, now: Timestamp, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        Ok(lists::due(&*self.open()?, now, len_max))
    }

    async fn payments_under_way(
        &self,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<PaymentUnderWay>, StoreError> {
        Ok(lists::payments_under_way(&*self.open()?, after, len_max))
    }

    async fn refunds_due(
        &self,
        after: Option<PaymentId>,
        len_max: u32,
    ) -> Result<Vec<RefundDue>, StoreError> {
        Ok(lists::refunds_due(&*self.open()?, after, len_max))
    }

    async fn secret(
        &self,
        name: &str,
        offered: [u8; SECRET_LEN],
    ) -> Result<[u8; SECRET_LEN], StoreError> {
        let mut state = self.open()?;
        Ok(*state.secrets.entry(name.to_owned()).or_insert(offered))
    }

    async fn purge_keys(&self, before: Timestamp, len_max: u32) -> Result<u64, StoreError> {
        Ok(self.open()?.purge(before, len_max))
    }

    async fn event_ids(&self, after: EventId, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        let state = self.open()?;
        let later = state.events.range(EventId(after.0.saturating_add(1))..);
        Ok(later.take(len_max as usize).map(|(id, _)| *id).collect())
    }

    async fn ledger(&self, event: EventId) -> Result<Option<Ledger>, StoreError> {
        Ok(ledger::ledger(&*self.open()?, event))
    }

    async fn close(&self) {
        self.state().closed = true;
    }
}
