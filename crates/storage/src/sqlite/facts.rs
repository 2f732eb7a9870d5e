//! What a batch of commands needs to know, in a handful of statements.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use boxoffice::buyer::UserId;
use boxoffice::group::{Facts, FactsQuery};
use boxoffice::idempotency::{IdempotencyKey, KeyRecord};
use boxoffice::ids::{EventId, ReservationId, Version};
use boxoffice::reservation::Reservation;
use boxoffice::store::StoreError;
use boxoffice::time::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::failure::unavailable;
use super::statements::{Lookup, Values};
use super::{read_payments, read_reservations};
use crate::rows::columns::{Cells, Columns};
use crate::rows::keys::key_record;
use crate::rows::reservations::{holdings as holdings_in, ids};

const VERSION: &str = "SELECT version FROM events WHERE id = ? AND deleted_at IS NULL";

/// The version in a row of its own, then the keys: one statement for the two that most batches ask.
///
/// `CROSS JOIN` keeps the tables in this order: each wanted key is looked up in the index. Left to
/// itself, `SQLite` reads every key of the event.
pub(super) static VERSION_AND_KEYS: LazyLock<Lookup> = LazyLock::new(|| {
    let head = "WITH asked (event_id) AS (VALUES (?)), \
        wanted (user_id, request_key) AS (VALUES ";
    let tail = ") SELECT e.version, NULL AS user_id, NULL AS request_key, NULL AS body_hash, \
        NULL AS reservation_id, NULL AS made_at \
        FROM asked a CROSS JOIN events e ON e.id = a.event_id AND e.deleted_at IS NULL \
        UNION ALL \
        SELECT NULL, i.user_id, i.request_key, i.body_hash, i.reservation_id, i.made_at \
        FROM asked a CROSS JOIN wanted w \
        CROSS JOIN idempotency i ON i.event_id = a.event_id AND i.user_id = w.user_id \
        AND i.request_key = w.request_key";
    Lookup::new(head, "(?, ?)", tail)
});

pub(super) static KEYS_BY_RESERVATION: LazyLock<Lookup> = LazyLock::new(|| {
    let head = "WITH asked (event_id) AS (VALUES (?)), \
        wanted (reservation_id, request_key) AS (VALUES ";
    let tail = ") SELECT i.user_id, i.request_key, i.body_hash, i.reservation_id, i.made_at \
        FROM asked a CROSS JOIN wanted w \
        CROSS JOIN reservations r ON r.reservation_id = w.reservation_id \
        AND r.event_id = a.event_id \
        CROSS JOIN idempotency i ON i.event_id = a.event_id AND i.user_id = r.user_id \
        AND i.request_key = w.request_key";
    Lookup::new(head, "(?, ?)", tail)
});

/// The plus takes the event's index out of the choice: a buyer's own reservations are few.
pub(super) static HOLDINGS: LazyLock<Lookup> = LazyLock::new(|| {
    let head = "SELECT user_id, SUM(quantity) AS tickets FROM reservations WHERE +event_id = ? \
        AND status IN ('HELD', 'PAYING', 'CONFIRMED') AND user_id IN (";
    Lookup::new(head, "?", ") GROUP BY user_id")
});

pub(super) const DUE: &str = "SELECT reservation_id, due_at FROM reservations \
    WHERE event_id = ? AND due_at IS NOT NULL AND due_at <= ? \
    ORDER BY due_at, reservation_id LIMIT ?";

pub(super) const NEXT_DUE: &str = "SELECT MIN(due_at) AS due_at FROM reservations \
    WHERE event_id = ? AND due_at IS NOT NULL AND due_at > ?";

/// A payment that is under way is not given back before it is settled.
pub(super) const LIVE: &str = "SELECT reservation_id FROM reservations \
    WHERE event_id = ? AND status IN ('HELD', 'CONFIRMED') ORDER BY reservation_id LIMIT ?";

/// Holds that are due, and when the next one is.
#[derive(Default)]
struct Due {
    ids: Vec<ReservationId>,
    next: Option<Timestamp>,
}

/// See `Store::facts`.
pub(super) async fn facts(
    connection: &mut SqliteConnection,
    event: EventId,
    query: &FactsQuery,
) -> Result<Facts, StoreError> {
    let (version, mut keys) = version_and_keys(connection, event, &query.keys).await?;
    let Some(version) = version else {
        return Ok(Facts::default());
    };
    keys.extend(keys_by_reservation(connection, event, &query.keys_by_reservation).await?);
    let holdings = holdings(connection, event, &query.buyers).await?;
    let due = match query.due_by {
        Some(by) => due(connection, event, by, query.due_len_max).await?,
        None => Due::default(),
    };
    let live = if query.live {
        live(connection, event, query.due_len_max).await?
    } else {
        vec![]
    };

    let asked = query
        .reservations
        .iter()
        .copied()
        .chain(keys.values().map(|key| key.reservation));
    let asked: Vec<ReservationId> = asked.collect();
    let mut wanted: Vec<ReservationId> = [asked.as_slice(), &due.ids, &live]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found: HashMap<ReservationId, Arc<Reservation>> =
        read_reservations::by_ids(connection, event, &wanted)
            .await?
            .into_iter()
            .map(|reservation| (reservation.id, Arc::new(reservation)))
            .collect();
    let pick = |ids: &[ReservationId]| -> Vec<Arc<Reservation>> {
        ids.iter().filter_map(|id| found.get(id).cloned()).collect()
    };
    let payments = read_payments::by_ids(connection, event, &query.payments).await?;
    Ok(Facts {
        version: Some(version),
        payments,
        keys,
        holdings,
        due: pick(&due.ids),
        next_due: due.next,
        live: pick(&live),
        reservations: pick(&asked)
            .into_iter()
            .map(|found| (found.id, found))
            .collect(),
    })
}

type Keys = HashMap<(UserId, IdempotencyKey), KeyRecord>;

/// Of a list that takes more than one statement the first one's version counts: what was read later
/// may be newer than that, never older.
async fn version_and_keys(
    connection: &mut SqliteConnection,
    event: EventId,
    keys: &[(UserId, IdempotencyKey)],
) -> Result<(Option<Version>, Keys), StoreError> {
    let bind_event = |values: &mut Values| {
        values.int(event.0);
    };
    let rows = if keys.is_empty() {
        let mut values = Values::default();
        bind_event(&mut values);
        values.rows(VERSION, connection).await
    } else {
        let bind = |values: &mut Values, (user, key): &(UserId, IdempotencyKey)| {
            values.text(user.as_str()).text(key.as_str());
        };
        let asked = VERSION_AND_KEYS.rows(connection, keys, bind_event, bind);
        asked.await
    };
    let rows = rows.map_err(|error| unavailable(&error))?;
    let (versions, keys): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition(|row| matches!(row.int("version"), Ok(Some(_))));
    let version = versions
        .first()
        .map(|row| Columns::new(*row, "events", "").get("version"))
        .transpose()
        .map_err(|bad| bad.of(event))?;
    let keys = keys.into_iter().map(|row| key_record(row));
    Ok((version.map(Version), keys.collect::<Result<_, _>>()?))
}

async fn keys_by_reservation(
    connection: &mut SqliteConnection,
    event: EventId,
    pairs: &[(ReservationId, IdempotencyKey)],
) -> Result<Keys, StoreError> {
    let bind_event = |values: &mut Values| {
        values.int(event.0);
    };
    let rows = KEYS_BY_RESERVATION.rows(connection, pairs, bind_event, |values, (id, key)| {
        values.bytes(id.as_bytes()).text(key.as_str());
    });
    let rows = rows.await.map_err(|error| unavailable(&error))?;
    rows.iter().map(|row| key_record(row)).collect()
}

async fn holdings(
    connection: &mut SqliteConnection,
    event: EventId,
    buyers: &[UserId],
) -> Result<HashMap<UserId, u32>, StoreError> {
    let bind_event = |values: &mut Values| {
        values.int(event.0);
    };
    let rows = HOLDINGS.rows(connection, buyers, bind_event, |values, buyer| {
        values.text(buyer.as_str());
    });
    let rows = rows.await.map_err(|error| unavailable(&error))?;
    holdings_in(event, &rows)
}

async fn due(
    connection: &mut SqliteConnection,
    event: EventId,
    by: Timestamp,
    len_max: u32,
) -> Result<Due, StoreError> {
    let mut values = Values::default();
    // One more than wanted: it tells when the next one is due.
    values
        .int(event.0)
        .int(by.as_micros())
        .int(i64::from(len_max) + 1);
    let rows = values
        .rows(DUE, connection)
        .await
        .map_err(|error| unavailable(&error))?;
    let mut due = Due {
        ids: ids(&rows)?,
        next: None,
    };
    let next = if let Some(row) = rows.get(len_max as usize) {
        Some(row.try_get("due_at"))
    } else {
        let mut values = Values::default();
        values.int(event.0).int(by.as_micros());
        let row = values
            .row(NEXT_DUE, connection)
            .await
            .map_err(|error| unavailable(&error))?;
        row.map(|row| row.try_get("due_at"))
    };
    let next: Option<i64> = next
        .transpose()
        .map_err(|error| unavailable(&error))?
        .flatten();
    due.next = next.map(Timestamp::from_micros);
    due.ids.truncate(len_max as usize);
    Ok(due)
}

async fn live(
    connection: &mut SqliteConnection,
    event: EventId,
    len_max: u32,
) -> Result<Vec<ReservationId>, StoreError> {
    let mut values = Values::default();
    values.int(event.0).int(len_max.into());
    ids(&values
        .rows(LIVE, connection)
        .await
        .map_err(|error| unavailable(&error))?)
}
