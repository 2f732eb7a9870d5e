//! A store over plain maps that takes its time, loses answers and refuses, as a test tells it to.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::buyer::{User, UserId, UserStatistics};
use boxoffice::event::{EventSnapshot, NewEvent};
use boxoffice::group::{Facts, FactsQuery, Group};
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::{EventId, GroupId, PaymentId, ReservationCode, ReservationId, Version};
use boxoffice::invariants::Ledger;
use boxoffice::money::Money;
use boxoffice::page::Page;
use boxoffice::reservation::{Reservation, ReservationStatus};
use boxoffice::runtime;
use boxoffice::store::{
    CommitError, Created, EventListQuery, PaymentUnderWay, RefundDue, ReservationListQuery,
    SECRET_LEN, Source, Store, StoreError, UserCreated,
};
use boxoffice::time::Timestamp;
use storage::MemoryStore;

/// What happens to one commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// It is written, and the answer is lost.
    LostAfter,
    /// It is not written, and the answer is lost.
    LostBefore,
    /// The answer is lost, and it is written this much later, if its version is still free then.
    LostAndLate(Duration),
    /// Another group has the version already.
    Taken,
    /// It takes this long.
    Slow(Duration),
    /// The task that asked for it panics.
    Panic,
    /// Nothing at all.
    None,
}

#[derive(Default)]
pub(crate) struct FaultyStore {
    pub(crate) kept: MemoryStore,
    /// How long every commit takes.
    commit_time: Mutex<Duration>,
    faults: Mutex<VecDeque<Fault>>,
    /// Nothing answers.
    pub(crate) down: AtomicBool,
    /// Facts and versions of events are not answered.
    pub(crate) facts_down: AtomicBool,
    /// The reader has not heard of any event yet.
    pub(crate) reader_is_new: AtomicBool,
    poison: Mutex<HashSet<UserId>>,
    corrupt: Mutex<HashSet<ReservationId>>,
    /// Groups in which a hold expires are refused.
    pub(crate) refuses_expiry: AtomicBool,
    /// The books show a seat too many.
    pub(crate) cooks_books: AtomicBool,
    /// Groups of this event panic.
    panics_for: Mutex<Option<EventId>>,
    /// Groups of this event take for ever.
    hangs_for: Mutex<Option<EventId>>,
    /// Groups that somebody wanted to be written.
    asked: Mutex<Vec<Group>>,
    /// Groups that were written.
    written: Mutex<Vec<Group>>,
    pub(crate) loads: AtomicUsize,
    pub(crate) facts_asked: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics under a lock")
}

fn lost() -> CommitError {
    CommitError::Unknown("connection reset".to_owned())
}

impl FaultyStore {
    /// What happens to the next commits, one after the other; then nothing.
    pub(crate) fn next_commits(&self, faults: &[Fault]) {
        lock(&self.faults).extend(faults);
    }

    /// Every commit takes this long.
    pub(crate) fn commits_take(&self, time: Duration) {
        *lock(&self.commit_time) = time;
    }

    /// Groups that this buyer has a part in are refused.
    pub(crate) fn refuse(&self, user: UserId) {
        lock(&self.poison).insert(user);
    }

    /// Whoever looks this reservation up finds nonsense.
    pub(crate) fn corrupt(&self, id: ReservationId) {
        lock(&self.corrupt).insert(id);
    }

    /// Whoever commits a group of this event panics.
    pub(crate) fn panic_for(&self, event: Option<EventId>) {
        *lock(&self.panics_for) = event;
    }

    /// Whoever commits a group of this event waits for ever.
    pub(crate) fn hang_for(&self, event: Option<EventId>) {
        *lock(&self.hangs_for) = event;
    }

    /// How many groups were written.
    pub(crate) fn groups(&self) -> usize {
        lock(&self.written).len()
    }

    /// How many reservations each group touched, in the order they were written.
    pub(crate) fn group_sizes(&self) -> Vec<usize> {
        let written = lock(&self.written);
        let sizes = written.iter();
        sizes
            .map(|group| group.changes.reservations.len())
            .collect()
    }

    /// The group that was written last.
    pub(crate) fn last_group(&self) -> Group {
        lock(&self.written).last().expect("a group").clone()
    }

    /// Groups that somebody wanted to be written, whatever became of them.
    pub(crate) fn asked(&self) -> Vec<Group> {
        lock(&self.asked).clone()
    }

    fn up(&self) -> Result<(), StoreError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("down".to_owned()));
        }
        Ok(())
    }

    fn refusal(&self, group: &Group) -> Option<CommitError> {
        let mut touched = group.changes.reservations.iter().map(|t| &t.reservation);
        let poison = lock(&self.poison);
        let refuses_expiry = self.refuses_expiry.load(Ordering::SeqCst);
        let refused = touched.any(|reservation| {
            let expired = reservation.status() == ReservationStatus::Expired;
            poison.contains(&reservation.user) || refuses_expiry && expired
        });
        refused.then(|| CommitError::Refused("a bad value".to_owned()))
    }

    async fn write(&self, group: Group) -> Result<(), CommitError> {
        if let Some(refusal) = self.refusal(&group) {
            return Err(refusal);
        }
        let mut results = self.kept.commit(vec![group.clone()]).await;
        let result = results.pop().expect("a result for the group");
        if result.is_ok() {
            lock(&self.written).push(group);
        }
        result
    }

    async fn commit_one(&self, group: Group) -> Result<(), CommitError> {
        lock(&self.asked).push(group.clone());
        let panics = *lock(&self.panics_for) == Some(group.event);
        assert!(!panics, "a bug in the store");
        if *lock(&self.hangs_for) == Some(group.event) {
            std::future::pending::<()>().await;
        }
        let fault = lock(&self.faults).pop_front().unwrap_or(Fault::None);
        let takes = *lock(&self.commit_time);
        if takes > Duration::ZERO {
            runtime::sleep(takes).await;
        }
        self.up()
            .map_err(|error| CommitError::Unavailable(error.to_string()))?;
        match fault {
            Fault::None => self.write(group).await,
            Fault::Slow(time) => {
                runtime::sleep(time).await;
                self.write(group).await
            }
            Fault::LostAfter => {
                self.write(group).await?;
                Err(lost())
            }
            Fault::LostBefore => Err(lost()),
            Fault::LostAndLate(time) => {
                let kept = self.kept.clone();
                runtime::spawn(async move {
                    runtime::sleep(time).await;
                    kept.commit(vec![group]).await
                });
                Err(lost())
            }
            Fault::Taken => Err(CommitError::VersionTaken),
            Fault::Panic => panic!("a bug in the store"),
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn ping(&self, source: Source) -> Result<(), StoreError> {
        self.up()?;
        self.kept.ping(source).await
    }

    async fn event(
        &self,
        id: EventId,
        source: Source,
    ) -> Result<Option<EventSnapshot>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.up()?;
        if source == Source::Reader && self.reader_is_new.load(Ordering::SeqCst) {
            return Ok(None);
        }
        self.kept.event(id, source).await
    }

    async fn events(&self, query: &EventListQuery) -> Result<Page<EventSnapshot>, StoreError> {
        self.kept.events(query).await
    }

    async fn create_event(
        &self,
        new: NewEvent,
        group: GroupId,
        key: Option<KeyedRequest>,
    ) -> Result<Created<EventSnapshot>, StoreError> {
        self.kept.create_event(new, group, key).await
    }

    async fn facts(&self, event: EventId, query: &FactsQuery) -> Result<Facts, StoreError> {
        self.up()?;
        if self.facts_down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("no facts".to_owned()));
        }
        self.facts_asked.fetch_add(1, Ordering::SeqCst);
        let facts = self.kept.facts(event, query).await?;
        let corrupt = lock(&self.corrupt);
        let due = facts.due.iter().map(|reservation| reservation.id);
        let mut found = facts.reservations.keys().copied().chain(due);
        match found.find(|id| corrupt.contains(id)) {
            Some(id) => Err(StoreError::Corrupt {
                table: "reservations",
                column: "state",
                id: id.to_string(),
            }),
            None => Ok(facts.clone()),
        }
    }

    async fn commit(&self, groups: Vec<Group>) -> Vec<Result<(), CommitError>> {
        let mut results = Vec::new();
        for group in groups {
            results.push(self.commit_one(group).await);
        }
        results
    }

    async fn group_at(
        &self,
        event: EventId,
        version: Version,
    ) -> Result<Option<GroupId>, StoreError> {
        self.up()?;
        self.kept.group_at(event, version).await
    }

    async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
        self.up()?;
        self.kept.reservation(id).await
    }

    async fn reservation_by_code(
        &self,
        user: &UserId,
        code: ReservationCode,
    ) -> Result<Option<Reservation>, StoreError> {
        self.kept.reservation_by_code(user, code).await
    }

    async fn reservations(
        &self,
        query: &ReservationListQuery,
    ) -> Result<Page<Reservation>, StoreError> {
        self.kept.reservations(query).await
    }

    async fn reservations_of(
        &self,
        event: EventId,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<Reservation>, StoreError> {
        self.kept.reservations_of(event, after, len_max).await
    }

    async fn admitted(&self, event: EventId) -> Result<u64, StoreError> {
        self.kept.admitted(event).await
    }

    async fn takings(&self, event: EventId) -> Result<Money, StoreError> {
        self.kept.takings(event).await
    }

    async fn reserved_since(
        &self,
        event: EventId,
        after: ReservationId,
    ) -> Result<u64, StoreError> {
        self.kept.reserved_since(event, after).await
    }

    async fn create_user(
        &self,
        user: User,
        key: Option<KeyedRequest>,
    ) -> Result<UserCreated, StoreError> {
        self.kept.create_user(user, key).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.kept.user(id).await
    }

    async fn user_statistics(&self, id: &UserId) -> Result<UserStatistics, StoreError> {
        self.kept.user_statistics(id).await
    }

    async fn events_due(&self, now: Timestamp, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        self.up()?;
        self.kept.events_due(now, len_max).await
    }

    async fn payments_under_way(
        &self,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<PaymentUnderWay>, StoreError> {
        self.up()?;
        self.kept.payments_under_way(after, len_max).await
    }

    async fn refunds_due(
        &self,
        after: Option<PaymentId>,
        len_max: u32,
    ) -> Result<Vec<RefundDue>, StoreError> {
        self.up()?;
        self.kept.refunds_due(after, len_max).await
    }

    async fn secret(
        &self,
        name: &str,
        offered: [u8; SECRET_LEN],
    ) -> Result<[u8; SECRET_LEN], StoreError> {
        self.kept.secret(name, offered).await
    }

    async fn purge_keys(&self, before: Timestamp, len_max: u32) -> Result<u64, StoreError> {
        self.kept.purge_keys(before, len_max).await
    }

    async fn event_ids(&self, after: EventId, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        self.kept.event_ids(after, len_max).await
    }

    async fn ledger(&self, event: EventId) -> Result<Option<Ledger>, StoreError> {
        let mut ledger = self.kept.ledger(event).await?;
        if let Some(ledger) = &mut ledger
            && self.cooks_books.load(Ordering::SeqCst)
        {
            ledger.grades[0].available += 1;
        }
        Ok(ledger)
    }

    async fn close(&self) {
        self.kept.close().await;
    }
}
