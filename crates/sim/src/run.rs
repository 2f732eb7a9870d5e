//! One seed: a day and its audit.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::auditor::{self, Rule, Violation};
use crate::census::Census;
use crate::day;
use crate::planted::{self, Mistake};
use crate::scenario::Scenario;
use crate::world::{Record, lock};

/// What came of a seed.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// Requests that clients made before the last fault.
    pub commands: u32,
    /// Requests that were made after it, to see whether everybody is served.
    pub probes: u32,
    /// What happened, counted.
    pub census: Census,
    /// What the auditor found; empty where all is well.
    pub violations: Vec<Violation>,
    /// Every step in words; empty unless asked for.
    pub trace: Vec<String>,
}

impl Run {
    /// Faults that happened.
    pub fn faults(&self) -> u64 {
        self.census.faults()
    }
}

/// Lives through a scenario and audits it. A panic on the way breaks a rule like any other.
pub fn run(scenario: &Scenario, mistake: Option<Mistake>, traced: bool) -> Run {
    let _planted = mistake.map(planted::plant);
    let record: Option<Record> = traced.then(Record::default);
    let written = record.clone();
    let mut run = caught(scenario.seed, || {
        let prepared = mistake.map(|mistake| mistake.prepare(scenario));
        let scenario = prepared.as_ref().unwrap_or(scenario);
        let evidence = day::live(scenario, mistake, written);
        let (commands, probes) = evidence.commands;
        Run {
            seed: scenario.seed,
            commands,
            probes,
            violations: auditor::audit(scenario, &evidence),
            census: evidence.census,
            trace: Vec::new(),
        }
    });
    if let Some(record) = record {
        run.trace = std::mem::take(&mut *lock(&record));
    }
    run
}

fn caught(seed: u64, day: impl FnOnce() -> Run) -> Run {
    catch_unwind(AssertUnwindSafe(day)).unwrap_or_else(|panic| Run {
        seed,
        violations: vec![Violation {
            rule: Rule::NothingPanics,
            found: message(&*panic).to_owned(),
        }],
        ..Run::default()
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    let message = owned.or_else(|| panic.downcast_ref::<&str>().copied());
    message.unwrap_or("a panic without words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_seed_and_its_words() {
        let run = caught(7, || panic!("a day that {} not end", "did"));
        assert_eq!(run.seed, 7);
        assert_eq!(run.violations[0].rule, Rule::NothingPanics);
        assert_eq!(run.violations[0].found, "a day that did not end");
    }
}
