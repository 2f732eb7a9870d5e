//! Writing one group in one packet: its line in the log first, then what it changes, then `COMMIT`.
//!
//! The server stops at the first statement that fails, so nothing after it is carried out. A
//! statement that changes fewer or more rows than it should have does not fail by itself: it leaves
//! its mark in `@wrong`, and the last statement before `COMMIT` fails where there is one.

use boxoffice::event::Event;
use boxoffice::grade::Grade;
use boxoffice::group::{Group, Touched};
use boxoffice::store::CommitError;

use super::failure::{Kind, is_answer, kind};
use super::packet::{Packet, Value};
use super::pool::{Link, Pool, Stopped};
use super::{commit_money, commit_reservations};
use crate::names;
use crate::rows::columns::Columns;
use crate::shape::check_group;

/// How often a group is written again because its transaction was chosen to end a deadlock.
const DEADLOCKS_MAX: u32 = 3;

const INSERT_LOG: &str = "INSERT INTO event_log \
    (event_id, version, group_id, actor, logged_at, brief) VALUES (?, ?, ?, ?, ?, ?)";

const UPDATE_VERSION: &str =
    "UPDATE events SET version = ?, last_now = ? WHERE id = ? AND version = ?";

const UPDATE_EVENT: &str = "UPDATE events SET organizer_id = ?, production_id = ?, name = ?, \
    description = ?, venue_name = ?, venue_address = ?, venue_capacity = ?, starts_at = ?, \
    zone = ?, currency = ?, sale_opens_at = ?, sale_closes_at = ?, hold_secs = ?, \
    buyer_tickets_max = ?, state = ?, deleted_at = ?, created_at = ?, updated_at = ?, \
    search_text = ? WHERE id = ?";

const UPDATE_GRADE: &str = "UPDATE grades SET price = ?, total = ?, available = ?, held = ?, \
    sold = ? WHERE event_id = ? AND seat_type = ?";

const INSERT_KEYS: &str = "INSERT INTO idempotency \
    (event_id, user_id, request_key, body_hash, reservation_id, made_at) VALUES ";

/// Changes nothing, or fails.
const CHECK: &str = "UPDATE event_log SET group_id = IF(@wrong = 0, group_id, NULL) \
    WHERE event_id = ? AND version = ?";

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

/// A group as a packet, and where its parts are.
pub(super) struct Writing {
    pub(super) packet: Packet,
    log: usize,
    check: usize,
}

impl Writing {
    /// A statement that must change this many rows.
    pub(super) fn add_counted(
        &mut self,
        guard: Guard,
        wanted: usize,
        statement: &str,
        values: &[Value<'_>],
    ) {
        self.packet.add(statement, values);
        self.expect_changed(guard, wanted);
    }

    /// Marks the group as wrong where the last statement did not change this many rows.
    pub(super) fn expect_changed(&mut self, guard: Guard, wanted: usize) {
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        self.packet.add(
            "SET @wrong = IF(ROW_COUNT() = ?, @wrong, ?)",
            &[wanted.into(), (guard as i64).into()],
        );
    }
}

/// Commits a group whole or not at all.
pub(super) async fn commit(pool: &Pool, group: &Group) -> Result<(), CommitError> {
    check_group(group).map_err(CommitError::Refused)?;
    let mut deadlocks = 0;
    loop {
        match attempt(pool, group).await {
            Err(Refusal::Deadlock(_)) if deadlocks < DEADLOCKS_MAX => deadlocks += 1,
            Err(Refusal::Deadlock(why)) => return Err(CommitError::Unavailable(why)),
            Err(Refusal::Final(error)) => return Err(error),
            Ok(()) => return Ok(()),
        }
    }
}

enum Refusal {
    Deadlock(String),
    Final(CommitError),
}

async fn attempt(pool: &Pool, group: &Group) -> Result<(), Refusal> {
    let writing = writing(group);
    let (log, check) = (writing.log, writing.check);
    let link = pool.link().await;
    let link = link.map_err(|error| Refusal::Final(CommitError::Unavailable(error.to_string())))?;
    let (link, result) = pool.run(link, writing.packet).await;
    let Err(Stopped { at, error }) = result else {
        return Ok(());
    };
    if !is_answer(&error) || at > check {
        // Either no answer came, or `COMMIT` itself failed.
        if let Some(link) = link {
            pool.renew(link);
        }
        return Err(Refusal::Final(CommitError::Unknown(error.to_string())));
    }
    let wrong = match link {
        Some(link) => take_back(pool, link).await,
        None => None,
    };
    let why = error.to_string();
    let refused = match kind(&error) {
        Kind::Deadlock => return Err(Refusal::Deadlock(why)),
        Kind::Duplicate if at == log => CommitError::VersionTaken,
        Kind::Null if at == check => match wrong {
            Some(Guard::Version) => CommitError::VersionTaken,
            Some(guard) => CommitError::Refused(format!(
                "fewer or more rows of {} than wanted",
                guard.table()
            )),
            None => CommitError::Unavailable(why),
        },
        Kind::Duplicate | Kind::Null | Kind::Data => CommitError::Refused(why),
        Kind::ReadOnly | Kind::Lost | Kind::Other => CommitError::Unavailable(why),
    };
    Err(Refusal::Final(refused))
}

/// Rolls back what was begun, so that its locks are not kept until the connection is used again;
/// tells what was marked as wrong.
async fn take_back(pool: &Pool, link: Link) -> Option<Guard> {
    let mut packet = Packet::new();
    let place = packet.add("SELECT CAST(@wrong AS SIGNED) AS wrong", &[]);
    let (_, result) = pool.run(link, packet).await;
    let rows = result.ok()?.take(place);
    let wrong: i64 = Columns::new(rows.first()?, "event_log", "")
        .get("wrong")
        .ok()?;
    Guard::ALL.into_iter().find(|guard| *guard as i64 == wrong)
}

fn writing(group: &Group) -> Writing {
    let mut packet = Packet::new();
    packet.add("SET @wrong = 0", &[]);
    packet.add("START TRANSACTION", &[]);
    let version = group.base.next().0;
    let log = packet.add(
        INSERT_LOG,
        &[
            group.event.0.into(),
            version.into(),
            group.id.as_bytes().into(),
            group.actor.as_str().into(),
            group.now.as_micros().into(),
            group.brief.as_str().into(),
        ],
    );
    let mut writing = Writing {
        packet,
        log,
        check: 0,
    };
    write_event(&mut writing, group);
    for grade in &group.changes.grades {
        write_grade(&mut writing, group, grade);
    }
    commit_money::write_payments(&mut writing, group);
    commit_money::check_references(&mut writing, group);
    let (new, updated): (Vec<&Touched>, Vec<&Touched>) = group
        .changes
        .reservations
        .iter()
        .partition(|touched| touched.new);
    // What ends gives its seats back before what is new claims them.
    commit_reservations::update(&mut writing, group.event, &updated);
    commit_reservations::insert(&mut writing, group.event, &new);
    commit_money::write_refunds(&mut writing, group);
    write_keys(&mut writing, group);
    let of_group = [group.event.0.into(), version.into()];
    writing.check = writing.packet.add(CHECK, &of_group);
    writing.packet.add("COMMIT", &[]);
    writing
}

fn write_event(writing: &mut Writing, group: &Group) {
    writing.add_counted(
        Guard::Version,
        1,
        UPDATE_VERSION,
        &[
            group.base.next().0.into(),
            group.now.as_micros().into(),
            group.event.0.into(),
            group.base.0.into(),
        ],
    );
    if let Some(event) = &group.changes.event {
        let mut values = event_values(event).to_vec();
        values.push(group.event.0.into());
        writing.packet.add(UPDATE_EVENT, &values);
    }
}

fn write_grade(writing: &mut Writing, group: &Group, grade: &Grade) {
    let stock = grade.stock;
    let values = [
        grade.price.0.into(),
        stock.total.into(),
        stock.available.into(),
        stock.held.into(),
        stock.sold.into(),
        group.event.0.into(),
        grade.seat_type.as_str().into(),
    ];
    writing.add_counted(Guard::Grades, 1, UPDATE_GRADE, &values);
}

fn write_keys(writing: &mut Writing, group: &Group) {
    let keys = &group.changes.keys;
    if keys.is_empty() {
        return;
    }
    let rows = keys.iter().map(|record| {
        [
            group.event.0.into(),
            record.user.as_str().into(),
            record.request.key.as_str().into(),
            (&record.request.body.0).into(),
            record.reservation.as_bytes().into(),
            record.at.as_micros().into(),
        ]
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
