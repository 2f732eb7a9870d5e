//! Rows of payments and refunds: those of a batch, and those that wait for their provider.

use std::collections::HashMap;

use boxoffice::group::PaymentRecord;
use boxoffice::ids::{EventId, PaymentId, ReservationId};
use boxoffice::store::{PaymentUnderWay, RefundDue, SECRET_LEN, StoreError};

use super::columns::{BadColumn, Cells, Columns};
use super::reservations::{payment_with, refund_with};

/// Payments `p` with their refunds, as [`records`] reads them.
pub(crate) const SELECT: &str = "SELECT p.payment_id, p.reservation_id, p.amount AS p_amount, \
    p.method AS p_method, p.started_at AS p_started_at, p.state AS p_state, \
    p.settled_at AS p_settled_at, f.amount AS f_amount, f.method AS f_method, \
    f.expected_at AS f_expected_at, f.state AS f_state, f.done_at AS f_done_at \
    FROM payments p LEFT JOIN refunds f ON f.payment_id = p.payment_id";

/// A row without its payment would be a broken database; it must not hide the others.
pub(crate) const UNDER_WAY: &str = "SELECT r.event_id, r.reservation_id, r.payment_id, \
    p.started_at FROM reservations r CROSS JOIN payments p ON p.payment_id = r.payment_id \
    WHERE r.status = 'PAYING' AND r.reservation_id > ? ORDER BY r.reservation_id LIMIT ?";

pub(crate) const REFUNDS_DUE: &str = "SELECT p.event_id, p.reservation_id, f.payment_id, \
    f.amount AS f_amount, f.method AS f_method, f.expected_at AS f_expected_at, \
    f.state AS f_state, f.done_at AS f_done_at \
    FROM refunds f CROSS JOIN payments p ON p.payment_id = f.payment_id \
    WHERE f.state = 'PENDING' AND f.payment_id > ? ORDER BY f.payment_id LIMIT ?";

pub(crate) const SECRET: &str = "SELECT secret FROM secrets WHERE name = ?";

/// Payments by their ids, from rows of [`SELECT`].
pub(crate) fn records<R: Cells>(
    event: EventId,
    rows: &[R],
) -> Result<HashMap<PaymentId, PaymentRecord>, StoreError> {
    let read = |row: &R| {
        let columns = Columns::new(row, "payments", "");
        let id = columns.map("payment_id", PaymentId::from_slice)?;
        let record = PaymentRecord {
            reservation: columns.map("reservation_id", ReservationId::from_slice)?,
            payment: payment_with(id, row)?,
            refund: refund_with(id, row)?,
        };
        Ok((id, record))
    };
    rows.iter()
        .map(read)
        .collect::<Result<_, BadColumn>>()
        .map_err(|bad| bad.of(event))
}

/// The payment in a row of [`UNDER_WAY`].
pub(crate) fn payment_under_way(row: &dyn Cells) -> Result<PaymentUnderWay, StoreError> {
    let columns = Columns::new(row, "reservations", "");
    let id = columns.map("reservation_id", ReservationId::from_slice);
    let reservation = id.map_err(|bad| bad.of("?"))?;
    let rest = || -> Result<PaymentUnderWay, BadColumn> {
        Ok(PaymentUnderWay {
            event: EventId(columns.get("event_id")?),
            reservation,
            payment: columns.map("payment_id", PaymentId::from_slice)?,
            started_at: Columns::new(row, "payments", "").time("started_at")?,
        })
    };
    rest().map_err(|bad| bad.of(reservation))
}

/// The refund in a row of [`REFUNDS_DUE`].
pub(crate) fn refund_due(row: &dyn Cells) -> Result<RefundDue, StoreError> {
    let columns = Columns::new(row, "refunds", "");
    let id = columns.map("payment_id", PaymentId::from_slice);
    let payment = id.map_err(|bad| bad.of("?"))?;
    let rest = || -> Result<RefundDue, BadColumn> {
        Ok(RefundDue {
            event: EventId(columns.get("event_id")?),
            reservation: columns.map("reservation_id", ReservationId::from_slice)?,
            refund: refund_with(payment, row)?.ok_or_else(|| columns.bad("state"))?,
        })
    };
    rest().map_err(|bad| bad.of(payment))
}

/// The secret in a row of [`SECRET`].
pub(crate) fn kept_secret(name: &str, row: &dyn Cells) -> Result<[u8; SECRET_LEN], StoreError> {
    let columns = Columns::new(row, "secrets", "");
    let secret = columns.map("secret", |bytes: &[u8]| bytes.try_into().ok());
    secret.map_err(|bad| bad.of(name))
}
