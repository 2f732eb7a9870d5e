//! The store over the database server for tests, in a database of each test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use storage::{DatabaseLimits, MySqlStore, OpenMode};

use crate::fixture::Bench;

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

    /// Runs a statement behind the store's back.
    pub(crate) async fn execute(&self, statement: &str) {
        execute(&self.url(), statement).await;
    }

    pub(crate) async fn drop(self) {
        administer(&format!("DROP DATABASE {}", self.name)).await;
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
