//! The schema: one statement a file, because the server commits each as it goes.

use sqlx::Row;
use sqlx::migrate::Migrator;
use sqlx::mysql::MySqlConnection;

use crate::migrations::{self, File, migrations};

const MIGRATIONS: &[File] = migrations![
    "mysql":
    "0001" "organizers",
    "0002" "default_organizer",
    "0003" "productions",
    "0004" "events",
    "0005" "grades",
    "0006" "seat_claims",
    "0007" "payments",
    "0008" "refunds",
    "0009" "reservations",
    "0010" "tickets",
    "0011" "idempotency",
    "0012" "users",
    "0013" "event_log",
    "0014" "beats",
    "0015" "first_beat",
    "0016" "secrets",
    "0017" "tickets_used",
    "0018" "tickets_used_before",
    "0019" "tickets_used_by_event",
];

/// The newest schema that this binary knows.
pub(super) const VERSION: i64 = migrations::version(MIGRATIONS);

/// Brings a database to [`VERSION`]. Several nodes may try at once: one does it, the others wait.
pub(super) fn migrator() -> Migrator {
    let mut migrator = migrations::migrator(MIGRATIONS);
    // Its own lock waits for ever, and `MariaDB` takes that for not at all: see `lock`.
    migrator.set_locking(false);
    migrator
}

/// Waits until no other node migrates this database; the lock ends with the connection.
pub(super) async fn lock(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    let lock = "SELECT GET_LOCK(CONCAT('onsale.', MD5(DATABASE())), 60) AS taken";
    let row = sqlx::raw_sql(lock).fetch_one(connection).await?;
    match row.try_get::<Option<i64>, _>("taken")? {
        Some(1) => Ok(()),
        _ => Err(sqlx::Error::Configuration(
            "another node has been migrating it for a minute".into(),
        )),
    }
}

/// The newest migration that was applied; 0 where none was.
pub(super) async fn applied(connection: &mut MySqlConnection) -> Result<i64, sqlx::Error> {
    let known = "SELECT COUNT(*) AS tables FROM information_schema.tables \
        WHERE table_schema = DATABASE() AND table_name = '_sqlx_migrations'";
    let row = sqlx::raw_sql(known).fetch_one(&mut *connection).await?;
    if row.try_get::<i64, _>("tables")? == 0 {
        return Ok(0);
    }
    let newest = "SELECT COALESCE(MAX(version), 0) AS newest FROM _sqlx_migrations";
    let row = sqlx::raw_sql(newest).fetch_one(connection).await?;
    row.try_get("newest")
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
