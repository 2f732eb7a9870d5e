//! Opening a database file: for a server, for an audit, or to migrate it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};

use super::failure::is_damaged;
use super::schema;

/// Connections that read.
const READERS: u32 = 4;

/// How long a statement waits for another process's lock on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for a connection that reads.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that a connection keeps prepared; more than there are texts.
const STATEMENTS: usize = 512;

/// The writer's page cache, in KiB.
const CACHE_KIB: u32 = 64 * 1_024;

/// Pages in the write-ahead log before they are moved to the file: 32 MiB.
const CHECKPOINT_PAGES: u32 = 8_192;

/// What a database is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenMode {
    /// To serve: makes the file and its folder, takes the file's lock, migrates, writes.
    Serve,
    /// To look: reads only and takes no lock, so that it works beside a server.
    Audit,
    /// To migrate and nothing else: as [`OpenMode::Serve`], on a file that exists already.
    Migrate,
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no file.
    #[error("{url:?} is no database: write sqlite:path/to/file.db{why}")]
    BadUrl {
        /// What was given.
        url: String,
        /// What is wrong with it, if that is not plain.
        why: &'static str,
    },
    /// There is no such file.
    #[error("there is no database at {}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Another process has it.
    #[error("{} is in use by another process", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file is no database, or a damaged one.
    #[error("{} is damaged, or no database", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What `SQLite` said.
        #[source]
        source: sqlx::Error,
    },
    /// The file or its folder cannot be made or written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It was written by a newer version of this program.
    #[error("{} has schema {found}; this program knows {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// It is not migrated, and was opened to be read only.
    #[error("{} has schema {found} instead of {known}: migrate it first", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The schema that this program reads.
        known: i64,
    },
    /// A migration failed.
    #[error("{} could not be migrated", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// Which, and why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// Anything else that `SQLite` says.
    #[error("{} cannot be opened", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What `SQLite` said.
        #[source]
        source: sqlx::Error,
    },
}

/// What a store that writes works with.
pub(super) struct Writable {
    pub(super) options: SqliteConnectOptions,
    pub(super) connection: SqliteConnection,
    pub(super) lock: File,
}

/// The file that a URL names.
pub(super) fn path_of(url: &str) -> Result<PathBuf, OpenError> {
    let bad = |why| OpenError::BadUrl {
        url: url.to_owned(),
        why,
    };
    let rest = url.strip_prefix("sqlite:").ok_or_else(|| bad(""))?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path == ":memory:" {
        return Err(bad(
            "; a database in memory is not supported: it would be lost with the process",
        ));
    }
    if path.is_empty() || path.contains('?') {
        return Err(bad("; there are no options"));
    }
    Ok(PathBuf::from(path))
}

/// Opens the file for writing: makes it where it may, locks it and migrates it.
pub(super) async fn writable(path: &Path, create: bool) -> Result<Writable, OpenError> {
    if !create && !path.exists() {
        return Err(OpenError::Missing {
            path: path.to_owned(),
        });
    }
    make_folder(path)?;
    let lock = lock(path)?;
    probe(path, create)?;
    let options = options(path)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", format!("-{CACHE_KIB}"))
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .pragma("temp_store", "MEMORY");
    let other = |source| sqlite_error(path, source);
    let mut connection = options.connect().await.map_err(other)?;
    let found = schema::applied(&mut connection).await.map_err(other)?;
    if found > schema::VERSION {
        return Err(newer(path, found));
    }
    let migrated = schema::migrator().run(&mut connection).await;
    migrated.map_err(|source| OpenError::Migration {
        path: path.to_owned(),
        source,
    })?;
    Ok(Writable {
        options: options.create_if_missing(false),
        connection,
        lock,
    })
}

/// Opens the file for reading.
pub(super) async fn readable(path: &Path) -> Result<SqlitePool, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing {
            path: path.to_owned(),
        });
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options(path).read_only(true));
    let other = |source| sqlite_error(path, source);
    let pool = pool.await.map_err(other)?;
    let mut connection = pool.acquire().await.map_err(other)?;
    let found = schema::applied(&mut connection).await.map_err(other)?;
    match found {
        schema::VERSION => Ok(pool),
        found if found > schema::VERSION => Err(newer(path, found)),
        found => Err(OpenError::Older {
            path: path.to_owned(),
            found,
            known: schema::VERSION,
        }),
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
}

fn make_folder(path: &Path) -> Result<(), OpenError> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|source| OpenError::Unwritable {
                path: folder.to_owned(),
                source,
            })
        }
        _ => Ok(()),
    }
}

/// Takes the lock beside the file. The system gives it back when the process ends, however it ends.
fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let beside = PathBuf::from(name);
    let unwritable = |source| OpenError::Unwritable {
        path: beside.clone(),
        source,
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&beside)
        .map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(unwritable(source)),
    }
}

/// Asks the system whether the file can be written: it says why not, where `SQLite` only says no.
fn probe(path: &Path, create: bool) -> Result<(), OpenError> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(create)
        .truncate(false)
        .open(path);
    match opened {
        Ok(_) => Ok(()),
        Err(source) => Err(OpenError::Unwritable {
            path: path.to_owned(),
            source,
        }),
    }
}

fn newer(path: &Path, found: i64) -> OpenError {
    OpenError::Newer {
        path: path.to_owned(),
        found,
        known: schema::VERSION,
    }
}

fn sqlite_error(path: &Path, source: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    if is_damaged(&source) {
        OpenError::Damaged { path, source }
    } else {
        OpenError::Other { path, source }
    }
}

/// Closes what was opened to migrate.
pub(super) async fn close(path: &Path, opened: Writable) -> Result<(), OpenError> {
    opened
        .connection
        .close()
        .await
        .map_err(|source| sqlite_error(path, source))
}
