//! Writing the reservations of groups, their tickets and the seats they claim.

use boxoffice::grade::SeatLabel;
use boxoffice::group::Touched;
use boxoffice::ids::{PaymentId, ReservationId};
use boxoffice::reservation::{Reservation, ReservationState, Ticket, TicketState};
use boxoffice::time::Timestamp;

use super::commit::{Guard, Writing};
use super::packet::Value;
use crate::names;
use crate::shape::{SEAT_SEPARATOR, payment_of};

const INSERT_RESERVATIONS: &str = "INSERT INTO reservations (event_id, user_id, seat_type, \
    quantity, seats, total_price, reserved_at, reservation_id, status, expires_at, extended, \
    payment_id, ended_at, due_at) VALUES ";

/// The columns that change, with the event and the id in front.
const STATE: [&str; 8] = [
    "event_id",
    "id",
    "status",
    "expires_at",
    "extended",
    "payment_id",
    "ended_at",
    "due_at",
];

const UPDATE_RESERVATIONS: (&str, &str) = (
    "UPDATE (",
    ") v STRAIGHT_JOIN reservations r ON r.reservation_id = v.id SET r.status = v.status, \
     r.expires_at = v.expires_at, r.extended = v.extended, r.payment_id = v.payment_id, \
     r.ended_at = v.ended_at, r.due_at = v.due_at WHERE r.event_id = v.event_id",
);

const INSERT_TICKETS: &str = "INSERT INTO tickets (reservation_id, number, seat, state, used_at, \
    used_event_id) VALUES ";

/// A reservation that is confirmed now brings its tickets; one that was before changes them.
const SAME_TICKETS: &str = " ON DUPLICATE KEY UPDATE seat = VALUES(seat), \
    state = VALUES(state), used_at = VALUES(used_at), used_event_id = VALUES(used_event_id)";

const INSERT_CLAIMS: &str = "INSERT INTO seat_claims (event_id, seat, reservation_id) VALUES ";

const COUNT_LIVE_SEATS: (&str, &str) = (
    "SET @seats = (SELECT COALESCE(SUM(quantity), 0) FROM reservations \
     WHERE status IN ('HELD', 'PAYING', 'CONFIRMED') AND reservation_id IN (",
    "))",
);

/// Names the seat's reservation too: an ended reservation must not give away a seat that has been
/// claimed by another since.
const DELETE_CLAIMS: &str = "DELETE FROM seat_claims WHERE (event_id, seat, reservation_id) IN (";

/// Inserts new reservations, their tickets and claims.
pub(super) fn insert(writing: &mut Writing, new: &[&Touched]) {
    if new.is_empty() {
        return;
    }
    let rows = new.iter().map(|touched| {
        let reservation = &*touched.reservation;
        let [id, status, expires_at, extended, payment, ended_at, due_at] = state(reservation);
        [
            reservation.event.0.into(),
            reservation.user.as_str().into(),
            reservation.seat_type.as_str().into(),
            reservation.quantity.get().into(),
            joined(&reservation.seats).into(),
            reservation.total_price.0.into(),
            reservation.reserved_at.as_micros().into(),
            id,
            status,
            expires_at,
            extended,
            payment,
            ended_at,
            due_at,
        ]
    });
    writing
        .packet
        .add_rows((INSERT_RESERVATIONS, ""), &[], rows);
    write_tickets(writing, "", new);
    let claims = claims(new, |reservation| reservation.status().is_live());
    if !claims.is_empty() {
        let rows = claim_rows(&claims);
        writing.packet.add_rows((INSERT_CLAIMS, ""), &[], rows);
    }
}

/// Updates reservations whose seats were given back where they end.
pub(super) fn update(writing: &mut Writing, updated: &[&Touched]) {
    if updated.is_empty() {
        return;
    }
    let rows = updated.iter().map(|touched| {
        let reservation = &*touched.reservation;
        let [id, status, expires_at, extended, payment, ended_at, due_at] = state(reservation);
        let event = reservation.event.0.into();
        [
            event, id, status, expires_at, extended, payment, ended_at, due_at,
        ]
    });
    writing
        .packet
        .add_table(UPDATE_RESERVATIONS, &[], STATE, rows);
    writing.expect_changed(Guard::Reservations, updated.len());
    write_tickets(writing, SAME_TICKETS, updated);
}

/// Deletes as many claims as those of `updated`, all of one event, that end now have seats. Counted
/// before the reservations are updated: one that ended earlier has no claim to give back.
///
/// Of one event, because claims that one event lacks must not be made up for by another's.
pub(super) fn delete_claims(writing: &mut Writing, updated: &[&Touched]) {
    let claims = claims(updated, |reservation| !reservation.status().is_live());
    if claims.is_empty() {
        return;
    }
    let mut ended: Vec<ReservationId> = claims.iter().map(|(_, ended)| ended.id).collect();
    ended.dedup();
    let ids = ended.iter().map(|id| [id.as_bytes().into()]);
    writing.packet.add_rows(COUNT_LIVE_SEATS, &[], ids);
    let rows = claim_rows(&claims);
    writing.packet.add_rows((DELETE_CLAIMS, ")"), &[], rows);
    writing.packet.add(
        "SET @wrong = IF(ROW_COUNT() = @seats, @wrong, ?)",
        &[(Guard::Claims as i64).into()],
    );
}

fn write_tickets(writing: &mut Writing, tail: &str, touched: &[&Touched]) {
    let tickets: Vec<(&Reservation, &Ticket)> = touched
        .iter()
        .flat_map(|touched| {
            let reservation = &*touched.reservation;
            let tickets = reservation.tickets.iter();
            tickets.map(move |ticket| (reservation, ticket))
        })
        .collect();
    if tickets.is_empty() {
        return;
    }
    let rows = tickets.iter().map(|(reservation, ticket)| {
        let seat = ticket.seat.as_ref().map(|SeatLabel(label)| &**label);
        let used_at = match ticket.state {
            TicketState::Used { at } => Some(at.as_micros()),
            TicketState::Valid | TicketState::Cancelled => None,
        };
        [
            reservation.id.as_bytes().into(),
            ticket.number.into(),
            seat.into(),
            names::ticket_state(ticket.state).into(),
            used_at.into(),
            used_at.map(|_| reservation.event.0).into(),
        ]
    });
    writing.packet.add_rows((INSERT_TICKETS, tail), &[], rows);
}

fn claims<'t>(
    touched: &[&'t Touched],
    wanted: impl Fn(&Reservation) -> bool,
) -> Vec<(&'t SeatLabel, &'t Reservation)> {
    let reservations = touched.iter().map(|touched| &*touched.reservation);
    reservations
        .filter(|reservation| wanted(reservation))
        .flat_map(|reservation| {
            reservation
                .seats
                .iter()
                .map(move |seat| (seat, reservation))
        })
        .collect()
}

fn claim_rows<'c>(
    claims: &'c [(&'c SeatLabel, &'c Reservation)],
) -> impl Iterator<Item = [Value<'c>; 3]> {
    claims.iter().map(|(SeatLabel(label), claimer)| {
        [
            claimer.event.0.into(),
            (&**label).into(),
            claimer.id.as_bytes().into(),
        ]
    })
}

/// What [`STATE`] names after the event.
fn state(reservation: &Reservation) -> [Value<'_>; 7] {
    let (expires_at, extended, ended_at) = match reservation.state {
        ReservationState::Held {
            expires_at,
            extended,
        }
        | ReservationState::Paying {
            expires_at,
            extended,
            ..
        } => (Some(expires_at), extended, None),
        ReservationState::Confirmed { .. } => (None, false, None),
        ReservationState::Cancelled { at, .. } | ReservationState::Expired { at } => {
            (None, false, Some(at))
        }
    };
    let payment = payment_of(reservation).map(|payment| &payment.id);
    [
        reservation.id.as_bytes().into(),
        reservation.status().as_str().into(),
        expires_at.map(Timestamp::as_micros).into(),
        i64::from(extended).into(),
        payment.map(PaymentId::as_bytes).into(),
        ended_at.map(Timestamp::as_micros).into(),
        reservation.due_at().map(Timestamp::as_micros).into(),
    ]
}

fn joined(seats: &[SeatLabel]) -> Option<String> {
    let (first, rest) = seats.split_first()?;
    Some(
        rest.iter()
            .fold(first.0.to_string(), |mut all, SeatLabel(label)| {
                all.push(SEAT_SEPARATOR);
                all.push_str(label);
                all
            }),
    )
}
