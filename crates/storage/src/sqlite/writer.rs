//! The one task that writes, in a thread of its own.
//!
//! Writing a group is many turns between this task and its connection's thread. Beside the other
//! tasks each turn would wait until all connections that have something to do have done it: under
//! more load than the machine carries, nothing would be sold.
//!
//! It owns the only connection that may write, and the lock on the file. Callers send it work and
//! wait for the answer; who stops waiting does not stop the work. Whatever commits are waiting when
//! a transaction begins share it, its statements and its one fsync. Should one of several groups be
//! refused, they are written once more, each behind a savepoint, so that its conflict takes back that
//! group alone.

use std::collections::VecDeque;
use std::fs::File;
use std::io;

use boxoffice::group::Group;
use boxoffice::runtime::{mpsc, oneshot};
use boxoffice::store::{CommitError, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::failure::{Failure, commit_left_nothing, connection_is_sound, unavailable};
use super::single::Single;
use super::{commit, single};
use crate::shape::check_group;

/// Callers that may wait before others have to wait for a place.
pub(super) const QUEUE_LEN_MAX: usize = 1_024;

/// Groups in one transaction: enough to share an fsync and the pages that all of them change, few
/// enough to answer soon. With a thousand events on sale, 256 sold a tenth to a fifth more than 32.
const GROUPS_PER_TRANSACTION_MAX: usize = 256;

/// What the writer is asked to do.
pub(super) enum Job {
    /// Commit groups, each whole or not at all.
    Commit {
        groups: Vec<Group>,
        reply: oneshot::Sender<Vec<Result<(), CommitError>>>,
    },
    /// Write something that is no group.
    Single(Box<Single>),
    /// Let the file have at most this many pages.
    LimitPages {
        pages_max: u32,
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
    /// Finish, and let go of the file.
    Close { reply: oneshot::Sender<()> },
}

/// A caller's groups and what becomes of them.
struct Waiting {
    groups: Vec<Group>,
    results: Vec<Result<(), CommitError>>,
    reply: oneshot::Sender<Vec<Result<(), CommitError>>>,
}

/// How a transaction ended.
enum Ended<T> {
    /// Written.
    Committed(T),
    /// Taken back.
    RolledBack(Failure),
    /// The commit failed in a way that leaves it open.
    InDoubt(sqlx::Error),
}

/// See the module.
pub(super) struct Writer {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
    jobs: mpsc::Receiver<Job>,
    /// Work that was received while something else was gathered.
    set_aside: VecDeque<Job>,
    /// Held until the task ends.
    _lock: File,
}

impl Writer {
    /// A writer that goes on with `connection` and makes later ones with `options`.
    pub(super) const fn new(
        options: SqliteConnectOptions,
        connection: SqliteConnection,
        jobs: mpsc::Receiver<Job>,
        lock: File,
    ) -> Self {
        let set_aside = VecDeque::new();
        Self {
            options,
            connection: Some(connection),
            jobs,
            set_aside,
            _lock: lock,
        }
    }

    /// Begins to work, until it is told to close or nobody can ask any more.
    pub(super) fn start(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let thread = std::thread::Builder::new().name("sqlite-writer".to_owned());
        thread.spawn(move || runtime.block_on(self.run())).map(drop)
    }

    async fn run(mut self) {
        while let Some(job) = self.next().await {
            match job {
                Job::Commit { groups, reply } => self.commit(groups, reply).await,
                Job::Single(single) => self.write_single(single).await,
                Job::LimitPages { pages_max, reply } => {
                    let _ = reply.send(self.limit_pages(pages_max).await);
                }
                Job::Close { reply } => {
                    self.close().await;
                    let _ = reply.send(());
                    return;
                }
            }
        }
        self.close().await;
    }

    async fn next(&mut self) -> Option<Job> {
        match self.set_aside.pop_front() {
            Some(job) => Some(job),
            None => self.jobs.recv().await,
        }
    }

    async fn close(self) {
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database was not closed properly");
        }
    }

    /// Takes what else is waiting to be committed.
    fn gather(
        &mut self,
        groups: Vec<Group>,
        reply: oneshot::Sender<Vec<Result<(), CommitError>>>,
    ) -> Vec<Waiting> {
        let mut len = groups.len();
        let mut batch = vec![Waiting {
            results: Vec::with_capacity(len),
            groups,
            reply,
        }];
        while len < GROUPS_PER_TRANSACTION_MAX {
            match self.jobs.try_recv() {
                Ok(Job::Commit { groups, reply }) => {
                    len += groups.len();
                    let results = Vec::with_capacity(groups.len());
                    batch.push(Waiting {
                        groups,
                        results,
                        reply,
                    });
                }
                Ok(other) => {
                    self.set_aside.push_back(other);
                    break;
                }
                Err(_) => break,
            }
        }
        metrics::histogram!("onsale_commit_groups")
            .record(f64::from(u32::try_from(len).unwrap_or(u32::MAX)));
        batch
    }

    async fn commit(
        &mut self,
        groups: Vec<Group>,
        reply: oneshot::Sender<Vec<Result<(), CommitError>>>,
    ) {
        let began = tokio::time::Instant::now();
        let mut batch = self.gather(groups, reply);
        match self.write(&mut batch).await {
            Ended::Committed(()) => {}
            Ended::RolledBack(failure) => {
                let error = CommitError::from(failure);
                for waiting in &mut batch {
                    waiting.results = vec![Err(error.clone()); waiting.groups.len()];
                }
            }
            Ended::InDoubt(error) => self.resolve(&mut batch, &error).await,
        }
        metrics::histogram!("onsale_commit_seconds").record(began.elapsed().as_secs_f64());
        for waiting in batch {
            let _ = waiting.reply.send(waiting.results);
        }
    }

    /// Writes the groups of `batch` in one transaction.
    ///
    /// A savepoint costs a copy of each page that is changed behind it, and groups are seldom
    /// refused. So they are written without at first.
    async fn write(&mut self, batch: &mut [Waiting]) -> Ended<()> {
        let plain = self
            .transact(async |connection| write_all(connection, batch).await)
            .await;
        let several = batch
            .iter()
            .map(|waiting| waiting.groups.len())
            .sum::<usize>()
            > 1;
        match plain {
            Ended::RolledBack(Failure::Broken(_)) => plain,
            Ended::RolledBack(_) if several => {
                for waiting in &mut *batch {
                    waiting.results.clear();
                }
                self.transact(async |connection| write_apart(connection, batch).await)
                    .await
            }
            _ => plain,
        }
    }

    async fn write_single(&mut self, mut single: Box<Single>) {
        match self
            .transact(async |connection| single.write(connection).await)
            .await
        {
            Ended::Committed(()) => {}
            Ended::RolledBack(failure) => single.fail(failure.into()),
            Ended::InDoubt(error) => {
                let found = match self.after_doubt().await {
                    Ok(connection) => single.is_there(connection).await,
                    Err(error) => Err(unavailable(&error)),
                };
                match found {
                    Ok(true) => {}
                    Ok(false) => single.fail(unavailable(&error)),
                    Err(_) => single.fail(StoreError::Unknown(error.to_string())),
                }
            }
        }
        single.answer();
    }

    /// Runs `work` in a transaction of its own and ends it.
    async fn transact<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, Failure>,
    ) -> Ended<T> {
        let connection = match self.connected().await {
            Ok(connection) => connection,
            Err(error) => return Ended::RolledBack(Failure::Broken(error)),
        };
        if let Err(error) = run(connection, "BEGIN IMMEDIATE").await {
            return self.roll_back(Failure::Broken(error)).await;
        }
        let value = match work(connection).await {
            Ok(value) => value,
            Err(failure) => return self.roll_back(failure).await,
        };
        match run(connection, "COMMIT").await {
            Ok(()) => Ended::Committed(value),
            Err(error) if commit_left_nothing(&error) => {
                self.roll_back(Failure::Broken(error)).await
            }
            Err(error) => {
                self.drop_connection().await;
                Ended::InDoubt(error)
            }
        }
    }

    /// Takes the transaction back. It may be gone already: `SQLite` ends it by itself on some errors.
    async fn roll_back<T>(&mut self, failure: Failure) -> Ended<T> {
        if let Some(connection) = &mut self.connection {
            let _ = run(connection, "ROLLBACK").await;
        }
        if let Failure::Broken(error) = &failure {
            tracing::warn!(%error, "a transaction was rolled back");
            if !connection_is_sound(error) {
                self.drop_connection().await;
            }
        }
        Ended::RolledBack(failure)
    }

    /// The connection, made anew where the last one was dropped.
    async fn connected(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    async fn drop_connection(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
    }

    /// A connection that knows what became of a commit that failed.
    ///
    /// The pages of a failed commit may be in the file, unseen, until the next commit writes over
    /// them. So one more commit is made first; after it, what is not there will never be.
    async fn after_doubt(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        match self.transact(single::barrier).await {
            Ended::Committed(()) => self.connected().await,
            Ended::RolledBack(Failure::Broken(error)) | Ended::InDoubt(error) => Err(error),
            Ended::RolledBack(_) => Err(sqlx::Error::WorkerCrashed),
        }
    }

    /// Finds out which groups are in the log, after a commit that failed.
    async fn resolve(&mut self, batch: &mut [Waiting], error: &sqlx::Error) {
        tracing::error!(%error, "a commit failed; reading the log");
        let why = error.to_string();
        let mut connection = self.after_doubt().await.ok();
        for waiting in batch {
            for (group, result) in waiting.groups.iter().zip(&mut waiting.results) {
                if result.is_err() {
                    continue;
                }
                let found = match &mut connection {
                    Some(connection) => {
                        single::group_at(connection, group.event, group.base.next())
                            .await
                            .ok()
                    }
                    None => None,
                };
                match found {
                    Some(Some(id)) if id == group.id => {}
                    Some(_) => *result = Err(CommitError::Unavailable(why.clone())),
                    None => *result = Err(CommitError::Unknown(why.clone())),
                }
            }
        }
    }

    async fn limit_pages(&mut self, pages_max: u32) -> Result<(), StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages_max}"));
        let connection = self
            .connected()
            .await
            .map_err(|error| unavailable(&error))?;
        let limited = sqlx::query(sql).persistent(false).execute(connection).await;
        limited.map(drop).map_err(|error| unavailable(&error))
    }
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}

/// Writes all groups together; fails where one of them is refused.
async fn write_all(
    connection: &mut SqliteConnection,
    batch: &mut [Waiting],
) -> Result<(), Failure> {
    let groups: Vec<&Group> = batch.iter().flat_map(|waiting| &waiting.groups).collect();
    for group in &groups {
        check_group(group).map_err(Failure::Refused)?;
    }
    commit::write(connection, &groups).await?;
    for waiting in batch {
        waiting.results = vec![Ok(()); waiting.groups.len()];
    }
    Ok(())
}

/// Writes each group behind a savepoint of its own; fails where the whole transaction is lost.
async fn write_apart(
    connection: &mut SqliteConnection,
    batch: &mut [Waiting],
) -> Result<(), Failure> {
    for waiting in batch {
        for group in &waiting.groups {
            let result = match check_group(group) {
                Err(why) => Err(CommitError::Refused(why)),
                Ok(()) => write_group(connection, group).await?,
            };
            waiting.results.push(result);
        }
    }
    Ok(())
}

async fn write_group(
    connection: &mut SqliteConnection,
    group: &Group,
) -> Result<Result<(), CommitError>, Failure> {
    run(connection, "SAVEPOINT a_group").await?;
    let result = match commit::write(connection, &[group]).await {
        Ok(()) => Ok(()),
        Err(Failure::Broken(error)) => return Err(Failure::Broken(error)),
        Err(failure) => {
            run(connection, "ROLLBACK TO a_group").await?;
            Err(failure.into())
        }
    };
    run(connection, "RELEASE a_group").await?;
    Ok(result)
}
