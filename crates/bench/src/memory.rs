//! What is in memory, and whether it goes when the rush is over.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use load::open::{self, Options};
use load::scenario::Scenario;

use crate::child::{Node, Server};
use crate::contender::Organizer;
use crate::process;
use crate::section::{Section, grouped};

/// How much to put into memory.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Arguments {
    /// Events that are put on sale and read.
    #[arg(long, default_value_t = 5_000)]
    events: u32,
    /// Buyers who come at one instant.
    #[arg(long, default_value_t = 8_000)]
    buyers: usize,
    /// Little only: shows that everything works, and no figure.
    #[arg(long)]
    quick: bool,
    /// Also writes the results into docs/performance.md.
    #[arg(long)]
    record: bool,
}

/// How long after the rush the last look is, in seconds.
const REST_SECS: u64 = 20;

const HOW_TO_READ: &str = "\
How to read it: memory is what is resident, on SQLite. An event is in the cache with its stock; a reservation \
that waits is a request that was read, its task, its command and its place in the queue. What a rush used goes \
back to the system when the allocator has found whole pages free.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let (events, buyers, rest) = if arguments.quick {
        (20, 40, Duration::ZERO)
    } else {
        let rest = Duration::from_secs(REST_SECS);
        (arguments.events, arguments.buyers, rest)
    };
    let directory = tempfile::tempdir()?;
    let server = Server::start_onsale(&Node::on_sqlite(directory.path())).await?;
    let pid = server.pid().context("the server has ended")?;
    // Warm first: what any first request needs is nobody's.
    rush(&server, buyers.min(100)).await?;

    let empty = process::resident_bytes(pid)?;
    let mut organizer = Organizer::of(server.url()).await?;
    for number in 0..events {
        let event_id = organizer.create_event(&format!("Event {number}")).await?;
        organizer.read(&format!("/api/events/{event_id}")).await?;
    }
    let with_events = process::resident_bytes(pid)?;
    process::forget_peak(pid)?;
    rush(&server, buyers).await?;
    let highest = process::peak_bytes(pid)?;
    // The allocator gives back what it has not used for a while; nothing else to wait for.
    tokio::time::sleep(rest).await;
    let after = process::resident_bytes(pid)?;
    server.stop().await?;

    let kilobytes = |bytes: u64, of: f64| format!("{:.1} kB", bytes as f64 / 1e3 / of);
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    let buyers = buyers as f64;
    let mut section = Section::new("memory", &["", "resident"]);
    let rush = format!("{} buyers at one instant", grouped(buyers));
    section.rows = [
        ("a server that has served a little", megabytes(empty)),
        (
            "an event in the cache, each",
            kilobytes(with_events.saturating_sub(empty), f64::from(events)),
        ),
        (&rush, megabytes(highest)),
        (
            "one of them: connection, request, place in the queue",
            kilobytes(highest.saturating_sub(with_events), buyers),
        ),
        ("twenty seconds after the rush", megabytes(after)),
    ]
    .map(|(what, figure)| vec![what.to_owned(), figure])
    .to_vec();
    section.words = String::from(HOW_TO_READ);
    section.publish(arguments.record)
}

/// So many buyers, each over a connection of her own, at one instant.
async fn rush(server: &Server, buyers: usize) -> anyhow::Result<()> {
    let scenario = Scenario::parse(&format!(
        "name = 'rush'\nabout = 'All at once.'\nconnections = {buyers}\nsources = 8\nmix = {{ reserve = 1 }}\n\
         phases = [{{ name = 'now', seconds = 0.5, burst = {buyers} }}]\n\
         limits = {{ errors_max = 0, overloaded_max = 0 }}\n"
    ))?;
    let run = open::run(&Options::new(server.url(), scenario)).await?;
    anyhow::ensure!(run.is_met(), "{:?} {:?}", run.errors, run.violations);
    Ok(())
}
