//! Two reports of one scenario: what changed, and whether that is more than chance.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

use super::markdown::number;
use super::{Report, Run};

/// What changed from one report to another.
#[derive(Clone, Debug)]
pub struct Comparison {
    rows: Vec<Row>,
    runs: (usize, usize),
}

#[derive(Clone, Debug)]
struct Row {
    what: String,
    before: Spread,
    after: Spread,
    verdict: Verdict,
}

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The runs of one report lie among those of the other.
    Noise,
    /// All runs of one lie beyond all of the other.
    Changed,
    /// There is one run on a side, and nobody knows what a second would have shown.
    Unknown,
}

/// Several runs' figures of one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let middle = figures.len() / 2;
        let upper = *figures.get(middle)?;
        let median = if figures.len().is_multiple_of(2) {
            f64::midpoint(figures[middle - 1], upper)
        } else {
            upper
        };
        Some(Self {
            median,
            least: figures[0],
            most: *figures.last()?,
        })
    }
}

/// Compares the figures that both reports have.
pub fn compare(before: &Report, after: &Report) -> Comparison {
    let runs = (before.runs.len(), after.runs.len());
    let figures_of =
        |report: &Report| -> Vec<Vec<(String, f64)>> { report.runs.iter().map(figures).collect() };
    let (before, after) = (figures_of(before), figures_of(after));
    let names = before.first().into_iter().flatten().map(|(name, _)| name);
    let rows = names.filter_map(|what| {
        let of = |all: &[Vec<(String, f64)>]| {
            let figures = all.iter().flatten().filter(|(name, _)| name == what);
            Spread::of(figures.map(|(_, figure)| *figure).collect())
        };
        let (before, after) = (of(&before)?, of(&after)?);
        Some(Row {
            what: what.clone(),
            before,
            after,
            verdict: verdict(before, after, runs),
        })
    });
    Comparison {
        rows: rows.collect(),
        runs,
    }
}

fn verdict(before: Spread, after: Spread, runs: (usize, usize)) -> Verdict {
    if runs.0 < 2 || runs.1 < 2 {
        Verdict::Unknown
    } else if before.least <= after.most && after.least <= before.most {
        Verdict::Noise
    } else {
        Verdict::Changed
    }
}

/// What can be compared of a run. The rungs of a climb differ between runs; what it came to does not.
fn figures(run: &Run) -> Vec<(String, f64)> {
    let mut all = Vec::new();
    if let Some(carried) = run.carried_per_second {
        all.push(("carried, arrivals a second".to_owned(), carried));
    }
    for phase in run.phases.iter().filter(|phase| phase.is_carried.is_none()) {
        all.push((
            format!("{}, done a second", phase.name),
            phase.per_second.done,
        ));
    }
    for (request, figures) in &run.requests {
        let name = request.name();
        let latency = figures.latency;
        for (part, wait_us) in [
            ("p50", latency.p50_us),
            ("p95", latency.p95_us),
            ("p99", latency.p99_us),
        ] {
            all.push((format!("{name}, {part} ms"), wait_us as f64 / 1e3));
        }
    }
    if let Some(hits) = run.cache_hits_percent {
        all.push(("cache hits, %".to_owned(), hits));
    }
    all.push(("failures".to_owned(), run.failed as f64));
    all.push((
        "generator, µs a request".to_owned(),
        run.generator.cpu_us_per_request,
    ));
    all
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(["", "before", "after", "change", ""]);
        for row in &self.rows {
            let Spread { median: before, .. } = row.before;
            let Spread { median: after, .. } = row.after;
            let change = if before > 0.0 {
                format!("{:+.1} %", (after / before - 1.0) * 100.0)
            } else {
                String::new()
            };
            let verdict = match row.verdict {
                Verdict::Noise => "within the noise",
                Verdict::Changed => "CHANGED",
                Verdict::Unknown => "",
            };
            let cells = [spread(row.before), spread(row.after), change];
            let [before, after, change] = cells;
            table.add_row([row.what.clone(), before, after, change, verdict.to_owned()]);
        }
        for index in 1..=3 {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(f, "{table}")?;
        let (before, after) = self.runs;
        if before < 2 || after < 2 {
            write!(
                f,
                "{before} run before and {after} after: what is noise cannot be told from fewer than two on \
                 each side (--runs 3)."
            )
        } else {
            write!(
                f,
                "Medians (least to most) of {before} runs before and {after} after. CHANGED: all runs of one \
                 side lie beyond all of the other."
            )
        }
    }
}

fn spread(spread: Spread) -> String {
    let Spread {
        median,
        least,
        most,
    } = spread;
    format!("{} ({} to {})", number(median), number(least), number(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread_of(figures: &[f64]) -> Spread {
        Spread::of(figures.to_vec()).unwrap()
    }

    #[test]
    fn a_difference_within_repeated_runs_is_noise() {
        let before = spread_of(&[100.0, 110.0, 120.0]);

        assert_eq!(
            verdict(before, spread_of(&[119.0, 130.0]), (3, 2)),
            Verdict::Noise
        );
        assert_eq!(
            verdict(before, spread_of(&[121.0, 130.0]), (3, 2)),
            Verdict::Changed
        );
        assert_eq!(
            verdict(before, spread_of(&[60.0, 99.0]), (3, 2)),
            Verdict::Changed
        );
    }

    #[test]
    fn one_run_says_nothing_about_noise() {
        let (one, other) = (spread_of(&[1.0]), spread_of(&[100.0]));

        assert_eq!(verdict(one, other, (1, 1)), Verdict::Unknown);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let spread = spread_of(&[4.0, 1.0, 2.0, 3.0]);

        assert!((spread.median - 2.5).abs() < f64::EPSILON);
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
