//! Connections to one server: a bounded pool that is renewed when the server changes, and a
//! bounded line before it.
//!
//! Whatever uses a connection runs in a task of its own: a caller that leaves stops nothing
//! halfway. A connection that broke, or whose server does not write any more, is dropped, and all
//! others of its pool with it, so that the next ones are made to whoever is the writer now.

use std::sync::{Arc, Mutex, PoisonError};

use boxoffice::runtime;
use boxoffice::store::StoreError;
use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPoolOptions, MySqlRow};
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Either, MySql, MySqlPool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Duration;

use super::failure::{self, unavailable};
use super::packet::Packet;
use crate::limits::DatabaseLimits;

/// How long a connection may be idle before it is closed. The server would do it after
/// [`SERVER_IDLE_SECS`], even to one that is within a transaction.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// See [`IDLE_MAX`].
const SERVER_IDLE_SECS: u32 = 60;

/// How long a transaction may be idle before `MariaDB` takes it back, in seconds. Nothing of ours
/// pauses within a transaction, unless the whole node does.
const IDLE_TRANSACTION_SECS: u32 = 5;

/// A connection that was idle for longer than this is tried before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long a connection is used before a new one takes its place.
const LIFETIME_MAX: Duration = Duration::from_mins(30);

/// What a server is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Everything; a server that does not write is refused.
    Writer,
    /// Reading only.
    Reader,
}

/// See the module.
pub(super) struct Pool {
    role: Role,
    options: MySqlConnectOptions,
    limits: DatabaseLimits,
    line: Arc<Semaphore>,
    current: Mutex<Current>,
}

/// The pool of the moment; each one that takes its place has a higher number.
struct Current {
    number: u64,
    pool: MySqlPool,
}

/// A connection in use.
pub(super) struct Link {
    connection: PoolConnection<MySql>,
    number: u64,
    _place: OwnedSemaphorePermit,
}

/// What each statement of a packet gave.
#[derive(Default)]
pub(super) struct Reply(Vec<Vec<MySqlRow>>);

/// A packet that was not carried out whole.
pub(super) struct Stopped {
    /// The place in the packet of the statement that failed.
    pub(super) at: usize,
    pub(super) error: sqlx::Error,
}

impl Reply {
    /// The rows of the statement at this place; they can be taken once.
    pub(super) fn take(&mut self, place: usize) -> Vec<MySqlRow> {
        self.0
            .get_mut(place)
            .map(std::mem::take)
            .unwrap_or_default()
    }
}

impl Pool {
    /// A pool that connects when it is first used.
    pub(super) fn new(role: Role, options: MySqlConnectOptions, limits: DatabaseLimits) -> Self {
        let places = limits.database_connections_max + limits.database_waiters_max;
        Self {
            role,
            limits,
            line: Arc::new(Semaphore::new(places as usize)),
            current: Mutex::new(Current {
                number: 0,
                pool: pool(role, &options, &limits),
            }),
            options,
        }
    }

    /// A connection, waited for at most `database_wait_ms_max`.
    pub(super) async fn link(&self) -> Result<Link, sqlx::Error> {
        let Ok(place) = Arc::clone(&self.line).try_acquire_owned() else {
            metrics::counter!("onsale_database_shed_total").increment(1);
            return Err(sqlx::Error::PoolTimedOut);
        };
        let (number, pool) = {
            let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            (current.number, current.pool.clone())
        };
        Ok(Link {
            connection: pool.acquire().await?,
            number,
            _place: place,
        })
    }

    /// Carries out a packet on a connection that the caller has; it is given back with the result
    /// unless it is of no use any more.
    pub(super) async fn run(
        &self,
        mut link: Link,
        packet: Packet,
    ) -> (Option<Link>, Result<Reply, Stopped>) {
        let running = send(&mut link.connection, packet);
        let result = tokio::time::timeout(self.limits.answer_max(), running).await;
        let result = result.unwrap_or_else(|_| {
            Err(Stopped {
                at: 0,
                error: failure::too_late(),
            })
        });
        match &result {
            Err(stopped) if failure::ends_connection(&stopped.error) => {
                self.renew(link);
                (None, result)
            }
            _ => (Some(link), result),
        }
    }

    /// Reads with a packet, in a task of its own; once more where the connection broke.
    pub(super) async fn read(self: &Arc<Self>, packet: Packet) -> Result<Reply, StoreError> {
        let pool = Arc::clone(self);
        let task = runtime::spawn(async move {
            match pool.read_once(packet.clone()).await {
                Err(error) if failure::ends_connection(&error) && !is_busy(&error) => {
                    pool.read_once(packet).await
                }
                result => result,
            }
        });
        let result = task
            .await
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        result.map_err(|error| unavailable(&error))
    }

    async fn read_once(&self, packet: Packet) -> Result<Reply, sqlx::Error> {
        let link = self.link().await?;
        let (_, result) = self.run(link, packet).await;
        result.map_err(|stopped| stopped.error)
    }

    /// Drops a connection, and the pool that it comes from if that was not done already.
    pub(super) fn renew(&self, link: Link) {
        let number = link.number;
        // Not given back: a pool would ask the server for a farewell.
        drop(link.connection.detach());
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number != number {
            return;
        }
        let fresh = pool(self.role, &self.options, &self.limits);
        let old = std::mem::replace(&mut current.pool, fresh);
        current.number += 1;
        metrics::counter!("onsale_database_pool_renewed_total").increment(1);
        tracing::warn!(role = ?self.role, "a connection broke; connecting anew");
        runtime::spawn(async move { old.close().await });
    }

    /// Ends every connection.
    pub(super) async fn close(&self) {
        self.line.close();
        let pool = {
            let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            current.pool.clone()
        };
        pool.close().await;
    }
}

/// Whether nobody was asked, because too many wait already.
fn is_busy(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)
}

async fn send(connection: &mut MySqlConnection, packet: Packet) -> Result<Reply, Stopped> {
    let (mut results, mut rows) = (Vec::new(), Vec::new());
    let mut answers = sqlx::raw_sql(packet.into_sql()).fetch_many(connection);
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Right(row))) => rows.push(row),
            Ok(Some(Either::Left(_))) => results.push(std::mem::take(&mut rows)),
            Ok(None) => return Ok(Reply(results)),
            Err(error) => {
                let at = results.len();
                return Err(Stopped { at, error });
            }
        }
    }
}

fn pool(role: Role, options: &MySqlConnectOptions, limits: &DatabaseLimits) -> MySqlPool {
    let lock_wait_secs = limits.database_lock_wait_secs;
    MySqlPoolOptions::new()
        .max_connections(limits.database_connections_max)
        .min_connections(limits.database_connections_min)
        .acquire_timeout(limits.wait_max())
        .idle_timeout(IDLE_MAX)
        .max_lifetime(LIFETIME_MAX)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(prepare(connection, role, lock_wait_secs)))
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.clone())
}

/// Sets a new session up, and refuses a server that cannot do what it is wanted for.
async fn prepare(
    connection: &mut MySqlConnection,
    role: Role,
    lock_wait_secs: u32,
) -> Result<(), sqlx::Error> {
    let settings = format!(
        "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', \
         SESSION autocommit = 1, SESSION innodb_lock_wait_timeout = {lock_wait_secs}, \
         SESSION wait_timeout = {SERVER_IDLE_SECS} \
         /*M!100300 , SESSION idle_transaction_timeout = {IDLE_TRANSACTION_SECS} */; \
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
    );
    let settings = sqlx::AssertSqlSafe(settings);
    sqlx::raw_sql(settings).execute(&mut *connection).await?;
    if role == Role::Writer && is_read_only(connection).await? {
        return Err(sqlx::Error::Configuration(
            "the server is read-only: another one is the writer".into(),
        ));
    }
    Ok(())
}

/// Whether the server does not write: an Aurora reader, or one that was made read-only.
async fn is_read_only(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    use sqlx::Row;
    let asked = "SELECT @@innodb_read_only + @@global.read_only AS read_only";
    let row = sqlx::raw_sql(asked).fetch_one(connection).await?;
    Ok(row.try_get_unchecked::<i64, _>("read_only")? > 0)
}
