//! The tables of the platform that this one is measured against, made again with its own parameters.
//!
//! Spring Boot, a lock per event in Redis (`SETNX`), Aurora MySQL; its figures are from its own
//! performance report, on its own machines.

use std::time::Duration;

use clap::Args;
use load::closed::{self, Until};
use load::contest;
use load::latency::{Latencies, millis};
use load::machine::Machine;
use load::open::{self, Options};
use load::report::Cores;
use load::scenario::Scenario;

use crate::child::{Node, Server};
use crate::contender::{Contender, Organizer, TICKETS};
use crate::database::{Databases, Store};
use crate::rounds::{Spread, TIMEOUT};
use crate::section::{Section, grouped};

/// How often each table is made.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Arguments {
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Little load, once: shows that everything works, and no figure.
    #[arg(long)]
    quick: bool,
    /// Also writes the results into docs/performance.md.
    #[arg(long)]
    record: bool,
}

/// Its load test: requests, and how many at once.
const REQUESTS: u64 = 10_000;
const AT_ONCE: usize = 1_000;

const HOW_TO_READ: &str = "\
How to read it: its figures are its own report's (the better one where it has two), on its own machines; ours \
are the median (least to most) of the rounds, on one machine that carries generator, server, MariaDB (durable) \
and Redis together. Load: 10,000 reservations over 1,000 connections. Concurrency: 1,000 buyers for 100 \
tickets at one instant, the ledger compared with every answer. Cache: 95 reads to 5 reservations over a \
hundred events; its \"event\" is a detail, and what it counts for seats and reservations we read from memory \
or from the writer, as the API promises.";

/// From which part of all cores on the processor is what limits a load.
const BUSY_PART: f64 = 0.9;

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let (rounds, requests, at_once) = if arguments.quick {
        (1, 200, 20)
    } else {
        (arguments.rounds, REQUESTS, AT_ONCE)
    };
    let directory = tempfile::tempdir()?;
    let databases = Databases::open(Store::Mysql, directory.path())?;
    let mut node = Node::on(databases.create("reference")?, directory.path());
    node.redis_url = databases.redis_url();
    let server = Server::start_onsale(&node).await?;
    let mut organizer = Organizer::of(server.url()).await?;
    let hot = organizer.create_event("Hot").await?;
    let contender = Contender::reserving("load", vec![server.url().to_owned()], vec![hot], TICKETS);

    let mut all = closed::Report::default();
    let (mut loads, mut contests, mut hits) = (Vec::new(), Vec::new(), Vec::new());
    let mut section = Section::new("reference", &["", "the reference", "onsale", "ratio"]);
    // Connections and memory that a first load makes are not what is measured.
    for round in 0..=rounds {
        let load = load_test(&contender, requests, at_once, round).await?;
        if round > 0 {
            all.merge(&load);
            loads.push(load.throughput());
        }
    }
    for _ in 0..rounds {
        let report = contest_of(server.url(), arguments.quick).await?;
        if !report.is_exact() {
            section.problems.push(report.to_string());
        }
        contests.push(report.total_time().as_secs_f64());
        hits.push(hit_rate(server.url(), arguments.quick, &mut section.problems).await?);
    }
    server.stop().await?;
    let failed = requests * u64::from(rounds) - all.successes();
    if failed > 0 {
        section.problems.push(format!("{failed} requests failed"));
    }
    section.rows = rows(
        Spread::of(loads),
        &all.latencies,
        failed,
        Spread::of(contests),
        Spread::of(hits),
    );
    section.words = format!("{HOW_TO_READ}{}", busy(all.cores, Machine::look().cores));
    section.publish(arguments.record)
}

/// How busy the machine was during the load test, in a sentence; nothing if it does not tell.
fn busy(used: Cores, cores: usize) -> String {
    if used.machine <= 0.0 {
        return String::new();
    }
    let limit = if used.machine >= BUSY_PART * cores as f64 {
        ": the limit is the processor"
    } else {
        ""
    };
    format!(
        " During the load test {:.2} of {cores} cores were busy, {:.2} of them with the generator{limit}.",
        used.machine, used.generator
    )
}

async fn load_test(
    contender: &Contender,
    requests: u64,
    at_once: usize,
    round: u32,
) -> anyhow::Result<closed::Report> {
    let options = closed::Options {
        urls: contender.urls.clone(),
        connections: at_once,
        until: Until::Requests(requests),
        warm_up: Duration::ZERO,
        timeout: TIMEOUT,
    };
    let (request, first) = (contender.request.clone(), u64::from(round) << 40);
    closed::run(options, move |number, writer| {
        request(first + number, writer);
    })
    .await
}

async fn contest_of(url: &str, quick: bool) -> anyhow::Result<contest::Report> {
    let (buyers, tickets) = if quick { (40, 10) } else { (1_000, 100) };
    contest::run(contest::Options {
        url: url.to_owned(),
        buyers,
        tickets,
        ..contest::Options::default()
    })
    .await
}

/// Of a hundred reads of an event, how many came from a cache.
async fn hit_rate(url: &str, quick: bool, problems: &mut Vec<String>) -> anyhow::Result<f64> {
    let mut scenario = Scenario::find("mixed")?;
    // How fast it is, is another table.
    scenario.limits.p99_ms.clear();
    for phase in &mut scenario.phases {
        phase.seconds = phase.seconds.min(5.0);
        phase.rate = Some(1_000.0);
    }
    if quick {
        scenario = scenario.quick();
    }
    let run = open::run(&Options::new(url, scenario)).await?;
    if !run.is_met() {
        problems.push(format!(
            "{:?} {:?} {:?}",
            run.limits, run.errors, run.violations
        ));
    }
    Ok(run.cache_hits_percent.unwrap_or_default())
}

fn rows(
    per_second: Spread,
    latencies: &Latencies,
    failed: u64,
    contest: Spread,
    hits: Spread,
) -> Vec<Vec<String>> {
    let latency = latencies.summary();
    let row = |what: &str, theirs: &str, ours: String, ratio: String| {
        vec![what.to_owned(), theirs.to_owned(), ours, ratio]
    };
    let times = |ratio: f64| format!("{ratio:.1} times");
    let wait = |what: &str, theirs_ms: f64, ours_us: u64| {
        let ratio = theirs_ms * 1e3 / (ours_us as f64).max(1.0);
        row(
            what,
            &format!("{theirs_ms} ms"),
            millis(ours_us),
            format!("1/{ratio:.1}"),
        )
    };
    vec![
        row(
            "load: requests a second",
            "1,234",
            spread(per_second, grouped),
            times(per_second.median / 1_234.0),
        ),
        wait("load: mean wait", 47.0, latency.mean_us),
        wait("load: 95 of 100 waited at most", 89.0, latency.p95_us),
        wait("load: 99 of 100 waited at most", 156.0, latency.p99_us),
        wait("load: longest wait", 523.0, latency.max_us),
        row("load: failures", "0.2 %", failed.to_string(), String::new()),
        row(
            "concurrency: 1,000 buyers for 100 tickets",
            "8.34 s",
            spread(contest, |seconds| format!("{seconds:.3} s")),
            format!("1/{:.0}", 8.34 / contest.median.max(f64::EPSILON)),
        ),
        row(
            "concurrency: sold twice",
            "0",
            "0".to_owned(),
            String::new(),
        ),
        row(
            "cache: hits of event reads",
            "95.2 %",
            spread(hits, |percent| format!("{percent:.1} %")),
            String::new(),
        ),
    ]
}

fn spread(spread: Spread, write: impl Fn(f64) -> String) -> String {
    let Spread { median, min, max } = spread;
    format!("{} ({} to {})", write(median), write(min), write(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_said_to_be_the_limit_only_where_it_was_busy() {
        let used = |machine| Cores {
            generator: 0.5,
            machine,
        };

        assert!(busy(used(1.9), 2).contains("1.90 of 2 cores were busy, 0.50 of them"));
        assert!(busy(used(1.9), 2).contains("the limit is the processor"));
        assert!(!busy(used(1.2), 2).contains("limit"));
        assert_eq!(busy(Cores::default(), 2), "");
    }
}
