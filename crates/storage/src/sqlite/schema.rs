//! The schema: one statement a file, applied in order, each once.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Row, SqlStr, SqliteConnection};

macro_rules! migrations {
    ($($version:literal $name:literal),* $(,)?) => {
        &[$((
            $version,
            include_str!(concat!("../../migrations/sqlite/", $version, "_", $name, ".sql")),
            $name,
        )),*]
    };
}

const MIGRATIONS: &[(&str, &str, &str)] = migrations![
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
];

/// The newest schema that this binary knows.
pub(super) const VERSION: i64 = {
    // A handful, so that nothing can wrap.
    #[expect(clippy::cast_possible_wrap)]
    let version = MIGRATIONS.len() as i64;
    version
};

/// Brings a database to [`VERSION`].
pub(super) fn migrator() -> Migrator {
    let migrations = MIGRATIONS.iter().zip(1..).map(|((_, sql, name), version)| {
        let sql = SqlStr::from_static(sql);
        Migration::new(version, (*name).into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
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

    #[test]
    fn migrations_are_numbered_without_a_gap() {
        for (number, (version, ..)) in (1..).zip(MIGRATIONS) {
            assert_eq!(version.parse(), Ok(number));
        }
    }
}
