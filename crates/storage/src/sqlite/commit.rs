//! Writing groups: their lines in the log first, then what they change, with one statement for the
//! rows of all of them.
//!
//! A statement is several turns between the writer and its connection's thread, which with many
//! events on sale cost more than the rows in it.
//!
//! Insertions of many rows say `OR FAIL`: where one row is refused the whole group is taken back
//! anyway, so that `SQLite` need not keep a copy of each page to take back the one statement.

use std::sync::LazyLock;

use boxoffice::group::{Group, Touched};
use boxoffice::ids::EventId;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr, SqliteConnection};

use super::bind_events::{EVENT_FIELDS, bind_event, bind_stock};
use super::failure::{Failure, is_duplicate};
use super::statements::{Values, WriteRows};
use super::{commit_money, commit_reservations};

static INSERT_LOG: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "INSERT OR FAIL INTO event_log \
        (event_id, version, group_id, actor, logged_at, brief) VALUES ";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?)", "")
});

pub(super) static UPDATE_VERSIONS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "WITH v (version, last_now, event_id, base) AS (VALUES ";
    let tail = ") UPDATE events SET version = v.version, last_now = v.last_now FROM v \
        WHERE events.id = v.event_id AND events.version = v.base";
    WriteRows::new(head, "(?, ?, ?, ?)", tail)
});

static UPDATE_EVENT: LazyLock<SqlStr> = LazyLock::new(|| {
    let fields = EVENT_FIELDS.join(" = ?, ");
    let sql = format!(
        "UPDATE events SET {fields} = ?, version = ?, last_now = ? WHERE id = ? AND version = ?"
    );
    AssertSqlSafe(sql).into_sql_str()
});

pub(super) static UPDATE_GRADES: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "WITH v (price, total, available, held, sold, event_id, seat_type) AS (VALUES ";
    let tail = ") UPDATE grades SET price = v.price, total = v.total, available = v.available, \
        held = v.held, sold = v.sold FROM v \
        WHERE grades.event_id = v.event_id AND grades.seat_type = v.seat_type";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?, ?)", tail)
});

static INSERT_KEYS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "INSERT OR FAIL INTO idempotency \
        (event_id, user_id, request_key, body_hash, reservation_id, made_at) VALUES ";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?)", "")
});

/// A part of what a group changes, with the group's event.
pub(super) type Of<'g, T> = (EventId, &'g T);

/// Writes groups of different events within a transaction that is open already. Where one is refused,
/// all of them have to be taken back.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    groups: &[&Group],
) -> Result<(), Failure> {
    write_log(connection, groups).await?;
    write_events(connection, groups).await?;
    write_grades(connection, groups).await?;
    commit_money::write_payments(connection, groups).await?;
    commit_money::check_references(connection, groups).await?;
    let (new, updated): (Vec<Of<Touched>>, Vec<Of<Touched>>) =
        of_all(groups, |group| &group.changes.reservations)
            .into_iter()
            .partition(|(_, touched)| touched.new);
    // What ends gives its seats back before what is new claims them.
    commit_reservations::update(connection, &updated).await?;
    commit_reservations::insert(connection, &new).await?;
    commit_money::write_refunds(connection, groups).await?;
    write_keys(connection, groups).await
}

/// What `part` finds in each of the groups.
pub(super) fn of_all<'g, T>(
    groups: &[&'g Group],
    part: impl Fn(&'g Group) -> &'g Vec<T>,
) -> Vec<Of<'g, T>> {
    let parts = groups.iter().map(|group| (group.event, part(group)));
    parts
        .flat_map(|(event, items)| items.iter().map(move |item| (event, item)))
        .collect()
}

async fn write_log(connection: &mut SqliteConnection, groups: &[&Group]) -> Result<(), Failure> {
    let written = INSERT_LOG.execute(connection, groups, |values, group| {
        values
            .int(group.event.0)
            .int(group.base.next().0)
            .bytes(group.id.as_bytes())
            .text(&group.actor)
            .int(group.now.as_micros())
            .text(&group.brief);
    });
    match written.await {
        Err(error) if is_duplicate(&error) => Err(Failure::VersionTaken),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

async fn write_events(connection: &mut SqliteConnection, groups: &[&Group]) -> Result<(), Failure> {
    let mut plain = Vec::with_capacity(groups.len());
    let mut changed = 0;
    for group in groups {
        match &group.changes.event {
            None => plain.push(group),
            Some(event) => {
                let mut values = Values::default();
                bind_event(&mut values, event);
                bind_version(&mut values, group);
                changed += values.execute(UPDATE_EVENT.clone(), connection).await?;
            }
        }
    }
    let versions = UPDATE_VERSIONS.execute(connection, &plain, |values, group| {
        bind_version(values, group);
    });
    changed += versions.await?;
    if u64::try_from(groups.len()) == Ok(changed) {
        return Ok(());
    }
    Err(Failure::VersionTaken)
}

/// Binds the new version, the time, the event and the version before.
fn bind_version(values: &mut Values, group: &Group) {
    values
        .int(group.base.next().0)
        .int(group.now.as_micros())
        .int(group.event.0)
        .int(group.base.0);
}

async fn write_grades(connection: &mut SqliteConnection, groups: &[&Group]) -> Result<(), Failure> {
    let grades = of_all(groups, |group| &group.changes.grades);
    let changed = UPDATE_GRADES
        .execute(connection, &grades, |values, (event, grade)| {
            bind_stock(values, grade);
            values.int(event.0).text(grade.seat_type.as_str());
        })
        .await?;
    expect_changed("grades", grades.len(), changed)
}

async fn write_keys(connection: &mut SqliteConnection, groups: &[&Group]) -> Result<(), Failure> {
    let keys = of_all(groups, |group| &group.changes.keys);
    let changed = INSERT_KEYS
        .execute(connection, &keys, |values, (event, record)| {
            values
                .int(event.0)
                .text(record.user.as_str())
                .text(record.request.key.as_str())
                .bytes(&record.request.body.0)
                .bytes(record.reservation.as_bytes())
                .int(record.at.as_micros());
        })
        .await?;
    expect_changed("idempotency", keys.len(), changed)
}

/// Refuses the groups where a statement changed fewer or more rows than it should have.
pub(super) fn expect_changed(table: &str, wanted: usize, changed: u64) -> Result<(), Failure> {
    if u64::try_from(wanted) == Ok(changed) {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "{changed} rows of {table} were changed instead of {wanted}"
    )))
}
