//! Rows of idempotency keys.

use boxoffice::buyer::UserId;
use boxoffice::idempotency::{BodyHash, IdempotencyKey, KeyRecord, KeyedRequest};
use boxoffice::ids::ReservationId;
use boxoffice::store::StoreError;

use super::columns::{BadColumn, Cells, Columns};

/// A key that led to a success.
pub(crate) fn key_record(
    row: &dyn Cells,
) -> Result<((UserId, IdempotencyKey), KeyRecord), StoreError> {
    let columns = Columns::new(row, "idempotency", "");
    let read = || -> Result<KeyRecord, BadColumn> {
        let body = columns.map("body_hash", |bytes: &[u8]| bytes.try_into().ok())?;
        let key: IdempotencyKey = columns.parse("request_key")?;
        Ok(KeyRecord {
            user: columns.parse("user_id")?,
            request: KeyedRequest {
                key,
                body: BodyHash(body),
            },
            reservation: columns.map("reservation_id", ReservationId::from_slice)?,
            at: columns.time("made_at")?,
        })
    };
    let id = || columns.get::<&str>("request_key").unwrap_or("?");
    let record = read().map_err(|bad| bad.of(id()))?;
    Ok(((record.user.clone(), record.request.key.clone()), record))
}
