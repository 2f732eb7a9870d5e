//! Every bound of a database server's connections: its unit, its default, what it depends on.

use std::time::Duration;

/// The bounds of a database that is a server. `SQLite` needs none of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DatabaseLimits {
    /// Connections of this node, to the writer and to the reader each. Times the number of nodes it
    /// must stay below what the server accepts.
    pub database_connections_max: u32,
    /// Connections that are kept while nothing is asked.
    pub database_connections_min: u32,
    /// Who may wait for a connection, groups that may wait to be written, and batches that may wait to
    /// ask; beyond it the database counts as unavailable, at once. Each event that sells on this node
    /// waits at most once, however many buyers it has.
    pub database_waiters_max: u32,
    /// How long a connection is waited for, and by a group until somebody begins to write it, in
    /// milliseconds.
    pub database_wait_ms_max: u32,
    /// How long the server's answer is waited for, in milliseconds. Must exceed
    /// `database_lock_wait_secs`.
    pub database_answer_ms_max: u32,
    /// How long a statement waits for another transaction's row, in seconds.
    pub database_lock_wait_secs: u32,
    /// Events whose groups may share a transaction, and with it a sync, and whose questions may share a
    /// statement. With 1 a transaction is of one event: for a database that is divided by events.
    pub database_events_joined_max: u32,
    /// How far a reader may lag before the writer is asked instead, in milliseconds.
    pub database_reader_lag_ms_max: u32,
}

impl Default for DatabaseLimits {
    fn default() -> Self {
        Self {
            database_connections_max: 20,
            database_connections_min: 5,
            database_waiters_max: 1_024,
            database_wait_ms_max: 2_000,
            database_answer_ms_max: 4_000,
            database_lock_wait_secs: 2,
            database_events_joined_max: 256,
            database_reader_lag_ms_max: 2_000,
        }
    }
}

impl DatabaseLimits {
    /// What is wrong with these limits, one line each; empty where nothing is.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut expect = |holds: bool, mistake: &str| {
            if !holds {
                mistakes.push(mistake.to_owned());
            }
        };
        expect(
            (1..=1_000).contains(&self.database_connections_max),
            "database_connections_max must be 1 to 1000",
        );
        expect(
            self.database_connections_min <= self.database_connections_max,
            "database_connections_min must not exceed database_connections_max",
        );
        // A group that comes alone is in the line for a moment, too.
        expect(
            self.database_waiters_max >= 1,
            "database_waiters_max must be at least 1",
        );
        expect(
            self.database_wait_ms_max >= 10,
            "database_wait_ms_max must be at least 10",
        );
        expect(
            (1..=50).contains(&self.database_lock_wait_secs),
            "database_lock_wait_secs must be 1 to 50",
        );
        expect(
            self.database_answer_ms_max > self.database_lock_wait_secs.saturating_mul(1_000),
            "database_answer_ms_max must exceed database_lock_wait_secs",
        );
        expect(
            (1..=1_024).contains(&self.database_events_joined_max),
            "database_events_joined_max must be 1 to 1024",
        );
        expect(
            self.database_reader_lag_ms_max >= 100,
            "database_reader_lag_ms_max must be at least 100",
        );
        mistakes
    }

    /// How long a connection is waited for.
    pub(crate) const fn wait_max(&self) -> Duration {
        Duration::from_millis(self.database_wait_ms_max as u64)
    }

    /// Tasks that do together what waits at the same moment: `wanted`. Where nothing may be joined,
    /// whoever waits can only be served beside the others, and there are as many as connections.
    pub(crate) const fn joiners(&self, wanted: usize) -> usize {
        match self.database_events_joined_max {
            1 => self.database_connections_max as usize,
            _ => wanted,
        }
    }

    /// How far a reader may lag.
    pub(crate) const fn reader_lag_max(&self) -> Duration {
        Duration::from_millis(self.database_reader_lag_ms_max as u64)
    }

    /// How long the server's answer is waited for.
    pub(crate) const fn answer_max(&self) -> Duration {
        Duration::from_millis(self.database_answer_ms_max as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_agree_with_each_other() {
        assert_eq!(DatabaseLimits::default().mistakes(), Vec::<String>::new());
    }

    #[test]
    fn where_nothing_is_joined_every_connection_is_used() {
        let mut limits = DatabaseLimits::default();
        assert_eq!(limits.joiners(4), 4);
        limits.database_events_joined_max = 1;
        assert_eq!(limits.joiners(4), 20);
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let limits = DatabaseLimits {
            database_connections_min: 30,
            database_waiters_max: 0,
            database_answer_ms_max: 2_000,
            database_events_joined_max: 0,
            ..DatabaseLimits::default()
        };
        assert_eq!(limits.mistakes().len(), 4, "{:?}", limits.mistakes());
    }
}
