//! Results, for people and for machines.

use std::fs;

use anyhow::Context as _;
use load::latency::millis;
use load::machine::Machine;
use load::plot::{Bar, Bars, Scale};
use serde::Serialize;

use crate::Plan;
use crate::rounds::{Measured, Spread};
use crate::section::{Section, grouped};

/// Everything that one bench found out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) bench: &'static str,
    pub(crate) machine: Machine,
    pub(crate) rounds: u32,
    pub(crate) seconds: f64,
    pub(crate) results: Vec<Measured>,
    /// What makes the figures worthless.
    pub(crate) problems: Vec<String>,
}

impl Report {
    pub(crate) fn new(bench: &'static str, plan: &Plan, results: Vec<Measured>) -> Self {
        let problems = results
            .iter()
            .filter(|result| !result.is_clean)
            .map(problem)
            .collect();
        let machine = Machine::look();
        Self {
            bench,
            machine,
            rounds: plan.rounds,
            seconds: plan.seconds,
            results,
            problems,
        }
    }

    /// Prints the results with what must be known to read them, and writes them where the plan says.
    /// Returns whether the figures are worth anything.
    pub(crate) fn publish(&self, plan: &Plan, section: Section) -> anyhow::Result<bool> {
        if let Some(file) = &plan.json {
            let json = serde_json::to_vec_pretty(self)?;
            fs::write(file, json).with_context(|| format!("writing {}", file.display()))?;
        }
        println!(
            "{} rounds of {} s each: median (min to max)\n",
            self.rounds, self.seconds
        );
        let header = [
            "contender",
            "connections",
            "per second",
            "compared",
            "p50",
            "p99",
            "answers",
            "cores: all, generator",
            "within",
        ];
        Section {
            header: header.map(str::to_owned).to_vec(),
            rows: self.results.iter().map(row).collect(),
            problems: self.problems.clone(),
            ..section
        }
        .publish(plan.record)
    }

    /// What was sold a second, drawn: one bar for each contender with this many connections.
    pub(crate) fn bars(&self, title: &str, connections: usize) -> String {
        let results = self.results.iter();
        let bars = results
            .filter(|result| result.connections == connections)
            .enumerate()
            .map(|(index, result)| Bar {
                name: result.name.clone(),
                value: result.per_second.median,
                spread: (result.per_second.min, result.per_second.max),
                colour: index,
            });
        Bars {
            title: title.to_owned(),
            subtitle: format!(
                "{connections} connections; median of {} rounds of {} s, with the least and the greatest",
                self.rounds, self.seconds
            ),
            label: "per second, on a logarithmic scale".to_owned(),
            scale: Scale::Log,
            bars: bars.collect(),
        }
        .svg()
    }
}

fn row(result: &Measured) -> Vec<String> {
    let answers: u64 = result.statuses.values().sum();
    let verdict = if !result.is_clean {
        "NOT ALL 2xx".to_owned()
    } else if result.statuses.keys().all(|status| *status < 300) {
        "all 2xx".to_owned()
    } else {
        let sold = result.statuses.range(200..300).map(|(_, times)| times);
        format!("{} of them 2xx", sold.sum::<u64>())
    };
    let refusals = result.refusal_latency.map(|refusals| {
        let (p50, p99) = (millis(refusals.p50_us), millis(refusals.p99_us));
        format!("\nothers: p50 {p50}, p99 {p99}")
    });
    vec![
        result.name.clone(),
        result.connections.to_string(),
        whole(result.per_second),
        compared(result),
        millis(result.latency.p50_us),
        millis(result.latency.p99_us),
        format!("{answers}, {verdict}{}", refusals.unwrap_or_default()),
        format!("{:.2}, {:.2}", result.cores.machine, result.cores.generator),
        result.groups.describe(),
    ]
}

fn problem(result: &Measured) -> String {
    format!(
        "{} with {} connections: answers by status {:?}, {} lost; for example: {}",
        result.name,
        result.connections,
        result.statuses,
        result.lost,
        result.example.as_deref().unwrap_or("nothing was answered")
    )
}

fn whole(spread: Spread) -> String {
    let Spread { median, min, max } = spread;
    format!("{} ({} to {})", grouped(median), grouped(min), grouped(max))
}

fn compared(result: &Measured) -> String {
    let lines = result.ratios.iter().map(|(other, spread)| {
        let Spread { median, min, max } = spread;
        let decimals = if *median < 10.0 { 2 } else { 0 };
        format!("{median:.decimals$} of {other} ({min:.decimals$} to {max:.decimals$})")
    });
    lines.collect::<Vec<_>>().join("\n")
}
