//! What every store refuses in a group before it asks a database, so that all refuse the same.

use std::collections::HashSet;

use boxoffice::event::NewEvent;
use boxoffice::grade::{Grade, SeatLabel, Seating};
use boxoffice::group::Group;
use boxoffice::payment::{Payment, Refund};
use boxoffice::reservation::{Reservation, ReservationState, ReservationStatus};
use boxoffice::seats::{ROWS_MAX, SEATS_PER_ROW_MAX, SeatState};

/// Longest seat label: a grade of 32 bytes, a row and a number.
pub(crate) const SEAT_LABEL_BYTES_MAX: usize = 64;

/// Longest way to pay.
pub(crate) const METHOD_BYTES_MAX: usize = 32;

/// Longest name of a node.
pub(crate) const ACTOR_BYTES_MAX: usize = 128;

/// What separates the seats of a reservation where they are stored together.
pub(crate) const SEAT_SEPARATOR: char = ',';

/// Checks that each grade's stock adds up and that no grade is there twice.
pub(crate) fn check_new_event(new: &NewEvent) -> Result<(), String> {
    let mut names = HashSet::new();
    for grade in &new.grades {
        check_grade(grade)?;
        expect(names.insert(&grade.seat_type), || {
            format!("grade {} twice", grade.seat_type)
        })?;
    }
    Ok(())
}

/// Checks what no type of the box office rules out.
pub(crate) fn check_group(group: &Group) -> Result<(), String> {
    let changes = &group.changes;
    expect(group.actor.len() <= ACTOR_BYTES_MAX, || {
        "the actor's name is too long".to_owned()
    })?;
    if let Some(event) = &changes.event {
        expect(event.id == group.event, || {
            format!("event {} in another's group", event.id)
        })?;
    }
    changes.grades.iter().try_for_each(check_grade)?;
    let mut ids = HashSet::with_capacity(changes.reservations.len());
    for touched in &changes.reservations {
        let reservation = &*touched.reservation;
        expect(ids.insert(reservation.id), || {
            format!("reservation {} twice", reservation.id)
        })?;
        expect(reservation.event == group.event, || {
            format!("reservation {} of another event", reservation.id)
        })?;
        check_reservation(reservation)?;
    }
    let methods = changes.payments.iter().map(|(_, payment)| &payment.method);
    let refunds = changes.refunds.iter().map(|refund| &refund.method);
    methods
        .chain(refunds)
        .try_for_each(|method| check_method(method))
}

fn check_grade(grade: &Grade) -> Result<(), String> {
    let sum = [grade.stock.available, grade.stock.held, grade.stock.sold]
        .iter()
        .map(|count| u64::from(*count))
        .sum::<u64>();
    expect(sum == u64::from(grade.stock.total), || {
        format!("the stock of {} does not add up", grade.seat_type)
    })?;
    expect(grade.price.0 >= 0, || {
        format!("the price of {} is negative", grade.seat_type)
    })?;
    let Seating::Assigned {
        rows,
        seats_per_row,
    } = grade.seating
    else {
        return Ok(());
    };
    let fits = rows <= ROWS_MAX && seats_per_row <= SEATS_PER_ROW_MAX;
    expect(fits && rows * seats_per_row == grade.stock.total, || {
        format!("the rows of {} do not add up", grade.seat_type)
    })
}

fn check_reservation(reservation: &Reservation) -> Result<(), String> {
    let tickets = reservation
        .tickets
        .iter()
        .filter_map(|ticket| ticket.seat.as_ref());
    for SeatLabel(label) in reservation.seats.iter().chain(tickets) {
        let fits = (1..=SEAT_LABEL_BYTES_MAX).contains(&label.len());
        expect(fits && !label.contains(SEAT_SEPARATOR), || {
            format!("{label:?} is no seat")
        })?;
    }
    let ascending = reservation
        .tickets
        .is_sorted_by(|one, next| one.number < next.number);
    expect(ascending, || {
        format!("the tickets of {} are out of order", reservation.id)
    })?;
    if let Some(refund) = refund_of(reservation) {
        check_method(&refund.method)?;
    }
    Ok(())
}

fn check_method(method: &str) -> Result<(), String> {
    expect(method.len() <= METHOD_BYTES_MAX, || {
        "the way to pay is too long".to_owned()
    })
}

fn expect(holds: bool, mistake: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(mistake()) }
}

/// Where a seat stands that a reservation of this status has claimed; `None`: one that is lost.
pub(crate) const fn claimed(status: Option<ReservationStatus>) -> SeatState {
    match status {
        Some(ReservationStatus::Confirmed) => SeatState::Sold,
        _ => SeatState::Held,
    }
}

/// The payment that is part of a reservation's state.
pub(crate) const fn payment_of(reservation: &Reservation) -> Option<&Payment> {
    match &reservation.state {
        ReservationState::Held { .. } | ReservationState::Expired { .. } => None,
        ReservationState::Paying { payment, .. } => Some(payment),
        ReservationState::Confirmed { payment } | ReservationState::Cancelled { payment, .. } => {
            payment.as_ref()
        }
    }
}

/// The refund that is part of a reservation's state.
pub(crate) const fn refund_of(reservation: &Reservation) -> Option<&Refund> {
    match &reservation.state {
        ReservationState::Cancelled { refund, .. } => refund.as_ref(),
        _ => None,
    }
}
