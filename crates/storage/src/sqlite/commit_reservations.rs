//! Writing the reservations of a group, their tickets and the seats they claim.

use std::sync::LazyLock;

use boxoffice::grade::SeatLabel;
use boxoffice::group::Touched;
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::reservation::{Reservation, ReservationState, Ticket, TicketState};
use boxoffice::time::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::commit::{Of, expect_changed};
use super::failure::Failure;
use super::statements::{Lookup, Values, WriteRows};
use crate::names;
use crate::shape::{SEAT_SEPARATOR, payment_of};

static INSERT_RESERVATIONS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "INSERT OR FAIL INTO reservations (event_id, user_id, seat_type, quantity, seats, \
        total_price, reserved_at, reservation_id, status, expires_at, extended, payment_id, \
        ended_at, due_at) VALUES ";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "")
});

pub(super) static UPDATE_RESERVATIONS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "WITH v (event_id, reservation_id, status, expires_at, extended, payment_id, \
        ended_at, due_at) AS (VALUES ";
    let tail = ") UPDATE reservations SET status = v.status, expires_at = v.expires_at, \
        extended = v.extended, payment_id = v.payment_id, ended_at = v.ended_at, \
        due_at = v.due_at FROM v WHERE reservations.reservation_id = v.reservation_id \
        AND reservations.event_id = v.event_id";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?, ?, ?)", tail)
});

const TICKETS_ROW: &str = "(?, ?, ?, ?, ?, ?)";

static INSERT_TICKETS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "INSERT OR FAIL INTO tickets (reservation_id, number, seat, state, used_at, \
        used_event_id) VALUES ";
    WriteRows::new(head, TICKETS_ROW, "")
});

/// A reservation that is confirmed now brings its tickets; one that was before changes them.
pub(super) static PUT_TICKETS: LazyLock<WriteRows> = LazyLock::new(|| {
    let tail = " ON CONFLICT (reservation_id, number) DO UPDATE SET seat = excluded.seat, \
        state = excluded.state, used_at = excluded.used_at, used_event_id = excluded.used_event_id";
    let head = "INSERT INTO tickets (reservation_id, number, seat, state, used_at, used_event_id) \
        VALUES ";
    WriteRows::new(head, TICKETS_ROW, tail)
});

static INSERT_CLAIMS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "INSERT OR FAIL INTO seat_claims (event_id, seat, reservation_id) VALUES ";
    WriteRows::new(head, "(?, ?, ?)", "")
});

pub(super) static COUNT_LIVE_SEATS: LazyLock<Lookup> = LazyLock::new(|| {
    let head = "SELECT COALESCE(SUM(quantity), 0) FROM reservations \
        WHERE status IN ('HELD', 'PAYING', 'CONFIRMED') AND reservation_id IN (";
    Lookup::new(head, "?", ")")
});

/// Names the seat's reservation too: an ended reservation must not give away a seat that has been
/// claimed by another since.
pub(super) static DELETE_CLAIMS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "WITH v (event_id, seat, reservation_id) AS (VALUES ";
    let tail = ") DELETE FROM seat_claims WHERE event_id IN (SELECT event_id FROM v) \
        AND seat IN (SELECT seat FROM v) AND +reservation_id IN (SELECT reservation_id FROM v)";
    WriteRows::new(head, "(?, ?, ?)", tail)
});

/// Inserts new reservations, their tickets and claims.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    new: &[Of<'_, Touched>],
) -> Result<(), Failure> {
    if new.is_empty() {
        return Ok(());
    }
    let changed = INSERT_RESERVATIONS
        .execute(connection, new, |values, (event, touched)| {
            let reservation = &*touched.reservation;
            values
                .int(event.0)
                .text(reservation.user.as_str())
                .text(reservation.seat_type.as_str())
                .int(reservation.quantity.get().into())
                .text_or_null(joined(&reservation.seats).as_deref())
                .int(reservation.total_price.0)
                .int(reservation.reserved_at.as_micros());
            bind_state(values, reservation);
        })
        .await?;
    expect_changed("reservations", new.len(), changed)?;
    write_tickets(&INSERT_TICKETS, connection, new).await?;
    let claims = claims(new, |reservation| reservation.status().is_live());
    let changed = INSERT_CLAIMS
        .execute(connection, &claims, bind_claim)
        .await?;
    expect_changed("seat_claims", claims.len(), changed)
}

/// Updates reservations; gives back the seats of those that end.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    updated: &[Of<'_, Touched>],
) -> Result<(), Failure> {
    if updated.is_empty() {
        return Ok(());
    }
    // An event at a time: seats of different events have the same names.
    for updated in updated.chunk_by(|(one, _), (next, _)| one == next) {
        delete_claims(connection, updated).await?;
    }
    let changed = UPDATE_RESERVATIONS
        .execute(connection, updated, |values, (event, touched)| {
            values.int(event.0);
            bind_state(values, &touched.reservation);
        })
        .await?;
    expect_changed("reservations", updated.len(), changed)?;
    write_tickets(&PUT_TICKETS, connection, updated).await
}

/// Deletes as many claims as those of `updated` that end now have seats. Counted before the
/// reservations are updated: one that ended earlier has no claim to give back.
async fn delete_claims(
    connection: &mut SqliteConnection,
    updated: &[Of<'_, Touched>],
) -> Result<(), Failure> {
    let claims = claims(updated, |reservation| !reservation.status().is_live());
    if claims.is_empty() {
        return Ok(());
    }
    let mut ended: Vec<ReservationId> = claims.iter().map(|(_, _, id)| *id).collect();
    ended.dedup();
    let bind_id = |values: &mut Values, id: &ReservationId| {
        values.bytes(id.as_bytes());
    };
    let mut wanted = 0;
    for row in COUNT_LIVE_SEATS
        .rows(connection, &ended, |_| (), bind_id)
        .await?
    {
        wanted += usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0);
    }
    let changed = DELETE_CLAIMS
        .execute(connection, &claims, bind_claim)
        .await?;
    expect_changed("seat_claims", wanted, changed)
}

async fn write_tickets(
    statement: &WriteRows,
    connection: &mut SqliteConnection,
    touched: &[Of<'_, Touched>],
) -> Result<(), Failure> {
    let tickets: Vec<(EventId, ReservationId, &Ticket)> = touched
        .iter()
        .flat_map(|(event, touched)| {
            let reservation = &*touched.reservation;
            let tickets = reservation.tickets.iter();
            tickets.map(|ticket| (*event, reservation.id, ticket))
        })
        .collect();
    let changed = statement
        .execute(connection, &tickets, |values, (event, id, ticket)| {
            values.bytes(id.as_bytes()).int(ticket.number.into());
            match &ticket.seat {
                Some(SeatLabel(label)) => values.shared_text(label),
                None => values.text_or_null(None),
            };
            let used_at = match ticket.state {
                TicketState::Used { at } => Some(at.as_micros()),
                TicketState::Valid | TicketState::Cancelled => None,
            };
            values
                .text(names::ticket_state(ticket.state))
                .int_or_null(used_at)
                .int_or_null(used_at.map(|_| event.0));
        })
        .await?;
    expect_changed("tickets", tickets.len(), changed)
}

fn claims<'t>(
    touched: &[Of<'t, Touched>],
    wanted: impl Fn(&Reservation) -> bool,
) -> Vec<(EventId, &'t SeatLabel, ReservationId)> {
    touched
        .iter()
        .map(|(event, touched)| (*event, &*touched.reservation))
        .filter(|(_, reservation)| wanted(reservation))
        .flat_map(|(event, reservation)| {
            let seats = reservation.seats.iter();
            seats.map(move |seat| (event, seat, reservation.id))
        })
        .collect()
}

fn bind_claim(
    values: &mut Values,
    (event, SeatLabel(label), id): &(EventId, &SeatLabel, ReservationId),
) {
    values.int(event.0).shared_text(label).bytes(id.as_bytes());
}

/// Binds id, status, `expires_at`, `extended`, `payment_id`, `ended_at` and `due_at`.
fn bind_state(values: &mut Values, reservation: &Reservation) {
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
    let payment = payment_of(reservation).map(|payment| payment.id);
    values
        .bytes(reservation.id.as_bytes())
        .text(reservation.status().as_str())
        .int_or_null(expires_at.map(Timestamp::as_micros))
        .int(extended.into())
        .bytes_or_null(payment.as_ref().map(boxoffice::ids::PaymentId::as_bytes))
        .int_or_null(ended_at.map(Timestamp::as_micros))
        .int_or_null(reservation.due_at().map(Timestamp::as_micros));
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
