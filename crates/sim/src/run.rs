//! One seed: a day and its audit.

use crate::auditor::{self, Violation};
use crate::day;
use crate::planted::{self, Mistake};
use crate::scenario::Scenario;

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// Requests that clients made.
    pub commands: u32,
    /// Faults that happened.
    pub faults: u32,
    /// What the auditor found; empty where all is well.
    pub violations: Vec<Violation>,
    /// Every step in words; empty unless asked for.
    pub trace: Vec<String>,
}

/// Lives through a scenario and audits it.
pub fn run(scenario: &Scenario, mistake: Option<Mistake>, traced: bool) -> Run {
    let _planted = mistake.map(planted::plant);
    let mut evidence = day::live(scenario, mistake, traced);
    let violations = auditor::audit(scenario, &evidence);
    Run {
        seed: scenario.seed,
        commands: evidence.commands,
        faults: evidence.faults,
        violations,
        trace: std::mem::take(&mut evidence.record),
    }
}
