//! Reading columns, and saying which one makes no sense.

use std::fmt::Display;
use std::str::FromStr;

use boxoffice::money::Money;
use boxoffice::store::StoreError;
use boxoffice::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

/// The columns of one table in a row, where their names begin with `prefix`.
#[derive(Clone, Copy)]
pub(super) struct Columns<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    prefix: &'static str,
}

/// A column that makes no sense; its row is not named yet.
#[derive(Debug)]
pub(super) struct BadColumn {
    table: &'static str,
    column: &'static str,
}

impl BadColumn {
    /// Names the row.
    pub(super) fn of(self, id: impl Display) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column: self.column,
            id: id.to_string(),
        }
    }
}

impl<'r> Columns<'r> {
    /// The columns of `table` in `row`, selected under names that begin with `prefix`.
    pub(super) const fn new(row: &'r SqliteRow, table: &'static str, prefix: &'static str) -> Self {
        Self { row, table, prefix }
    }

    /// Says that the column makes no sense.
    pub(super) fn bad(&self, name: &'static str) -> BadColumn {
        let column = name.strip_prefix(self.prefix).unwrap_or(name);
        BadColumn {
            table: self.table,
            column,
        }
    }

    /// The column as it is.
    pub(super) fn get<T>(&self, name: &'static str) -> Result<T, BadColumn>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        self.row.try_get(name).map_err(|_| self.bad(name))
    }

    /// The column, turned into what it stands for.
    pub(super) fn map<T, U>(
        &self,
        name: &'static str,
        turn: impl FnOnce(T) -> Option<U>,
    ) -> Result<U, BadColumn>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        turn(self.get(name)?).ok_or_else(|| self.bad(name))
    }

    /// A text, parsed.
    pub(super) fn parse<T: FromStr>(&self, name: &'static str) -> Result<T, BadColumn> {
        self.map(name, |text: &str| text.parse().ok())
    }

    /// A count that is never negative.
    pub(super) fn count(&self, name: &'static str) -> Result<u32, BadColumn> {
        self.map(name, |count: i64| u32::try_from(count).ok())
    }

    /// A count that may be missing.
    pub(super) fn count_or_none(&self, name: &'static str) -> Result<Option<u32>, BadColumn> {
        let count: Option<i64> = self.get(name)?;
        count
            .map(u32::try_from)
            .transpose()
            .map_err(|_| self.bad(name))
    }

    /// A moment.
    pub(super) fn time(&self, name: &'static str) -> Result<Timestamp, BadColumn> {
        self.get(name).map(Timestamp::from_micros)
    }

    /// A moment that may be missing.
    pub(super) fn time_or_none(&self, name: &'static str) -> Result<Option<Timestamp>, BadColumn> {
        Ok(self.get::<Option<i64>>(name)?.map(Timestamp::from_micros))
    }

    /// An amount.
    pub(super) fn money(&self, name: &'static str) -> Result<Money, BadColumn> {
        self.get(name).map(Money)
    }
}
