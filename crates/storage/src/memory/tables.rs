//! The tables of the memory store at one moment, asked directly: for who models a database around
//! them and has to look and change in one step.

use std::sync::{Arc, MutexGuard};

use boxoffice::event::EventSnapshot;
use boxoffice::grade::Stock;
use boxoffice::group::{Facts, FactsQuery, Group};
use boxoffice::ids::{EventId, GroupId, ReservationId, Version};
use boxoffice::invariants::Ledger;
use boxoffice::payment::RefundState;
use boxoffice::reservation::Reservation;
use boxoffice::store::CommitError;
use boxoffice::time::Timestamp;

use super::state::State;
use super::{commit, ledger, lists};

/// The tables, while nobody else can change them.
pub struct Tables<'a>(pub(super) MutexGuard<'a, State>);

impl Tables<'_> {
    /// The event with its stock, if it is not deleted.
    pub fn event(&self, id: EventId) -> Option<EventSnapshot> {
        let found = self.0.snapshot(id)?;
        found.event.deleted_at.is_none().then_some(found)
    }

    /// The event's version, and the stock of each of its grades; deleted or not.
    pub fn stock(&self, id: EventId) -> Option<(Version, Vec<Stock>)> {
        let row = self.0.events.get(&id)?;
        let stock = row.grades.iter().map(|grade| grade.stock);
        Some((row.version, stock.collect()))
    }

    /// See `Store::facts`.
    pub fn facts(&self, event: EventId, query: &FactsQuery) -> Facts {
        lists::facts(&self.0, event, query)
    }

    /// See `Store::commit`.
    pub fn commit(&mut self, group: &Group) -> Result<(), CommitError> {
        commit::commit(&mut self.0, group)
    }

    /// See `Store::group_at`.
    pub fn group_at(&self, event: EventId, version: Version) -> Option<GroupId> {
        let line = self.0.events.get(&event)?.log.get(&version)?;
        Some(line.group)
    }

    /// The reservation of this id.
    pub fn reservation(&self, id: ReservationId) -> Option<Arc<Reservation>> {
        self.0.reservation(id)
    }

    /// Every reservation of an event, in the order of their ids.
    pub fn reservations_of(&self, event: EventId) -> Vec<Arc<Reservation>> {
        let ids = self.0.of_event(event);
        ids.filter_map(|id| self.0.reservation(id)).collect()
    }

    /// See `Store::ledger`.
    pub fn ledger(&self, event: EventId) -> Option<Ledger> {
        ledger::ledger(&self.0, event)
    }

    /// Whether nothing is held, being paid for, or to be given back.
    pub fn nothing_waits(&self) -> bool {
        let pending = |refund: &boxoffice::payment::Refund| refund.state == RefundState::Pending;
        let ever = Timestamp::from_micros(i64::MAX);
        self.0.paying().is_empty()
            && lists::due(&self.0, ever, 1).is_empty()
            && !self.0.refunds.values().any(pending)
    }
}
