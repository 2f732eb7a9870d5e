//! Reading reservations: by id, by code, by list and in pages.

use std::sync::LazyLock;

use boxoffice::buyer::UserId;
use boxoffice::ids::{EventId, ReservationCode, ReservationId};
use boxoffice::money::Money;
use boxoffice::page::{Direction, Page};
use boxoffice::reservation::Reservation;
use boxoffice::store::{ReservationListQuery, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Row, SqlSafeStr, SqlStr, SqliteConnection};

use super::failure::unavailable;
use super::statements::{Lookup, Values};
use crate::rows::reservation_lists::{
    ADMITTED, IN_ORDER, OF_EVENT_IDS, SINCE, TAKINGS, chosen, count_admitted, count_since,
    takings_of,
};
use crate::rows::reservations::{SELECT, reservations};

static BY_ID: LazyLock<SqlStr> = LazyLock::new(|| {
    let sql = format!("{SELECT} WHERE r.reservation_id = ? ORDER BY t.number");
    AssertSqlSafe(sql).into_sql_str()
});

/// Among one buyer's reservations the last six bytes are enough.
pub(super) static BY_CODE: LazyLock<SqlStr> = LazyLock::new(|| {
    let sql = format!(
        "{SELECT} WHERE r.user_id = ? AND substr(r.reservation_id, 11) = ? \
         ORDER BY r.reservation_id, t.number"
    );
    AssertSqlSafe(sql).into_sql_str()
});

pub(super) static BY_IDS: LazyLock<Lookup> = LazyLock::new(|| {
    let head = format!("{SELECT} WHERE r.event_id = ? AND r.reservation_id IN (");
    Lookup::new(&head, "?", ") ORDER BY r.reservation_id, t.number")
});

pub(super) static OF_EVENT: LazyLock<SqlStr> = LazyLock::new(|| {
    let sql = format!("{SELECT} WHERE r.reservation_id IN ({OF_EVENT_IDS}) {IN_ORDER}");
    AssertSqlSafe(sql).into_sql_str()
});

/// The reservation of this id.
pub(super) async fn reservation(
    connection: &mut SqliteConnection,
    id: ReservationId,
) -> Result<Option<Reservation>, StoreError> {
    let mut values = Values::default();
    values.bytes(id.as_bytes());
    let rows = values.rows(BY_ID.clone(), connection).await;
    Ok(reservations(&rows.map_err(|error| unavailable(&error))?)?.pop())
}

/// The buyer's reservation of this code.
pub(super) async fn by_code(
    connection: &mut SqliteConnection,
    user: &UserId,
    code: ReservationCode,
) -> Result<Option<Reservation>, StoreError> {
    let mut values = Values::default();
    values.text(user.as_str()).bytes(code.suffix());
    let rows = values.rows(BY_CODE.clone(), connection).await;
    Ok(reservations(&rows.map_err(|error| unavailable(&error))?)?.pop())
}

/// The event's reservations of these ids, in the order of ids.
pub(super) async fn by_ids(
    connection: &mut SqliteConnection,
    event: EventId,
    ids: &[ReservationId],
) -> Result<Vec<Reservation>, StoreError> {
    let bind_event = |values: &mut Values| {
        values.int(event.0);
    };
    let bind_id = |values: &mut Values, id: &ReservationId| {
        values.bytes(id.as_bytes());
    };
    let rows = BY_IDS.rows(connection, ids, bind_event, bind_id).await;
    reservations(&rows.map_err(|error| unavailable(&error))?)
}

/// See `Store::reservations_of`.
pub(super) async fn of_event(
    connection: &mut SqliteConnection,
    event: EventId,
    after: Option<ReservationId>,
    len_max: u32,
) -> Result<Vec<Reservation>, StoreError> {
    let after = after.as_ref().map_or(&[][..], ReservationId::as_bytes);
    let mut values = Values::default();
    values.int(event.0).bytes(after).int(len_max.into());
    let rows = values.rows(OF_EVENT.clone(), connection).await;
    reservations(&rows.map_err(|error| unavailable(&error))?)
}

/// See `Store::admitted`.
pub(super) async fn admitted(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<u64, StoreError> {
    let mut values = Values::default();
    values.int(event.0);
    let row = values.row(ADMITTED, connection).await;
    let row = row.map_err(|error| unavailable(&error))?;
    row.map_or(Ok(0), |row| count_admitted(event, &row))
}

/// See `Store::takings`.
pub(super) async fn takings(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<Money, StoreError> {
    let mut values = Values::default();
    values.int(event.0);
    let row = values.row(TAKINGS, connection).await;
    let row = row.map_err(|error| unavailable(&error))?;
    row.map_or(Ok(Money::ZERO), |row| takings_of(event, &row))
}

/// See `Store::reserved_since`.
pub(super) async fn since(
    connection: &mut SqliteConnection,
    event: EventId,
    after: ReservationId,
) -> Result<u64, StoreError> {
    let mut values = Values::default();
    values.int(event.0).bytes(after.as_bytes());
    let row = values.row(SINCE, connection).await;
    let row = row.map_err(|error| unavailable(&error))?;
    row.map_or(Ok(0), |row| count_since(event, &row))
}

/// A page of reservations, counted and read at one moment.
pub(super) async fn page(
    connection: &mut SqliteConnection,
    query: &ReservationListQuery,
) -> Result<Page<Reservation>, StoreError> {
    let (total, rows) = read_page(connection, query)
        .await
        .map_err(|error| unavailable(&error))?;
    Ok(Page {
        items: reservations(&rows)?,
        total: u64::try_from(total).unwrap_or(0),
    })
}

async fn read_page(
    connection: &mut SqliteConnection,
    query: &ReservationListQuery,
) -> Result<(i64, Vec<SqliteRow>), sqlx::Error> {
    let chosen = chosen(query);
    let bind = |values: &mut Values| {
        if let Some(event) = query.event {
            values.int(event.0);
        }
        if let Some(user) = &query.user {
            values.text(user.as_str());
        }
    };
    let mut transaction = connection.begin().await?;
    let mut values = Values::default();
    bind(&mut values);
    let count = AssertSqlSafe(format!("SELECT COUNT(*) FROM reservations l {chosen}"));
    let total = match values.row(count, &mut transaction).await? {
        Some(row) => row.try_get(0)?,
        None => 0,
    };
    let mut values = Values::default();
    bind(&mut values);
    let offset = i64::try_from(query.page.offset()).unwrap_or(i64::MAX);
    values.int(query.page.size.into()).int(offset);
    let way = match query.direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    let page = AssertSqlSafe(format!(
        "{SELECT} WHERE r.reservation_id IN (SELECT l.reservation_id FROM reservations l {chosen} \
         ORDER BY l.reservation_id {way} LIMIT ? OFFSET ?) \
         ORDER BY r.reservation_id {way}, t.number"
    ));
    let rows = values.rows(page, &mut transaction).await?;
    transaction.commit().await?;
    Ok((total, rows))
}
