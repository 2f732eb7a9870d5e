//! A Redis of one test's own, nodes beside it, and a way to meddle with it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use boxoffice::coordinator::{Cached, Coordinator, CoordinatorHealth, Lease, Load, View, ViewKey};
use boxoffice::ids::EventId;
use coordination::limits::{CacheLimits, RedisLimits};
use coordination::redis::{RedisCoordinator, RedisSettings};
use rand::TryRng;
use rand::rngs::SysRng;
use redis::aio::MultiplexedConnection;
use redis::{Client, FromRedisValue, cmd};
use servers::Server;
use servers::running::folder;
use tokio::time::{Instant, sleep};

pub(crate) const EVENT: EventId = EventId(7);
pub(crate) const AT_ONCE: Duration = Duration::ZERO;

/// How long something may take that certainly happens.
const PATIENCE: Duration = Duration::from_secs(90);

/// The most that one turn of a [`timed`] wait counts.
const TURN_MAX: Duration = ms(10);

/// For a story that is not about time: a Redis that answers late is still there.
const PATIENT: RedisLimits = RedisLimits {
    redis_timeout_ms: 10_000,
    redis_connect_timeout_ms: 2_000,
    redis_pulse_ms: 2_000,
    redis_retry_ms_max: 500,
};

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A name that no other test has.
pub(crate) fn unique(what: &str) -> String {
    let number = SysRng.try_next_u64().expect("randomness");
    format!("{what}-{number:016x}")
}

/// A Redis server with nodes beside it.
pub(crate) struct House {
    pub(crate) redis: Server,
    pub(crate) settings: RedisSettings,
}

impl House {
    /// A server of its own, and nodes that are patient with it.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// The same, with nodes that give Redis the time that the platform gives it.
    pub(crate) fn in_a_hurry() -> Self {
        let mut house = Self::new();
        house.settings.redis = RedisLimits::default();
        house
    }

    /// A server of its own with these arguments.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let redis = servers::redis::start(&folder(), &unique("redis"), arguments);
        let redis = redis.expect("a server").guarded();
        let settings = RedisSettings {
            place: servers::redis::url(&redis).parse().expect("a place"),
            prefix: "onsale".to_owned(),
            cache: CacheLimits::default(),
            redis: PATIENT,
        };
        Self { redis, settings }
    }

    /// A node that writes and hears.
    pub(crate) async fn node(&self) -> Arc<RedisCoordinator> {
        connected(&self.settings).await
    }

    /// Sends a command behind everybody's back.
    pub(crate) async fn meddle<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = raw(&self.redis).await;
        let mut command = cmd(words[0]);
        command.arg(&words[1..]);
        let answer = command.query_async(&mut connection).await;
        answer.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Ends the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.redis.kill().expect("the server ends");
    }

    /// Starts it again, empty.
    pub(crate) fn start_again(&mut self) {
        let again = servers::redis::start_again(&self.redis, &[]);
        self.redis = again.expect("a server").guarded();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.redis.kill();
        let _ = std::fs::remove_dir_all(&self.redis.folder);
    }
}

pub(crate) async fn raw(server: &Server) -> MultiplexedConnection {
    let client = Client::open(servers::redis::url(server)).expect("a client");
    let connection = client.get_multiplexed_async_connection().await;
    connection.expect("a connection")
}

/// A node that writes and hears.
pub(crate) async fn connected(settings: &RedisSettings) -> Arc<RedisCoordinator> {
    let node = Arc::new(RedisCoordinator::open(settings.clone()).await);
    until("the node is up", async || is_up(&node).await).await;
    node
}

pub(crate) async fn is_up(node: &RedisCoordinator) -> bool {
    node.health().await == CoordinatorHealth::Up
}

/// A lease, asked for until it is given: a node in a hurry may give a slow Redis up once.
pub(crate) async fn given(node: &RedisCoordinator) -> Lease {
    let began = Instant::now();
    loop {
        if let Some(lease) = node.acquire(EVENT, AT_ONCE).await {
            return lease;
        }
        assert!(began.elapsed() < PATIENCE, "no lease in {PATIENCE:?}");
        sleep(ms(2)).await;
    }
}

/// How long something takes while this process runs.
///
/// Where the machine stops it for a while, that is not counted: who waits for a timer of 150 ms is
/// told from who was not let run for 150 ms, and only the former is ours to mend.
pub(crate) async fn timed<T>(does: impl Future<Output = T>) -> (T, Duration) {
    let mut does = pin!(does);
    let mut spent = Duration::ZERO;
    loop {
        let turned = Instant::now();
        let done = tokio::select! {
            biased;
            done = &mut does => Some(done),
            () = sleep(ms(2)) => None,
        };
        spent += turned.elapsed().min(TURN_MAX);
        if let Some(done) = done {
            return (done, spent);
        }
    }
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "not in {PATIENCE:?}: {what}");
        sleep(ms(2)).await;
    }
}

/// A load that finds this version in the database.
pub(crate) fn load(version: i64) -> Load {
    let found = View::Event(crate::testing::snapshot(EVENT, version));
    Box::pin(async move { Ok(Some(found)) })
}

/// A load that must not run.
pub(crate) fn no_load() -> Load {
    Box::pin(async { panic!("the database was asked") })
}

/// What a node shows of the event, and whether it asked the database for it.
pub(crate) async fn seen(node: &RedisCoordinator, load: Load) -> (i64, bool) {
    let seen = node.view(ViewKey::Event(EVENT), load).await;
    match seen.expect("no error").expect("an event") {
        Cached {
            view: View::Event(snapshot),
            hit,
            ..
        } => (snapshot.version.0, hit),
        other => panic!("not an event: {other:?}"),
    }
}
