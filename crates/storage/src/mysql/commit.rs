//! Writing groups in one packet: their lines in the log first, then what they change, then `COMMIT`.
//!
//! The server stops at the first statement that fails, so nothing after it is carried out. A
//! statement that changes fewer or more rows than it should have does not fail by itself: it leaves
//! its mark in `@wrong`, and the last statement before `COMMIT` fails where there is one.
//!
//! Groups of different events share a packet, and with it statements, transaction and sync. Where
//! the server refuses something of it, each is written in a packet of its own, so that what is wrong
//! with one group concerns no other.

use std::collections::HashSet;

use boxoffice::event::Event;
use boxoffice::group::{Group, Touched};
use boxoffice::ids::EventId;
use boxoffice::store::CommitError;
use futures_util::future::join_all;

use super::failure::{Kind, is_answer, kind};
use super::packet::{Packet, Value};
use super::pool::{Link, Pool, Stopped};
use super::{commit_money, commit_reservations};
use crate::names;
use crate::rows::columns::Columns;

/// How often a group is written again because its transaction was chosen to end a deadlock.
const DEADLOCKS_MAX: u32 = 3;

/// How often groups are joined anew without those that somebody else was faster with.
const JOINS_MAX: u32 = 3;

const INSERT_LOG: &str = "INSERT INTO event_log \
    (event_id, version, group_id, actor, logged_at, brief) VALUES ";

const UPDATE_VERSIONS: (&str, &str) = (
    "UPDATE (",
    ") v STRAIGHT_JOIN events e ON e.id = v.id SET e.version = v.version, \
     e.last_now = v.last_now WHERE e.version = v.base",
);

const VERSIONS: [&str; 4] = ["id", "base", "version", "last_now"];

const UPDATE_EVENT: &str = "UPDATE events SET organizer_id = ?, production_id = ?, name = ?, \
    description = ?, venue_name = ?, venue_address = ?, venue_capacity = ?, starts_at = ?, \
    zone = ?, currency = ?, sale_opens_at = ?, sale_closes_at = ?, hold_secs = ?, \
    buyer_tickets_max = ?, state = ?, deleted_at = ?, created_at = ?, updated_at = ?, \
    search_text = ? WHERE id = ?";

const UPDATE_GRADES: (&str, &str) = (
    "UPDATE (",
    ") v STRAIGHT_JOIN grades g ON g.event_id = v.event_id AND g.seat_type = v.seat_type \
     SET g.price = v.price, g.total = v.total, g.available = v.available, g.held = v.held, \
     g.sold = v.sold",
);

const GRADES: [&str; 7] = [
    "event_id",
    "seat_type",
    "price",
    "total",
    "available",
    "held",
    "sold",
];

const INSERT_KEYS: &str = "INSERT INTO idempotency \
    (event_id, user_id, request_key, body_hash, reservation_id, made_at) VALUES ";

/// Changes nothing, or fails.
const CHECK: &str = "UPDATE event_log SET group_id = IF(@wrong = 0, group_id, NULL) \
    WHERE event_id = ? AND version = ?";

/// Which of these versions somebody has written already.
const SELECT_TAKEN: (&str, &str) = (
    "SELECT event_id FROM event_log WHERE (event_id, version) IN (",
    ")",
);

/// What changed fewer or more rows than it should have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Guard {
    Version = 1,
    Grades,
    Payments,
    PaymentReferences,
    Claims,
    Reservations,
}

impl Guard {
    const ALL: [Self; 6] = [
        Self::Version,
        Self::Grades,
        Self::Payments,
        Self::PaymentReferences,
        Self::Claims,
        Self::Reservations,
    ];

    const fn table(self) -> &'static str {
        match self {
            Self::Version => "events",
            Self::Grades => "grades",
            Self::Payments => "payments, of the same reservation,",
            Self::PaymentReferences => "payments that reservations refer to",
            Self::Claims => "seat_claims",
            Self::Reservations => "reservations",
        }
    }
}

/// Groups as a packet, and where its parts are.
pub(super) struct Writing {
    pub(super) packet: Packet,
    log: usize,
    check: usize,
}

impl Writing {
    /// Marks the packet as wrong where the last statement did not change this many rows.
    pub(super) fn expect_changed(&mut self, guard: Guard, wanted: usize) {
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        self.packet.add(
            "SET @wrong = IF(ROW_COUNT() = ?, @wrong, ?)",
            &[wanted.into(), (guard as i64).into()],
        );
    }
}

/// Why nothing of a packet was written.
enum Refusal {
    /// Its transaction was chosen to end a deadlock.
    Deadlock(String),
    /// Somebody else has written the next version of these events.
    Taken(HashSet<EventId>),
    /// The server refuses something of it.
    Refused(CommitError),
    /// It is nothing of it: whatever is sent meets the same. Or it was written, and nobody knows.
    Lost(CommitError),
}

/// Commits groups of different events, each whole or not at all.
pub(super) async fn commit(pool: &Pool, groups: &[Group]) -> Vec<Result<(), CommitError>> {
    let mut results = vec![Ok(()); groups.len()];
    let mut rest: Vec<usize> = (0..groups.len()).collect();
    let mut joins = 0;
    while rest.len() > 1 && joins < JOINS_MAX {
        joins += 1;
        let joined: Vec<&Group> = rest.iter().map(|&at| &groups[at]).collect();
        match attempt(pool, &joined).await {
            Ok(()) => return results,
            Err(Refusal::Lost(error)) => {
                for at in rest {
                    results[at] = Err(error.clone());
                }
                return results;
            }
            Err(Refusal::Taken(events)) if !events.is_empty() => rest.retain(|&at| {
                let taken = events.contains(&groups[at].event);
                if taken {
                    results[at] = Err(CommitError::VersionTaken);
                }
                !taken
            }),
            Err(Refusal::Taken(_) | Refusal::Deadlock(_) | Refusal::Refused(_)) => break,
        }
    }
    let apart = rest.iter().map(|&at| commit_alone(pool, &groups[at]));
    for (&at, result) in rest.iter().zip(join_all(apart).await) {
        results[at] = result;
    }
    results
}

async fn commit_alone(pool: &Pool, group: &Group) -> Result<(), CommitError> {
    let mut deadlocks = 0;
    loop {
        match attempt(pool, &[group]).await {
            Ok(()) => return Ok(()),
            Err(Refusal::Deadlock(_)) if deadlocks < DEADLOCKS_MAX => deadlocks += 1,
            Err(Refusal::Deadlock(why)) => return Err(CommitError::Unavailable(why)),
            Err(Refusal::Taken(_)) => return Err(CommitError::VersionTaken),
            Err(Refusal::Refused(error) | Refusal::Lost(error)) => return Err(error),
        }
    }
}

async fn attempt(pool: &Pool, groups: &[&Group]) -> Result<(), Refusal> {
    let writing = writing(groups);
    let (log, check) = (writing.log, writing.check);
    let link = pool.link().await;
    let link = link.map_err(|error| Refusal::Lost(CommitError::Unavailable(error.to_string())))?;
    let (link, result) = pool.run(link, writing.packet).await;
    let Err(Stopped { at, error }) = result else {
        return Ok(());
    };
    let why = error.to_string();
    if !is_answer(&error) || at > check {
        // Either no answer came, or `COMMIT` itself failed.
        if let Some(link) = link {
            pool.renew(link);
        }
        return Err(Refusal::Lost(CommitError::Unknown(why)));
    }
    let (wrong, taken) = match link {
        Some(link) => take_back(pool, link, groups).await.unwrap_or_default(),
        None => <_>::default(),
    };
    Err(match kind(&error) {
        Kind::Deadlock => Refusal::Deadlock(why),
        Kind::Duplicate if at == log => Refusal::Taken(taken),
        Kind::Null if at == check => Refusal::Refused(match wrong {
            Some(Guard::Version) => CommitError::VersionTaken,
            Some(guard) => CommitError::Refused(format!(
                "fewer or more rows of {} than wanted",
                guard.table()
            )),
            None => CommitError::Unavailable(why),
        }),
        Kind::Duplicate | Kind::Null | Kind::Data => Refusal::Refused(CommitError::Refused(why)),
        Kind::Other => Refusal::Refused(CommitError::Unavailable(why)),
        Kind::ReadOnly | Kind::Lost => Refusal::Lost(CommitError::Unavailable(why)),
    })
}

/// Rolls back what was begun, so that its locks are not kept until the connection is used again;
/// tells what was marked as wrong, and whose next version is there already.
async fn take_back(
    pool: &Pool,
    link: Link,
    groups: &[&Group],
) -> Option<(Option<Guard>, HashSet<EventId>)> {
    let mut packet = Packet::new();
    let place = packet.add("SELECT CAST(@wrong AS SIGNED) AS wrong", &[]);
    let versions = groups
        .iter()
        .map(|group| [group.event.0.into(), group.base.next().0.into()]);
    let taken = packet.add_rows(SELECT_TAKEN, &[], versions);
    let (_, result) = pool.run(link, packet).await;
    let mut reply = result.ok()?;
    let rows = reply.take(place);
    let wrong: i64 = Columns::new(rows.first()?, "event_log", "")
        .get("wrong")
        .ok()?;
    let wrong = Guard::ALL.into_iter().find(|guard| *guard as i64 == wrong);
    let taken = reply.take(taken);
    let events = taken
        .iter()
        .map(|row| Columns::new(row, "event_log", "").get("event_id"));
    let events: Result<HashSet<EventId>, _> = events.map(|id| id.map(EventId)).collect();
    Some((wrong, events.ok()?))
}

fn writing(groups: &[&Group]) -> Writing {
    let mut packet = Packet::new();
    packet.add("SET @wrong = 0", &[]);
    packet.add("START TRANSACTION", &[]);
    let lines = groups.iter().map(|group| {
        [
            group.event.0.into(),
            group.base.next().0.into(),
            group.id.as_bytes().into(),
            group.actor.as_str().into(),
            group.now.as_micros().into(),
            group.brief.as_str().into(),
        ]
    });
    let log = packet.add_rows((INSERT_LOG, ""), &[], lines);
    let mut writing = Writing {
        packet,
        log,
        check: 0,
    };
    write_events(&mut writing, groups);
    write_grades(&mut writing, groups);
    commit_money::write_payments(&mut writing, groups);
    commit_money::check_references(&mut writing, groups);
    // What ends gives its seats back before what is new claims them.
    let (mut new, mut updated) = (Vec::new(), Vec::new());
    for group in groups {
        let touched = group.changes.reservations.iter();
        let (of_new, of_updated): (Vec<&Touched>, Vec<&Touched>) =
            touched.partition(|touched| touched.new);
        commit_reservations::delete_claims(&mut writing, &of_updated);
        new.extend(of_new);
        updated.extend(of_updated);
    }
    commit_reservations::update(&mut writing, &updated);
    commit_reservations::insert(&mut writing, &new);
    commit_money::write_refunds(&mut writing, groups);
    write_keys(&mut writing, groups);
    if let Some(first) = groups.first() {
        let of_first = [first.event.0.into(), first.base.next().0.into()];
        writing.check = writing.packet.add(CHECK, &of_first);
    }
    writing.packet.add("COMMIT", &[]);
    writing
}

fn write_events(writing: &mut Writing, groups: &[&Group]) {
    let versions = groups.iter().map(|group| {
        [
            group.event.0.into(),
            group.base.0.into(),
            group.base.next().0.into(),
            group.now.as_micros().into(),
        ]
    });
    writing
        .packet
        .add_table(UPDATE_VERSIONS, &[], VERSIONS, versions);
    writing.expect_changed(Guard::Version, groups.len());
    for event in groups
        .iter()
        .filter_map(|group| group.changes.event.as_ref())
    {
        let mut values = event_values(event).to_vec();
        values.push(event.id.0.into());
        writing.packet.add(UPDATE_EVENT, &values);
    }
}

fn write_grades(writing: &mut Writing, groups: &[&Group]) {
    let len: usize = groups.iter().map(|group| group.changes.grades.len()).sum();
    if len == 0 {
        return;
    }
    let grades = groups.iter().flat_map(|group| {
        let grades = group.changes.grades.iter();
        grades.map(|grade| {
            let stock = grade.stock;
            [
                group.event.0.into(),
                grade.seat_type.as_str().into(),
                grade.price.0.into(),
                stock.total.into(),
                stock.available.into(),
                stock.held.into(),
                stock.sold.into(),
            ]
        })
    });
    writing.packet.add_table(UPDATE_GRADES, &[], GRADES, grades);
    writing.expect_changed(Guard::Grades, len);
}

fn write_keys(writing: &mut Writing, groups: &[&Group]) {
    if groups.iter().all(|group| group.changes.keys.is_empty()) {
        return;
    }
    let rows = groups.iter().flat_map(|group| {
        let keys = group.changes.keys.iter();
        keys.map(|record| {
            [
                group.event.0.into(),
                record.user.as_str().into(),
                record.request.key.as_str().into(),
                (&record.request.body.0).into(),
                record.reservation.as_bytes().into(),
                record.at.as_micros().into(),
            ]
        })
    });
    writing.packet.add_rows((INSERT_KEYS, ""), &[], rows);
}

/// What an event has beside its id, version and time, in the order of [`UPDATE_EVENT`].
pub(super) fn event_values(event: &Event) -> [Value<'_>; 19] {
    use boxoffice::time::Timestamp;
    [
        event.organizer.into(),
        event.production.into(),
        event.name.as_str().into(),
        event.description.as_deref().into(),
        event.venue.name.as_deref().into(),
        event.venue.address.as_deref().into(),
        event.venue.capacity.into(),
        event.starts_at.as_micros().into(),
        event.zone.as_str().into(),
        event.currency.as_str().into(),
        event.sale_opens_at.map(Timestamp::as_micros).into(),
        event.sale_closes_at.map(Timestamp::as_micros).into(),
        event.hold_secs.into(),
        event.buyer_tickets_max.into(),
        names::sale_state(event.state).into(),
        event.deleted_at.map(Timestamp::as_micros).into(),
        event.created_at.as_micros().into(),
        event.updated_at.as_micros().into(),
        names::search_text(event).into(),
    ]
}
