//! Reading events: one, pages of them, and those that have something due.

use std::sync::LazyLock;

use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use boxoffice::page::Page;
use boxoffice::seats::SeatMaps;
use boxoffice::store::{EventListQuery, StoreError};
use boxoffice::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Row, SqlSafeStr, SqlStr, SqliteConnection};

use super::failure::unavailable;
use super::statements::Values;
use crate::rows::columns::Columns;
use crate::rows::event_lists::{chosen, order};
use crate::rows::events::{
    CANCELLED_LIVE, CLAIMS, EVENT_COLUMNS, GRADE_COLUMNS, IDS, seat_maps, snapshots,
};

/// Whether deleted events are wanted too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Deleted {
    Not,
    Too,
}

/// One statement, so that event, stock and the next hold to end are of one moment.
pub(super) static SELECT_EVENT: LazyLock<SqlStr> = LazyLock::new(|| {
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {GRADE_COLUMNS}, (SELECT MIN(r.due_at) FROM reservations r \
         WHERE r.event_id = e.id AND r.due_at IS NOT NULL) AS next_due \
         FROM events e LEFT JOIN grades g ON g.event_id = e.id WHERE e.id = ? ORDER BY g.ordering"
    );
    AssertSqlSafe(sql).into_sql_str()
});

/// Walks from one event that has holds to the next along the index, and asks each for its first.
pub(super) const DUE_HOLDS: &str = "WITH RECURSIVE holding (event_id) AS ( \
    SELECT MIN(event_id) FROM reservations WHERE due_at IS NOT NULL \
    UNION ALL \
    SELECT (SELECT MIN(r.event_id) FROM reservations r \
        WHERE r.due_at IS NOT NULL AND r.event_id > holding.event_id) \
    FROM holding WHERE holding.event_id IS NOT NULL) \
    SELECT event_id FROM ( \
        SELECT h.event_id, (SELECT MIN(r.due_at) FROM reservations r \
            WHERE r.event_id = h.event_id AND r.due_at IS NOT NULL) AS first_due \
        FROM holding h WHERE h.event_id IS NOT NULL) firsts \
    WHERE first_due <= ? ORDER BY first_due, event_id LIMIT ?";

/// The event with its grades and seats, all of one version.
///
/// Only where seats have numbers does it take two statements, and a transaction around them.
pub(super) async fn event_at_once(
    connection: &mut SqliteConnection,
    id: EventId,
) -> Result<Option<EventSnapshot>, StoreError> {
    let found = event(connection, id, Deleted::Not).await?;
    if !found.as_ref().is_some_and(EventSnapshot::is_assigned) {
        return Ok(found);
    }
    let transaction = connection.begin().await;
    let mut transaction = transaction.map_err(|error| unavailable(&error))?;
    let found = event_with_seats(&mut transaction, id, Deleted::Not).await?;
    let committed = transaction.commit().await;
    committed
        .map(|()| found)
        .map_err(|error| unavailable(&error))
}

/// The event with its grades and seats, within a transaction that is open already.
pub(super) async fn event_with_seats(
    connection: &mut SqliteConnection,
    id: EventId,
    deleted: Deleted,
) -> Result<Option<EventSnapshot>, StoreError> {
    let Some(mut snapshot) = event(connection, id, deleted).await? else {
        return Ok(None);
    };
    if snapshot.is_assigned() {
        snapshot.seats = seats(connection, &snapshot).await?;
    }
    Ok(Some(snapshot))
}

async fn seats(
    connection: &mut SqliteConnection,
    snapshot: &EventSnapshot,
) -> Result<SeatMaps, StoreError> {
    let id = snapshot.event.id;
    let mut values = Values::default();
    values.int(id.0);
    let rows = values.rows(CLAIMS, connection).await;
    seat_maps(snapshot, &rows.map_err(|error| unavailable(&error))?)
}

/// The event with its grades, all of one version; without its seats.
pub(super) async fn event(
    connection: &mut SqliteConnection,
    id: EventId,
    deleted: Deleted,
) -> Result<Option<EventSnapshot>, StoreError> {
    let mut values = Values::default();
    values.int(id.0);
    let rows = values.rows(SELECT_EVENT.clone(), connection).await;
    let rows = rows.map_err(|error| unavailable(&error))?;
    let Some(mut snapshot) = snapshots(&rows)?.pop() else {
        return Ok(None);
    };
    if deleted == Deleted::Not && snapshot.event.deleted_at.is_some() {
        return Ok(None);
    }
    let columns = Columns::new(&rows[0], "reservations", "");
    snapshot.next_due = columns.time_or_none("next_due").map_err(|bad| bad.of(id))?;
    Ok(Some(snapshot))
}

/// A page of events that are not deleted, counted and read at one moment.
pub(super) async fn events(
    connection: &mut SqliteConnection,
    query: &EventListQuery,
) -> Result<Page<EventSnapshot>, StoreError> {
    let (total, rows) = event_page(connection, query)
        .await
        .map_err(|error| unavailable(&error))?;
    Ok(Page {
        items: snapshots(&rows)?,
        total: u64::try_from(total).unwrap_or(0),
    })
}

async fn event_page(
    connection: &mut SqliteConnection,
    query: &EventListQuery,
) -> Result<(i64, Vec<SqliteRow>), sqlx::Error> {
    let text = query.text.as_deref().map(str::to_lowercase);
    let chosen = chosen(query.filter, "?1", text.is_some().then_some("?4"));
    let offset = i64::try_from(query.page.offset()).unwrap_or(i64::MAX);
    // Numbered, because the condition uses the moment several times.
    let values = || {
        let mut values = Values::default();
        values
            .int(query.now.as_micros())
            .int(query.page.size.into())
            .int(offset)
            .text_or_null(text.as_deref());
        values
    };
    let mut transaction = connection.begin().await?;
    let count = AssertSqlSafe(format!("SELECT COUNT(*) FROM events e WHERE {chosen}"));
    let total = match values().row(count, &mut transaction).await? {
        Some(row) => row.try_get(0)?,
        None => 0,
    };
    let (sort, way) = order(query.sort, query.direction);
    let page = AssertSqlSafe(format!(
        "SELECT {EVENT_COLUMNS}, {GRADE_COLUMNS} FROM (SELECT * FROM events e WHERE {chosen} \
         ORDER BY e.{sort} {way}, e.id {way} LIMIT ?2 OFFSET ?3) e \
         LEFT JOIN grades g ON g.event_id = e.id ORDER BY e.{sort} {way}, e.id {way}, g.ordering"
    ));
    let rows = values().rows(page, &mut transaction).await?;
    transaction.commit().await?;
    Ok((total, rows))
}

/// Events with holds that have ended, the longest waiting first, then cancelled ones to clear.
pub(super) async fn due(
    connection: &mut SqliteConnection,
    now: Timestamp,
    len_max: u32,
) -> Result<Vec<EventId>, StoreError> {
    let mut values = Values::default();
    values.int(now.as_micros()).int(len_max.into());
    let mut due = id_list(connection, DUE_HOLDS, values).await?;
    let mut values = Values::default();
    values.int(len_max.into());
    for id in id_list(connection, CANCELLED_LIVE, values).await? {
        if !due.contains(&id) {
            due.push(id);
        }
    }
    due.truncate(len_max as usize);
    Ok(due)
}

/// Ids after `after`, deleted events included.
pub(super) async fn ids(
    connection: &mut SqliteConnection,
    after: EventId,
    len_max: u32,
) -> Result<Vec<EventId>, StoreError> {
    let mut values = Values::default();
    values.int(after.0).int(len_max.into());
    id_list(connection, IDS, values).await
}

async fn id_list(
    connection: &mut SqliteConnection,
    sql: &'static str,
    values: Values,
) -> Result<Vec<EventId>, StoreError> {
    let read = async || -> Result<Vec<EventId>, sqlx::Error> {
        let rows = values.rows(sql, connection).await?;
        rows.iter().map(|row| row.try_get(0).map(EventId)).collect()
    };
    read().await.map_err(|error| unavailable(&error))
}
