//! Reading payments and refunds: those of a batch, and those that wait for their provider.

use std::collections::HashMap;
use std::sync::LazyLock;

use boxoffice::group::PaymentRecord;
use boxoffice::ids::{EventId, PaymentId, ReservationId};
use boxoffice::store::{PaymentUnderWay, RefundDue, SECRET_LEN, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::failure::unavailable;
use super::statements::{Lookup, Values};
use crate::rows::payments::{
    REFUNDS_DUE, SECRET, SELECT, UNDER_WAY, kept_secret, payment_under_way, records, refund_due,
};

/// The event is compared after the payment is found: a group asks for a few.
pub(super) static BY_IDS: LazyLock<Lookup> = LazyLock::new(|| {
    let head = format!("{SELECT} WHERE +p.event_id = ? AND p.payment_id IN (");
    Lookup::new(&head, "?", ")")
});

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
    records(event, &rows)
}

/// See `Store::payments_under_way`.
pub(super) async fn under_way(
    connection: &mut SqliteConnection,
    after: Option<ReservationId>,
    len_max: u32,
) -> Result<Vec<PaymentUnderWay>, StoreError> {
    let after = after.as_ref().map_or(&[][..], ReservationId::as_bytes);
    let rows = page(connection, UNDER_WAY, after, len_max).await?;
    rows.iter().map(|row| payment_under_way(row)).collect()
}

/// See `Store::refunds_due`.
pub(super) async fn refunds_due(
    connection: &mut SqliteConnection,
    after: Option<PaymentId>,
    len_max: u32,
) -> Result<Vec<RefundDue>, StoreError> {
    let after = after.as_ref().map_or(&[][..], PaymentId::as_bytes);
    let rows = page(connection, REFUNDS_DUE, after, len_max).await?;
    rows.iter().map(|row| refund_due(row)).collect()
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
    kept_secret(name, &row).map(Some)
}
