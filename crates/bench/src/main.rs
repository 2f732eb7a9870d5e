//! Ceilings and comparison strategies: what is the most that this machine could do, and what would
//! the plain way do?
//!
//! Never part of onsale. It starts every server as a process of its own, onsale among them, puts
//! the same load on each in turn, and compares. Start reading at [`hot_event`], then [`rounds`].

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

mod cache;
mod child;
mod connections;
mod contender;
mod database;
mod groups;
mod growth;
mod hot_event;
mod http;
mod many_events;
mod memory;
mod overload;
mod process;
mod reference;
mod report;
mod rounds;
mod section;
mod serve;
mod startup;

/// The allocator that onsale uses, so that the ceilings are not lowered by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures onsale against ceilings and against other ways to sell.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compares reads and reservations with a bare HTTP server that answers as much.
    Http(Plan),
    /// Sells one hot event in different ways.
    HotEvent(hot_event::Arguments),
    /// Sells many events at once beside one hot event.
    ManyEvents(many_events::Arguments),
    /// Measures with few and with many reservations in the tables.
    Growth(growth::Arguments),
    /// Holds thousands of connections.
    Connections(connections::Arguments),
    /// Puts events and waiting buyers into memory, and looks whether they go again.
    Memory(memory::Arguments),
    /// Puts twice on the server what it carries.
    Overload(overload::Arguments),
    /// Makes the reference's tables again.
    Reference(reference::Arguments),
    /// Counts the database's queries with and without cache.
    Cache(cache::Arguments),
    /// Starts the program and waits for its first answer.
    Startup(startup::Arguments),
    /// Serves constant answers.
    #[command(hide = true)]
    ServeBare(serve::bare::Arguments),
    /// Serves reservations with one transaction each.
    #[command(hide = true)]
    ServePlain(serve::plain::Arguments),
    /// Serves reservations with one transaction each on a database server, perhaps under a lock.
    #[command(hide = true)]
    ServeUpdate(serve::update::Arguments),
}

/// How much to measure.
#[derive(Clone, Debug, Args)]
struct Plan {
    /// How often each contender is measured, in turns.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How many connections ask at once; give several to measure each.
    #[arg(long, value_delimiter = ',')]
    connections: Vec<usize>,
    /// One short round with few connections: shows that everything works, and no figure.
    #[arg(long)]
    quick: bool,
    /// Also writes the results to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also writes the results into docs/performance.md.
    #[arg(long)]
    record: bool,
}

impl Plan {
    /// The plan with what was left out filled in.
    fn complete(mut self, connections: &[usize]) -> anyhow::Result<Self> {
        if self.connections.is_empty() {
            self.connections = connections.to_vec();
        }
        if self.quick {
            (self.rounds, self.seconds, self.connections) = (1, 0.2, vec![8]);
        }
        anyhow::ensure!(self.rounds > 0, "nothing is measured in no rounds");
        Duration::try_from_secs_f64(self.seconds)?;
        Ok(self)
    }

    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// A tenth of a measurement goes by before answers count.
    fn warm_up(&self) -> Duration {
        self.time() / 10
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Http(plan) => http::run(plan).await,
        Command::HotEvent(arguments) => hot_event::run(arguments).await,
        Command::ManyEvents(arguments) => many_events::run(arguments).await,
        Command::Growth(arguments) => growth::run(arguments).await,
        Command::Connections(arguments) => connections::run(arguments).await,
        Command::Memory(arguments) => memory::run(arguments).await,
        Command::Overload(arguments) => overload::run(arguments).await,
        Command::Reference(arguments) => reference::run(arguments).await,
        Command::Cache(arguments) => cache::run(arguments).await,
        Command::Startup(arguments) => startup::run(arguments).await,
        Command::ServeBare(arguments) => serve::bare::run(arguments).await.map(|()| true),
        Command::ServePlain(arguments) => serve::plain::run(arguments).await.map(|()| true),
        Command::ServeUpdate(arguments) => serve::update::run(arguments).await.map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
