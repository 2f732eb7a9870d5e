//! Reaching a database server: for a server of ours, for an audit, or to migrate it.

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{ConnectOptions, Connection};

use super::address::shown;
use super::failure::is_unknown_database;
use super::schema;
use crate::OpenMode;

/// Why a database on a server was not opened.
#[derive(Debug, thiserror::Error)]
pub enum MySqlOpenError {
    /// The URL makes no sense.
    #[error("{url} is no database: {why}")]
    BadUrl {
        /// What was given, without its password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server has no such database.
    #[error("{url}: there is no such database; make it first (CREATE DATABASE)")]
    Missing {
        /// The database.
        url: String,
    },
    /// It was written by a newer version of this program.
    #[error("{url} has schema {found}; this program knows {known}")]
    Newer {
        /// The database.
        url: String,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// It is not migrated, and was opened to be read only.
    #[error("{url} has schema {found} instead of {known}: migrate it first")]
    Older {
        /// The database.
        url: String,
        /// Its schema.
        found: i64,
        /// The schema that this program reads.
        known: i64,
    },
    /// A migration failed.
    #[error("{url} could not be migrated")]
    Migration {
        /// The database.
        url: String,
        /// Which, and why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The server cannot be reached, or refuses.
    #[error("{url} cannot be used")]
    Other {
        /// The database.
        url: String,
        /// What the server said.
        #[source]
        source: sqlx::Error,
    },
}

/// Checks the schema, and brings it up to date where `mode` says so.
pub(super) async fn check_schema(
    url: &str,
    options: &MySqlConnectOptions,
    mode: OpenMode,
) -> Result<(), MySqlOpenError> {
    let other = |source| unusable(url, source);
    let mut connection = options.connect().await.map_err(other)?;
    let checked = check(url, &mut connection, mode).await;
    let closed = connection.close().await.map_err(other);
    checked.and(closed)
}

async fn check(
    url: &str,
    connection: &mut MySqlConnection,
    mode: OpenMode,
) -> Result<(), MySqlOpenError> {
    let other = |source| unusable(url, source);
    if mode != OpenMode::Audit {
        schema::lock(connection).await.map_err(other)?;
    }
    let found = schema::applied(connection).await.map_err(other)?;
    let (url, known) = (shown(url), schema::VERSION);
    if found > known {
        return Err(MySqlOpenError::Newer { url, found, known });
    }
    match mode {
        OpenMode::Audit if found < known => Err(MySqlOpenError::Older { url, found, known }),
        OpenMode::Audit => Ok(()),
        OpenMode::Serve | OpenMode::Migrate => {
            let migrated = schema::migrator().run(connection).await;
            migrated.map_err(|source| MySqlOpenError::Migration { url, source })
        }
    }
}

fn unusable(url: &str, source: sqlx::Error) -> MySqlOpenError {
    let url = shown(url);
    if is_unknown_database(&source) {
        MySqlOpenError::Missing { url }
    } else {
        MySqlOpenError::Other { url, source }
    }
}
