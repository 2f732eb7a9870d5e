//! The box office's port `Store`, call by call.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use boxoffice::buyer::{User, UserId, UserStatistics};
use boxoffice::event::{EventSnapshot, NewEvent};
use boxoffice::group::{Facts, FactsQuery, Group};
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::{EventId, GroupId, PaymentId, ReservationCode, ReservationId, Version};
use boxoffice::invariants::Ledger;
use boxoffice::money::Money;
use boxoffice::page::{Page, PageRequest};
use boxoffice::reservation::Reservation;
use boxoffice::store::{
    CommitError, Created, EventListQuery, PaymentUnderWay, RefundDue, ReservationListQuery,
    SECRET_LEN, Source, Store, StoreError, UserCreated,
};
use boxoffice::time::Timestamp;

use super::commit::OpenTransaction;
use super::{CaughtUp, Connections};
use crate::census::Kind;
use crate::planted::Slip;

#[async_trait]
impl Store for Connections {
    async fn ping(&self, _source: Source) -> Result<(), StoreError> {
        self.statement(false).await
    }

    async fn event(
        &self,
        id: EventId,
        source: Source,
    ) -> Result<Option<EventSnapshot>, StoreError> {
        self.statement(false).await?;
        let lags = source == Source::Reader;
        let past = if lags {
            self.db.lagging(id)
        } else {
            Err(CaughtUp)
        };
        let found = past.unwrap_or_else(|CaughtUp| self.db.tables.tables().event(id));
        if lags && found.is_none() {
            self.db.world.count(Kind::UnknownToReader);
        }
        self.back().await;
        Ok(found)
    }

    async fn events(&self, query: &EventListQuery) -> Result<Page<EventSnapshot>, StoreError> {
        self.statement(false).await?;
        let page = self.db.tables.events(query).await;
        self.back().await;
        page
    }

    async fn create_event(
        &self,
        new: NewEvent,
        group: GroupId,
        key: Option<KeyedRequest>,
    ) -> Result<Created<EventSnapshot>, StoreError> {
        self.statement(true).await?;
        let created = self.db.tables.create_event(new, group, key).await;
        if let Ok(Created::New(snapshot)) = &created {
            self.db.remember(snapshot.event.id);
        }
        self.back().await;
        created
    }

    /// Several statements, each of its own moment: read committed.
    async fn facts(&self, event: EventId, query: &FactsQuery) -> Result<Facts, StoreError> {
        let tables = || self.db.tables.tables();
        self.statement(false).await?;
        let version = tables().facts(event, &FactsQuery::default()).version;
        if query.is_empty() {
            self.back().await;
            return Ok(Facts {
                version,
                ..Facts::default()
            });
        }
        self.travel().await;
        let holdings = if query.buyers.is_empty() {
            HashMap::default()
        } else {
            let asked = FactsQuery {
                buyers: query.buyers.clone(),
                ..FactsQuery::default()
            };
            let found = tables().facts(event, &asked).holdings;
            self.travel().await;
            found
        };
        let rest = if query.buyers.is_empty() {
            tables().facts(event, query)
        } else {
            let rest = FactsQuery {
                buyers: Vec::new(),
                ..query.clone()
            };
            tables().facts(event, &rest)
        };
        self.statement(false).await?;
        Ok(Facts {
            version,
            holdings,
            ..rest
        })
    }

    async fn commit(&self, groups: Vec<Group>) -> Vec<Result<(), CommitError>> {
        let mut results = Vec::with_capacity(groups.len());
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
        self.statement(false).await?;
        let found = self.db.tables.tables().group_at(event, version);
        self.back().await;
        Ok(found)
    }

    async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
        self.statement(false).await?;
        let found = self.db.tables.tables().reservation(id);
        self.back().await;
        Ok(found.map(Arc::unwrap_or_clone))
    }

    async fn reservation_by_code(
        &self,
        user: &UserId,
        code: ReservationCode,
    ) -> Result<Option<Reservation>, StoreError> {
        self.statement(false).await?;
        let found = self.db.tables.reservation_by_code(user, code).await;
        self.back().await;
        found
    }

    async fn reservations(
        &self,
        query: &ReservationListQuery,
    ) -> Result<Page<Reservation>, StoreError> {
        self.statement(false).await?;
        let skips = self.db.slips(Slip::PageSkipsARow) && query.page.page > 0;
        let found = if skips {
            self.page_that_skips(query).await
        } else {
            self.db.tables.reservations(query).await
        };
        self.back().await;
        found
    }

    async fn reservations_of(
        &self,
        event: EventId,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<Reservation>, StoreError> {
        self.statement(false).await?;
        self.db.tables.reservations_of(event, after, len_max).await
    }

    async fn admitted(&self, event: EventId) -> Result<u64, StoreError> {
        self.statement(false).await?;
        self.db.tables.admitted(event).await
    }

    async fn takings(&self, event: EventId) -> Result<Money, StoreError> {
        self.statement(false).await?;
        self.db.tables.takings(event).await
    }

    async fn reserved_since(
        &self,
        event: EventId,
        after: ReservationId,
    ) -> Result<u64, StoreError> {
        self.statement(false).await?;
        self.db.tables.reserved_since(event, after).await
    }

    async fn create_user(
        &self,
        user: User,
        key: Option<KeyedRequest>,
    ) -> Result<UserCreated, StoreError> {
        let open = OpenTransaction::begin(self);
        self.statement(true).await?;
        let created = self.db.tables.create_user(user, key).await;
        self.back().await;
        open.end();
        created
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.statement(false).await?;
        self.db.tables.user(id).await
    }

    async fn user_statistics(&self, id: &UserId) -> Result<UserStatistics, StoreError> {
        self.statement(false).await?;
        self.db.tables.user_statistics(id).await
    }

    async fn events_due(&self, now: Timestamp, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        self.statement(false).await?;
        self.db.tables.events_due(now, len_max).await
    }

    async fn payments_under_way(
        &self,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<PaymentUnderWay>, StoreError> {
        self.statement(false).await?;
        self.db.tables.payments_under_way(after, len_max).await
    }

    async fn refunds_due(
        &self,
        after: Option<PaymentId>,
        len_max: u32,
    ) -> Result<Vec<RefundDue>, StoreError> {
        self.statement(false).await?;
        self.db.tables.refunds_due(after, len_max).await
    }

    async fn secret(
        &self,
        name: &str,
        offered: [u8; SECRET_LEN],
    ) -> Result<[u8; SECRET_LEN], StoreError> {
        self.statement(true).await?;
        self.db.tables.secret(name, offered).await
    }

    async fn purge_keys(&self, before: Timestamp, len_max: u32) -> Result<u64, StoreError> {
        self.statement(true).await?;
        self.db.tables.purge_keys(before, len_max).await
    }

    async fn event_ids(&self, after: EventId, len_max: u32) -> Result<Vec<EventId>, StoreError> {
        self.statement(false).await?;
        self.db.tables.event_ids(after, len_max).await
    }

    async fn ledger(&self, event: EventId) -> Result<Option<Ledger>, StoreError> {
        self.statement(false).await?;
        self.db.tables.ledger(event).await
    }

    async fn close(&self) {}
}

impl Connections {
    /// An answer on its way back.
    async fn back(&self) {
        self.travel().await;
        self.life.gate().await;
    }

    /// Of the planted bug: every page but the first begins one row too late.
    async fn page_that_skips(
        &self,
        query: &ReservationListQuery,
    ) -> Result<Page<Reservation>, StoreError> {
        let PageRequest { page, size } = query.page;
        let mut rows = Vec::new();
        let mut total = 0;
        for row in page * size + 1..page * size + 1 + size {
            let one = ReservationListQuery {
                page: PageRequest { page: row, size: 1 },
                ..query.clone()
            };
            let found = self.db.tables.reservations(&one).await?;
            total = found.total;
            rows.extend(found.items);
        }
        Ok(Page { items: rows, total })
    }
}
