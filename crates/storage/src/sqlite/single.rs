//! What the writer writes beside groups: new events, profiles, and the purge of old keys.

use std::sync::{Arc, LazyLock};

use boxoffice::buyer::User;
use boxoffice::event::{Event, EventSnapshot, NewEvent};
use boxoffice::grade::{Grade, Seating};
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::{EventId, GroupId, Version};
use boxoffice::runtime::oneshot;
use boxoffice::seats::SeatMaps;
use boxoffice::store::{Created, SECRET_LEN, StoreError, UserCreated};
use boxoffice::time::Timestamp;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr, SqliteConnection};

use super::bind_events::{EVENT_FIELDS, bind_event, bind_stock};
use super::failure::{Failure, unavailable};
use super::statements::{Values, WriteRows};
use super::{read_events, read_payments, read_users};
use crate::names;
use crate::rows::columns::Columns;
use crate::shape::check_new_event;

/// The scope of keys that belong to no event.
const NO_EVENT: EventId = EventId(0);

/// The scope of keys that belong to no user.
const NO_USER: &str = "";

static INSERT_EVENT: LazyLock<SqlStr> = LazyLock::new(|| {
    let fields = EVENT_FIELDS.join(", ");
    let marks = "?, ".repeat(EVENT_FIELDS.len());
    let sql = format!("INSERT INTO events ({fields}, version, last_now) VALUES ({marks}?, ?)");
    AssertSqlSafe(sql).into_sql_str()
});

static INSERT_GRADES: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "INSERT INTO grades (price, total, available, held, sold, event_id, seat_type, \
        ordering, seating, seat_rows, seats_per_row) VALUES ";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "")
});

const INSERT_LOG: &str = "INSERT INTO event_log \
    (event_id, version, group_id, actor, logged_at, brief) VALUES (?, 1, ?, '', ?, ?)";

const INSERT_KEY: &str = "INSERT INTO idempotency \
    (event_id, user_id, request_key, body_hash, result_event_id, made_at) VALUES (?, ?, ?, ?, ?, ?)";

const SELECT_KEY: &str = "SELECT body_hash, result_event_id FROM idempotency \
    WHERE event_id = ? AND user_id = ? AND request_key = ?";

const INSERT_USER: &str = "INSERT INTO users \
    (user_id, username, email, phone_number, created_at) VALUES (?, ?, ?, ?, ?)";

pub(super) const PURGE: &str = "DELETE FROM idempotency WHERE (event_id, user_id, request_key) IN \
    (SELECT event_id, user_id, request_key FROM idempotency WHERE made_at < ? \
    ORDER BY made_at LIMIT ?)";

const INSERT_SECRET: &str = "INSERT INTO secrets (name, secret) VALUES (?, ?)";

const SELECT_GROUP: &str = "SELECT group_id FROM event_log WHERE event_id = ? AND version = ?";

/// One thing to write, and who wants to know.
pub(super) enum Single {
    /// A new event.
    Event {
        new: Box<NewEvent>,
        group: GroupId,
        key: Option<KeyedRequest>,
        result: Result<Created<EventSnapshot>, StoreError>,
        reply: oneshot::Sender<Result<Created<EventSnapshot>, StoreError>>,
    },
    /// A new profile.
    User {
        user: User,
        key: Option<KeyedRequest>,
        result: Result<UserCreated, StoreError>,
        reply: oneshot::Sender<Result<UserCreated, StoreError>>,
    },
    /// A secret, unless there is one.
    Secret {
        name: String,
        offered: [u8; SECRET_LEN],
        result: Result<[u8; SECRET_LEN], StoreError>,
        reply: oneshot::Sender<Result<[u8; SECRET_LEN], StoreError>>,
    },
    /// Keys that are too old.
    Purge {
        before: Timestamp,
        len_max: u32,
        result: Result<u64, StoreError>,
        reply: oneshot::Sender<Result<u64, StoreError>>,
    },
}

/// What stands as result until there is one.
pub(super) fn not_yet<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("not written".to_owned()))
}

impl Single {
    /// Writes it within a transaction that is open already, and keeps the result.
    pub(super) async fn write(&mut self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        match self {
            Self::Event {
                new,
                group,
                key,
                result,
                ..
            } => {
                *result = Ok(create_event(connection, new, *group, key.as_ref()).await?);
            }
            Self::User {
                user, key, result, ..
            } => {
                *result = Ok(create_user(connection, user, key.as_ref()).await?);
            }
            Self::Secret {
                name,
                offered,
                result,
                ..
            } => {
                *result = Ok(keep_secret(connection, name, offered).await?);
            }
            Self::Purge {
                before,
                len_max,
                result,
                ..
            } => {
                let mut values = Values::default();
                values.int(before.as_micros()).int((*len_max).into());
                *result = Ok(values.execute(PURGE, connection).await?);
            }
        }
        Ok(())
    }

    /// Puts an error in the place of the result.
    pub(super) fn fail(&mut self, error: StoreError) {
        match self {
            Self::Event { result, .. } => *result = Err(error),
            Self::User { result, .. } => *result = Err(error),
            Self::Secret { result, .. } => *result = Err(error),
            Self::Purge { result, .. } => *result = Err(error),
        }
    }

    /// Whether what [`write`](Self::write) wrote is there, after a commit that failed.
    pub(super) async fn is_there(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Event {
                group,
                result: Ok(Created::New(snapshot)),
                ..
            } => {
                let found = group_at(connection, snapshot.event.id, Version(1)).await?;
                found == Some(*group)
            }
            Self::User {
                user,
                result: Ok(UserCreated::New(_)),
                ..
            } => read_users::user(connection, &user.id).await?.as_ref() == Some(user),
            Self::Secret {
                name,
                result: Ok(kept),
                ..
            } => read_payments::secret(connection, name).await? == Some(*kept),
            Self::Event { result, .. } => result.is_ok(),
            Self::User { result, .. } => result.is_ok(),
            Self::Secret { .. } | Self::Purge { .. } => false,
        })
    }

    /// Tells who asked, if she still waits.
    pub(super) fn answer(self) {
        match self {
            Self::Event { result, reply, .. } => drop(reply.send(result)),
            Self::User { result, reply, .. } => drop(reply.send(result)),
            Self::Secret { result, reply, .. } => drop(reply.send(result)),
            Self::Purge { result, reply, .. } => drop(reply.send(result)),
        }
    }
}

/// What a key led to before.
enum Before {
    Nothing,
    Replay { event: Option<EventId> },
    Reused,
}

async fn look_up_key(
    connection: &mut SqliteConnection,
    user: &str,
    key: Option<&KeyedRequest>,
) -> Result<Before, Failure> {
    let Some(request) = key else {
        return Ok(Before::Nothing);
    };
    let mut values = Values::default();
    values.int(NO_EVENT.0).text(user).text(request.key.as_str());
    let Some(row) = values.row(SELECT_KEY, connection).await? else {
        return Ok(Before::Nothing);
    };
    let columns = Columns::new(&row, "idempotency", "");
    let read = || {
        Ok((
            columns.get::<&[u8]>("body_hash")?,
            columns.get("result_event_id")?,
        ))
    };
    let (body, event): (_, Option<i64>) =
        read().map_err(|bad: crate::rows::columns::BadColumn| bad.of(request.key.as_str()))?;
    if body != request.body.0 {
        return Ok(Before::Reused);
    }
    Ok(Before::Replay {
        event: event.map(EventId),
    })
}

async fn insert_key(
    connection: &mut SqliteConnection,
    user: &str,
    key: Option<&KeyedRequest>,
    event: Option<EventId>,
    at: Timestamp,
) -> Result<(), Failure> {
    let Some(request) = key else { return Ok(()) };
    let mut values = Values::default();
    values
        .int(NO_EVENT.0)
        .text(user)
        .text(request.key.as_str())
        .bytes(&request.body.0)
        .int_or_null(event.map(|event| event.0))
        .int(at.as_micros());
    values.execute(INSERT_KEY, connection).await?;
    Ok(())
}

async fn create_event(
    connection: &mut SqliteConnection,
    new: &NewEvent,
    group: GroupId,
    key: Option<&KeyedRequest>,
) -> Result<Created<EventSnapshot>, Failure> {
    match look_up_key(connection, NO_USER, key).await? {
        Before::Nothing => {}
        Before::Reused => return Ok(Created::KeyReused),
        Before::Replay { event } => {
            let id = event.unwrap_or(NO_EVENT);
            let found =
                read_events::event_with_seats(connection, id, read_events::Deleted::Too).await?;
            let missing = || StoreError::Corrupt {
                table: "idempotency",
                column: "result_event_id",
                id: id.to_string(),
            };
            return Ok(Created::Replayed(found.ok_or_else(missing)?));
        }
    }
    check_new_event(new).map_err(Failure::Refused)?;
    let created_at = new.event.created_at;
    let mut values = Values::default();
    bind_event(&mut values, &new.event);
    values.int(1).int(created_at.as_micros());
    let id = EventId(values.insert(INSERT_EVENT.clone(), connection).await?);
    let ordered: Vec<(i64, &Grade)> = (0..).zip(&new.grades).collect();
    INSERT_GRADES
        .execute(connection, &ordered, |values, grade| {
            bind_grade(values, id, grade);
        })
        .await?;
    let mut values = Values::default();
    values
        .int(id.0)
        .bytes(group.as_bytes())
        .int(created_at.as_micros())
        .text("{\"create\":1}");
    values.execute(INSERT_LOG, connection).await?;
    insert_key(connection, NO_USER, key, Some(id), created_at).await?;
    Ok(Created::New(EventSnapshot {
        event: Arc::new(Event {
            id,
            ..new.event.clone()
        }),
        grades: new.grades.clone(),
        version: Version(1),
        last_now: created_at,
        next_due: None,
        seats: SeatMaps::of(&new.grades),
    }))
}

fn bind_grade(values: &mut Values, event: EventId, (ordering, grade): &(i64, &Grade)) {
    let (rows, seats_per_row) = match grade.seating {
        Seating::General => (None, None),
        Seating::Assigned {
            rows,
            seats_per_row,
        } => (Some(rows), Some(seats_per_row)),
    };
    bind_stock(values, grade);
    values
        .int(event.0)
        .text(grade.seat_type.as_str())
        .int(*ordering)
        .text(names::seating(grade.seating))
        .int_or_null(rows.map(i64::from))
        .int_or_null(seats_per_row.map(i64::from));
}

async fn create_user(
    connection: &mut SqliteConnection,
    user: &User,
    key: Option<&KeyedRequest>,
) -> Result<UserCreated, Failure> {
    let known = read_users::user(connection, &user.id).await?;
    match (look_up_key(connection, user.id.as_str(), key).await?, known) {
        (Before::Reused, _) => return Ok(UserCreated::KeyReused),
        (Before::Replay { .. }, Some(known)) => return Ok(UserCreated::Replayed(known)),
        (_, Some(_)) => return Ok(UserCreated::Exists),
        (_, None) => {}
    }
    let mut values = Values::default();
    values
        .text(user.id.as_str())
        .text(&user.username)
        .text_or_null(user.email.as_deref())
        .text_or_null(user.phone_number.as_deref())
        .int(user.created_at.as_micros());
    values.execute(INSERT_USER, connection).await?;
    insert_key(connection, user.id.as_str(), key, None, user.created_at).await?;
    Ok(UserCreated::New(user.clone()))
}

async fn keep_secret(
    connection: &mut SqliteConnection,
    name: &str,
    offered: &[u8; SECRET_LEN],
) -> Result<[u8; SECRET_LEN], Failure> {
    if let Some(kept) = read_payments::secret(connection, name).await? {
        return Ok(kept);
    }
    let mut values = Values::default();
    values.text(name).bytes(offered);
    values.execute(INSERT_SECRET, connection).await?;
    Ok(*offered)
}

/// A commit that changes nothing.
pub(super) async fn barrier(connection: &mut SqliteConnection) -> Result<(), Failure> {
    Values::default()
        .execute("UPDATE organizers SET name = name WHERE id = 1", connection)
        .await?;
    Ok(())
}

/// The group that has this version.
pub(super) async fn group_at(
    connection: &mut SqliteConnection,
    event: EventId,
    version: Version,
) -> Result<Option<GroupId>, StoreError> {
    let mut values = Values::default();
    values.int(event.0).int(version.0);
    let row = values
        .row(SELECT_GROUP, connection)
        .await
        .map_err(|error| unavailable(&error))?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns::new(&row, "event_log", "");
    let id = columns.map("group_id", GroupId::from_slice);
    id.map(Some)
        .map_err(|bad| bad.of(format_args!("{event}, {}", version.0)))
}
