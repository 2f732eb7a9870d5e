//! Statements with a varying number of rows, in few texts, so that each is prepared once.
//!
//! Rows are written in chunks of 64, 32, ... 1. Lists to look up are padded to a power of two by
//! repeating their last item.

use std::fmt::Write;
use std::sync::Arc;

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, SqlSafeStr, SqlStr, SqliteConnection};

/// Rows in the largest statement that writes, as a power of two.
const WRITE_ROWS_LOG2: u32 = 6;

/// Items in the largest statement that looks up, as a power of two.
const LOOKUP_ITEMS_LOG2: u32 = 9;

/// The values of one statement.
#[derive(Default)]
pub(super) struct Values(SqliteArguments);

impl Values {
    fn add<'v, T: sqlx::Encode<'v, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>>(&mut self, value: T) {
        self.0
            .add(value)
            .expect("integers, texts and blobs can always be encoded");
    }

    /// A number.
    pub(super) fn int(&mut self, value: i64) -> &mut Self {
        self.add(value);
        self
    }

    /// A number or null.
    pub(super) fn int_or_null(&mut self, value: Option<i64>) -> &mut Self {
        self.add(value);
        self
    }

    /// A text, copied.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.add(value);
        self
    }

    /// A text or null, copied.
    pub(super) fn text_or_null(&mut self, value: Option<&str>) -> &mut Self {
        self.add(value);
        self
    }

    /// A text that is shared already.
    pub(super) fn shared_text(&mut self, value: &Arc<str>) -> &mut Self {
        self.add(Arc::clone(value));
        self
    }

    /// Bytes, copied.
    pub(super) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.add(value);
        self
    }

    /// Bytes or null, copied.
    pub(super) fn bytes_or_null(&mut self, value: Option<&[u8]>) -> &mut Self {
        self.add(value);
        self
    }

    /// Runs `sql` with these values and says how many rows it changed.
    pub(super) async fn execute(
        self,
        sql: impl SqlSafeStr,
        connection: &mut SqliteConnection,
    ) -> Result<u64, sqlx::Error> {
        Ok(sqlx::query_with(sql, self.0)
            .execute(connection)
            .await?
            .rows_affected())
    }

    /// Runs `sql`, an insertion, with these values and gives the new row's number.
    pub(super) async fn insert(
        self,
        sql: impl SqlSafeStr,
        connection: &mut SqliteConnection,
    ) -> Result<i64, sqlx::Error> {
        Ok(sqlx::query_with(sql, self.0)
            .execute(connection)
            .await?
            .last_insert_rowid())
    }

    /// Runs `sql` with these values and gives its rows.
    pub(super) async fn rows(
        self,
        sql: impl SqlSafeStr,
        connection: &mut SqliteConnection,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        sqlx::query_with(sql, self.0).fetch_all(connection).await
    }

    /// Runs `sql` with these values and gives its first row, if it has any.
    pub(super) async fn row(
        self,
        sql: impl SqlSafeStr,
        connection: &mut SqliteConnection,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        sqlx::query_with(sql, self.0)
            .fetch_optional(connection)
            .await
    }
}

/// Texts of one statement for 1, 2, 4, ... rows.
struct Texts(Vec<SqlStr>);

impl Texts {
    /// `head`, then `row` as many times as wanted, separated by commas, then `tail`.
    fn new(head: &str, row: &str, tail: &str, log2_max: u32) -> Self {
        let text = |rows: usize| {
            let mut sql = String::with_capacity(head.len() + rows * (row.len() + 1) + tail.len());
            sql.push_str(head);
            for number in 0..rows {
                let comma = if number == 0 { "" } else { "," };
                let _ = write!(sql, "{comma}{row}");
            }
            sql.push_str(tail);
            AssertSqlSafe(Arc::<str>::from(sql)).into_sql_str()
        };
        Self((0..=log2_max).map(|log2| text(1 << log2)).collect())
    }
}

/// A statement that writes a row for each item.
pub(super) struct WriteRows(Texts);

impl WriteRows {
    /// The text for four rows.
    #[cfg(test)]
    pub(super) fn example(&self) -> &str {
        self.0.0[2].as_str()
    }

    /// See [`Texts::new`]; a row's parameters are written without numbers.
    pub(super) fn new(head: &str, row: &str, tail: &str) -> Self {
        Self(Texts::new(head, row, tail, WRITE_ROWS_LOG2))
    }

    /// Writes a row for each of `items`; says how many rows were changed.
    pub(super) async fn execute<T>(
        &self,
        connection: &mut SqliteConnection,
        mut items: &[T],
        bind: impl Fn(&mut Values, &T),
    ) -> Result<u64, sqlx::Error> {
        let mut changed = 0;
        while !items.is_empty() {
            let log2 = items.len().ilog2().min(WRITE_ROWS_LOG2);
            let (chunk, rest) = items.split_at(1 << log2);
            let mut values = Values::default();
            for item in chunk {
                bind(&mut values, item);
            }
            changed += values
                .execute(self.0.0[log2 as usize].clone(), connection)
                .await?;
            items = rest;
        }
        Ok(changed)
    }
}

/// A statement that looks items up.
pub(super) struct Lookup(Texts);

impl Lookup {
    /// The text for four rows.
    #[cfg(test)]
    pub(super) fn example(&self) -> &str {
        self.0.0[2].as_str()
    }

    /// See [`Texts::new`].
    pub(super) fn new(head: &str, row: &str, tail: &str) -> Self {
        Self(Texts::new(head, row, tail, LOOKUP_ITEMS_LOG2))
    }

    /// Looks `items` up. `first` binds what comes before the list.
    pub(super) async fn rows<T>(
        &self,
        connection: &mut SqliteConnection,
        items: &[T],
        first: impl Fn(&mut Values),
        bind: impl Fn(&mut Values, &T),
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let mut found = Vec::new();
        for chunk in items.chunks(1 << LOOKUP_ITEMS_LOG2) {
            let padded = chunk.len().next_power_of_two();
            let mut values = Values::default();
            first(&mut values);
            let padding = chunk.last().into_iter().cycle();
            for item in chunk.iter().chain(padding).take(padded) {
                bind(&mut values, item);
            }
            let sql = self.0.0[padded.ilog2() as usize].clone();
            found.append(&mut values.rows(sql, connection).await?);
        }
        Ok(found)
    }
}
