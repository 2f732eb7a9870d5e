//! Reading payments and refunds: those of a batch, and those that wait for their provider.

use std::collections::HashMap;
use std::sync::LazyLock;

use boxoffice::group::PaymentRecord;
use boxoffice::ids::{EventId, PaymentId, ReservationId};
use boxoffice::store::{PaymentUnderWay, RefundDue, SECRET_LEN, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::columns::{BadColumn, Columns};
use super::failure::unavailable;
use super::reservation_rows::{payment_with, refund_with};
use super::statements::{Lookup, Values};

/// The event is compared after the payment is found: a group asks for a few.
pub(super) static BY_IDS: LazyLock<Lookup> = LazyLock::new(|| {
    let head = "SELECT p.payment_id, p.reservation_id, p.amount AS p_amount, \
        p.method AS p_method, p.started_at AS p_started_at, p.state AS p_state, \
        p.settled_at AS p_settled_at, f.amount AS f_amount, f.method AS f_method, \
        f.expected_at AS f_expected_at, f.state AS f_state, f.done_at AS f_done_at \
        FROM payments p LEFT JOIN refunds f ON f.payment_id = p.payment_id \
        WHERE +p.event_id = ? AND p.payment_id IN (";
    Lookup::new(head, "?", ")")
});

pub(super) const UNDER_WAY: &str = "SELECT r.event_id, r.reservation_id, r.payment_id, \
    p.started_at FROM reservations r LEFT JOIN payments p ON p.payment_id = r.payment_id \
    WHERE r.status = 'PAYING' AND r.reservation_id > ? ORDER BY r.reservation_id LIMIT ?";

pub(super) const REFUNDS_DUE: &str = "SELECT p.event_id, p.reservation_id, f.payment_id, \
    f.amount AS f_amount, f.method AS f_method, f.expected_at AS f_expected_at, \
    f.state AS f_state, f.done_at AS f_done_at \
    FROM refunds f CROSS JOIN payments p ON p.payment_id = f.payment_id \
    WHERE f.state = 'PENDING' AND f.payment_id > ? ORDER BY f.payment_id LIMIT ?";

const SECRET: &str = "SELECT secret FROM secrets WHERE name = ?";

/// The event's payments of these ids.
pub(super) async fn by_ids(
    connection: &mut SqliteConnection,
    event: EventId,
    ids: &[PaymentId],
) -> Result<HashMap<PaymentId, PaymentRecord>, StoreError> {
    let bind_event = |values: &mut Values| {
        values.int(event.0);
    };
    let bind_id = |values: &mut Values, id: &PaymentId| {
        values.bytes(id.as_bytes());
    };
    let rows = BY_IDS.rows(connection, ids, bind_event, bind_id).await;
    let rows = rows.map_err(|error| unavailable(&error))?;
    let read = |row: &SqliteRow| {
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

/// See `Store::payments_under_way`.
pub(super) async fn under_way(
    connection: &mut SqliteConnection,
    after: Option<ReservationId>,
    len_max: u32,
) -> Result<Vec<PaymentUnderWay>, StoreError> {
    let after = after.as_ref().map_or(&[][..], ReservationId::as_bytes);
    let rows = page(connection, UNDER_WAY, after, len_max).await?;
    let read = |row: &SqliteRow| {
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
    };
    rows.iter().map(read).collect()
}

/// See `Store::refunds_due`.
pub(super) async fn refunds_due(
    connection: &mut SqliteConnection,
    after: Option<PaymentId>,
    len_max: u32,
) -> Result<Vec<RefundDue>, StoreError> {
    let after = after.as_ref().map_or(&[][..], PaymentId::as_bytes);
    let rows = page(connection, REFUNDS_DUE, after, len_max).await?;
    let read = |row: &SqliteRow| {
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
    };
    rows.iter().map(read).collect()
}

async fn page(
    connection: &mut SqliteConnection,
    sql: &'static str,
    after: &[u8],
    len_max: u32,
) -> Result<Vec<SqliteRow>, StoreError> {
    let mut values = Values::default();
    values.bytes(after).int(len_max.into());
    let rows = values.rows(sql, connection).await;
    rows.map_err(|error| unavailable(&error))
}

/// The secret of this name, if it is kept.
pub(super) async fn secret(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<[u8; SECRET_LEN]>, StoreError> {
    let mut values = Values::default();
    values.text(name);
    let row = values.row(SECRET, connection).await;
    let Some(row) = row.map_err(|error| unavailable(&error))? else {
        return Ok(None);
    };
    let columns = Columns::new(&row, "secrets", "");
    let secret = columns.map("secret", |bytes: &[u8]| bytes.try_into().ok());
    secret.map(Some).map_err(|bad| bad.of(name))
}
