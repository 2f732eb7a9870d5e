//! Rows of reservations, with their payments, refunds and tickets.

use std::collections::HashMap;

use boxoffice::buyer::UserId;
use boxoffice::grade::SeatLabel;
use boxoffice::ids::{EventId, PaymentId, ReservationId};
use boxoffice::payment::{Payment, PaymentState, Refund, RefundState};
use boxoffice::reservation::{
    Reservation, ReservationState, ReservationStatus, Ticket, TicketState,
};
use boxoffice::store::StoreError;

use super::columns::{BadColumn, Cells, Columns};
use crate::shape::SEAT_SEPARATOR;

/// Everything of the reservations `r` that the rest of the statement chooses. One statement, so
/// that a reservation, its payment and its tickets are of one moment; a row for each ticket.
pub(crate) const SELECT: &str = "SELECT r.reservation_id, r.event_id, r.user_id, r.seat_type, \
    r.quantity, r.seats, r.total_price, r.reserved_at, r.status, r.expires_at, r.extended, \
    r.payment_id, r.ended_at, \
    p.amount AS p_amount, p.method AS p_method, p.started_at AS p_started_at, \
    p.state AS p_state, p.settled_at AS p_settled_at, \
    f.amount AS f_amount, f.method AS f_method, f.expected_at AS f_expected_at, \
    f.state AS f_state, f.done_at AS f_done_at, \
    t.number AS t_number, t.seat AS t_seat, t.state AS t_state, t.used_at AS t_used_at \
    FROM reservations r \
    LEFT JOIN payments p ON p.payment_id = r.payment_id \
    LEFT JOIN refunds f ON f.payment_id = r.payment_id \
    LEFT JOIN tickets t ON t.reservation_id = r.reservation_id ";

/// Reservations from rows of [`SELECT`], those of a reservation side by side.
pub(crate) fn reservations<R: Cells>(rows: &[R]) -> Result<Vec<Reservation>, StoreError> {
    let mut reservations: Vec<Reservation> = Vec::new();
    for row in rows {
        let columns = Columns::new(row, "reservations", "");
        let id = columns.map("reservation_id", ReservationId::from_slice);
        let id = id.map_err(|bad| bad.of("?"))?;
        if reservations.last().is_none_or(|last| last.id != id) {
            reservations.push(reservation(row, columns, id).map_err(|bad| bad.of(id))?);
        }
        let ticket = ticket(Columns::new(row, "tickets", "t_")).map_err(|bad| bad.of(id))?;
        if let (Some(reservation), Some(ticket)) = (reservations.last_mut(), ticket) {
            reservation.tickets.push(ticket);
        }
    }
    Ok(reservations)
}

fn reservation(
    row: &dyn Cells,
    columns: Columns<'_>,
    id: ReservationId,
) -> Result<Reservation, BadColumn> {
    let seats: Option<&str> = columns.get("seats")?;
    let label = |label: &str| SeatLabel(label.into());
    Ok(Reservation {
        id,
        event: EventId(columns.get("event_id")?),
        user: columns.parse("user_id")?,
        seat_type: columns.parse("seat_type")?,
        quantity: columns.map("quantity", |count: i64| count.try_into().ok())?,
        seats: seats.map_or_else(Vec::new, |all| {
            all.split(SEAT_SEPARATOR).map(label).collect()
        }),
        total_price: columns.money("total_price")?,
        reserved_at: columns.time("reserved_at")?,
        state: state(row, columns)?,
        tickets: Vec::new(),
    })
}

fn state(row: &dyn Cells, columns: Columns<'_>) -> Result<ReservationState, BadColumn> {
    let expires_at = || columns.time("expires_at");
    let extended = || columns.get::<bool>("extended");
    Ok(match columns.map("status", ReservationStatus::from_name)? {
        ReservationStatus::Held => ReservationState::Held {
            expires_at: expires_at()?,
            extended: extended()?,
        },
        ReservationStatus::Paying => ReservationState::Paying {
            payment: payment(row, columns)?.ok_or_else(|| columns.bad("payment_id"))?,
            expires_at: expires_at()?,
            extended: extended()?,
        },
        ReservationStatus::Confirmed => ReservationState::Confirmed {
            payment: payment(row, columns)?,
        },
        ReservationStatus::Cancelled => ReservationState::Cancelled {
            at: columns.time("ended_at")?,
            payment: payment(row, columns)?,
            refund: refund(row, columns)?,
        },
        ReservationStatus::Expired => ReservationState::Expired {
            at: columns.time("ended_at")?,
        },
    })
}

fn payment_id(columns: Columns<'_>) -> Result<Option<PaymentId>, BadColumn> {
    let Some(bytes) = columns.get::<Option<&[u8]>>("payment_id")? else {
        return Ok(None);
    };
    PaymentId::from_slice(bytes)
        .map(Some)
        .ok_or_else(|| columns.bad("payment_id"))
}

fn payment(row: &dyn Cells, reservation: Columns<'_>) -> Result<Option<Payment>, BadColumn> {
    let id = payment_id(reservation)?;
    id.map(|id| payment_with(id, row)).transpose()
}

/// The payment of this id, from its columns of [`SELECT`].
pub(crate) fn payment_with(id: PaymentId, row: &dyn Cells) -> Result<Payment, BadColumn> {
    let columns = Columns::new(row, "payments", "p_");
    let settled_at = || columns.time("p_settled_at");
    let state = match columns.get("p_state")? {
        "PENDING" => PaymentState::Pending,
        "PAID" => PaymentState::Paid { at: settled_at()? },
        "DECLINED" => PaymentState::Declined { at: settled_at()? },
        "REFUNDED" => PaymentState::Refunded {
            paid_at: settled_at()?,
        },
        _ => return Err(columns.bad("p_state")),
    };
    Ok(Payment {
        id,
        amount: columns.money("p_amount")?,
        method: columns.get("p_method")?,
        started_at: columns.time("p_started_at")?,
        state,
    })
}

fn refund(row: &dyn Cells, reservation: Columns<'_>) -> Result<Option<Refund>, BadColumn> {
    match payment_id(reservation)? {
        Some(payment) => refund_with(payment, row),
        None => Ok(None),
    }
}

/// The refund of this payment, from its columns of [`SELECT`]; `None`: it has none.
pub(crate) fn refund_with(
    payment: PaymentId,
    row: &dyn Cells,
) -> Result<Option<Refund>, BadColumn> {
    let columns = Columns::new(row, "refunds", "f_");
    let state = match columns.get("f_state")? {
        None => return Ok(None),
        Some("PENDING") => RefundState::Pending,
        Some("DONE") => RefundState::Done {
            at: columns.time("f_done_at")?,
        },
        Some(_) => return Err(columns.bad("f_state")),
    };
    Ok(Some(Refund {
        payment,
        amount: columns.money("f_amount")?,
        method: columns.get("f_method")?,
        expected_at: columns.time("f_expected_at")?,
        state,
    }))
}

fn ticket(columns: Columns<'_>) -> Result<Option<Ticket>, BadColumn> {
    let Some(number) = columns.count_or_none("t_number")? else {
        return Ok(None);
    };
    let seat: Option<&str> = columns.get("t_seat")?;
    let state = match columns.get("t_state")? {
        "VALID" => TicketState::Valid,
        "USED" => TicketState::Used {
            at: columns.time("t_used_at")?,
        },
        "CANCELLED" => TicketState::Cancelled,
        _ => return Err(columns.bad("t_state")),
    };
    Ok(Some(Ticket {
        number,
        seat: seat.map(|label| SeatLabel(label.into())),
        state,
    }))
}

/// The ids in rows that have nothing else to tell.
pub(crate) fn ids<R: Cells>(rows: &[R]) -> Result<Vec<ReservationId>, StoreError> {
    let read = |row: &R| {
        Columns::new(row, "reservations", "").map("reservation_id", ReservationId::from_slice)
    };
    rows.iter()
        .map(read)
        .collect::<Result<_, BadColumn>>()
        .map_err(|bad| bad.of("?"))
}

/// How many tickets each buyer has, from rows of a buyer each.
pub(crate) fn holdings<R: Cells>(
    event: EventId,
    rows: &[R],
) -> Result<HashMap<UserId, u32>, StoreError> {
    let read = |row: &R| {
        let columns = Columns::new(row, "reservations", "");
        Ok((columns.parse("user_id")?, columns.count("tickets")?))
    };
    rows.iter()
        .map(read)
        .collect::<Result<_, BadColumn>>()
        .map_err(|bad| bad.of(event))
}
