//! Facts, pages and statistics.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use boxoffice::buyer::{UserId, UserStatistics};
use boxoffice::event::{EventSnapshot, EventStatus, SaleState};
use boxoffice::group::{Facts, FactsQuery, PaymentRecord};
use boxoffice::idempotency::KeyRecord;
use boxoffice::ids::{EventId, PaymentId, ReservationId};
use boxoffice::money::Money;
use boxoffice::page::{Direction, Page, PageRequest};
use boxoffice::payment::RefundState;
use boxoffice::reservation::{Reservation, ReservationState, ReservationStatus, TicketState};
use boxoffice::store::{
    EventFilter, EventListQuery, EventSort, PaymentUnderWay, RefundDue, ReservationListQuery,
};
use boxoffice::time::Timestamp;

use super::state::{LedTo, State};
use crate::names;

/// A page of events that are not deleted.
pub(super) fn events(state: &State, query: &EventListQuery) -> Page<EventSnapshot> {
    let text = query.text.as_deref().map(str::to_lowercase);
    let mut chosen: Vec<EventSnapshot> = state
        .events
        .keys()
        .filter_map(|id| state.without_seats(*id))
        .filter(|found| found.event.deleted_at.is_none())
        .filter(|found| is_chosen(found, query.filter, query.now))
        .filter(|found| {
            text.as_deref()
                .is_none_or(|text| names::search_text(&found.event).contains(text))
        })
        .map(|found| EventSnapshot {
            next_due: None,
            ..found
        })
        .collect();
    match query.sort {
        EventSort::EventDate => chosen.sort_by_key(|found| found.event.starts_at),
        EventSort::EventName => chosen.sort_by(|one, other| one.event.name.cmp(&other.event.name)),
        EventSort::CreatedAt => chosen.sort_by_key(|found| found.event.created_at),
    }
    if query.direction == Direction::Descending {
        chosen.reverse();
    }
    Page {
        total: chosen.len() as u64,
        items: part(chosen.into_iter(), query.page),
    }
}

fn is_chosen(found: &EventSnapshot, filter: EventFilter, now: Timestamp) -> bool {
    let event = &found.event;
    let status = found.status(now);
    match filter {
        EventFilter::All => true,
        EventFilter::Active => status == EventStatus::Active,
        EventFilter::SoldOut => status == EventStatus::SoldOut,
        EventFilter::Closed => status == EventStatus::Closed,
        EventFilter::Cancelled => status == EventStatus::Cancelled,
        EventFilter::Upcoming => event.state != SaleState::Cancelled && now < event.starts_at,
        EventFilter::Available => {
            status == EventStatus::Active && event.sale_opens_at.is_none_or(|at| at <= now)
        }
    }
}

/// A page of reservations.
pub(super) fn reservations(state: &State, query: &ReservationListQuery) -> Page<Reservation> {
    let mut chosen: Vec<ReservationId> = match (&query.user, query.event) {
        (Some(user), _) => state.of_user(user).collect(),
        (None, Some(event)) => state.of_event(event).collect(),
        (None, None) => state.ids().collect(),
    };
    if query.user.is_some() || query.status.is_some() {
        chosen.retain(|id| {
            state.stored(*id).is_some_and(|found| {
                query.event.is_none_or(|event| found.event == event)
                    && query.status.is_none_or(|status| found.status() == status)
            })
        });
    }
    if query.direction == Direction::Descending {
        chosen.reverse();
    }
    let total = chosen.len() as u64;
    let found = part(chosen.into_iter(), query.page).into_iter();
    let found = found.filter_map(|id| state.reservation(id));
    Page {
        items: found.map(Arc::unwrap_or_clone).collect(),
        total,
    }
}

fn part<T>(all: impl Iterator<Item = T>, page: PageRequest) -> Vec<T> {
    let offset = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    all.skip(offset).take(page.size as usize).collect()
}

/// See `Store::facts`.
pub(super) fn facts(state: &State, event: EventId, query: &FactsQuery) -> Facts {
    let row = state
        .events
        .get(&event)
        .filter(|row| row.event.deleted_at.is_none());
    let Some(row) = row else {
        return Facts::default();
    };
    let reservation = |id| state.reservation(id).filter(|found| found.event == event);
    let mut facts = Facts {
        version: Some(row.version),
        ..Facts::default()
    };
    if query.is_empty() {
        return facts;
    }
    let of_reservations = query.keys_by_reservation.iter();
    let by_reservation = of_reservations
        .filter_map(|(id, key)| reservation(*id).map(|found| (found.user.clone(), key.clone())));
    for (user, key) in query.keys.iter().cloned().chain(by_reservation) {
        let scope = (Some(event), Some(user), key);
        if let Some(row) = state.keys.get(&scope)
            && let (LedTo::Reservation(led_to), (_, Some(user), key)) = (row.led_to, scope)
        {
            let request = row.request.clone();
            let record = KeyRecord {
                user: user.clone(),
                request,
                reservation: led_to,
                at: row.at,
            };
            facts.keys.insert((user, key), record);
        }
    }
    let led_to = facts.keys.values().map(|record| record.reservation);
    let asked: Vec<ReservationId> = query.reservations.iter().copied().chain(led_to).collect();
    facts.reservations = asked
        .into_iter()
        .filter_map(reservation)
        .map(|found| (found.id, found))
        .collect();
    facts.payments = payments(state, event, &query.payments);
    facts.holdings = holdings(state, event, &query.buyers);
    let len_max = query.due_len_max as usize;
    if let Some(by) = query.due_by {
        let due = state
            .holds_of(event)
            .take_while(|(at, _)| *at <= by)
            .take(len_max);
        facts.due = due.filter_map(|(_, id)| state.reservation(id)).collect();
        facts.next_due = state.holds_of(event).nth(facts.due.len()).map(|(at, _)| at);
    }
    if query.live {
        let found = state.of_event(event).filter_map(|id| state.reservation(id));
        let returnable = [ReservationStatus::Held, ReservationStatus::Confirmed];
        facts.live = found
            .filter(|found| returnable.contains(&found.status()))
            .take(len_max)
            .collect();
    }
    facts
}

fn payments(state: &State, event: EventId, ids: &[PaymentId]) -> HashMap<PaymentId, PaymentRecord> {
    let found = ids.iter().filter_map(|id| {
        let row = state.payments.get(id).filter(|row| row.event == event)?;
        let record = PaymentRecord {
            reservation: row.reservation,
            payment: row.payment.clone(),
            refund: state.refunds.get(id).cloned(),
        };
        Some((*id, record))
    });
    found.collect()
}

fn holdings(state: &State, event: EventId, buyers: &[UserId]) -> HashMap<UserId, u32> {
    let count = |buyer: &UserId| -> u32 {
        let found = state.of_user(buyer).filter_map(|id| state.reservation(id));
        let live = found.filter(|found| found.event == event && found.status().is_live());
        live.map(|found| found.quantity.get()).sum()
    };
    let counted = buyers.iter().map(|buyer| (buyer.clone(), count(buyer)));
    counted.filter(|(_, tickets)| *tickets > 0).collect()
}

/// See `Store::reservations_of`.
pub(super) fn reservations_of(
    state: &State,
    event: EventId,
    after: Option<ReservationId>,
    len_max: u32,
) -> Vec<Reservation> {
    let later = state.of_event(event).filter(|id| Some(*id) > after);
    let found = later.filter_map(|id| state.reservation(id));
    let part = found.take(len_max as usize);
    part.map(Arc::unwrap_or_clone).collect()
}

/// See `Store::admitted`.
pub(super) fn admitted(state: &State, event: EventId) -> u64 {
    let found = state.of_event(event).filter_map(|id| state.stored(id));
    let used = |found: &Arc<Reservation>| {
        let tickets = found.tickets.iter();
        let used = tickets.filter(|ticket| matches!(ticket.state, TicketState::Used { .. }));
        used.count() as u64
    };
    found.map(used).sum()
}

/// See `Store::takings`.
pub(super) fn takings(state: &State, event: EventId) -> Money {
    let found = state.of_event(event).filter_map(|id| state.stored(id));
    let confirmed = found.filter(|found| found.status() == ReservationStatus::Confirmed);
    confirmed.fold(Money::ZERO, |sum, found| sum.plus(found.total_price))
}

/// See `Store::reserved_since`.
pub(super) fn reserved_since(state: &State, event: EventId, after: ReservationId) -> u64 {
    state.of_event(event).filter(|id| *id > after).count() as u64
}

/// What a buyer has done.
pub(super) fn statistics(state: &State, user: &UserId) -> UserStatistics {
    let mut statistics = UserStatistics::default();
    for found in state.of_user(user).filter_map(|id| state.reservation(id)) {
        statistics.total_reservations += 1;
        match found.status() {
            ReservationStatus::Confirmed => {
                statistics.total_spent = statistics.total_spent.plus(found.total_price);
            }
            ReservationStatus::Cancelled => statistics.cancelled_reservations += 1,
            ReservationStatus::Held | ReservationStatus::Paying | ReservationStatus::Expired => {}
        }
    }
    statistics
}

/// Events with holds that have ended, the longest waiting first, then cancelled ones to clear.
pub(super) fn due(state: &State, now: Timestamp, len_max: u32) -> Vec<EventId> {
    let first_hold = |id: &EventId| state.holds_of(*id).next().map(|(at, _)| (at, *id));
    let mut holding: Vec<(Timestamp, EventId)> = state
        .events
        .keys()
        .filter_map(first_hold)
        .filter(|(at, _)| *at <= now)
        .collect();
    holding.sort_unstable();
    let mut due: Vec<EventId> = holding.into_iter().map(|(_, id)| id).collect();
    for (id, row) in &state.events {
        let taken: u32 = row.grades.iter().map(|grade| grade.stock.taken()).sum();
        let live = row.event.state == SaleState::Cancelled && taken > being_paid(state, *id);
        if live && !due.contains(id) {
            due.push(*id);
        }
    }
    due.truncate(len_max as usize);
    due
}

/// Tickets of this event that somebody is paying for.
fn being_paid(state: &State, event: EventId) -> u32 {
    let paying = state.paying().iter().filter_map(|id| state.stored(*id));
    let of_event = paying.filter(|found| found.event == event);
    of_event.map(|found| found.quantity.get()).sum()
}

/// Payments whose outcome is not settled.
pub(super) fn payments_under_way(
    state: &State,
    after: Option<ReservationId>,
    len_max: u32,
) -> Vec<PaymentUnderWay> {
    let later = (
        after.map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded,
    );
    let paying = state.paying().range(later).take(len_max as usize);
    let found = paying.filter_map(|id| state.reservation(*id));
    let under_way = found.filter_map(|found| match &found.state {
        ReservationState::Paying { payment, .. } => Some(PaymentUnderWay {
            event: found.event,
            reservation: found.id,
            payment: payment.id,
            started_at: payment.started_at,
        }),
        _ => None,
    });
    under_way.collect()
}

/// Refunds that have not gone back yet.
pub(super) fn refunds_due(state: &State, after: Option<PaymentId>, len_max: u32) -> Vec<RefundDue> {
    let later = (
        after.map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded,
    );
    let refunds = state.refunds.range(later).map(|(_, refund)| refund);
    let pending = refunds.filter(|refund| refund.state == RefundState::Pending);
    let due = pending.take(len_max as usize).filter_map(|refund| {
        let row = state.payments.get(&refund.payment)?;
        Some(RefundDue {
            event: row.event,
            reservation: row.reservation,
            refund: refund.clone(),
        })
    });
    due.collect()
}
