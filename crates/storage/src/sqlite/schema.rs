//! The schema: one statement a file, applied in order, each once.

use sqlx::migrate::Migrator;
use sqlx::{Row, SqliteConnection};

use crate::migrations::{self, File, migrations};

const MIGRATIONS: &[File] = migrations![
    "sqlite":
    "0001" "organizers",
    "0002" "default_organizer",
    "0003" "productions",
    "0004" "events",
    "0005" "events_by_start",
    "0006" "events_cancelled",
    "0007" "grades",
    "0008" "seat_claims",
    "0009" "payments",
    "0010" "payments_by_event",
    "0011" "refunds",
    "0012" "reservations",
    "0013" "reservations_by_user",
    "0014" "reservations_by_event",
    "0015" "reservations_due",
    "0016" "reservations_paying",
    "0017" "tickets",
    "0018" "idempotency",
    "0019" "idempotency_by_age",
    "0020" "users",
    "0021" "event_log",
    "0022" "refunds_pending",
    "0023" "secrets",
    "0024" "tickets_used",
    "0025" "tickets_used_before",
    "0026" "tickets_used_by_event",
];

/// The newest schema that this binary knows.
pub(super) const VERSION: i64 = migrations::version(MIGRATIONS);

/// Brings a database to [`VERSION`].
pub(super) fn migrator() -> Migrator {
    migrations::migrator(MIGRATIONS)
}

/// The newest migration that was applied; 0 where none was.
pub(super) async fn applied(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let known = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let tables: i64 = sqlx::query(known)
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    if tables == 0 {
        return Ok(0);
    }
    let newest = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
    sqlx::query(newest).fetch_one(connection).await?.try_get(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::are_numbered;

    #[test]
    fn migrations_are_numbered_without_a_gap() {
        assert!(are_numbered(MIGRATIONS));
    }
}
