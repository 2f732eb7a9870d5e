//! What a load showed: figures for machines, words and pictures for people, and whether it is
//! within the limits that its scenario states.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::latency::Summary;
use crate::machine::Machine;
use crate::scenario::{Request, Scenario};
pub use crate::usage::Cores;

pub mod compare;
mod figures;
mod limits;
mod markdown;
mod overload;
mod pictures;

/// One scenario on one server, once or several times.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What came.
    pub scenario: Scenario,
    /// What it ran on.
    pub machine: Machine,
    /// What was seen, each time.
    pub runs: Vec<Run>,
}

/// What one run showed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Connections that were open all the time.
    pub connections: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The highest rate of a climb that was carried, in arrivals a second.
    pub carried_per_second: Option<f64>,
    /// What happened, one after the other.
    pub phases: Vec<PhaseFigures>,
    /// By request, everything outside climbs; where there is nothing else, all of it.
    pub requests: BTreeMap<Request, RequestFigures>,
    /// Failures and refusals for load, by what they say, climbs included.
    pub errors: BTreeMap<String, u64>,
    /// Failures, climbs included.
    pub failed: u64,
    /// Of a hundred reads that say whether they came from a cache, how many did.
    pub cache_hits_percent: Option<f64>,
    /// What the generator itself costs.
    pub generator: Generator,
    /// Where the ledger contradicts the answers.
    pub violations: Vec<String>,
    /// The scenario's limits, and what was measured of them.
    pub limits: Vec<Limit>,
    /// The course of it.
    pub timeline: Vec<Window>,
}

/// What one phase showed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseFigures {
    /// What it is called.
    pub name: String,
    /// When it began, in seconds of the run.
    pub began_s: f64,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// Arrivals a second that were asked for; none in a closed loop.
    pub rate: Option<f64>,
    /// Whether this rung of a climb was carried, if it is one.
    pub is_carried: Option<bool>,
    /// How many requests had which end, a second.
    pub per_second: Fates,
    /// How long requests took that were done, or refused as the contract foresees.
    pub latency: Summary,
    /// How many cores the generator used, and everything on the machine.
    pub cores: Cores,
}

/// Requests by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fates {
    /// Done, and answered so.
    pub done: f64,
    /// Refused as the contract foresees.
    pub refused: f64,
    /// Refused because of load.
    pub overloaded: f64,
    /// Anything else, and no answer.
    pub failed: f64,
}

/// What one kind of request showed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestFigures {
    /// How many had which end.
    pub fates: Fates,
    /// How long those took that were done; `None` where none was.
    pub latency: Option<Summary>,
    /// How long those took that were refused as the contract foresees.
    pub refused_latency: Option<Summary>,
    /// How long those took that were refused because of load.
    pub overloaded_latency: Option<Summary>,
    /// Parts of those that were done, and the microseconds within which they were.
    pub distribution: Vec<(f64, u64)>,
}

/// What the generator itself costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Generator {
    /// Processor time, in microseconds a request.
    pub cpu_us_per_request: f64,
    /// Cores in use on average.
    pub cores: Cores,
    /// How late requests were sent although a connection was free.
    pub late: Summary,
    /// Arrivals that found no connection free. Their wait counts, and is the server's.
    pub held_back: u64,
    /// Of how many.
    pub arrivals: u64,
}

/// A limit, and what was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limit {
    /// What is limited, in words.
    pub what: String,
    /// The bound.
    pub bound: f64,
    /// What was measured; `None`: nothing was, and that is no success.
    pub measured: Option<f64>,
    /// Whether it is within the bound.
    pub is_met: bool,
}

/// A piece of time. Rates are a second.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Its beginning, in seconds of the run.
    pub at_s: f64,
    /// Requests that were wanted then, by what became of them.
    pub per_second: Fates,
    /// How long those took that were done or refused as foreseen; `None` where there are none.
    pub latency: Option<Summary>,
    /// Cores in use.
    pub cores: Cores,
}

impl Fates {
    /// All of them.
    pub const fn all(&self) -> f64 {
        self.done + self.refused + self.overloaded + self.failed
    }
}

impl Report {
    /// A report of these runs on this machine.
    pub fn new(scenario: Scenario, runs: Vec<Run>) -> Self {
        Self {
            scenario,
            machine: Machine::look(),
            runs,
        }
    }

    /// Whether every run is within every limit, and no ledger contradicts an answer.
    pub fn is_met(&self) -> bool {
        self.runs.iter().all(Run::is_met)
    }

    /// Writes `report.md`, `report.json` and the pictures into a folder, which is made.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let write = |name: &str, text: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
        };
        write("report.json", &serde_json::to_vec_pretty(self)?)?;
        write("report.md", self.markdown().as_bytes())?;
        for (name, svg) in self.pictures() {
            write(&name, svg.as_bytes())?;
        }
        Ok(())
    }

    /// Reads what [`Report::write`] wrote, by the folder or by the file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let path = if path.is_dir() {
            path.join("report.json")
        } else {
            path.to_owned()
        };
        let json = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_slice(&json).with_context(|| format!("{} is no report", path.display()))
    }
}

impl Run {
    /// Whether it is within every limit, and no ledger contradicts an answer.
    pub fn is_met(&self) -> bool {
        self.violations.is_empty() && self.limits.iter().all(|limit| limit.is_met)
    }
}
