//! Several statements in one packet, as text.
//!
//! What comes from outside is written as a number or as `x'..'`, never as a quoted text, so that
//! there is nothing to escape. A packet begins with `ROLLBACK`: should a connection have been left
//! within a transaction, that one never becomes part of this.

use std::borrow::Cow;
use std::fmt::Write;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// A value in a statement.
#[derive(Clone, Debug)]
pub(super) enum Value<'v> {
    /// A number.
    Int(i64),
    /// Bytes, or a text as its bytes.
    Bytes(Cow<'v, [u8]>),
    /// Nothing.
    Null,
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'v, const N: usize> From<&'v [u8; N]> for Value<'v> {
    fn from(bytes: &'v [u8; N]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Bytes(Cow::Borrowed(text.as_bytes()))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Bytes(Cow::Owned(text.into_bytes()))
    }
}

impl<'v, T: Into<Value<'v>>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Statements that are sent together and carried out in order, up to the first that fails.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    text: String,
    statements: usize,
    commits_at: Option<usize>,
}

impl Packet {
    /// Only `ROLLBACK` so far.
    pub(super) fn new() -> Self {
        Self {
            text: "ROLLBACK".to_owned(),
            statements: 1,
            commits_at: None,
        }
    }

    /// Adds a statement whose question marks stand for `values`; gives its place in the packet.
    pub(super) fn add(&mut self, statement: &str, values: &[Value<'_>]) -> usize {
        self.begin();
        self.fill(statement, values);
        self.statements - 1
    }

    /// Adds `COMMIT`.
    pub(super) fn commit(&mut self) {
        self.commits_at = Some(self.add("COMMIT", &[]));
    }

    /// The place of `COMMIT`: where that fails, or what comes after it, all before it may be written.
    pub(super) const fn commits_at(&self) -> Option<usize> {
        self.commits_at
    }

    /// Adds a statement with a list of rows between `head` and `tail`; question marks in `head`
    /// stand for `values`. Rows of one value are written without parentheses, as `IN` takes them.
    pub(super) fn add_rows<'v, const N: usize>(
        &mut self,
        (head, tail): (&str, &str),
        values: &[Value<'_>],
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
    ) -> usize {
        self.begin();
        self.fill(head, values);
        self.add_more_rows(rows, tail);
        self.statements - 1
    }

    /// Goes on with the last statement: a list of rows, and `tail`.
    pub(super) fn add_more_rows<'v, const N: usize>(
        &mut self,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
        tail: &str,
    ) {
        for (number, row) in rows.into_iter().enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            self.row(&row);
        }
        self.text.push_str(tail);
    }

    /// Adds a statement with a derived table between `head` and `tail` whose rows are `columns`.
    pub(super) fn add_table<'v, const N: usize>(
        &mut self,
        (head, tail): (&str, &str),
        values: &[Value<'_>],
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
    ) -> usize {
        self.begin();
        self.text.push_str(head);
        for (number, row) in rows.into_iter().enumerate() {
            self.text.push_str(if number > 0 {
                " UNION ALL SELECT "
            } else {
                "SELECT "
            });
            for (place, (value, column)) in row.iter().zip(columns).enumerate() {
                if place > 0 {
                    self.text.push(',');
                }
                self.value(value);
                if number == 0 {
                    self.text.push_str(" AS ");
                    self.text.push_str(column);
                }
            }
        }
        self.fill(tail, values);
        self.statements - 1
    }

    /// Begins a transaction that reads, all at one moment.
    pub(super) fn begin_reading(&mut self) {
        self.add("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", &[]);
        self.add("START TRANSACTION READ ONLY", &[]);
    }

    /// The text.
    pub(super) fn into_sql(self) -> SqlStr {
        AssertSqlSafe(self.text).into_sql_str()
    }

    fn begin(&mut self) {
        self.text.push(';');
        self.statements += 1;
    }

    fn fill(&mut self, template: &str, values: &[Value<'_>]) {
        let mut parts = template.split('?');
        self.text.push_str(parts.next().unwrap_or_default());
        let mut values = values.iter();
        for part in parts {
            let value = values.next();
            debug_assert!(value.is_some(), "too few values: {template}");
            self.value(value.unwrap_or(&Value::Null));
            self.text.push_str(part);
        }
        debug_assert!(values.next().is_none(), "too many values: {template}");
    }

    fn row(&mut self, row: &[Value<'_>]) {
        let [first, rest @ ..] = row else { return };
        if rest.is_empty() {
            self.value(first);
            return;
        }
        self.text.push('(');
        self.value(first);
        for value in rest {
            self.text.push(',');
            self.value(value);
        }
        self.text.push(')');
    }

    fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Int(number) => {
                let _ = write!(self.text, "{number}");
            }
            Value::Null => self.text.push_str("NULL"),
            Value::Bytes(bytes) => {
                const DIGITS: [char; 16] = [
                    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
                ];
                self.text.push_str("x'");
                for byte in bytes.iter() {
                    self.text.push(DIGITS[usize::from(byte >> 4)]);
                    self.text.push(DIGITS[usize::from(byte & 15)]);
                }
                self.text.push('\'');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(packet: Packet) -> String {
        packet.into_sql().as_str().to_owned()
    }

    #[test]
    fn nothing_from_outside_is_written_as_a_text() {
        let mut packet = Packet::new();
        let place = packet.add(
            "SELECT ?, ?, ?",
            &["'; DROP --".into(), (-7_i64).into(), None::<i64>.into()],
        );
        assert_eq!(place, 1);
        assert_eq!(
            text(packet),
            "ROLLBACK;SELECT x'273B2044524F50202D2D', -7, NULL"
        );
    }

    #[test]
    fn rows_are_written_one_after_the_other() {
        let mut packet = Packet::new();
        let rows = [["a".into(), 1_i64.into()], ["b".into(), 2_i64.into()]];
        packet.add_rows(("INSERT INTO t VALUES ", ""), &[], rows);
        packet.add_rows(("SELECT ? IN (", ")"), &[1_i64.into()], [[1_i64.into()]]);
        assert_eq!(
            text(packet),
            "ROLLBACK;INSERT INTO t VALUES (x'61',1),(x'62',2);SELECT 1 IN (1)"
        );
    }

    #[test]
    fn a_table_names_its_columns_once() {
        let mut packet = Packet::new();
        let rows = [[1_i64.into(), "a".into()], [2_i64.into(), "b".into()]];
        packet.add_table(
            ("UPDATE (", ") v JOIN t SET t.a = v.a WHERE t.e = ?"),
            &[9_i64.into()],
            ["id", "a"],
            rows,
        );
        assert_eq!(
            text(packet),
            "ROLLBACK;UPDATE (SELECT 1 AS id,x'61' AS a UNION ALL SELECT 2,x'62') v \
             JOIN t SET t.a = v.a WHERE t.e = 9"
        );
    }
}
