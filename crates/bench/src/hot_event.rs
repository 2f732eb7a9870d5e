//! One event that everybody wants, sold in different ways.
//!
//! - **bare**: axum that reads the request and answers a constant. Sells nothing; the ceiling.
//! - **onsale**: ours, as it is delivered. Idempotency keys, limits, audit trail and all.
//! - **assigned**: ours, with numbered seats: each buyer gets the best that is left. A hall has
//!   20,000 seats; when it is sold out, all turn to the next one.
//! - **plain**: one transaction per request: a conditional update of the stock, an insert, a
//!   commit. The way most shops do it, and without our keys, limits and audit trail.

use std::path::Path;

use anyhow::ensure;
use clap::{Args, ValueEnum};

use crate::Plan;
use crate::child::Server;
use crate::contender::{Contender, HALL_SEATS, Organizer, TICKETS};
use crate::report::Report;
use crate::rounds::{self, Measured};
use crate::serve;

const HOW_TO_READ: &str = "\
How to read it: \"bare\" sells nothing and is the most that this machine does over HTTP; \"plain\" is one \
durable transaction per reservation.\nRatios are of the same round; only they can be compared between \
machines. Load and server share the cores, so every figure is too low by the same cause.\nAfterwards the \
ledger of each server that sells was compared with the successes that it answered.";

/// What to sell with, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// The database.
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// The ways to sell.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Way::Bare, Way::Onsale, Way::Plain])]
    ways: Vec<Way>,
    #[command(flatten)]
    plan: Plan,
}

/// A database to sell from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Store {
    /// `SQLite` with a write-ahead log, synced at every commit.
    Sqlite,
}

/// A way to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    /// Answers without selling.
    Bare,
    /// Ours.
    Onsale,
    /// Ours, with numbered seats.
    Assigned,
    /// One transaction per request.
    Plain,
}

/// A way to sell that is open.
struct Office {
    server: Server,
    contender: Contender,
    ledger: Option<Ledger>,
}

/// Where to ask how many reservations there are, and how many there were before the load.
struct Ledger {
    organizer: Organizer,
    events: Vec<u64>,
    before: u64,
}

impl Ledger {
    async fn of(server: &Server, events: Vec<u64>) -> anyhow::Result<Self> {
        let organizer = Organizer::of(server.url()).await?;
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

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Onsale => "onsale",
            Self::Assigned => "assigned",
            Self::Plain => "plain",
        }
    }

    async fn open(
        self,
        store: Store,
        directory: &Path,
        answer_bytes: &mut usize,
        plan: &Plan,
    ) -> anyhow::Result<Office> {
        let (server, events) = match (self, store) {
            (Self::Bare, _) => {
                let arguments = serve::bare::Arguments::only_reservations(*answer_bytes);
                (
                    Server::start_self("bare", &arguments.as_command(), directory).await?,
                    vec![1],
                )
            }
            (Self::Plain, Store::Sqlite) => {
                let database = directory.join("plain.db");
                let arguments = serve::plain::Arguments {
                    database,
                    answer_bytes: *answer_bytes,
                };
                (
                    Server::start_self("plain", &arguments.as_command(), directory).await?,
                    vec![1],
                )
            }
            (Self::Onsale, Store::Sqlite) => {
                let server = Server::start_onsale(directory).await?;
                let mut organizer = Organizer::of(server.url()).await?;
                let event_id = organizer.create_event("Hot").await?;
                *answer_bytes = organizer.reservation_len(event_id).await?;
                (server, vec![event_id])
            }
            (Self::Assigned, Store::Sqlite) => {
                let directory = directory.join("assigned");
                std::fs::create_dir(&directory)?;
                let server = Server::start_onsale(&directory).await?;
                let mut organizer = Organizer::of(server.url()).await?;
                let mut halls = Vec::new();
                for number in 1..=halls_needed(plan) {
                    halls.push(organizer.create_hall(&format!("Hall {number}")).await?);
                }
                (server, halls)
            }
        };
        let tickets = match self {
            Self::Assigned => HALL_SEATS,
            Self::Bare | Self::Onsale | Self::Plain => TICKETS,
        };
        let contender = Contender::reserving(self.name(), server.url(), events.clone(), tickets)
            .compared_with(self.compared_with());
        let ledger = match self {
            Self::Bare => None,
            Self::Onsale | Self::Assigned | Self::Plain => Some(Ledger::of(&server, events).await?),
        };
        Ok(Office {
            server,
            contender,
            ledger,
        })
    }

    fn compared_with(self) -> &'static [&'static str] {
        match self {
            Self::Bare => &[],
            Self::Onsale => &["bare", "plain"],
            Self::Assigned => &["onsale"],
            Self::Plain => &["bare"],
        }
    }
}

/// More reservations a second than a machine will make, so that no load runs out of halls.
const RESERVATIONS_PER_SECOND_MAX: u64 = 50_000;

/// Halls that all rounds together can fill.
fn halls_needed(plan: &Plan) -> u64 {
    let loads = u32::try_from(plan.connections.len()).map_or(u32::MAX, |n| n * plan.rounds);
    let secs = ((plan.time() + plan.warm_up()) * loads).as_secs() + 1;
    secs * RESERVATIONS_PER_SECOND_MAX / u64::from(HALL_SEATS) + 1
}

/// How long an answer of ours is if there is none to look at, in bytes.
const ANSWER_BYTES: usize = 700;

/// Sells in every way, in turns.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let plan = arguments.plan.complete(&[1_024])?;
    ensure!(!arguments.ways.is_empty(), "there is no way to sell");
    let directory = tempfile::tempdir()?;
    let mut ways = arguments.ways;
    // Ours first: the others answer as much as it does.
    ways.sort_by_key(|way| *way != Way::Onsale);
    ways.dedup();
    let mut answer_bytes = ANSWER_BYTES;
    let mut offices = Vec::new();
    for way in ways {
        offices.push(
            way.open(arguments.store, directory.path(), &mut answer_bytes, &plan)
                .await?,
        );
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
        office.server.stop().await?;
    }
    report.publish(&plan, HOW_TO_READ)
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
