//! An event's books, added up.

use std::collections::BTreeMap;

use boxoffice::event::EventSnapshot;
use boxoffice::grade::Seating;
use boxoffice::ids::{EventId, ReservationId, Version};
use boxoffice::invariants::{GradeLedger, Ledger};
use boxoffice::money::Money;
use boxoffice::payment::PaymentState;
use boxoffice::reservation::{Reservation, ReservationStatus, TicketState};
use boxoffice::time::Timestamp;

use super::state::{EventRow, LedTo, State};
use crate::shape::payment_of;

/// What the maps say of an event, deleted ones included.
pub(super) fn ledger(state: &State, event: EventId) -> Option<Ledger> {
    let row = state.events.get(&event)?;
    let snapshot = state.snapshot(event)?;
    let times: Vec<Timestamp> = row.log.values().map(|line| line.at).collect();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let mut ledger = Ledger {
        event,
        version: row.version,
        last_now: row.last_now,
        log_len: count(row.log.len()),
        log_version_max: row.log.keys().next_back().copied().unwrap_or(Version(0)),
        log_backwards: count(times.windows(2).filter(|pair| pair[1] < pair[0]).count()),
        log_last_now: times.into_iter().max().unwrap_or_default(),
        grades: row.grades.iter().map(grade_row).collect(),
        reservations_astray: 0,
        reservations_ticketed_wrong: 0,
        reservations_due_wrong: 0,
        keys_astray: keys_astray(state, event),
        claims_wrong: claims_wrong(state, &snapshot, row),
        money_in: Money::ZERO,
        money_ticketed: Money::ZERO,
        money_refunded: Money::ZERO,
    };
    for found in state.of_event(event).filter_map(|id| state.stored(id)) {
        count_reservation(&mut ledger, found);
    }
    count_money(&mut ledger, state, event);
    Some(ledger)
}

fn grade_row(grade: &boxoffice::grade::Grade) -> GradeLedger {
    let balanced = GradeLedger::balanced(grade.seat_type.clone(), grade.stock);
    GradeLedger {
        reserved_held: 0,
        reserved_sold: 0,
        tickets_live: 0,
        ..balanced
    }
}

fn count_reservation(ledger: &mut Ledger, found: &Reservation) {
    let admitting = found
        .tickets
        .iter()
        .filter(|ticket| ticket.state != TicketState::Cancelled);
    let admitting = i64::try_from(admitting.count()).unwrap_or(i64::MAX);
    let quantity = i64::from(found.quantity.get());
    let of_name = |grade: &&mut GradeLedger| grade.seat_type.as_ref() == Some(&found.seat_type);
    let mut astray = GradeLedger::default();
    let grade = if let Some(grade) = ledger.grades.iter_mut().find(of_name) {
        grade
    } else {
        ledger.reservations_astray += 1;
        &mut astray
    };
    grade.tickets_live += admitting;
    let wanted = match found.status() {
        ReservationStatus::Held | ReservationStatus::Paying => {
            grade.reserved_held += quantity;
            0
        }
        ReservationStatus::Confirmed => {
            grade.reserved_sold += quantity;
            quantity
        }
        ReservationStatus::Cancelled | ReservationStatus::Expired => 0,
    };
    ledger.reservations_ticketed_wrong += i64::from(admitting != wanted);
}

fn keys_astray(state: &State, event: EventId) -> i64 {
    let of_event = state
        .keys
        .iter()
        .filter(|((scope, ..), _)| *scope == Some(event));
    let astray = of_event.filter(|(_, row)| match row.led_to {
        LedTo::Reservation(id) => state.stored(id).is_none_or(|found| found.event != event),
        LedTo::Event(_) | LedTo::Profile => true,
    });
    i64::try_from(astray.count()).unwrap_or(i64::MAX)
}

fn claims_wrong(state: &State, snapshot: &EventSnapshot, row: &EventRow) -> i64 {
    let mut claimed: BTreeMap<ReservationId, u32> = BTreeMap::new();
    let mut wrong = 0;
    for (seat, id) in state.claims.get(&row.event.id).into_iter().flatten() {
        *claimed.entry(*id).or_default() += 1;
        let made = state.stored(*id).is_some_and(|found| {
            found.event == row.event.id && found.status().is_live() && found.seats.contains(seat)
        });
        wrong += i64::from(!made);
    }
    let found = state
        .of_event(row.event.id)
        .filter_map(|id| state.stored(id));
    for live in found.filter(|found| found.status().is_live()) {
        let grade = snapshot.grade(&live.seat_type);
        let assigned = grade.is_some_and(|grade| matches!(grade.seating, Seating::Assigned { .. }));
        let numbered = assigned || !live.seats.is_empty();
        let all = claimed.get(&live.id).copied().unwrap_or(0) == live.quantity.get();
        wrong += i64::from(numbered && !all);
    }
    wrong
}

fn count_money(ledger: &mut Ledger, state: &State, event: EventId) {
    for row in state.payments.values().filter(|row| row.event == event) {
        let amount = row.payment.amount;
        let of = state.stored(row.reservation);
        let confirmed = of.is_some_and(|found| {
            let own = payment_of(found).is_some_and(|payment| payment.id == row.payment.id);
            own && found.status() == ReservationStatus::Confirmed
        });
        match row.payment.state {
            PaymentState::Paid { .. } => {
                ledger.money_in = ledger.money_in.plus(amount);
                if confirmed {
                    ledger.money_ticketed = ledger.money_ticketed.plus(amount);
                }
            }
            PaymentState::Refunded { .. } => ledger.money_in = ledger.money_in.plus(amount),
            PaymentState::Pending | PaymentState::Declined { .. } => {}
        }
        if let Some(refund) = state.refunds.get(&row.payment.id) {
            ledger.money_refunded = ledger.money_refunded.plus(refund.amount);
        }
    }
}
