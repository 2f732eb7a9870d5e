//! One event that everybody wants, sold in different ways.
//!
//! - **bare**: axum that reads the request and answers a constant. Sells nothing; the ceiling.
//! - **onsale**: ours, as it is delivered. Idempotency keys, limits, audit trail and all. On a
//!   database server beside Redis, where nodes take the event's lease.
//! - **leaseless**: the same on nodes that share nothing but the database: groups without a lease.
//! - **assigned**: ours, with numbered seats: each buyer gets the best that is left. A hall has
//!   20,000 seats; when it is sold out, all turn to the next one.
//! - **plain**: one transaction per request: a conditional update of the stock, an insert, a
//!   commit. The way most shops do it, and without our keys, limits and audit trail. On a database
//!   server over as many connections as ours.
//! - **lock**: plain, under a lock of the event in Redis; losers wait, or are turned away.

use anyhow::ensure;
use clap::Args;

use crate::Plan;
use crate::contender::Organizer;
use crate::database::{Databases, Store};
use crate::report::Report;
use crate::rounds::{self, Measured};
use crate::section::Section;

mod way;

use way::{Office, Site, Way};

const HOW_TO_READ: &str = "\
How to read it: \"bare\" sells nothing and is the most that this machine does over HTTP; \"plain\" is one \
durable transaction per reservation.\nPer second counts what was sold, and no refusal; so do p50 and p99. Ratios are of the \
same round; only they can be compared between machines. Load, servers and databases share the cores, so \
every figure is too low by the same cause.\nAfterwards the ledger of each server that sells was compared \
with the successes that it answered.";

/// What to sell with, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// The database.
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// The ways to sell; by default those that say something about the store.
    #[arg(long, value_enum, value_delimiter = ',')]
    ways: Vec<Way>,
    /// On how many nodes ours sells; give several to measure each.
    #[arg(long, value_delimiter = ',', default_values_t = [1])]
    nodes: Vec<usize>,
    #[command(flatten)]
    plan: Plan,
}

/// Where to ask how many reservations there are, and how many there were before the load.
struct Ledger {
    organizer: Organizer,
    events: Vec<u64>,
    before: u64,
}

impl Ledger {
    async fn of(url: &str, events: Vec<u64>) -> anyhow::Result<Self> {
        let organizer = Organizer::of(url).await?;
        let mut ledger = Self {
            organizer,
            events,
            before: 0,
        };
        ledger.before = ledger.reservations().await?;
        Ok(ledger)
    }

    async fn reservations(&mut self) -> anyhow::Result<u64> {
        let mut sum = 0;
        for event in &self.events {
            sum += self.organizer.reservations(*event).await?;
        }
        Ok(sum)
    }
}

/// How long an answer of ours is if there is none to look at, in bytes.
const ANSWER_BYTES: usize = 700;

/// Sells in every way, in turns.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let plan = arguments.plan.complete(&[1_024])?;
    let mut ways = arguments.ways;
    if ways.is_empty() {
        ways = Way::usual(arguments.store).to_vec();
    }
    ensure!(
        arguments.store == Store::Mysql || arguments.nodes == [1],
        "several nodes share a database server: --store mysql"
    );
    let directory = tempfile::tempdir()?;
    let databases = Databases::open(arguments.store, directory.path())?;
    // Ours first: the others answer as much as it does.
    ways.sort_by_key(|way| *way != Way::Onsale);
    ways.dedup();
    let mut site = Site {
        databases: &databases,
        directory: directory.path(),
        plan: &plan,
        answer_bytes: ANSWER_BYTES,
    };
    let mut offices = Vec::new();
    for way in ways {
        let nodes = if way.has_nodes() {
            arguments.nodes.as_slice()
        } else {
            &[1]
        };
        for nodes in nodes {
            offices.push(way.open(&mut site, *nodes).await?);
        }
    }
    let contenders: Vec<_> = offices
        .iter()
        .map(|office| office.contender.clone())
        .collect();
    let results = rounds::run(&plan, &contenders).await?;
    let mut report = Report::new("hot-event", &plan, results);
    for mut office in offices {
        report
            .problems
            .extend(check(&mut office, &report.results).await?);
        for server in office.servers {
            server.stop().await?;
        }
    }
    let store = arguments.store.name();
    let title = format!("One hot event on {store}, sold in different ways");
    let most = plan.connections.iter().max().copied().unwrap_or_default();
    let section = Section {
        name: if arguments.nodes == [1] {
            format!("hot-event-{}", store.to_lowercase())
        } else {
            "hot-event-nodes".to_owned()
        },
        pictures: vec![(title.clone(), report.bars(&title, most))],
        words: HOW_TO_READ.to_owned(),
        ..Section::default()
    };
    report.publish(&plan, section)
}

/// What is wrong if the ledger does not have exactly what was answered with success.
async fn check(office: &mut Office, results: &[Measured]) -> anyhow::Result<Option<String>> {
    let name = &office.contender.name;
    let Some(ledger) = &mut office.ledger else {
        return Ok(None);
    };
    let own = || results.iter().filter(|result| result.name == *name);
    let told: u64 = own().filter_map(|result| result.statuses.get(&201)).sum();
    let lost: u64 = own().map(|result| result.lost).sum();
    let listed = ledger.reservations().await?.saturating_sub(ledger.before);
    let agrees = (told..=told + lost).contains(&listed);
    Ok((!agrees)
        .then(|| format!("{name} told {told} buyers of {listed} reservations in its ledger")))
}
