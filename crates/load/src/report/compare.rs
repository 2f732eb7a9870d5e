//! Two reports of one scenario: what changed, and whether that is more than chance.

use std::fmt;

use anyhow::ensure;
use comfy_table::{CellAlignment, Table, presets};

use super::markdown::number;
use super::{Report, Run};
use crate::latency::Summary;
use crate::scenario::{Limits, Scenario};

/// How often figures that did not change may be called changed: one in twenty.
const CHANCE_MAX: f64 = 0.05;

/// What changed from one report to another.
#[derive(Clone, Debug)]
pub struct Comparison {
    rows: Vec<Row>,
    runs: (usize, usize),
    /// What both ran on, if it was not the same.
    machines: Option<(String, String)>,
}

#[derive(Clone, Debug)]
struct Row {
    what: String,
    /// `None`: no run of that side has this figure.
    before: Option<Spread>,
    after: Option<Spread>,
    verdict: Verdict,
}

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The runs of one report lie among those of the other.
    Noise,
    /// All runs of one lie beyond all of the other, and there are so many that chance hardly does that.
    Changed,
    /// All runs of one lie beyond all of the other, but so few that chance may well do that.
    Apart,
    /// There is one figure on a side or none, and nobody knows what a second would have shown.
    Unknown,
}

/// Several runs' figures of one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
    count: usize,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let count = figures.len();
        let middle = count / 2;
        let upper = *figures.get(middle)?;
        let median = if count.is_multiple_of(2) {
            f64::midpoint(figures[middle - 1], upper)
        } else {
            upper
        };
        Some(Self {
            median,
            least: figures[0],
            most: *figures.last()?,
            count,
        })
    }
}

/// Compares every figure that either report has.
///
/// Errors are about reports of different loads, whose figures cannot be compared.
pub fn compare(before: &Report, after: &Report) -> anyhow::Result<Comparison> {
    let names = [before, after].map(|report| &report.scenario.name);
    ensure!(
        names[0] == names[1],
        "{} and {} are different scenarios, whose figures cannot be compared",
        names[0],
        names[1]
    );
    ensure!(
        load_of(&before.scenario) == load_of(&after.scenario),
        "the scenario {} is not the same in both reports (did one run --quick?), and their figures cannot be compared",
        names[0]
    );
    let machines = [before, after].map(|report| report.machine.describe());
    let [before, after] =
        [before, after].map(|report| report.runs.iter().map(figures).collect::<Vec<_>>());
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in before.iter().chain(&after).flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Comparison {
        rows: names
            .into_iter()
            .map(|name| Row::of(name, &before, &after))
            .collect(),
        runs: (before.len(), after.len()),
        machines: (machines[0] != machines[1]).then(|| machines.into()),
    })
}

/// What came, whatever it is called and had to withstand.
fn load_of(scenario: &Scenario) -> Scenario {
    Scenario {
        about: String::new(),
        limits: Limits::default(),
        ..scenario.clone()
    }
}

/// The figures of each run, by what they are of.
type Figures = [Vec<(String, f64)>];

impl Row {
    fn of(what: &str, before: &Figures, after: &Figures) -> Self {
        let of = |all: &Figures| {
            let figures = all.iter().flatten().filter(|(name, _)| name == what);
            Spread::of(figures.map(|(_, figure)| *figure).collect())
        };
        let (before, after) = (of(before), of(after));
        Self {
            what: what.to_owned(),
            before,
            after,
            verdict: verdict(before, after),
        }
    }

    fn cells(&self) -> [String; 5] {
        let median = |side: Option<Spread>| side.map(|spread| spread.median);
        let change = match (median(self.before), median(self.after)) {
            (Some(before), Some(after)) if before > 0.0 => {
                format!("{:+.1} %", (after / before - 1.0) * 100.0)
            }
            _ => String::new(),
        };
        let verdict = match (self.before, self.after, self.verdict) {
            (None, ..) => "only after",
            (_, None, _) => "only before",
            (_, _, Verdict::Noise) => "within the noise",
            (_, _, Verdict::Changed) => "CHANGED",
            (_, _, Verdict::Apart) => "apart, too few runs",
            (_, _, Verdict::Unknown) => "",
        };
        let [before, after] = [self.before, self.after].map(spread);
        [self.what.clone(), before, after, change, verdict.to_owned()]
    }
}

fn verdict(before: Option<Spread>, after: Option<Spread>) -> Verdict {
    let Some((before, after)) = before.zip(after) else {
        return Verdict::Unknown;
    };
    if before.count < 2 || after.count < 2 {
        Verdict::Unknown
    } else if before.least <= after.most && after.least <= before.most {
        Verdict::Noise
    } else if chance(before.count, after.count) > CHANCE_MAX {
        Verdict::Apart
    } else {
        Verdict::Changed
    }
}

/// How likely all of so many figures lie beyond all of so many others where nothing changed: two of
/// the orders that they can have, which are equally likely (Mann and Whitney, "On a test of whether
/// one of two random variables is stochastically larger than the other").
fn chance(before: usize, after: usize) -> f64 {
    let orders = |so_far: f64, number: usize| so_far * (after + number) as f64 / number as f64;
    2.0 / (1..=before).fold(1.0, orders)
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
        for (of_what, latency) in [
            (name.to_owned(), figures.latency),
            (format!("{name} refused"), figures.refused_latency),
            (format!("{name} overloaded"), figures.overloaded_latency),
        ] {
            all.extend(
                latency
                    .into_iter()
                    .flat_map(|waits| waits_of(&of_what, &waits)),
            );
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

fn waits_of(of_what: &str, waits: &Summary) -> [(String, f64); 3] {
    let parts = [
        ("p50", waits.p50_us),
        ("p95", waits.p95_us),
        ("p99", waits.p99_us),
    ];
    parts.map(|(part, wait_us)| (format!("{of_what}, {part} ms"), wait_us as f64 / 1e3))
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(["", "before", "after", "change", ""]);
        for row in &self.rows {
            table.add_row(row.cells());
        }
        for index in 1..=3 {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(f, "{table}")?;
        if let Some((before, after)) = &self.machines {
            writeln!(
                f,
                "MEASURED ON DIFFERENT MACHINES, whose figures differ whatever was changed: {before}; {after}."
            )?;
        }
        f.write_str(&self.how_to_read())
    }
}

impl Comparison {
    fn how_to_read(&self) -> String {
        let (before, after) = self.runs;
        if before < 2 || after < 2 {
            return format!(
                "{before} run before and {after} after: what is noise cannot be told from fewer than two on \
                 each side (--runs 5)."
            );
        }
        let one_in = (1.0 / chance(before, after)).round();
        let verdict = if chance(before, after) > CHANCE_MAX {
            "Apart, and no more than that (--runs 5 can show more)"
        } else {
            "CHANGED"
        };
        format!(
            "Medians (least to most) of {before} runs before and {after} after. {verdict}: all runs of one side \
             lie beyond all of the other, which befalls one figure in {one_in} where nothing has changed. A \
             machine that became faster or slower meanwhile looks the same."
        )
    }
}

fn spread(spread: Option<Spread>) -> String {
    let Some(spread) = spread else {
        return "-".to_owned();
    };
    let [median, least, most] = [spread.median, spread.least, spread.most].map(number);
    format!("{median} ({least} to {most})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread_of(figures: &[f64]) -> Option<Spread> {
        Spread::of(figures.to_vec())
    }

    #[test]
    fn a_difference_within_repeated_runs_is_noise() {
        let before = spread_of(&[100.0, 110.0, 115.0, 120.0]);

        let among = spread_of(&[119.0, 130.0, 131.0, 140.0]);
        let above = spread_of(&[121.0, 130.0, 131.0, 140.0]);
        let below = spread_of(&[60.0, 70.0, 80.0, 99.0]);
        assert_eq!(verdict(before, among), Verdict::Noise);
        assert_eq!(verdict(before, above), Verdict::Changed);
        assert_eq!(verdict(before, below), Verdict::Changed);
    }

    #[test]
    fn what_chance_does_often_is_no_change() {
        let figures = [1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0];
        let of = |before: usize, after: usize| {
            verdict(
                spread_of(&figures[..before]),
                spread_of(&figures[4..4 + after]),
            )
        };

        assert_eq!(of(2, 2), Verdict::Apart);
        assert_eq!(of(3, 3), Verdict::Apart);
        assert_eq!(of(4, 3), Verdict::Apart);
        assert_eq!(of(4, 4), Verdict::Changed);
        assert!((chance(2, 2) - 1.0 / 3.0).abs() < 1e-9);
        assert!((chance(5, 5) - 1.0 / 126.0).abs() < 1e-9);
    }

    #[test]
    fn one_run_says_nothing_about_noise() {
        let one = spread_of(&[1.0]);

        assert_eq!(verdict(one, spread_of(&[100.0])), Verdict::Unknown);
        // However many runs there are: so many have the figure.
        assert_eq!(verdict(one, spread_of(&[2.0; 40])), Verdict::Unknown);
        assert_eq!(verdict(one, None), Verdict::Unknown);
    }

    #[test]
    fn a_figure_of_one_side_is_told_and_counts_the_runs_that_have_it() {
        let run = |names: &[&str]| -> Vec<(String, f64)> {
            names.iter().map(|name| ((*name).to_owned(), 1.0)).collect()
        };
        let before = [run(&["rate"]), run(&["rate", "carried"])];
        let after = [run(&["rate"]), run(&["rate"])];

        let carried = Row::of("carried", &before, &after);

        assert_eq!(carried.before.map(|spread| spread.count), Some(1));
        assert_eq!(carried.cells()[2..], ["-", "", "only before"]);
        assert_eq!(Row::of("rate", &before, &after).verdict, Verdict::Noise);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let spread = spread_of(&[4.0, 1.0, 2.0, 3.0]).unwrap();

        assert!((spread.median - 2.5).abs() < f64::EPSILON);
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
