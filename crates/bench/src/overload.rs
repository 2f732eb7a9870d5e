//! Twice what the server carries, for a minute.

use std::collections::BTreeMap;

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

/// How much of what is carried is stated as the node's rate, in percent: what is left reads and refuses
/// as many again.
const STATED_PERCENT: f64 = 60.0;

/// Within how long 99 of 100 are served where a server is not overloaded, in milliseconds.
const IN_TIME_MS: f64 = 100.0;

/// As many as the queue has room for.
const BURST: &str = "node_burst_reservations=2000";

const HOW_TO_READ: &str = "\
How to read it: the scenario `overload` on SQLite with `queue_len_max=2000`. First ever higher rates, until \
99 of 100 reservations no longer come within 100 ms; then that rate, twice it, and half of it. Who comes to a \
full queue hears 503 `OVERLOADED` at once, and nothing was done. Generator and server share the cores, and the \
generator goes first (the server runs at niceness 5): it stands for other people's machines, and what it is \
late by is no wait of the server's. At twice the rate the generator, and reading requests only to refuse them, \
take from what selling has.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
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
    let scenario = Scenario::find("overload")?;
    let unstated = overload(&arguments, scenario.clone(), &[QUEUE.to_owned()]).await?;
    let carried = carried(unstated.run.carried_per_second, &unstated.run.errors)?;
    let rate = (carried * STATED_PERCENT / 100.0 / 100.0).round().max(1.0) * 100.0;
    let settings = [
        QUEUE.to_owned(),
        format!("node_reservations_per_sec={rate:.0}"),
        BURST.to_owned(),
    ];
    let stated = overload(&arguments, at(scenario, rate), &settings).await?;

    let with_rate = format!(", {} stated", grouped(rate));
    for (evening, suffix) in [(&unstated, ""), (&stated, &*with_rate)] {
        section
            .rows
            .extend(evening.phases().map(|phase| row(phase, suffix)));
        let run = &evening.run;
        if run.failed > 0 || !run.violations.is_empty() {
            section
                .problems
                .push(format!("{:?} {:?}", run.errors, run.violations));
        }
        section.pictures.extend(evening.pictures(suffix));
    }
    section.words = format!(
        "{HOW_TO_READ} It carried {} a second. {}\n\nThen the same server with {STATED_PERCENT:.0} % of that \
         stated as what it carries, `{}`: twice the stated rate, and half of it. {}",
        grouped(carried),
        unstated.story(),
        settings[1],
        stated.story(),
    );
    section.publish(arguments.record)
}

/// What the climb came to; there is nothing to multiply if not even its first rung was carried.
fn carried(rate: Option<f64>, errors: &BTreeMap<String, u64>) -> anyhow::Result<f64> {
    let rate = rate.filter(|rate| *rate > 0.0);
    rate.with_context(|| {
        format!("not even the first rate was carried, and twice nothing is no overload: {errors:?}")
    })
}

/// The same overload of a rate that is known.
fn at(mut scenario: Scenario, rate: f64) -> Scenario {
    scenario.phases.retain(|phase| phase.climb.is_none());
    for phase in &mut scenario.phases {
        phase.rate = phase.times_carried.take().map(|times| times * rate);
    }
    scenario
}

/// What became of an overload.
struct Evening {
    scenario: Scenario,
    run: Run,
    /// Of the server's memory at its highest.
    bytes: u64,
}

async fn overload(
    arguments: &Arguments,
    mut scenario: Scenario,
    settings: &[String],
) -> anyhow::Result<Evening> {
    let longest = scenario
        .phases
        .iter_mut()
        .max_by(|one, other| one.seconds.total_cmp(&other.seconds));
    longest.context("the scenario has no phases")?.seconds = arguments.seconds;
    if arguments.quick {
        scenario = scenario.quick();
    }
    let directory = tempfile::tempdir()?;
    let mut node = Node::on_sqlite(directory.path());
    node.settings = settings.to_vec();
    node.gives_way = true;
    let server = Server::start_onsale(&node).await?;
    let pid = server.pid().context("the server has ended")?;
    let run = open::run(&Options::new(server.url(), scenario.clone())).await?;
    let bytes = process::peak_bytes(pid)?;
    server.stop().await?;
    Ok(Evening {
        scenario,
        run,
        bytes,
    })
}

impl Evening {
    /// What it carries, twice as much, and half as much.
    fn phases(&self) -> impl Iterator<Item = &PhaseFigures> {
        let phases = self.run.phases.iter();
        phases.filter(|phase| phase.is_carried.is_none())
    }

    fn story(&self) -> String {
        let [before, during] = [0, 1].map(|index| {
            let phase = self.phases().nth(index);
            phase.map_or(0.0, |phase| phase.per_second.done)
        });
        let reserve = self.run.requests.get(&Request::Reserve);
        let refused = reserve.and_then(|reserve| reserve.overloaded_latency);
        format!(
            "Under twice that it sold {:.0} % of what it sold before. Refusals came within {} at the median. The \
             server's memory was {:.0} MB at its highest. {}",
            during / before.max(f64::EPSILON) * 100.0,
            refused.map_or("-".to_owned(), |latency| millis(latency.p50_us)),
            self.bytes as f64 / 1e6,
            recovery(&self.run),
        )
    }

    /// Its course, with what is shown.
    fn pictures(&self, suffix: &str) -> Vec<(String, String)> {
        let mut scenario = self.scenario.clone();
        scenario.name.push_str(suffix);
        let report = Report::new(scenario, vec![self.run.clone()]);
        report
            .pictures()
            .into_iter()
            .take(2)
            .map(|(file, svg)| (format!("{}{suffix}", file.trim_end_matches(".svg")), svg))
            .collect()
    }
}

fn row(phase: &PhaseFigures, suffix: &str) -> Vec<String> {
    let rates = phase.per_second;
    vec![
        format!("{}{suffix}", phase.name),
        grouped(phase.rate.unwrap_or_default()),
        grouped(rates.done),
        grouped(rates.overloaded),
        millis(phase.latency.p50_us),
        millis(phase.latency.p99_us),
    ]
}

/// How soon the server was itself again, in a sentence.
fn recovery(run: &Run) -> String {
    match run.recovery_secs(IN_TIME_MS) {
        Some(secs) => format!(
            "{secs:.1} s after it was over, 99 of 100 were served within {IN_TIME_MS:.0} ms again, and from then on \
             nobody was refused."
        ),
        None => "It had not recovered when the load ended.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_carries_nothing_is_not_overloaded_but_an_error() {
        let errors = BTreeMap::from([("500".to_owned(), 3)]);

        for nothing in [None, Some(0.0)] {
            let error = carried(nothing, &errors).unwrap_err().to_string();
            assert!(error.contains(r#""500": 3"#), "{error}");
        }
        assert!((carried(Some(700.0), &errors).unwrap() - 700.0).abs() < f64::EPSILON);
    }
}
