//! What a batch of commands needs to know, in one packet; in two where reservations are wanted.

use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

use boxoffice::group::{Facts, FactsQuery};
use boxoffice::ids::{EventId, ReservationId, Version};
use boxoffice::reservation::Reservation;
use boxoffice::store::StoreError;
use boxoffice::time::Timestamp;
use sqlx::mysql::MySqlRow;

use super::asking::{self, Asking, Question};
use super::packet::{Packet, Value};
use super::pool::Reply;
use super::reader::Sources;
use crate::rows::columns::{Cells, Columns};
use crate::rows::keys::key_record;
use crate::rows::payments;
use crate::rows::reservations::{SELECT, holdings, ids, reservations};

/// The wanted pairs come first: each leads to one reservation and one key.
const WANTED_KEYS: (&str, &str) = (
    "SELECT i.user_id, i.request_key, i.body_hash, i.reservation_id, i.made_at FROM (",
    ") w STRAIGHT_JOIN reservations r ON r.reservation_id = w.wanted_id AND r.event_id = ? \
     STRAIGHT_JOIN idempotency i \
     ON i.event_id = r.event_id AND i.user_id = r.user_id AND i.request_key = w.wanted_key",
);

const DUE: &str = "SELECT reservation_id, due_at FROM reservations FORCE INDEX (reservations_due) \
    WHERE event_id = ? AND due_at IS NOT NULL AND due_at <= ? \
    ORDER BY due_at, reservation_id LIMIT ?";

const NEXT_DUE: &str = "SELECT MIN(due_at) AS due_at FROM reservations \
    WHERE event_id = ? AND due_at IS NOT NULL AND due_at > ?";

/// A payment that is under way is not given back before it is settled.
const LIVE: &str = "SELECT reservation_id FROM reservations FORCE INDEX (reservations_by_event) \
    WHERE event_id = ? AND status IN ('HELD', 'CONFIRMED') ORDER BY reservation_id LIMIT ?";

/// Where the answers are in the packet, beside those that nearly every batch wants.
#[derive(Default)]
struct Places {
    keys_by_reservation: Option<usize>,
    payments: Option<usize>,
    due: Option<(usize, usize)>,
    live: Option<usize>,
}

/// See `Store::facts`.
pub(super) async fn facts(
    sources: &Sources,
    asking: &Arc<Asking>,
    event: EventId,
    query: &FactsQuery,
) -> Result<Facts, StoreError> {
    let question = Question::of(event, query);
    let (found, mut reply, places) = if asks_more(query) {
        let mut packet = Packet::new();
        let first = asking::ask(&mut packet, slice::from_ref(&question));
        let places = ask(&mut packet, event, query);
        let mut reply = sources.read_writer(packet).await?;
        let found = first.found(&mut reply)?.remove(&event);
        (found.unwrap_or_default(), reply, places)
    } else {
        let found = asking.ask(question).await?;
        (found, Reply::default(), Places::default())
    };
    let (versions, key_rows): (Vec<_>, Vec<_>) = found
        .version_and_keys
        .iter()
        .partition(|row| matches!(row.int("version"), Ok(Some(_))));
    let Some(version) = version(event, &versions)? else {
        return Ok(Facts::default());
    };
    let mut take = |place: Option<usize>| place.map(|at| reply.take(at)).unwrap_or_default();
    let mut keys = HashMap::new();
    for row in key_rows
        .into_iter()
        .chain(&take(places.keys_by_reservation))
    {
        let (name, record) = key_record(row)?;
        keys.insert(name, record);
    }
    let holdings = holdings(event, &found.holdings)?;
    let payments = payments::records(event, &take(places.payments))?;
    let live = ids(&take(places.live))?;
    let (due, next_due) = due(&mut reply, places.due, query.due_len_max)?;

    let asked = query.reservations.iter().copied();
    let asked: Vec<ReservationId> = asked
        .chain(keys.values().map(|key| key.reservation))
        .collect();
    let reservations = by_ids(sources, event, [&asked, &due, &live]).await?;
    let pick = |ids: &[ReservationId]| -> Vec<Arc<Reservation>> {
        ids.iter()
            .filter_map(|id| reservations.get(id).cloned())
            .collect()
    };
    Ok(Facts {
        version: Some(version),
        holdings,
        payments,
        due: pick(&due),
        next_due,
        live: pick(&live),
        reservations: pick(&asked)
            .into_iter()
            .map(|found| (found.id, found))
            .collect(),
        keys,
    })
}

/// Whether it asks for more than [`asking`] tells.
fn asks_more(query: &FactsQuery) -> bool {
    let FactsQuery {
        keys: _,
        buyers: _,
        keys_by_reservation,
        reservations: _,
        payments,
        due_by,
        live,
        due_len_max: _,
    } = query;
    !keys_by_reservation.is_empty() || !payments.is_empty() || due_by.is_some() || *live
}

/// Adds what else the query asks for.
fn ask(packet: &mut Packet, event: EventId, query: &FactsQuery) -> Places {
    let id = || [Value::from(event.0)];
    let mut places = Places::default();
    if !query.keys_by_reservation.is_empty() {
        let rows = query
            .keys_by_reservation
            .iter()
            .map(|(id, key)| [id.as_bytes().into(), key.as_str().into()]);
        let columns = ["wanted_id", "wanted_key"];
        places.keys_by_reservation = Some(packet.add_table(WANTED_KEYS, &id(), columns, rows));
    }
    if !query.payments.is_empty() {
        let head = format!(
            "{} WHERE p.event_id = ? AND p.payment_id IN (",
            payments::SELECT
        );
        let rows = query.payments.iter().map(|id| [id.as_bytes().into()]);
        places.payments = Some(packet.add_rows((&head, ")"), &id(), rows));
    }
    if let Some(by) = query.due_by {
        let by = by.as_micros();
        // One more than wanted: it tells when the next one is due.
        let len = i64::from(query.due_len_max) + 1;
        places.due = Some((
            packet.add(DUE, &[event.0.into(), by.into(), len.into()]),
            packet.add(NEXT_DUE, &[event.0.into(), by.into()]),
        ));
    }
    if query.live {
        places.live = Some(packet.add(LIVE, &[event.0.into(), query.due_len_max.into()]));
    }
    places
}

fn version(event: EventId, rows: &[&MySqlRow]) -> Result<Option<Version>, StoreError> {
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let version = Columns::new(*row, "events", "").get("version");
    version
        .map(|version| Some(Version(version)))
        .map_err(|bad| bad.of(event))
}

/// Holds that are due, at most `len_max`, and when the next one is.
fn due(
    reply: &mut Reply,
    places: Option<(usize, usize)>,
    len_max: u32,
) -> Result<(Vec<ReservationId>, Option<Timestamp>), StoreError> {
    let Some((due, next)) = places else {
        return Ok((Vec::new(), None));
    };
    let (rows, next) = (reply.take(due), reply.take(next));
    let mut due = ids(&rows)?;
    due.truncate(len_max as usize);
    let first_left = rows.get(len_max as usize).or_else(|| next.first());
    let next_due =
        first_left.map(|row| Columns::new(row, "reservations", "").time_or_none("due_at"));
    let next_due = next_due.transpose().map_err(|bad| bad.of("?"))?;
    Ok((due, next_due.flatten()))
}

async fn by_ids(
    sources: &Sources,
    event: EventId,
    lists: [&[ReservationId]; 3],
) -> Result<HashMap<ReservationId, Arc<Reservation>>, StoreError> {
    let mut wanted: Vec<ReservationId> = lists.into_iter().flatten().copied().collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    wanted.sort_unstable();
    wanted.dedup();
    let mut packet = Packet::new();
    let head = format!("{SELECT} WHERE r.event_id = ? AND r.reservation_id IN (");
    let tail = ") ORDER BY r.reservation_id, t.number";
    let rows = wanted.iter().map(|id| [id.as_bytes().into()]);
    let place = packet.add_rows((&head, tail), &[event.0.into()], rows);
    let found = reservations(&sources.read_writer(packet).await?.take(place))?;
    let found = found.into_iter().map(Arc::new);
    Ok(found
        .map(|reservation| (reservation.id, reservation))
        .collect())
}
