//! Ten thousand connections and more: what each costs, and what happens to the one too many.

use std::time::Duration;

use anyhow::Context as _;
use axum::http::StatusCode;
use clap::Args;
use load::client::Client;
use load::latency::millis;
use load::open::{self, Options};
use load::scenario::{Request, Scenario};
use load::target::Target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::child::{Node, Server};
use crate::process;
use crate::section::{Section, grouped};

/// How many to hold.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// How many connections are held; give several.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 5_000, 10_000, 15_000])]
    connections: Vec<usize>,
    /// How long each number is held, in seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Few connections for a moment: shows that everything works, and no figure.
    #[arg(long)]
    quick: bool,
    /// Also writes the results into docs/performance.md.
    #[arg(long)]
    record: bool,
}

/// Arrivals a second while connections are held.
const RATE: f64 = 2_000.0;

/// Connections that the last server may have.
const LIMIT: usize = 200;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many more than it may have are tried.
const BEYOND: usize = 50;

const HOW_TO_READ: &str = "\
How to read it: every connection is opened from one of eight loopback addresses, has asked once and stays; \
then 2,000 requests a second, three in four of them reads, come over all of them in turns. Memory is the \
server's, resident at its highest while they are held less what it was before the first, divided by their \
number: kernel buffers are not in it. The limit is the server's `connections_max` (20,000), and files that \
a process may open.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let (counts, seconds) = if arguments.quick {
        (vec![50], 0.3)
    } else {
        (arguments.connections, arguments.seconds)
    };
    let header = [
        "held",
        "kB each",
        "reads, p50",
        "p99",
        "reservations, p50",
        "p99",
        "longest",
        "errors",
    ];
    let mut section = Section::new("connections", &header);
    for count in counts {
        eprintln!("{count} connections");
        let row = held(count, seconds, &mut section.problems).await?;
        section.rows.push(row);
    }
    section.words = format!("{HOW_TO_READ}\n{}", beyond(&mut section.problems).await?);
    section.publish(arguments.record)
}

fn scenario(connections: usize, seconds: f64) -> anyhow::Result<Scenario> {
    Scenario::parse(&format!(
        "name = 'held'\nabout = 'Many connections are held.'\nconnections = {connections}\nsources = 8\n\
         mix = {{ detail = 75, reserve = 25 }}\n\
         phases = [{{ name = 'held', seconds = {seconds:?}, rate = {RATE:?} }}]\n\
         limits = {{ errors_max = 0, overloaded_max = 0 }}\n"
    ))
}

async fn held(
    count: usize,
    seconds: f64,
    problems: &mut Vec<String>,
) -> anyhow::Result<Vec<String>> {
    let directory = tempfile::tempdir()?;
    let server = Server::start_onsale(&Node::on_sqlite(directory.path())).await?;
    let pid = server.pid().context("the server has ended")?;
    // Warm first: the memory of the first reservations is not the connections'.
    open::run(&Options::new(server.url(), scenario(8, seconds.min(2.0))?)).await?;
    let before = process::resident_bytes(pid)?;
    let run = open::run(&Options::new(server.url(), scenario(count, seconds)?)).await?;
    let grown = process::peak_bytes(pid)?.saturating_sub(before);
    server.stop().await?;
    if !run.is_met() {
        problems.push(format!(
            "{count} connections: {:?} {:?}",
            run.errors, run.violations
        ));
    }
    let waits = |request| {
        let figures = run.requests.get(&request);
        let waits = figures.and_then(|figures| figures.latency);
        waits.with_context(|| format!("not one {} was done", Request::name(request)))
    };
    let (reads, sales) = (waits(Request::Detail)?, waits(Request::Reserve)?);
    Ok(vec![
        grouped(count as f64),
        format!("{:.1}", grown as f64 / 1e3 / count as f64),
        millis(reads.p50_us),
        millis(reads.p99_us),
        millis(sales.p50_us),
        millis(sales.p99_us),
        millis(reads.max_us.max(sales.max_us)),
        run.failed.to_string(),
    ])
}

/// What those hear who come when no connection is left, in a sentence.
async fn beyond(problems: &mut Vec<String>) -> anyhow::Result<String> {
    let directory = tempfile::tempdir()?;
    let mut node = Node::on_sqlite(directory.path());
    // Streams have to leave room for buyers.
    node.settings = vec![
        format!("connections_max={LIMIT}"),
        format!("streams_max={}", LIMIT / 2),
    ];
    let server = Server::start_onsale(&node).await?;
    let target = Target::resolve(server.url()).await?;
    let mut held = Vec::new();
    for _ in 0..LIMIT {
        let mut client = Client::new(target.clone(), PATIENCE);
        match client.get("/api/events").await {
            Ok(answer) if answer.status == StatusCode::OK => held.push(client),
            other => problems.push(format!("within the limit: {other:?}")),
        }
    }
    let mut refused = 0;
    for _ in 0..BEYOND {
        match timeout(PATIENCE, told(&target)).await? {
            Ok(answer) if answer.starts_with("HTTP/1.1 503 ") => refused += 1,
            other => problems.push(format!("beyond the limit: {other:?}")),
        }
    }
    drop(held);
    server.stop().await?;
    Ok(format!(
        "Of {} that come to a server that may have {LIMIT}, {LIMIT} are served, and {refused} hear 503 and the end of \
         the connection.",
        LIMIT + BEYOND
    ))
}

/// All that is read on a new connection. The answer of who is refused may be there before the question, which
/// an HTTP client takes for a mistake.
async fn told(target: &Target) -> std::io::Result<String> {
    let mut stream = target.connect().await?;
    stream
        .write_all(b"GET /api/events HTTP/1.1\r\nhost: onsale\r\n\r\n")
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
