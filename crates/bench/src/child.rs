//! Servers as processes of their own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// How long a server may take until it says where it listens.
const START_MAX: Duration = Duration::from_secs(30);

/// What every server prints before its address.
pub(crate) const LISTENING: &str = "listening on ";

/// A running server; it ends when this is dropped, on errors too.
pub(crate) struct Server {
    url: String,
    child: Child,
    /// Kept open, or the server's next line would be an error to it.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a program and waits until it prints where it listens.
    ///
    /// What it logs goes to a file in `directory`, and its end into the error if it does not start.
    pub(crate) async fn start(
        name: &str,
        command: &mut Command,
        directory: &Path,
    ) -> anyhow::Result<Self> {
        let log = directory.join(format!("{name}.log"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).context("creating a log file")?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let read = tokio::time::timeout(START_MAX, stdout.read_line(&mut line)).await;
        let Some(url) = line.trim().strip_prefix(LISTENING).map(str::to_owned) else {
            let log = fs::read_to_string(&log).unwrap_or_default();
            bail!(
                "{name} did not say where it listens ({read:?}); it said {line:?} and logged:\n{log}"
            );
        };
        Ok(Self {
            url,
            child,
            _stdout: stdout,
        })
    }

    /// Starts this program again, as a server.
    pub(crate) async fn start_self(
        name: &str,
        arguments: &[String],
        directory: &Path,
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("finding this program")?;
        Self::start(name, Command::new(program).args(arguments), directory).await
    }

    /// Starts onsale on a new SQLite database.
    pub(crate) async fn start_onsale(directory: &Path) -> anyhow::Result<Self> {
        let database = directory.join("onsale.db");
        let mut command = Command::new(onsale()?);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url"])
            .arg(format!("sqlite:{}", database.display()))
            .current_dir(directory)
            .env_remove("ONSALE_ADMIN_TOKEN")
            .env_remove("ONSALE_REDIS_URL")
            .env("ONSALE_SAMPLE_EVENT", "false")
            .env("ONSALE_LOG_FILTER", "warn");
        Self::start("onsale", &mut command, directory).await
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends the process and waits until it is gone.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("ending a server")
    }
}

/// The onsale that was built with this program.
fn onsale() -> anyhow::Result<PathBuf> {
    let onsale = std::env::current_exe()
        .context("finding this program")?
        .with_file_name("onsale");
    if !onsale.is_file() {
        bail!(
            "{} is missing: build it with cargo build --release -p onsale",
            onsale.display()
        );
    }
    Ok(onsale)
}
