//! The report in words and tables.

use std::fmt::Write as _;

use super::{Report, Run};
use crate::latency::{Summary, millis};

impl Report {
    /// The whole report, as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# {}\n\n{}\n\n{}.\n",
            self.scenario.name,
            self.scenario.about,
            self.machine.describe()
        );
        let several = self.runs.len() > 1;
        for (index, run) in self.runs.iter().enumerate() {
            if several {
                let _ = writeln!(out, "\n## Run {} of {}", index + 1, self.runs.len());
            }
            run.write(&mut out);
        }
        let last = if several { " of the last run" } else { "" };
        let _ = writeln!(out, "\n## The course{last}\n");
        for (file, what) in [
            ("throughput", "requests a second over time"),
            ("latency", "waits over time"),
            ("distribution", "the spread of waits"),
            ("processors", "processors over time"),
        ] {
            let _ = writeln!(out, "![{what}]({file}.svg)\n");
        }
        out
    }
}

impl Run {
    fn write(&self, out: &mut String) {
        self.write_verdict(out);
        self.write_phases(out);
        self.write_requests(out);
        self.write_generator(out);
    }

    fn write_verdict(&self, out: &mut String) {
        if let Some(carried) = self.carried_per_second {
            let _ = writeln!(out, "\n**{carried:.0} arrivals a second were carried.**");
        }
        for violation in &self.violations {
            let _ = writeln!(out, "\n**WRONG: {violation}.**");
        }
        if !self.limits.is_empty() {
            out.push_str("\n| limit | bound | measured | |\n|---|--:|--:|---|\n");
        }
        for limit in &self.limits {
            let measured = limit.measured.map_or("nothing".to_owned(), number);
            let met = if limit.is_met { "met" } else { "**MISSED**" };
            let _ = writeln!(
                out,
                "| {} | {} | {measured} | {met} |",
                limit.what,
                number(limit.bound)
            );
        }
        if let Some(percent) = self.cache_hits_percent {
            let _ = writeln!(out, "\nOf a hundred reads, {percent:.1} came from a cache.");
        }
    }

    fn write_phases(&self, out: &mut String) {
        out.push_str(
            "\n| phase | s | asked/s | done/s | refused/s | overloaded/s | failed/s | p50 | p99 | longest |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for phase in &self.phases {
            let rates = phase.per_second;
            let rung = match phase.is_carried {
                Some(true) => ", carried",
                Some(false) => ", not carried",
                None => "",
            };
            let _ = writeln!(
                out,
                "| {}{rung} | {:.1} | {} | {:.0} | {:.0} | {:.0} | {:.1} | {} | {} | {} |",
                phase.name,
                phase.seconds,
                phase
                    .rate
                    .map_or("-".to_owned(), |rate| format!("{rate:.0}")),
                rates.done,
                rates.refused,
                rates.overloaded,
                rates.failed,
                millis(phase.latency.p50_us),
                millis(phase.latency.p99_us),
                millis(phase.latency.max_us),
            );
        }
    }

    fn write_requests(&self, out: &mut String) {
        out.push_str(
            "\n| request | done | refused | overloaded | failed | p50 | p95 | p99 | longest |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for (request, figures) in &self.requests {
            let fates = &figures.fates;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                request.name(),
                fates.done,
                fates.refused,
                fates.overloaded,
                fates.failed,
                waits(figures.latency),
            );
            for (fate, latency) in [
                ("refused", figures.refused_latency),
                ("overloaded", figures.overloaded_latency),
            ] {
                if latency.is_some() {
                    let _ = writeln!(out, "| who was {fate} | | | | | {} |", waits(latency));
                }
            }
        }
        for (error, times) in &self.errors {
            let _ = writeln!(out, "\n- {times} times: {error}");
        }
    }

    fn write_generator(&self, out: &mut String) {
        let own = &self.generator;
        let _ = writeln!(
            out,
            "\nThe generator held {} connections and used {:.2} cores of the {:.2} that were busy: {:.0} µs a \
             request. It sent {} late by {} at the median and {} at the 99th percentile although a connection \
             was free, and {} of {} arrivals found none free. Waits count from when a buyer wanted to come, so \
             they hold all of this.",
            self.connections,
            own.cores.generator,
            own.cores.machine,
            own.cpu_us_per_request,
            own.arrivals - own.held_back,
            millis(own.late.p50_us),
            millis(own.late.p99_us),
            own.held_back,
            own.arrivals,
        );
    }
}

/// Four cells of a row: half waited no longer, 95 and 99 of 100, and nobody did.
fn waits(latency: Option<Summary>) -> String {
    let Some(latency) = latency else {
        return "- | - | - | -".to_owned();
    };
    let Summary {
        p50_us,
        p95_us,
        p99_us,
        max_us,
        ..
    } = latency;
    [p50_us, p95_us, p99_us, max_us].map(millis).join(" | ")
}

/// Up to three decimals, and none where there are none.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
