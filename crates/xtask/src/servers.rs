//! `cargo xtask servers`: private servers that run until they are told to end.

use std::path::PathBuf;

use servers::running;

use crate::steps::{binary, cargo, step};

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Start them
    Up {
        /// Which: `all` are a MariaDB with a replica, a Redis with a replica and three sentinels, and
        /// nodes behind a balancer; `tests` are a MariaDB and a Redis that tests share
        #[arg(value_parser = ["all", "tests"], default_value = "all")]
        which: String,
        /// How many nodes; 0: neither nodes nor a balancer
        #[arg(long, default_value_t = 2)]
        nodes: u16,
        /// What nodes run, instead of the debug build, which is built for them
        #[arg(long, value_name = "FILE")]
        program: Option<PathBuf>,
    },
    /// End every server that was started
    Down,
    /// Say which run, where, and where their logs are
    Status,
}

/// Starts, ends or lists servers.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Up {
            which,
            nodes,
            program,
        } => {
            if which == "tests" {
                running::up_for_tests()?;
            } else {
                up(*nodes, program.clone())?;
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
        println!("\nto start another node on them:");
        for (name, value) in settings {
            println!("  export {name}='{value}'");
        }
    }
    Ok(())
}

fn up(nodes: u16, program: Option<PathBuf>) -> anyhow::Result<()> {
    running::up()?;
    if nodes == 0 {
        return Ok(());
    }
    let program = if let Some(program) = program {
        program.canonicalize()?
    } else {
        let build = ["build", "--locked", "--package", "onsale"];
        step("debug build", cargo().args(build))?;
        binary("debug", "onsale")
    };
    running::up_nodes(&program, nodes)?;
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
