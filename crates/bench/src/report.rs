//! Results, for people and for machines.

use std::fs;

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use load::latency::millis;
use serde::Serialize;

use crate::Plan;
use crate::machine::Machine;
use crate::rounds::{Measured, Spread};

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

    /// Prints the results, with what must be known to read them, and writes them to the file that
    /// the plan names. Returns whether the figures are worth anything.
    pub(crate) fn publish(&self, plan: &Plan, how_to_read: &str) -> anyhow::Result<bool> {
        self.machine.print();
        println!(
            "{} rounds of {} s each: median (min to max)\n",
            self.rounds, self.seconds
        );
        println!("{}\n", self.table());
        println!("{how_to_read}");
        for problem in &self.problems {
            println!("\n*** WORTHLESS *** {problem}");
        }
        if let Some(file) = &plan.json {
            let json = serde_json::to_vec_pretty(self)?;
            fs::write(file, json).with_context(|| format!("writing {}", file.display()))?;
        }
        Ok(self.problems.is_empty())
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header([
            "connections",
            "contender",
            "per second",
            "compared",
            "p50",
            "p99",
            "answers",
        ]);
        for result in &self.results {
            let answers: u64 = result.statuses.values().sum();
            let verdict = if result.is_clean {
                "all 2xx"
            } else {
                "NOT ALL 2xx"
            };
            table.add_row([
                result.connections.to_string(),
                result.name.clone(),
                whole(result.per_second),
                compared(result),
                millis(result.latency.p50_us),
                millis(result.latency.p99_us),
                format!("{answers} {verdict}"),
            ]);
        }
        for index in [0, 2, 4, 5, 6] {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
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
    format!(
        "{:.0} ({:.0} to {:.0})",
        spread.median, spread.min, spread.max
    )
}

fn compared(result: &Measured) -> String {
    let lines = result.ratios.iter().map(|(other, spread)| {
        let Spread { median, min, max } = spread;
        format!("{median:.2} of {other} ({min:.2} to {max:.2})")
    });
    lines.collect::<Vec<_>>().join("\n")
}
