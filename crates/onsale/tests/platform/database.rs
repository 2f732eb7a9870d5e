//! The database that a test's server keeps its sale in: a file, or a database of its own on the
//! server for tests. `TEST_STORE=mysql` chooses the latter; `cargo xtask test` runs the suite both ways.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, SqliteConnection};

/// Where a sale is kept; taken away when dropped.
pub(crate) enum Database {
    File(PathBuf),
    OnServer(String),
}

impl Database {
    /// The one that this run of the suite is about; a file would be in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        match std::env::var("TEST_STORE").as_deref() {
            Err(_) | Ok("sqlite") => Self::file(folder),
            Ok("mysql") => Self::on_server(),
            Ok(other) => panic!("TEST_STORE is sqlite or mysql, not {other}"),
        }
    }

    /// A file.
    pub(crate) fn file(folder: &Path) -> Self {
        Self::File(folder.join("onsale.db"))
    }

    /// A database of its own on the server for tests.
    pub(crate) fn on_server() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("onsale_platform_{}_{number}", std::process::id());
        administer(format!("DROP DATABASE IF EXISTS {name}"));
        administer(format!(
            "CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        ));
        Self::OnServer(name)
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(path) => format!("sqlite:{}", path.display()),
            Self::OnServer(name) => servers::running::mysql_url(name),
        }
    }

    /// Runs a statement behind the platform's back.
    pub(crate) async fn execute(&self, statement: &'static str) {
        let url = self.url();
        match self {
            Self::File(_) => {
                let mut connection = SqliteConnection::connect(&url).await.expect("the file");
                let executed = sqlx::raw_sql(statement).execute(&mut connection).await;
                executed.expect("it is carried out");
                connection.close().await.expect("it closes");
            }
            Self::OnServer(_) => on_server(&url, statement.to_owned()).await,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::OnServer(name) = self {
            administer(format!("DROP DATABASE IF EXISTS {name}"));
        }
    }
}

async fn on_server(url: &str, statement: String) {
    let mut connection = MySqlConnection::connect(url).await.expect("the server");
    let executed = sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await;
    executed.expect("it is carried out");
    connection.close().await.expect("it closes");
}

/// Tests make their houses where they cannot wait, within a runtime or without.
fn administer(statement: String) {
    let administering = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let url = servers::running::mysql_url("");
        runtime
            .expect("a runtime")
            .block_on(on_server(&url, statement));
    });
    administering.join().expect("the server for tests");
}
