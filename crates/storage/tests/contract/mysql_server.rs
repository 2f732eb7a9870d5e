//! The store over the database server for tests, in a database of each test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use boxoffice::ids::EventId;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row};
use storage::{DatabaseLimits, MySqlStore, OpenMode};

use crate::fixture::{Bench, Shared};

/// A database that is dropped with the test.
pub(crate) struct Database {
    name: String,
}

impl Database {
    /// An empty one.
    pub(crate) async fn new() -> Self {
        // Each test is a process of its own, or one of its threads.
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("onsale_contract_{}_{number}", std::process::id());
        administer(&format!("DROP DATABASE IF EXISTS {name}")).await;
        administer(&format!(
            "CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        ))
        .await;
        Self { name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn url(&self) -> String {
        servers::running::mysql_url(&self.name)
    }

    /// A store on it.
    pub(crate) async fn open(&self) -> MySqlStore {
        self.open_with(None).await
    }

    /// A store on it that reads lists from `reader`.
    pub(crate) async fn open_with(&self, reader: Option<&str>) -> MySqlStore {
        let url = self.url();
        let opened = MySqlStore::open(&url, reader, limits(), OpenMode::Serve);
        opened.await.expect("a new database")
    }

    /// A store on it that has these limits.
    pub(crate) async fn open_within(&self, limits: DatabaseLimits) -> Shared {
        let opened = MySqlStore::open(&self.url(), None, limits, OpenMode::Serve).await;
        Arc::new(opened.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn execute(&self, statement: &str) {
        execute(&self.url(), statement).await;
    }

    pub(crate) async fn drop(self) {
        administer(&format!("DROP DATABASE {}", self.name)).await;
    }
}

/// Somebody who holds something of a database, so that whoever writes it waits.
pub(crate) struct Holder {
    connection: MySqlConnection,
    database: String,
}

impl Holder {
    /// Holds what these statements take.
    pub(crate) async fn of(database: &Database, statements: &str) -> Self {
        // In no database, so that it is not counted among those that work there.
        let url = servers::running::mysql_url("");
        let mut connection = MySqlConnection::connect(&url).await.expect("the server");
        let statements = AssertSqlSafe(statements.to_owned());
        sqlx::raw_sql(statements)
            .execute(&mut connection)
            .await
            .expect("nobody else holds it");
        let database = database.name().to_owned();
        Self {
            connection,
            database,
        }
    }

    /// Holds events' rows.
    pub(crate) async fn of_events(database: &Database, events: &[EventId]) -> Self {
        let ids: Vec<String> = events.iter().map(|event| event.0.to_string()).collect();
        let (name, ids) = (database.name(), ids.join(","));
        let statements = format!(
            "START TRANSACTION; SELECT id FROM {name}.events WHERE id IN ({ids}) FOR UPDATE"
        );
        Self::of(database, &statements).await
    }

    /// Holds all keys, so that whoever reads one waits as well.
    pub(crate) async fn of_keys(database: &Database) -> Self {
        let statement = format!("LOCK TABLES {}.idempotency WRITE", database.name());
        Self::of(database, &statement).await
    }

    /// Waits until as many connections as this work at a statement that begins like this.
    pub(crate) async fn until_working(&mut self, wanted: i64, statement: &str) {
        while self.working(statement).await != wanted {
            tokio::task::yield_now().await;
        }
    }

    /// How many connections work at a statement that begins like this.
    pub(crate) async fn working(&mut self, statement: &str) -> i64 {
        let working = format!(
            "SELECT COUNT(*) AS working FROM information_schema.processlist \
             WHERE db = '{}' AND command <> 'Sleep' AND info LIKE '{statement}%'",
            self.database
        );
        let working = sqlx::raw_sql(AssertSqlSafe(working));
        let row = working.fetch_one(&mut self.connection).await;
        row.expect("the processes").get("working")
    }

    pub(crate) async fn let_go(&mut self) {
        let done = sqlx::raw_sql("ROLLBACK; UNLOCK TABLES").execute(&mut self.connection);
        done.await.expect("it is let go");
    }
}

/// Few connections: many tests share the server.
pub(crate) fn limits() -> DatabaseLimits {
    DatabaseLimits {
        database_connections_min: 0,
        ..DatabaseLimits::default()
    }
}

async fn administer(statement: &str) {
    execute(&servers::running::mysql_url(""), statement).await;
}

/// Runs a statement on whatever the URL names.
pub(crate) async fn execute(url: &str, statement: &str) {
    let mut connection = MySqlConnection::connect(url).await.expect("a server");
    let statement = AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(statement)
        .execute(&mut connection)
        .await
        .expect("it is carried out");
    connection.close().await.expect("it closes");
}

pub(crate) async fn bench() -> Bench {
    let database = Database::new().await;
    Bench {
        store: Arc::new(database.open().await),
        folder: None,
        database: Some(database),
    }
}
