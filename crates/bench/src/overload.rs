//! Twice what the server carries, for a minute.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use load::latency::millis;
use load::open::{self, Options};
use load::report::{PhaseFigures, Report, Run};
use load::scenario::{Request, Scenario};

use crate::child::{Node, Server};
use crate::process;
use crate::section::{Section, grouped};

/// How to overload it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Arguments {
    /// How long the overload lasts, in seconds.
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Little load for a moment: shows that everything works, and no figure.
    #[arg(long)]
    quick: bool,
    /// Also writes the results into docs/performance.md.
    #[arg(long)]
    record: bool,
}

/// A queue shorter than the number of connections, so that refusals are the server's and not the
/// generator's.
const QUEUE: &str = "queue_len_max=2000";

const HOW_TO_READ: &str = "\
How to read it: the scenario `overload` on SQLite with `queue_len_max=2000`. First ever higher rates, until \
99 of 100 reservations no longer come within 100 ms; then that rate, twice it, and half of it. Who comes to a \
full queue hears 503 `OVERLOADED` at once, and nothing was done. Generator and server share the cores: at \
twice the rate the generator, and reading requests only to refuse them, take from what selling has.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let mut scenario = Scenario::find("overload")?;
    for phase in &mut scenario.phases {
        if phase.times_carried == Some(2.0) {
            phase.seconds = arguments.seconds;
        }
    }
    if arguments.quick {
        scenario = scenario.quick();
    }
    let directory = tempfile::tempdir()?;
    let mut node = Node::on_sqlite(directory.path());
    node.settings = vec![QUEUE.to_owned()];
    let server = Server::start_onsale(&node).await?;
    let pid = server.pid().context("the server has ended")?;
    let run = open::run(&Options::new(server.url(), scenario.clone())).await?;
    let highest = process::peak_bytes(pid)?;
    server.stop().await?;

    let mut section = Section::new(
        "overload",
        &[
            "",
            "asked a second",
            "sold a second",
            "refused a second",
            "p50",
            "p99",
        ],
    );
    let phases = || run.phases.iter().filter(|phase| phase.is_carried.is_none());
    section.rows = phases().map(row).collect();
    let refused = run
        .requests
        .get(&Request::Reserve)
        .and_then(|r| r.overloaded_latency);
    let [carried, twice] = [0, 1].map(|index| {
        phases()
            .nth(index)
            .map_or(0.0, |phase| phase.per_second.done)
    });
    section.words = format!(
        "{HOW_TO_READ} It carried {} a second; under twice that it sold {:.0} % of what it sold before. Refusals \
         came within {} at the median. The server's memory was {:.0} MB at its highest. {}",
        grouped(run.carried_per_second.unwrap_or_default()),
        twice / carried.max(f64::EPSILON) * 100.0,
        refused.map_or("-".to_owned(), |latency| millis(latency.p50_us)),
        highest as f64 / 1e6,
        recovery(&run),
    );
    if run.failed > 0 || !run.violations.is_empty() {
        section
            .problems
            .push(format!("{:?} {:?}", run.errors, run.violations));
    }
    let report = Report::new(scenario, vec![run]);
    section.pictures = report.pictures().into_iter().take(2).collect();
    section.publish(arguments.record)
}

fn row(phase: &PhaseFigures) -> Vec<String> {
    let rates = phase.per_second;
    vec![
        phase.name.clone(),
        grouped(phase.rate.unwrap_or_default()),
        grouped(rates.done),
        grouped(rates.overloaded),
        millis(phase.latency.p50_us),
        millis(phase.latency.p99_us),
    ]
}

/// How long after the overload nobody was refused any more and 99 of 100 were served within 100 ms,
/// in a sentence.
fn recovery(run: &Run) -> String {
    let Some(calm) = run.phases.last() else {
        return String::new();
    };
    let is_well = |window: &&load::report::Window| {
        let in_time = window
            .latency
            .is_none_or(|latency| latency.p99_us <= 100_000);
        in_time && window.per_second.overloaded + window.per_second.failed < f64::EPSILON
    };
    let after = || {
        run.timeline
            .iter()
            .filter(|window| window.at_s >= calm.began_s)
    };
    // From the end backwards: the first piece of time from which on all is well.
    let well = after().rev().take_while(is_well).last();
    match well {
        Some(window) => {
            let late = Duration::from_secs_f64((window.at_s - calm.began_s).max(0.0));
            format!(
                "{:.1} s after it was over, everybody was served in time again.",
                late.as_secs_f64()
            )
        }
        None => "It had not recovered when the load ended.".to_owned(),
    }
}
