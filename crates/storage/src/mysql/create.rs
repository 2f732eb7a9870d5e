//! Writing what is no group: new events, profiles, and the purge of old keys.
//!
//! Each is looked at first and then written in one packet. Should somebody else have been faster in
//! between, a unique key says so, and it is looked at again.

use std::sync::Arc;

use boxoffice::buyer::User;
use boxoffice::event::{Event, EventSnapshot, NewEvent};
use boxoffice::grade::Seating;
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::{EventId, GroupId, Version};
use boxoffice::seats::SeatMaps;
use boxoffice::store::{Created, SECRET_LEN, Source, StoreError, UserCreated};
use boxoffice::time::Timestamp;

use sqlx::mysql::MySqlRow;

use super::commit::event_values;
use super::failure::{Kind, is_answer, kind, unavailable};
use super::packet::{Packet, Value};
use super::pool::{Reply, Stopped};
use super::reader::Sources;
use super::reads::{self, Deleted};
use crate::names;
use crate::rows::columns::{BadColumn, Columns};
use crate::shape::check_new_event;

/// The scope of keys that belong to no event.
const NO_EVENT: EventId = EventId(0);

/// The scope of keys that belong to no user.
const NO_USER: &str = "";

/// How often something is looked at again because somebody else was faster.
const RACES_MAX: u32 = 3;

/// Recent events among which one is looked for whose creation was not answered.
const RECENT_EVENTS: i64 = 100;

const INSERT_EVENT: &str = "INSERT INTO events (organizer_id, production_id, name, description, \
    venue_name, venue_address, venue_capacity, starts_at, zone, currency, sale_opens_at, \
    sale_closes_at, hold_secs, buyer_tickets_max, state, deleted_at, created_at, updated_at, \
    search_text, version, last_now) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)";

const INSERT_GRADE: &str = "INSERT INTO grades (event_id, price, total, available, held, sold, \
    seat_type, ordering, seating, seat_rows, seats_per_row) \
    VALUES (@event, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const INSERT_LOG: &str = "INSERT INTO event_log \
    (event_id, version, group_id, actor, logged_at, brief) \
    VALUES (@event, 1, ?, '', ?, '{\"create\":1}')";

const INSERT_KEY: &str = "INSERT INTO idempotency \
    (event_id, user_id, request_key, body_hash, result_event_id, made_at) VALUES (?, ?, ?, ?, ";

const SELECT_KEY: &str = "SELECT body_hash, result_event_id FROM idempotency \
    WHERE event_id = ? AND user_id = ? AND request_key = ?";

const SELECT_CREATED: &str = "SELECT e.id FROM \
    (SELECT id FROM events ORDER BY id DESC LIMIT ?) e \
    JOIN event_log l ON l.event_id = e.id AND l.version = 1 WHERE l.group_id = ?";

const INSERT_USER: &str = "INSERT INTO users \
    (user_id, username, email, phone_number, created_at) VALUES (?, ?, ?, ?, ?)";

const INSERT_SECRET: &str = "INSERT INTO secrets (name, secret) VALUES (?, ?)";

const PURGE: &str = "DELETE FROM idempotency WHERE made_at < ? ORDER BY made_at LIMIT ?";

/// What a key led to before.
enum Before {
    Nothing,
    Replay { event: Option<EventId> },
    Reused,
}

/// How a packet that writes ended.
enum Ended {
    Written(Reply),
    /// A key exists already: nothing was written.
    Raced,
    /// Nothing was written.
    Failed(StoreError),
    /// It was written, or it was not.
    Unknown(String),
}

/// Makes an event at version 1, with its first line in the log.
pub(super) async fn event(
    sources: &Sources,
    new: &NewEvent,
    group: GroupId,
    key: Option<&KeyedRequest>,
) -> Result<Created<EventSnapshot>, StoreError> {
    let mut races = 0;
    loop {
        match look_up_key(sources, NO_USER, key).await? {
            Before::Nothing => {}
            Before::Reused => return Ok(Created::KeyReused),
            Before::Replay { event } => return replay(sources, event).await,
        }
        check_new_event(new).map_err(refused)?;
        let (packet, place) = new_event(new, group, key);
        match write(sources, packet).await {
            Ended::Written(mut reply) => {
                let rows = reply.take(place);
                let id = rows
                    .first()
                    .map(|row| Columns::new(row, "events", "").get("id"));
                let id = id.transpose().map_err(|bad: BadColumn| bad.of("?"))?;
                let id =
                    id.ok_or_else(|| StoreError::Unknown("a new event has no id".to_owned()))?;
                return Ok(Created::New(created(new, EventId(id))));
            }
            Ended::Raced if races < RACES_MAX => races += 1,
            Ended::Raced => return Err(refused("too many write the same".to_owned())),
            Ended::Failed(error) => return Err(error),
            Ended::Unknown(why) => {
                // What is not there may come yet: the server may be at it still.
                return match find_created(sources, group).await {
                    Ok(Some(id)) => Ok(Created::New(created(new, id))),
                    Ok(None) | Err(_) => Err(StoreError::Unknown(why)),
                };
            }
        }
    }
}

/// Makes a profile.
pub(super) async fn user(
    sources: &Sources,
    user: &User,
    key: Option<&KeyedRequest>,
) -> Result<UserCreated, StoreError> {
    let mut races = 0;
    loop {
        let known = reads::user(sources, &user.id).await?;
        let before = look_up_key(sources, user.id.as_str(), key).await?;
        match (before, known) {
            (Before::Reused, _) => return Ok(UserCreated::KeyReused),
            (Before::Replay { .. }, Some(known)) => return Ok(UserCreated::Replayed(known)),
            (_, Some(_)) => return Ok(UserCreated::Exists),
            (_, None) => {}
        }
        match write(sources, new_user(user, key)).await {
            Ended::Written(_) => return Ok(UserCreated::New(user.clone())),
            Ended::Raced if races < RACES_MAX => races += 1,
            Ended::Raced => return Err(refused("too many write the same".to_owned())),
            Ended::Failed(error) => return Err(error),
            Ended::Unknown(why) => {
                return match reads::user(sources, &user.id).await {
                    Ok(Some(found)) if found == *user => Ok(UserCreated::New(found)),
                    Ok(_) | Err(_) => Err(StoreError::Unknown(why)),
                };
            }
        }
    }
}

/// The secret of this name: the one that is kept, or `offered`, which is kept from now on.
pub(super) async fn secret(
    sources: &Sources,
    name: &str,
    offered: &[u8; SECRET_LEN],
) -> Result<[u8; SECRET_LEN], StoreError> {
    if let Some(kept) = reads::secret(sources, name).await? {
        return Ok(kept);
    }
    let mut packet = Packet::new();
    packet.add("START TRANSACTION", &[]);
    packet.add(INSERT_SECRET, &[name.into(), offered.into()]);
    packet.commit();
    match write(sources, packet).await {
        Ended::Written(_) => Ok(*offered),
        Ended::Failed(error) => Err(error),
        // Somebody has offered one: the other, or this one.
        Ended::Raced | Ended::Unknown(_) => {
            let kept = reads::secret(sources, name).await?;
            kept.ok_or_else(|| refused(format!("the secret {name} was not kept")))
        }
    }
}

/// Removes at most `len_max` keys from before `before`.
pub(super) async fn purge(
    sources: &Sources,
    before: Timestamp,
    len_max: u32,
) -> Result<u64, StoreError> {
    let mut packet = Packet::new();
    packet.add("START TRANSACTION", &[]);
    packet.add(PURGE, &[before.as_micros().into(), len_max.into()]);
    packet.add("SET @purged = ROW_COUNT()", &[]);
    packet.commit();
    let place = packet.add("SELECT CAST(@purged AS SIGNED) AS purged", &[]);
    match write(sources, packet).await {
        Ended::Written(mut reply) => {
            let rows = reply.take(place);
            let count = |row: &MySqlRow| Columns::new(row, "idempotency", "").count("purged");
            let purged = rows.first().map(count).transpose();
            let purged = purged.map_err(|bad| bad.of("?"))?;
            Ok(purged.unwrap_or(0).into())
        }
        Ended::Raced => Err(refused("a purge made a key twice".to_owned())),
        Ended::Failed(error) => Err(error),
        Ended::Unknown(why) => Err(StoreError::Unknown(why)),
    }
}

async fn write(sources: &Sources, packet: Packet) -> Ended {
    let pool = &sources.writer;
    let link = match pool.link().await {
        Ok(link) => link,
        Err(error) => return Ended::Failed(unavailable(&error)),
    };
    let commits_at = packet.commits_at();
    let (link, result) = pool.run(link, packet).await;
    let Stopped { at, error } = match result {
        Ok(reply) => return Ended::Written(reply),
        Err(stopped) => stopped,
    };
    if !is_answer(&error) || commits_at.is_some_and(|place| at >= place) {
        // Either no answer came, or `COMMIT` itself failed.
        if let Some(link) = link {
            pool.renew(link);
        }
        return Ended::Unknown(error.to_string());
    }
    if let Some(link) = link {
        // Its locks must not be kept until the connection is used again.
        let _ = pool.run(link, Packet::new()).await;
    }
    match kind(&error) {
        Kind::Duplicate | Kind::Deadlock => Ended::Raced,
        _ => Ended::Failed(unavailable(&error)),
    }
}

fn refused(why: String) -> StoreError {
    StoreError::Unavailable(why)
}

async fn look_up_key(
    sources: &Sources,
    user: &str,
    key: Option<&KeyedRequest>,
) -> Result<Before, StoreError> {
    let Some(request) = key else {
        return Ok(Before::Nothing);
    };
    let mut packet = Packet::new();
    let values = [NO_EVENT.0.into(), user.into(), request.key.as_str().into()];
    let place = packet.add(SELECT_KEY, &values);
    let rows = sources.read_writer(packet).await?.take(place);
    let Some(row) = rows.first() else {
        return Ok(Before::Nothing);
    };
    let columns = Columns::new(row, "idempotency", "");
    let read = || -> Result<(&[u8], Option<i64>), BadColumn> {
        Ok((columns.get("body_hash")?, columns.get("result_event_id")?))
    };
    let (body, event) = read().map_err(|bad| bad.of(request.key.as_str()))?;
    if body != request.body.0 {
        return Ok(Before::Reused);
    }
    Ok(Before::Replay {
        event: event.map(EventId),
    })
}

async fn replay(
    sources: &Sources,
    event: Option<EventId>,
) -> Result<Created<EventSnapshot>, StoreError> {
    let id = event.unwrap_or(NO_EVENT);
    let found = reads::event(sources, Source::Writer, id, Deleted::Too).await?;
    let missing = || StoreError::Corrupt {
        table: "idempotency",
        column: "result_event_id",
        id: id.to_string(),
    };
    Ok(Created::Replayed(found.ok_or_else(missing)?))
}

async fn find_created(sources: &Sources, group: GroupId) -> Result<Option<EventId>, StoreError> {
    let mut packet = Packet::new();
    let values = [RECENT_EVENTS.into(), group.as_bytes().into()];
    let place = packet.add(SELECT_CREATED, &values);
    let rows = sources.read_writer(packet).await?.take(place);
    let id = rows
        .first()
        .map(|row| Columns::new(row, "events", "").get("id"));
    let id = id.transpose().map_err(|bad: BadColumn| bad.of("?"))?;
    Ok(id.map(EventId))
}

fn new_event(new: &NewEvent, group: GroupId, key: Option<&KeyedRequest>) -> (Packet, usize) {
    let created_at = Value::from(new.event.created_at.as_micros());
    let mut packet = Packet::new();
    packet.add("START TRANSACTION", &[]);
    let mut values = event_values(&new.event).to_vec();
    values.push(created_at.clone());
    packet.add(INSERT_EVENT, &values);
    packet.add("SET @event = LAST_INSERT_ID()", &[]);
    for (ordering, grade) in (0_i64..).zip(&new.grades) {
        let (rows, seats_per_row) = match grade.seating {
            Seating::General => (None, None),
            Seating::Assigned {
                rows,
                seats_per_row,
            } => (Some(rows), Some(seats_per_row)),
        };
        let values = [
            grade.price.0.into(),
            grade.stock.total.into(),
            grade.stock.available.into(),
            grade.stock.held.into(),
            grade.stock.sold.into(),
            grade.seat_type.as_str().into(),
            ordering.into(),
            names::seating(grade.seating).into(),
            rows.into(),
            seats_per_row.into(),
        ];
        packet.add(INSERT_GRADE, &values);
    }
    packet.add(INSERT_LOG, &[group.as_bytes().into(), created_at.clone()]);
    if let Some(request) = key {
        let statement = format!("{INSERT_KEY}@event, ?)");
        let mut values = key_values(NO_USER, request);
        values.push(created_at);
        packet.add(&statement, &values);
    }
    packet.commit();
    let place = packet.add("SELECT CAST(@event AS SIGNED) AS id", &[]);
    (packet, place)
}

fn new_user(user: &User, key: Option<&KeyedRequest>) -> Packet {
    let mut packet = Packet::new();
    packet.add("START TRANSACTION", &[]);
    let created_at = Value::from(user.created_at.as_micros());
    let values = [
        user.id.as_str().into(),
        user.username.as_str().into(),
        user.email.as_deref().into(),
        user.phone_number.as_deref().into(),
        created_at.clone(),
    ];
    packet.add(INSERT_USER, &values);
    if let Some(request) = key {
        let statement = format!("{INSERT_KEY}NULL, ?)");
        let mut values = key_values(user.id.as_str(), request);
        values.push(created_at);
        packet.add(&statement, &values);
    }
    packet.commit();
    packet
}

fn key_values<'v>(user: &'v str, request: &'v KeyedRequest) -> Vec<Value<'v>> {
    vec![
        NO_EVENT.0.into(),
        user.into(),
        request.key.as_str().into(),
        (&request.body.0).into(),
    ]
}

fn created(new: &NewEvent, id: EventId) -> EventSnapshot {
    let created_at = new.event.created_at;
    EventSnapshot {
        event: Arc::new(Event {
            id,
            ..new.event.clone()
        }),
        grades: new.grades.clone(),
        version: Version(1),
        last_now: created_at,
        next_due: None,
        seats: SeatMaps::of(&new.grades),
    }
}
