//! What an error of `SQLite` means for what was being written.

use boxoffice::store::{CommitError, StoreError};

/// `SQLite`'s primary result codes. Source: <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const TOOBIG: i32 = 18;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const MISMATCH: i32 = 20;
    pub(super) const RANGE: i32 = 25;
    pub(super) const NOTADB: i32 = 26;
}

/// Why something was not written.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another group has the version.
    VersionTaken,
    /// The data is at fault; the transaction goes on without it.
    Refused(String),
    /// What was read on the way makes no sense; the transaction goes on without it.
    Corrupt(StoreError),
    /// The database is at fault; the whole transaction is lost.
    Broken(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(code::CONSTRAINT | code::MISMATCH | code::TOOBIG | code::RANGE) => {
                Self::Refused(error.to_string())
            }
            _ => Self::Broken(error),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Corrupt(error)
    }
}

impl From<Failure> for CommitError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::VersionTaken => Self::VersionTaken,
            Failure::Refused(why) => Self::Refused(why),
            Failure::Corrupt(error) => Self::Refused(error.to_string()),
            Failure::Broken(error) => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::VersionTaken => Self::Unavailable("the version is taken".to_owned()),
            Failure::Refused(why) => Self::Unavailable(format!("the data is refused: {why}")),
            Failure::Corrupt(error) => error,
            Failure::Broken(error) => unavailable(&error),
        }
    }
}

/// The error of something that was only read.
pub(super) fn unavailable(error: &sqlx::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// Whether the connection is sound after this error, once it is rolled back.
pub(super) fn connection_is_sound(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(code::FULL | code::BUSY))
}

/// Whether a COMMIT that failed in this way has left nothing behind: the commit frame, which is
/// written last, found no room, or the lock was never had.
pub(super) fn commit_left_nothing(error: &sqlx::Error) -> bool {
    matches!(
        primary_code(error),
        Some(code::FULL | code::BUSY | code::CONSTRAINT)
    )
}

/// Whether the file is no database, or a damaged one.
pub(super) fn is_damaged(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(code::NOTADB | code::CORRUPT))
}

/// Whether a key exists already.
pub(super) fn is_duplicate(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}
