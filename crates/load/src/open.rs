//! An open loop: arrivals come at their own time, and do not wait for answers.
//!
//! Every wait counts from the instant at which its buyer wanted to come. If the server is slow, or
//! no connection is free, those who come meanwhile wait too, and it shows; a loop that asks again
//! only when it is answered leaves them out ("coordinated omission", Gil Tene, "How NOT to Measure
//! Latency"). Every answer is read and checked, and the ledger is compared at the end.
//!
//! Each connection is a task that takes the next arrival of the [schedule](crate::scenario), sleeps
//! until it is due, and sends. There is no dispatcher that could become the limit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::client::Client;
use crate::report::Run;
use crate::scenario::{Loop, Pace, Phase, Scenario, Schedule};
use crate::target::Target;

mod answer;
mod buyer;
mod climb;
mod crowd;
mod sale;
mod tally;
mod ticker;

pub(crate) use tally::{Fate, Sample, Tally};
pub(crate) use ticker::Tick;

use buyer::World;
use crowd::Crowd;
use sale::Organizer;
use ticker::Ticker;

/// A load to put on a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the server is, as `http://host:port`.
    pub url: String,
    /// The token that may create events and list reservations, if the server wants one.
    pub admin_token: Option<String>,
    /// What comes.
    pub scenario: Scenario,
    /// What arrivals and choices are drawn from.
    pub seed: u64,
    /// How long an answer may take before it counts as none.
    pub timeout: Duration,
    /// Whether to draw a progress bar on standard error, if that is a terminal.
    pub show_progress: bool,
}

impl Options {
    /// A scenario on a server of this machine that wants no token.
    pub fn new(url: &str, scenario: Scenario) -> Self {
        Self {
            url: url.to_owned(),
            admin_token: None,
            scenario,
            seed: 1,
            timeout: Duration::from_secs(30),
            show_progress: false,
        }
    }
}

/// A phase as it was.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) name: String,
    /// Arrivals a second that were asked for on average; none in a closed loop.
    pub(crate) rate: Option<f64>,
    pub(crate) began_us: u64,
    pub(crate) ended_us: u64,
    /// Whether it was a rung of a climb, and whether it was carried.
    pub(crate) rung: Option<bool>,
}

/// Puts the load on the server, and says what came of it.
///
/// Errors are about a load that could not begin; what went wrong later is in the run.
pub async fn run(options: &Options) -> anyhow::Result<Run> {
    let scenario = &options.scenario;
    let target = Target::resolve(&options.url).await?;
    let mut client = Client::new(target.clone(), options.timeout);
    if let Some(token) = &options.admin_token {
        client = client.with_bearer(token)?;
    }
    let mut organizer = Organizer::new(client);
    let events = organizer.put_on_sale(&scenario.sale).await?;
    let world = Arc::new(World::new(scenario, events.clone(), options.seed));
    let mut crowd = Crowd::gather(&target, scenario, world, options.timeout).await?;

    let ticker = Ticker::start(&crowd, options.show_progress);
    let mut evening = Evening {
        seed: options.seed,
        scenario,
        stretches: Vec::new(),
        carried: None,
    };
    evening.go_by(&mut crowd).await?;
    let ticks = ticker.stop().await?;
    let Evening {
        stretches, carried, ..
    } = evening;
    let connections = crowd.connections();
    let tally = crowd.disperse();
    let violations = organizer
        .compare(&events, &scenario.sale, &tally)
        .await
        .context("comparing the ledger with the answers")?;
    Ok(Run::of(
        scenario,
        connections,
        &stretches,
        carried,
        &tally,
        &ticks,
        violations,
    ))
}

/// The scenario as it goes on.
struct Evening<'a> {
    seed: u64,
    scenario: &'a Scenario,
    stretches: Vec<Stretch>,
    carried: Option<f64>,
}

impl Evening<'_> {
    async fn go_by(&mut self, crowd: &mut Crowd) -> anyhow::Result<()> {
        let phases = &self.scenario.phases;
        // Phases without a climb between them follow each other without waiting for answers.
        for chunk in phases.chunk_by(|one, next| one.climb.is_none() && next.climb.is_none()) {
            match (&chunk[0].climb, self.scenario.kind) {
                (Some(climb), _) => {
                    let top = climb::climb(self, crowd, &chunk[0], *climb).await?;
                    self.carried = top.or(self.carried);
                }
                (None, Loop::Open) => self.follow(crowd, chunk).await?,
                (None, Loop::Closed) => self.keep_asking(crowd, chunk).await?,
            }
        }
        Ok(())
    }

    async fn follow(&mut self, crowd: &mut Crowd, phases: &[Phase]) -> anyhow::Result<()> {
        let paces: Vec<_> = phases
            .iter()
            .map(|phase| Pace::of(phase, self.carried))
            .collect();
        let (began_us, _) = self.send(crowd, &paces).await?;
        let mut begins_us = began_us;
        for (phase, pace) in phases.iter().zip(&paces) {
            let ends_us = begins_us + micros(Duration::from_secs_f64(pace.seconds));
            self.stretches.push(Stretch {
                name: phase.name.clone(),
                rate: Some(f64::midpoint(pace.from, pace.to)),
                began_us: begins_us,
                ended_us: ends_us,
                rung: None,
            });
            begins_us = ends_us;
        }
        Ok(())
    }

    /// Sends all arrivals and waits for the last answer; says when it began and when it should
    /// have ended.
    async fn send(&mut self, crowd: &mut Crowd, paces: &[Pace]) -> anyhow::Result<(u64, u64)> {
        // Every draw of a run is another one.
        self.seed = self.seed.wrapping_add(0x9e37_79b9);
        let schedule = Schedule::draw(paces, self.seed);
        let length_us = schedule.length_us;
        let began_us = crowd.follow(schedule).await?;
        Ok((began_us, began_us + length_us))
    }

    async fn keep_asking(&mut self, crowd: &mut Crowd, phases: &[Phase]) -> anyhow::Result<()> {
        for phase in phases {
            let length = Duration::from_secs_f64(phase.seconds);
            let began_us = crowd.keep_asking(length).await?;
            self.stretches.push(Stretch {
                name: phase.name.clone(),
                rate: None,
                began_us,
                ended_us: began_us + micros(length),
                rung: None,
            });
        }
        Ok(())
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Microseconds since an earlier instant; 0 if it is not earlier.
fn micros_since(began: Instant, now: Instant) -> u64 {
    micros(now.saturating_duration_since(began))
}
