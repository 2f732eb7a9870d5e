//! Reading events, reservations and profiles: one packet each, so that what belongs together is of
//! one moment and costs one round trip.

use boxoffice::buyer::{User, UserId, UserStatistics};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::{EventId, GroupId, PaymentId, ReservationCode, ReservationId, Version};
use boxoffice::invariants::Ledger;
use boxoffice::money::Money;
use boxoffice::page::{Direction, Page};
use boxoffice::reservation::Reservation;
use boxoffice::store::{
    EventListQuery, PaymentUnderWay, RefundDue, ReservationListQuery, SECRET_LEN, Source,
    StoreError,
};
use boxoffice::time::Timestamp;
use sqlx::mysql::MySqlRow;

use super::packet::{Packet, Value};
use super::pool::Reply;
use super::reader::Sources;
use crate::rows::columns::{BadColumn, Columns};
use crate::rows::event_lists::{chosen, order};
use crate::rows::events::{
    CANCELLED_LIVE, CLAIMS, EVENT_COLUMNS, GRADE_COLUMNS, IDS, seat_maps, snapshots,
};
use crate::rows::reservation_lists::{
    ADMITTED, IN_ORDER, OF_EVENT_IDS, SINCE, TAKINGS, count_admitted, count_since, takings_of,
};
use crate::rows::reservations::{SELECT, reservations};
use crate::rows::users::{SELECT_STATISTICS, SELECT_USER, done, profile};
use crate::rows::{ledger, payments, reservation_lists};

/// Whether deleted events are wanted too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Deleted {
    Not,
    Too,
}

/// Holds that are due, over all events, along the index of due holds.
const DUE_HOLDS: &str = "SELECT event_id AS id, MIN(due_at) AS first_due FROM reservations \
    WHERE due_at <= ? GROUP BY event_id ORDER BY first_due, id LIMIT ?";

/// The event with its grades and seats, all of one version.
pub(super) async fn event(
    sources: &Sources,
    source: Source,
    id: EventId,
    deleted: Deleted,
) -> Result<Option<EventSnapshot>, StoreError> {
    let mut packet = Packet::new();
    packet.begin_reading();
    let select = format!(
        "SELECT {EVENT_COLUMNS}, {GRADE_COLUMNS}, (SELECT MIN(r.due_at) FROM reservations r \
         WHERE r.event_id = e.id AND r.due_at IS NOT NULL) AS next_due \
         FROM events e LEFT JOIN grades g ON g.event_id = e.id WHERE e.id = ? ORDER BY g.ordering"
    );
    let event = packet.add(&select, &[id.0.into()]);
    let claims = packet.add(CLAIMS, &[id.0.into()]);
    packet.add("COMMIT", &[]);
    let mut reply = sources.read(source, packet).await?;
    let rows = reply.take(event);
    let Some(mut snapshot) = snapshots(&rows)?.pop() else {
        return Ok(None);
    };
    if deleted == Deleted::Not && snapshot.event.deleted_at.is_some() {
        return Ok(None);
    }
    let columns = Columns::new(&rows[0], "reservations", "");
    snapshot.next_due = columns.time_or_none("next_due").map_err(|bad| bad.of(id))?;
    if snapshot.is_assigned() {
        snapshot.seats = seat_maps(&snapshot, &reply.take(claims))?;
    }
    Ok(Some(snapshot))
}

/// A page of events that are not deleted, counted and read at one moment.
pub(super) async fn events(
    sources: &Sources,
    query: &EventListQuery,
) -> Result<Page<EventSnapshot>, StoreError> {
    let text = query.text.as_deref().map(str::to_lowercase);
    let now = query.now.as_micros().to_string();
    let chosen = chosen(query.filter, &now, text.as_ref().map(|_| "?"));
    let text: Vec<Value<'_>> = text.as_deref().map(Value::from).into_iter().collect();
    let (sort, way) = order(query.sort, query.direction);
    let mut packet = Packet::new();
    packet.begin_reading();
    let count = packet.add(
        &format!("SELECT COUNT(*) AS total FROM events e WHERE {chosen}"),
        &text,
    );
    let select = format!(
        "SELECT {EVENT_COLUMNS}, {GRADE_COLUMNS} FROM (SELECT * FROM events e WHERE {chosen} \
         ORDER BY e.{sort} {way}, e.id {way} LIMIT ? OFFSET ?) e \
         LEFT JOIN grades g ON g.event_id = e.id ORDER BY e.{sort} {way}, e.id {way}, g.ordering"
    );
    let mut values = text;
    values.extend([query.page.size.into(), offset(query.page.offset())]);
    let page = packet.add(&select, &values);
    packet.add("COMMIT", &[]);
    let mut reply = sources.read(Source::Reader, packet).await?;
    Ok(Page {
        total: total(&reply.take(count), "events")?,
        items: snapshots(&reply.take(page))?,
    })
}

/// The reservation of this id.
pub(super) async fn reservation(
    sources: &Sources,
    id: ReservationId,
) -> Result<Option<Reservation>, StoreError> {
    let mut packet = Packet::new();
    let select = format!("{SELECT} WHERE r.reservation_id = ? ORDER BY t.number");
    let place = packet.add(&select, &[id.as_bytes().into()]);
    let mut reply = sources.read_writer(packet).await?;
    Ok(reservations(&reply.take(place))?.pop())
}

/// The buyer's reservation of this code. Among one buyer's the last six bytes are enough.
pub(super) async fn by_code(
    sources: &Sources,
    user: &UserId,
    code: ReservationCode,
) -> Result<Option<Reservation>, StoreError> {
    let mut packet = Packet::new();
    let select = format!(
        "{SELECT} WHERE r.user_id = ? AND SUBSTR(r.reservation_id, 11) = ? \
         ORDER BY r.reservation_id, t.number"
    );
    let place = packet.add(&select, &[user.as_str().into(), code.suffix().into()]);
    let mut reply = sources.read_writer(packet).await?;
    Ok(reservations(&reply.take(place))?.pop())
}

/// A page of reservations, counted and read at one moment.
pub(super) async fn reservation_page(
    sources: &Sources,
    query: &ReservationListQuery,
) -> Result<Page<Reservation>, StoreError> {
    let chosen = reservation_lists::chosen(query);
    let event = query.event.map(|event| Value::from(event.0));
    let user = query.user.as_ref().map(|user| Value::from(user.as_str()));
    let mut values: Vec<Value<'_>> = event.into_iter().chain(user).collect();
    let way = match query.direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    let mut packet = Packet::new();
    packet.begin_reading();
    let count = packet.add(
        &format!("SELECT COUNT(*) AS total FROM reservations l {chosen}"),
        &values,
    );
    let select = format!(
        "{SELECT} JOIN (SELECT l.reservation_id FROM reservations l {chosen} \
         ORDER BY l.reservation_id {way} LIMIT ? OFFSET ?) c ON c.reservation_id = r.reservation_id \
         ORDER BY r.reservation_id {way}, t.number"
    );
    values.extend([query.page.size.into(), offset(query.page.offset())]);
    let page = packet.add(&select, &values);
    packet.add("COMMIT", &[]);
    let mut reply = sources.read_writer(packet).await?;
    Ok(Page {
        total: total(&reply.take(count), "reservations")?,
        items: reservations(&reply.take(page))?,
    })
}

/// See `Store::reservations_of`.
pub(super) async fn reservations_of(
    sources: &Sources,
    event: EventId,
    after: Option<ReservationId>,
    len_max: u32,
) -> Result<Vec<Reservation>, StoreError> {
    let after = after.as_ref().map_or(&[][..], ReservationId::as_bytes);
    let mut packet = Packet::new();
    let select = format!(
        "{SELECT} JOIN ({OF_EVENT_IDS}) c ON c.reservation_id = r.reservation_id {IN_ORDER}"
    );
    let place = packet.add(&select, &[event.0.into(), after.into(), len_max.into()]);
    let mut reply = sources.read_writer(packet).await?;
    reservations(&reply.take(place))
}

/// See `Store::admitted`.
pub(super) async fn admitted(sources: &Sources, event: EventId) -> Result<u64, StoreError> {
    let mut packet = Packet::new();
    let place = packet.add(ADMITTED, &[event.0.into()]);
    let mut reply = sources.read_writer(packet).await?;
    let rows = reply.take(place);
    rows.first().map_or(Ok(0), |row| count_admitted(event, row))
}

/// See `Store::takings`.
pub(super) async fn takings(sources: &Sources, event: EventId) -> Result<Money, StoreError> {
    let mut packet = Packet::new();
    let place = packet.add(TAKINGS, &[event.0.into()]);
    let mut reply = sources.read_writer(packet).await?;
    let rows = reply.take(place);
    let row = rows.first();
    row.map_or(Ok(Money::ZERO), |row| takings_of(event, row))
}

/// See `Store::reserved_since`.
pub(super) async fn reserved_since(
    sources: &Sources,
    event: EventId,
    after: ReservationId,
) -> Result<u64, StoreError> {
    let mut packet = Packet::new();
    let place = packet.add(SINCE, &[event.0.into(), after.as_bytes()[..].into()]);
    let mut reply = sources.read_writer(packet).await?;
    let rows = reply.take(place);
    rows.first().map_or(Ok(0), |row| count_since(event, row))
}

/// A buyer's profile.
pub(super) async fn user(sources: &Sources, id: &UserId) -> Result<Option<User>, StoreError> {
    let mut packet = Packet::new();
    let place = packet.add(SELECT_USER, &[id.as_str().into()]);
    let mut reply = sources.read_writer(packet).await?;
    let rows = reply.take(place);
    rows.first().map(|row| profile(id, row)).transpose()
}

/// What a buyer has done.
pub(super) async fn statistics(
    sources: &Sources,
    id: &UserId,
) -> Result<UserStatistics, StoreError> {
    let mut packet = Packet::new();
    let place = packet.add(SELECT_STATISTICS, &[id.as_str().into()]);
    let mut reply = sources.read_writer(packet).await?;
    match reply.take(place).first() {
        Some(row) => done(id, row),
        None => Ok(UserStatistics::default()),
    }
}

/// Events with holds that have ended, the longest waiting first, then cancelled ones to clear.
pub(super) async fn due(
    sources: &Sources,
    now: Timestamp,
    len_max: u32,
) -> Result<Vec<EventId>, StoreError> {
    let mut packet = Packet::new();
    let holds = packet.add(DUE_HOLDS, &[now.as_micros().into(), len_max.into()]);
    let cancelled = packet.add(CANCELLED_LIVE, &[len_max.into()]);
    let mut reply = sources.read_writer(packet).await?;
    let mut due = event_ids(&reply.take(holds))?;
    for id in event_ids(&reply.take(cancelled))? {
        if !due.contains(&id) {
            due.push(id);
        }
    }
    due.truncate(len_max as usize);
    Ok(due)
}

/// See `Store::payments_under_way`.
pub(super) async fn under_way(
    sources: &Sources,
    after: Option<ReservationId>,
    len_max: u32,
) -> Result<Vec<PaymentUnderWay>, StoreError> {
    let after = after.as_ref().map_or(&[][..], ReservationId::as_bytes);
    let mut packet = Packet::new();
    let place = packet.add(payments::UNDER_WAY, &[after.into(), len_max.into()]);
    let rows = sources.read_writer(packet).await?.take(place);
    rows.iter()
        .map(|row| payments::payment_under_way(row))
        .collect()
}

/// See `Store::refunds_due`.
pub(super) async fn refunds_due(
    sources: &Sources,
    after: Option<PaymentId>,
    len_max: u32,
) -> Result<Vec<RefundDue>, StoreError> {
    let after = after.as_ref().map_or(&[][..], PaymentId::as_bytes);
    let mut packet = Packet::new();
    let place = packet.add(payments::REFUNDS_DUE, &[after.into(), len_max.into()]);
    let rows = sources.read_writer(packet).await?.take(place);
    rows.iter().map(|row| payments::refund_due(row)).collect()
}

/// The secret of this name, if it is kept.
pub(super) async fn secret(
    sources: &Sources,
    name: &str,
) -> Result<Option<[u8; SECRET_LEN]>, StoreError> {
    let mut packet = Packet::new();
    let place = packet.add(payments::SECRET, &[name.into()]);
    let rows = sources.read_writer(packet).await?.take(place);
    rows.first()
        .map(|row| payments::kept_secret(name, row))
        .transpose()
}

/// Ids after `after`, deleted events included.
pub(super) async fn ids(
    sources: &Sources,
    after: EventId,
    len_max: u32,
) -> Result<Vec<EventId>, StoreError> {
    let mut packet = Packet::new();
    let place = packet.add(IDS, &[after.0.into(), len_max.into()]);
    event_ids(&sources.read_writer(packet).await?.take(place))
}

/// The group that has this version.
pub(super) async fn group_at(
    sources: &Sources,
    event: EventId,
    version: Version,
) -> Result<Option<GroupId>, StoreError> {
    let mut packet = Packet::new();
    let select = "SELECT group_id FROM event_log WHERE event_id = ? AND version = ?";
    let place = packet.add(select, &[event.0.into(), version.0.into()]);
    let rows = sources.read_writer(packet).await?.take(place);
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let id = Columns::new(row, "event_log", "").map("group_id", GroupId::from_slice);
    id.map(Some)
        .map_err(|bad| bad.of(format_args!("{event}, {}", version.0)))
}

/// What the tables say of an event, deleted ones included.
pub(super) async fn books(sources: &Sources, event: EventId) -> Result<Option<Ledger>, StoreError> {
    let id = || [Value::from(event.0)];
    let mut packet = Packet::new();
    packet.begin_reading();
    let row = packet.add(ledger::EVENT, &id());
    let log = packet.add(ledger::LOG, &id());
    let grades = packet.add(ledger::GRADES, &id());
    let reservations = packet.add(ledger::RESERVATIONS, &id());
    let keys = packet.add(ledger::KEYS, &id());
    let astray = packet.add(ledger::CLAIMS_ASTRAY, &id());
    let missing = packet.add(ledger::CLAIMS_MISSING, &[event.0.into(), event.0.into()]);
    let money = packet.add(ledger::MONEY, &id());
    packet.add("COMMIT", &[]);
    let mut reply = sources.read_writer(packet).await?;
    let Some(row) = reply.take(row).pop() else {
        return Ok(None);
    };
    let sums = ledger::Sums {
        event: row,
        log: only(&mut reply, log)?,
        grades: reply.take(grades),
        reservations: reply.take(reservations),
        keys_astray: only(&mut reply, keys)?,
        claims_astray: only(&mut reply, astray)?,
        claims_missing: only(&mut reply, missing)?,
        money: only(&mut reply, money)?,
    };
    ledger::assemble(event, &sums).map(Some)
}

fn only(reply: &mut Reply, place: usize) -> Result<MySqlRow, StoreError> {
    let row = reply.take(place).pop();
    row.ok_or_else(|| StoreError::Unavailable("a sum has no row".to_owned()))
}

fn offset(offset: u64) -> Value<'static> {
    i64::try_from(offset).unwrap_or(i64::MAX).into()
}

fn total(rows: &[MySqlRow], table: &'static str) -> Result<u64, StoreError> {
    let Some(row) = rows.first() else {
        return Ok(0);
    };
    let total = Columns::new(row, table, "").map("total", |total: i64| u64::try_from(total).ok());
    total.map_err(|bad| bad.of("?"))
}

fn event_ids(rows: &[MySqlRow]) -> Result<Vec<EventId>, StoreError> {
    let read = |row: &MySqlRow| Columns::new(row, "events", "").get("id").map(EventId);
    rows.iter()
        .map(read)
        .collect::<Result<_, BadColumn>>()
        .map_err(|bad| bad.of("?"))
}
