//! What an error of the server means for what was being done.

use std::io;

use boxoffice::store::StoreError;
use sqlx::mysql::MySqlDatabaseError;

/// The server's error numbers, the same in `MySQL` and `MariaDB` where not said otherwise.
/// Source: <https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html> and
/// <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
mod number {
    pub(super) const SHUTDOWN: u16 = 1053;
    pub(super) const DUPLICATE: u16 = 1062;
    pub(super) const NOT_NULL: u16 = 1048;
    pub(super) const UNKNOWN_DATABASE: u16 = 1049;
    pub(super) const DEADLOCK: u16 = 1213;
    pub(super) const OPTION_PREVENTS: u16 = 1290;
    pub(super) const INTERRUPTED: u16 = 1317;
    pub(super) const WRONG_VALUE: u16 = 1366;
    pub(super) const READ_ONLY_TRANSACTION: u16 = 1792;
    pub(super) const READ_ONLY_MODE: u16 = 1836;
    /// `MariaDB`: the connection was killed.
    pub(super) const KILLED: u16 = 1927;
    /// `MySQL`: the session was killed.
    pub(super) const SESSION_KILLED: u16 = 3169;
    /// `MySQL`: a CHECK does not hold.
    pub(super) const CHECK: u16 = 3819;
    /// `MySQL`: the server ended an idle connection.
    pub(super) const IDLE_TOO_LONG: u16 = 4031;
}

/// What kind of error it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A key exists already.
    Duplicate,
    /// A column that must have a value got none.
    Null,
    /// The data is at fault otherwise.
    Data,
    /// Two transactions waited for each other; this one was taken back.
    Deadlock,
    /// The server does not write any more: another one does.
    ReadOnly,
    /// The connection is gone, or never was; the server's answer with it.
    Lost,
    /// The server refuses for a reason of its own.
    Other,
}

/// What kind of error this is.
pub(super) fn kind(error: &sqlx::Error) -> Kind {
    let Some(error) = error.as_database_error() else {
        return Kind::Lost;
    };
    let error: &MySqlDatabaseError = error.downcast_ref();
    match error.number() {
        number::DUPLICATE => Kind::Duplicate,
        number::NOT_NULL => Kind::Null,
        number::DEADLOCK => Kind::Deadlock,
        number::OPTION_PREVENTS | number::READ_ONLY_TRANSACTION | number::READ_ONLY_MODE => {
            Kind::ReadOnly
        }
        number::SHUTDOWN
        | number::INTERRUPTED
        | number::KILLED
        | number::SESSION_KILLED
        | number::IDLE_TOO_LONG => Kind::Lost,
        number::CHECK | number::WRONG_VALUE => Kind::Data,
        _ => match error.code() {
            // "data exception" and "integrity constraint violation"
            Some(state) if state.starts_with("22") || state.starts_with("23") => Kind::Data,
            _ => Kind::Other,
        },
    }
}

/// Whether the server has answered, so that nothing after the failed statement was carried out.
pub(super) fn is_answer(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some()
}

/// Whether the connection is of no use after this error.
pub(super) fn ends_connection(error: &sqlx::Error) -> bool {
    matches!(kind(error), Kind::Lost | Kind::ReadOnly)
}

/// Whether there is no database of this name.
pub(super) fn is_unknown_database(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| {
        error.downcast_ref::<MySqlDatabaseError>().number() == number::UNKNOWN_DATABASE
    })
}

/// The error of something that was only read, or not done.
pub(super) fn unavailable(error: &sqlx::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// An answer that did not come in time.
pub(super) fn too_late() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))
}
