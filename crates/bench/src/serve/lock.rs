//! The lock that many ticket shops take: `SET key token NX PX` in Redis, one per event.
//!
//! Done right: with a token of the owner's, released after the commit by who still has it. What it
//! does to a hot event does not come from mistakes.

use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Script};

/// How long a lock lasts if its owner dies, in milliseconds.
const LOCK_MS: u64 = 10_000;

/// How often who waits tries again.
const TRY_INTERVAL: Duration = Duration::from_millis(10);

/// How long anybody waits for the lock.
const WAIT_MAX: Duration = Duration::from_secs(25);

/// What who does not get the lock does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Losers {
    /// Hears that somebody else is buying.
    Fail,
    /// Tries again until it is free.
    Wait,
}

/// The locks of all events.
#[derive(Clone)]
pub(super) struct Locks {
    connection: MultiplexedConnection,
    release: Script,
    losers: Losers,
}

/// A lock that somebody has.
pub(super) struct Held {
    key: String,
    token: String,
}

impl Locks {
    pub(super) async fn at(redis_url: &str, losers: Losers) -> anyhow::Result<Self> {
        let client = Client::open(redis_url).context("the URL of Redis")?;
        let patient = AsyncConnectionConfig::new().set_response_timeout(Some(WAIT_MAX));
        let connection = client
            .get_multiplexed_async_connection_with_config(&patient)
            .await
            .context("connecting to Redis")?;
        let release = Script::new(
            "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0",
        );
        Ok(Self {
            connection,
            release,
            losers,
        })
    }

    /// The event's lock; `None`: somebody else has it, and losers fail or have waited too long.
    pub(super) async fn take(
        &self,
        event_id: i64,
        token: &str,
    ) -> redis::RedisResult<Option<Held>> {
        let key = format!("lock:event:{event_id}");
        let began = tokio::time::Instant::now();
        loop {
            let mut connection = self.connection.clone();
            let set: Option<String> = redis::cmd("SET")
                .arg(&[&key, token, "NX", "PX"])
                .arg(LOCK_MS)
                .query_async(&mut connection)
                .await?;
            if set.is_some() {
                let token = token.to_owned();
                return Ok(Some(Held { key, token }));
            }
            if self.losers == Losers::Fail || began.elapsed() > WAIT_MAX {
                return Ok(None);
            }
            tokio::time::sleep(TRY_INTERVAL).await;
        }
    }

    pub(super) async fn give_back(&self, held: &Held) -> redis::RedisResult<()> {
        let mut connection = self.connection.clone();
        self.release
            .key(&held.key)
            .arg(&held.token)
            .invoke_async(&mut connection)
            .await
    }
}
