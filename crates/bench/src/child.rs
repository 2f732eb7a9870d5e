//! Servers as processes of their own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// How long a server may take until it says where it listens.
const START_MAX: Duration = Duration::from_mins(2);

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

    /// Starts onsale as it is delivered.
    pub(crate) async fn start_onsale(node: &Node) -> anyhow::Result<Self> {
        let mut command = if node.gives_way {
            let mut command = Command::new("nice");
            command.args(["-n", GIVING_WAY]).arg(onsale()?);
            command
        } else {
            Command::new(onsale()?)
        };
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--database-url", &node.database_url])
            .args(node.redis_url.iter().flat_map(|url| ["--redis-url", url]))
            .args(node.settings.iter().flat_map(|set| ["--set", set]))
            .current_dir(&node.directory);
        for setting in ["ADMIN_TOKEN", "REDIS_URL", "DATABASE_READER_URL", "CONFIG"] {
            command.env_remove(format!("ONSALE_{setting}"));
        }
        command
            .env("ONSALE_SAMPLE_EVENT", "false")
            .env("ONSALE_LOG_FILTER", "warn");
        Self::start(&node.name, &mut command, &node.directory).await
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends the process and waits until it is gone.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("ending a server")
    }
}

/// An onsale to start.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// What its log is called.
    pub(crate) name: String,
    /// Where its log goes; also its working directory.
    pub(crate) directory: PathBuf,
    pub(crate) database_url: String,
    pub(crate) redis_url: Option<String>,
    /// Settings, each as `NAME=VALUE`.
    pub(crate) settings: Vec<String>,
    /// Whether the generator goes first where both want a core: it stands for other people's machines,
    /// and they are on time.
    pub(crate) gives_way: bool,
}

/// The niceness of a server that gives way: of a core that both want it has a third of what the generator has
/// (sched(7) on the nice value).
const GIVING_WAY: &str = "5";

impl Node {
    /// One that keeps everything in this folder.
    pub(crate) fn on_sqlite(directory: &Path) -> Self {
        let database_url = format!("sqlite:{}", directory.join("onsale.db").display());
        Self::on(database_url, directory)
    }

    /// One on a database of its own or with others.
    pub(crate) fn on(database_url: String, directory: &Path) -> Self {
        Self {
            name: "onsale".to_owned(),
            directory: directory.to_owned(),
            database_url,
            redis_url: None,
            settings: Vec::new(),
            gives_way: false,
        }
    }
}

/// The onsale that was built with this program.
pub(crate) fn onsale() -> anyhow::Result<PathBuf> {
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
