//! `cargo xtask servers`: private servers that run until they are told to end.

use servers::running;

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Start them
    Up {
        /// Which: `all` are a MariaDB with a replica and a Redis with a replica and three sentinels;
        /// `tests` are a MariaDB and a Redis that tests share
        #[arg(value_parser = ["all", "tests"], default_value = "all")]
        which: String,
    },
    /// End every server that was started
    Down,
    /// Say which run, where, and where their logs are
    Status,
}

/// Starts, ends or lists servers.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Up { which } => {
            if which == "tests" {
                running::up_for_tests()?;
            } else {
                running::up()?;
            }
            status()
        }
        Command::Down => {
            for name in running::down(|_| true)? {
                println!("{name} has ended");
            }
            Ok(())
        }
        Command::Status => status(),
    }
}

fn status() -> anyhow::Result<()> {
    let servers = running::list()?;
    if servers.is_empty() {
        println!("no server runs");
    }
    for mut server in servers {
        let state = if server.is_running() { "runs" } else { "died" };
        println!(
            "{:<18} {state}  127.0.0.1:{:<5}  process {:<7}  {}",
            server.name,
            server.port,
            server.pid(),
            server.folder.join("log").display()
        );
    }
    let settings = running::settings()?;
    if !settings.is_empty() {
        println!("\nonsale serve {}", settings.join(" "));
    }
    Ok(())
}

/// The servers that tests need; those that were started for them end when it is dropped.
pub(crate) struct ForTests {
    started: Vec<String>,
}

impl ForTests {
    /// Starts what does not run.
    pub(crate) fn up() -> anyhow::Result<Self> {
        let started = running::up_for_tests()?;
        if !started.is_empty() {
            println!("started {}", started.join(", "));
        }
        Ok(Self { started })
    }
}

impl Drop for ForTests {
    fn drop(&mut self) {
        if let Err(error) = running::down(|name| self.started.iter().any(|ours| ours == name)) {
            eprintln!("the servers for tests did not end: {error:#}");
        }
    }
}
