//! What nearly every batch asks: the event's version, its idempotency keys, what its buyers have.
//!
//! Batches of different events that ask for this and for nothing else at the same moment share a packet
//! and its statements. The version comes first: what follows it may be newer, and then the commit fails.

use std::collections::{HashMap, VecDeque};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use boxoffice::buyer::UserId;
use boxoffice::group::FactsQuery;
use boxoffice::idempotency::IdempotencyKey;
use boxoffice::ids::EventId;
use boxoffice::runtime::oneshot;
use boxoffice::store::StoreError;
use sqlx::mysql::MySqlRow;
use tokio::time::Instant;

use super::gathering::{self, Gathering, Unanswered};
use super::packet::Packet;
use super::pool::Reply;
use super::reader::Sources;
use crate::limits::DatabaseLimits;
use crate::rows::columns::Columns;

/// Tasks that ask what was gathered: as many as write.
const ASKERS_MAX: usize = 4;

/// Keys and buyers in one packet of several events. Beyond a thousand in one list `MariaDB` makes a table
/// of them first.
const ROWS_MAX: usize = 512;

/// Who asks for more than this is answered in a packet of her own.
const ROWS_TO_JOIN_MAX: usize = 128;

const VERSIONS: (&str, &str) = (
    "SELECT id AS event_id, version FROM events WHERE deleted_at IS NULL AND id IN (",
    ")",
);

/// The versions in rows of their own, then the keys: one statement for the two that most batches ask.
const VERSIONS_AND_KEYS: [&str; 3] = [
    "SELECT id AS event_id, version, NULL AS user_id, NULL AS request_key, NULL AS body_hash, \
     NULL AS reservation_id, NULL AS made_at FROM events WHERE deleted_at IS NULL AND id IN (",
    ") UNION ALL SELECT event_id, NULL, user_id, request_key, body_hash, reservation_id, made_at \
     FROM idempotency WHERE (event_id, user_id, request_key) IN (",
    ")",
];

/// A buyer's own reservations are few; those of a hot event are not.
const HOLDINGS: (&str, &str) = (
    "SELECT event_id, user_id, CAST(SUM(quantity) AS SIGNED) AS tickets \
     FROM reservations FORCE INDEX (reservations_by_user) \
     WHERE status IN ('HELD', 'PAYING', 'CONFIRMED') AND (event_id, user_id) IN (",
    ") GROUP BY event_id, user_id",
);

/// What one batch asks.
#[derive(Clone, Debug)]
pub(super) struct Question {
    event: EventId,
    keys: Vec<(UserId, IdempotencyKey)>,
    buyers: Vec<UserId>,
}

/// What was found for one event.
#[derive(Default)]
pub(super) struct Found {
    /// Its version, unless it is gone, then keys.
    pub(super) version_and_keys: Vec<MySqlRow>,
    /// Buyers with their tickets.
    pub(super) holdings: Vec<MySqlRow>,
}

/// Where the answers are in a packet.
pub(super) struct Places {
    version_and_keys: usize,
    holdings: Option<usize>,
}

impl Question {
    /// What `query` asks of this.
    pub(super) fn of(event: EventId, query: &FactsQuery) -> Self {
        Self {
            event,
            keys: query.keys.clone(),
            buyers: query.buyers.clone(),
        }
    }

    fn rows(&self) -> usize {
        self.keys.len() + self.buyers.len()
    }
}

/// Adds what these ask to a packet in which nothing was read before.
pub(super) fn ask(packet: &mut Packet, questions: &[Question]) -> Places {
    let events = questions.iter().map(|question| [question.event.0.into()]);
    let mut keys = questions
        .iter()
        .flat_map(|question| {
            let keys = question.keys.iter();
            keys.map(|(user, key)| {
                [
                    question.event.0.into(),
                    user.as_str().into(),
                    key.as_str().into(),
                ]
            })
        })
        .peekable();
    let mut buyers = questions
        .iter()
        .flat_map(|question| {
            let buyers = question.buyers.iter();
            buyers.map(|buyer| [question.event.0.into(), buyer.as_str().into()])
        })
        .peekable();
    let version_and_keys = if keys.peek().is_some() {
        let [head, between, tail] = VERSIONS_AND_KEYS;
        let place = packet.add_rows((head, between), &[], events);
        packet.add_more_rows(keys, tail);
        place
    } else {
        packet.add_rows(VERSIONS, &[], events)
    };
    let holdings = buyers.peek().is_some();
    let holdings = holdings.then(|| packet.add_rows(HOLDINGS, &[], buyers));
    Places {
        version_and_keys,
        holdings,
    }
}

impl Places {
    /// What was found for each event; nothing for one that is gone.
    pub(super) fn found(&self, reply: &mut Reply) -> Result<HashMap<EventId, Found>, StoreError> {
        let mut found: HashMap<EventId, Found> = HashMap::new();
        for row in reply.take(self.version_and_keys) {
            let of_event = found.entry(event_of(&row)?).or_default();
            of_event.version_and_keys.push(row);
        }
        for row in self.holdings.map(|at| reply.take(at)).unwrap_or_default() {
            let of_event = found.entry(event_of(&row)?).or_default();
            of_event.holdings.push(row);
        }
        Ok(found)
    }
}

fn event_of(row: &MySqlRow) -> Result<EventId, StoreError> {
    let id = Columns::new(row, "events", "").get("event_id");
    id.map(EventId).map_err(|bad| bad.of("?"))
}

type Answer = Result<Found, StoreError>;

struct Waiting {
    /// Unique among those that wait.
    number: u64,
    question: Question,
    reply: oneshot::Sender<Answer>,
}

/// The questions that wait.
pub(super) struct Asking {
    sources: Arc<Sources>,
    limits: DatabaseLimits,
    waiting: Arc<Gathering<Waiting>>,
    last: AtomicU64,
}

impl Asking {
    /// Nobody asks yet.
    pub(super) fn new(sources: Arc<Sources>, limits: DatabaseLimits) -> Self {
        let waiters_max = limits.database_waiters_max as usize;
        Self {
            sources,
            limits,
            waiting: Arc::new(Gathering::new(limits.joiners(ASKERS_MAX), waiters_max)),
            last: AtomicU64::new(0),
        }
    }

    /// Asks, together with whoever else waits; until somebody begins, `database_wait_ms_max` at most.
    pub(super) async fn ask(self: &Arc<Self>, question: Question) -> Answer {
        if question.rows() > ROWS_TO_JOIN_MAX {
            let mut found = self.read(slice::from_ref(&question)).await?;
            return Ok(found.remove(&question.event).unwrap_or_default());
        }
        let deadline = Instant::now() + self.limits.wait_max();
        let (reply, answer) = oneshot::channel();
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting {
            number,
            question,
            reply,
        };
        if self.waiting.push(waiting).is_err() {
            let why = "too many batches wait".to_owned();
            return Err(StoreError::Unavailable(why));
        }
        self.start();
        let is_it = |one: &Waiting| one.number == number;
        let answer = self.waiting.answer(is_it, answer, deadline).await;
        answer.unwrap_or_else(|unanswered| {
            let why = match unanswered {
                Unanswered::NotBegun => "nobody asked in time",
                Unanswered::Gone => "whoever asked is gone",
            };
            Err(StoreError::Unavailable(why.to_owned()))
        })
    }

    fn start(self: &Arc<Self>) {
        let events_max = self.limits.database_events_joined_max as usize;
        let asking = Arc::clone(self);
        self.waiting.start(
            move |waiting: &mut VecDeque<Waiting>| {
                gathering::gather(waiting, (events_max, ROWS_MAX), |one| {
                    (one.question.event, one.question.rows())
                })
            },
            move |batch| {
                let asking = Arc::clone(&asking);
                async move { asking.read_and_tell(batch).await }
            },
        );
    }

    async fn read_and_tell(&self, batch: Vec<Waiting>) {
        let (questions, replies): (Vec<Question>, Vec<_>) = batch
            .into_iter()
            .map(|one| (one.question, one.reply))
            .unzip();
        let mut found = self.read(&questions).await;
        for (question, reply) in questions.iter().zip(replies) {
            let of_event = |found: &mut HashMap<_, Found>| found.remove(&question.event);
            let answer = found.as_mut().map(of_event).map_err(|error| error.clone());
            let _ = reply.send(answer.map(Option::unwrap_or_default));
        }
    }

    async fn read(&self, questions: &[Question]) -> Result<HashMap<EventId, Found>, StoreError> {
        let mut packet = Packet::new();
        let places = ask(&mut packet, questions);
        let mut reply = self.sources.read_writer(packet).await?;
        places.found(&mut reply)
    }
}
