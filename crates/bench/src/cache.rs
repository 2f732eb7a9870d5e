//! The same reads with and without a cache, counted by the database itself.

use anyhow::Context as _;
use clap::Args;
use load::latency::millis;
use load::open::{self, Options};
use load::report::Run;
use load::scenario::{Request, Scenario};

use crate::child::{Node, Server};
use crate::database::{Databases, Store};
use crate::process;
use crate::section::{Section, grouped};

/// How much to read.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Arguments {
    /// How long each load takes, in seconds.
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// A moment only: shows that everything works, and no figure.
    #[arg(long)]
    quick: bool,
    /// Also writes the results into docs/performance.md.
    #[arg(long)]
    record: bool,
}

/// What starves the cache: one event, one page and one profile in memory, and no page for longer
/// than it takes to make it.
const STARVED: [&str; 4] = [
    "event_entries_max=1",
    "page_entries_max=1",
    "user_entries_max=1",
    "page_ttl_ms=0",
];

/// Events that are read, evenly: one of them in memory is as good as none.
const EVENTS: u32 = 100;

/// Arrivals a second at which queries are counted: few enough for a server without cache.
const RATE: f64 = 400.0;

const HOW_TO_READ: &str = "\
How to read it: 95 reads (lists, details, seats) to 5 reservations over a hundred events, evenly. \"Without\" is the \
same program with room for one event and one page in memory, and no Redis. Both counts are MariaDB's own \
(`Com_select`, `Questions`) at 400 arrivals a second, what a longer load asks more than a shorter one. A cache \
spares reads; a group that sells is some sixteen statements either way, in one packet, down to each `ROLLBACK`, \
`SET` and `COMMIT`, and at this rate it sells one ticket. The rest is from a closed loop over 64 connections that asks as fast as it is answered. The reference's figures for this: \
10,000 queries a second became 1,000, a detail 200 ms became 10 ms, 80 % of the database's processor became \
20 %, and 500 requests a second became 5,000.";

/// One server's figures.
struct Figures {
    reads_per_1000: f64,
    queries_per_1000: f64,
    hits_percent: f64,
    detail_p50_us: u64,
    per_second: f64,
    database_cores: f64,
    generator_cores: f64,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let seconds = if arguments.quick {
        0.3
    } else {
        arguments.seconds
    };
    let directory = tempfile::tempdir()?;
    let databases = Databases::open(Store::Mysql, directory.path())?;
    let mut without = Node::on(databases.create("without")?, directory.path());
    without.settings = STARVED.map(str::to_owned).to_vec();
    let mut with = Node::on(databases.create("with")?, directory.path());
    with.redis_url = databases.redis_url();

    let mut section = Section::new("cache", &["", "without cache", "with cache", "ratio"]);
    let without = measure(&databases, &without, seconds, &mut section.problems).await?;
    let with = measure(&databases, &with, seconds, &mut section.problems).await?;
    let fewer = |what: fn(&Figures) -> f64| {
        format!(
            "{:.1} % fewer",
            100.0 - what(&with) / what(&without) * 100.0
        )
    };
    section.rows = vec![
        row(
            "queries that read (`SELECT`) for 1,000 requests",
            [&without, &with],
            |f| grouped(f.reads_per_1000),
            fewer(|f| f.reads_per_1000),
        ),
        row(
            "statements of all kinds for 1,000 requests",
            [&without, &with],
            |f| grouped(f.queries_per_1000),
            fewer(|f| f.queries_per_1000),
        ),
        row(
            "details from the cache",
            [&without, &with],
            |f| format!("{:.1} %", f.hits_percent),
            String::new(),
        ),
        row(
            "a detail, median",
            [&without, &with],
            |f| millis(f.detail_p50_us),
            String::new(),
        ),
        row(
            "requests a second",
            [&without, &with],
            |f| grouped(f.per_second),
            format!("{:.1} times", with.per_second / without.per_second),
        ),
        row(
            "cores that the database used meanwhile",
            [&without, &with],
            |f| format!("{:.2}", f.database_cores),
            String::new(),
        ),
        row(
            "cores that the generator used",
            [&without, &with],
            |f| format!("{:.2}", f.generator_cores),
            String::new(),
        ),
    ];
    section.words = String::from(HOW_TO_READ);
    section.publish(arguments.record)
}

/// What the database has been asked since it began, by its own count.
struct Counted {
    reads: f64,
    queries: f64,
}

impl Counted {
    fn now(databases: &Databases) -> anyhow::Result<Self> {
        Ok(Self {
            reads: databases.counter("Com_select")? as f64,
            queries: databases.counter("Questions")? as f64,
        })
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            reads: self.reads - before.reads,
            queries: self.queries - before.queries,
        }
    }
}

fn row(
    what: &str,
    both: [&Figures; 2],
    write: impl Fn(&Figures) -> String,
    ratio: String,
) -> Vec<String> {
    let [without, with] = both.map(write);
    vec![what.to_owned(), without, with, ratio]
}

fn scenario(kind: &str, connections: usize, seconds: f64) -> anyhow::Result<Scenario> {
    Scenario::parse(&format!(
        "name = 'cache'\nabout = 'Reads.'\nconnections = {connections}\nloop = '{kind}'\n\
         mix = {{ list = 20, detail = 50, seats = 25, reserve = 5 }}\nsale = {{ events = {EVENTS} }}\n\
         phases = [{{ name = 'reads', seconds = {seconds:?}, rate = {RATE:?} }}]\n\
         limits = {{ errors_max = 0, overloaded_max = 0 }}\n"
    ))
}

async fn measure(
    databases: &Databases,
    node: &Node,
    seconds: f64,
    problems: &mut Vec<String>,
) -> anyhow::Result<Figures> {
    let server = Server::start_onsale(node).await?;
    let mut asked = Vec::new();
    let mut open = None;
    // Putting events on sale and comparing the ledger ask too, but as often in a short load as in
    // a long one.
    for seconds in [seconds / 4.0, seconds] {
        let before = Counted::now(databases)?;
        let run = run_checked(&server, scenario("open", 64, seconds)?, problems).await?;
        let after = Counted::now(databases)?;
        let requests: f64 = run.requests.values().map(|r| r.fates.all()).sum();
        asked.push((after.since(&before), requests));
        open = Some(run);
    }
    let open = open.context("nothing was asked")?;
    let [(few, short), (many, long)] = &asked[..] else {
        anyhow::bail!("a short load and a long one");
    };
    let more = many.since(few);
    let per_1000 = |count: f64| (count / (long - short) * 1e3).max(0.0);
    let database = databases.pid().context("a database without a process")?;
    let database = u32::try_from(database)?;
    let used = process::processor_secs(database)?;
    let closed = run_checked(&server, scenario("closed", 64, seconds)?, problems).await?;
    let used = process::processor_secs(database)? - used;
    server.stop().await?;
    let detail = open.requests.get(&Request::Detail);
    let detail = detail.and_then(|figures| figures.latency);
    let phase = &closed.phases[0];
    Ok(Figures {
        reads_per_1000: per_1000(more.reads),
        queries_per_1000: per_1000(more.queries),
        hits_percent: open.cache_hits_percent.unwrap_or_default(),
        detail_p50_us: detail.map_or(0, |latency| latency.p50_us),
        per_second: phase.per_second.done,
        database_cores: used / phase.seconds,
        generator_cores: phase.cores.generator,
    })
}

async fn run_checked(
    server: &Server,
    scenario: Scenario,
    problems: &mut Vec<String>,
) -> anyhow::Result<Run> {
    let run = open::run(&Options::new(server.url(), scenario)).await?;
    if !run.is_met() {
        problems.push(format!(
            "{:?} {:?} {:?}",
            run.limits, run.errors, run.violations
        ));
    }
    Ok(run)
}
