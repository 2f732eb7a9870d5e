//! Writing one group: its line in the log first, then what it changes.
//!
//! Insertions of many rows say `OR FAIL`: where one row is refused the whole group is taken back
//! anyway, so that `SQLite` need not keep a copy of each page to take back the one statement.

use std::sync::LazyLock;

use boxoffice::grade::Grade;
use boxoffice::group::{Group, Touched};
use boxoffice::ids::EventId;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr, SqliteConnection};

use super::bind_events::{EVENT_FIELDS, bind_event, bind_stock};
use super::failure::{Failure, is_duplicate};
use super::statements::{Values, WriteRows};
use super::{commit_money, commit_reservations};

const INSERT_LOG: &str = "INSERT INTO event_log \
    (event_id, version, group_id, actor, logged_at, brief) VALUES (?, ?, ?, ?, ?, ?)";

const UPDATE_VERSION: &str =
    "UPDATE events SET version = ?, last_now = ? WHERE id = ? AND version = ?";

static UPDATE_EVENT: LazyLock<SqlStr> = LazyLock::new(|| {
    let fields = EVENT_FIELDS.join(" = ?, ");
    let sql = format!(
        "UPDATE events SET {fields} = ?, version = ?, last_now = ? WHERE id = ? AND version = ?"
    );
    AssertSqlSafe(sql).into_sql_str()
});

const UPDATE_GRADE: &str = "UPDATE grades SET price = ?, total = ?, available = ?, held = ?, \
    sold = ? WHERE event_id = ? AND seat_type = ?";

static INSERT_KEYS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "INSERT OR FAIL INTO idempotency \
        (event_id, user_id, request_key, body_hash, reservation_id, made_at) VALUES ";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?)", "")
});

/// Writes a group within a transaction that is open already.
pub(super) async fn write(connection: &mut SqliteConnection, group: &Group) -> Result<(), Failure> {
    write_log(connection, group).await?;
    write_event(connection, group).await?;
    for grade in &group.changes.grades {
        write_grade(connection, group.event, grade).await?;
    }
    commit_money::write_payments(connection, group).await?;
    commit_money::check_references(connection, group).await?;
    let (new, updated): (Vec<&Touched>, Vec<&Touched>) = group
        .changes
        .reservations
        .iter()
        .partition(|touched| touched.new);
    // What ends gives its seats back before what is new claims them.
    commit_reservations::update(connection, group.event, &updated).await?;
    commit_reservations::insert(connection, group.event, &new).await?;
    commit_money::write_refunds(connection, group).await?;
    write_keys(connection, group).await
}

async fn write_log(connection: &mut SqliteConnection, group: &Group) -> Result<(), Failure> {
    let mut values = Values::default();
    values
        .int(group.event.0)
        .int(group.base.next().0)
        .bytes(group.id.as_bytes())
        .text(&group.actor)
        .int(group.now.as_micros())
        .text(&group.brief);
    match values.execute(INSERT_LOG, connection).await {
        Err(error) if is_duplicate(&error) => Err(Failure::VersionTaken),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

async fn write_event(connection: &mut SqliteConnection, group: &Group) -> Result<(), Failure> {
    let mut values = Values::default();
    let sql = match &group.changes.event {
        None => SqlStr::from_static(UPDATE_VERSION),
        Some(event) => {
            bind_event(&mut values, event);
            UPDATE_EVENT.clone()
        }
    };
    values
        .int(group.base.next().0)
        .int(group.now.as_micros())
        .int(group.event.0)
        .int(group.base.0);
    match values.execute(sql, connection).await? {
        1 => Ok(()),
        _ => Err(Failure::VersionTaken),
    }
}

async fn write_grade(
    connection: &mut SqliteConnection,
    event: EventId,
    grade: &Grade,
) -> Result<(), Failure> {
    let mut values = Values::default();
    bind_stock(&mut values, grade);
    values.int(event.0).text(grade.seat_type.as_str());
    let changed = values.execute(UPDATE_GRADE, connection).await?;
    expect_changed("grades", 1, changed)
}

async fn write_keys(connection: &mut SqliteConnection, group: &Group) -> Result<(), Failure> {
    let keys = &group.changes.keys;
    let changed = INSERT_KEYS
        .execute(connection, keys, |values, record| {
            values
                .int(group.event.0)
                .text(record.user.as_str())
                .text(record.request.key.as_str())
                .bytes(&record.request.body.0)
                .bytes(record.reservation.as_bytes())
                .int(record.at.as_micros());
        })
        .await?;
    expect_changed("idempotency", keys.len(), changed)
}

/// Refuses the group where a statement changed fewer or more rows than it should have.
pub(super) fn expect_changed(table: &str, wanted: usize, changed: u64) -> Result<(), Failure> {
    if u64::try_from(wanted) == Ok(changed) {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "{changed} rows of {table} were changed instead of {wanted}"
    )))
}
