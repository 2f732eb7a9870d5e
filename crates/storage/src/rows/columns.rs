//! Reading columns, and saying which one makes no sense.

use std::fmt::Display;
use std::str::FromStr;

use boxoffice::money::Money;
use boxoffice::store::StoreError;
use boxoffice::time::Timestamp;
use sqlx::Row;
use sqlx::mysql::MySqlRow;
use sqlx::sqlite::SqliteRow;

/// A column that is not there, or not of the kind that it was asked for as.
pub(crate) struct Unreadable;

impl From<sqlx::Error> for Unreadable {
    fn from(_: sqlx::Error) -> Self {
        Self
    }
}

/// A row of whichever database.
pub(crate) trait Cells {
    /// A number or null.
    fn int(&self, name: &str) -> Result<Option<i64>, Unreadable>;
    /// Bytes or null.
    fn bytes(&self, name: &str) -> Result<Option<&[u8]>, Unreadable>;
    /// A text or null.
    fn text(&self, name: &str) -> Result<Option<&str>, Unreadable>;
}

impl Cells for SqliteRow {
    fn int(&self, name: &str) -> Result<Option<i64>, Unreadable> {
        Ok(self.try_get(name)?)
    }

    fn bytes(&self, name: &str) -> Result<Option<&[u8]>, Unreadable> {
        Ok(self.try_get(name)?)
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Unreadable> {
        Ok(self.try_get(name)?)
    }
}

impl Cells for MySqlRow {
    fn int(&self, name: &str) -> Result<Option<i64>, Unreadable> {
        Ok(self.try_get(name)?)
    }

    fn bytes(&self, name: &str) -> Result<Option<&[u8]>, Unreadable> {
        Ok(self.try_get(name)?)
    }

    // Texts that are compared as bytes are stored as bytes.
    fn text(&self, name: &str) -> Result<Option<&str>, Unreadable> {
        match self.bytes(name)? {
            Some(bytes) => std::str::from_utf8(bytes).map(Some).map_err(|_| Unreadable),
            None => Ok(None),
        }
    }
}

/// What a column can be read as.
pub(crate) trait FromCell<'r>: Sized {
    /// The column of this name.
    fn read(row: &'r dyn Cells, name: &str) -> Result<Self, Unreadable>;
}

macro_rules! from_cell {
    ($($kind:ty: $cell:ident, $turn:expr);* $(;)?) => {
        $(
            impl<'r> FromCell<'r> for $kind {
                fn read(row: &'r dyn Cells, name: &str) -> Result<Self, Unreadable> {
                    row.$cell(name)?.map($turn).ok_or(Unreadable)
                }
            }

            impl<'r> FromCell<'r> for Option<$kind> {
                fn read(row: &'r dyn Cells, name: &str) -> Result<Self, Unreadable> {
                    Ok(row.$cell(name)?.map($turn))
                }
            }
        )*
    };
}

from_cell! {
    i64: int, |number| number;
    bool: int, |number| number != 0;
    &'r str: text, |text| text;
    String: text, str::to_owned;
    &'r [u8]: bytes, |bytes| bytes;
}

/// The columns of one table in a row, where their names begin with `prefix`.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'r> {
    row: &'r dyn Cells,
    table: &'static str,
    prefix: &'static str,
}

/// A column that makes no sense; its row is not named yet.
#[derive(Debug)]
pub(crate) struct BadColumn {
    table: &'static str,
    column: &'static str,
}

impl BadColumn {
    /// Names the row.
    pub(crate) fn of(self, id: impl Display) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column: self.column,
            id: id.to_string(),
        }
    }
}

impl<'r> Columns<'r> {
    /// The columns of `table` in `row`, selected under names that begin with `prefix`.
    pub(crate) fn new(row: &'r dyn Cells, table: &'static str, prefix: &'static str) -> Self {
        Self { row, table, prefix }
    }

    /// Says that the column makes no sense.
    pub(crate) fn bad(&self, name: &'static str) -> BadColumn {
        let column = name.strip_prefix(self.prefix).unwrap_or(name);
        BadColumn {
            table: self.table,
            column,
        }
    }

    /// The column as it is.
    pub(crate) fn get<T>(&self, name: &'static str) -> Result<T, BadColumn>
    where
        T: FromCell<'r>,
    {
        T::read(self.row, name).map_err(|_| self.bad(name))
    }

    /// The column, turned into what it stands for.
    pub(crate) fn map<T, U>(
        &self,
        name: &'static str,
        turn: impl FnOnce(T) -> Option<U>,
    ) -> Result<U, BadColumn>
    where
        T: FromCell<'r>,
    {
        turn(self.get(name)?).ok_or_else(|| self.bad(name))
    }

    /// A text, parsed.
    pub(crate) fn parse<T: FromStr>(&self, name: &'static str) -> Result<T, BadColumn> {
        self.map(name, |text: &str| text.parse().ok())
    }

    /// A count that is never negative.
    pub(crate) fn count(&self, name: &'static str) -> Result<u32, BadColumn> {
        self.map(name, |count: i64| u32::try_from(count).ok())
    }

    /// A count that may be missing.
    pub(crate) fn count_or_none(&self, name: &'static str) -> Result<Option<u32>, BadColumn> {
        let count: Option<i64> = self.get(name)?;
        count
            .map(u32::try_from)
            .transpose()
            .map_err(|_| self.bad(name))
    }

    /// A moment.
    pub(crate) fn time(&self, name: &'static str) -> Result<Timestamp, BadColumn> {
        self.get(name).map(Timestamp::from_micros)
    }

    /// A moment that may be missing.
    pub(crate) fn time_or_none(&self, name: &'static str) -> Result<Option<Timestamp>, BadColumn> {
        Ok(self.get::<Option<i64>>(name)?.map(Timestamp::from_micros))
    }

    /// An amount.
    pub(crate) fn money(&self, name: &'static str) -> Result<Money, BadColumn> {
        self.get(name).map(Money)
    }
}
