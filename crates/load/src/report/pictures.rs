//! The course of a run and the spread of its waits, drawn.

use super::{Report, Run, Window};
use crate::latency::Summary;
use crate::plot::{Axis, Chart, Line, Mark};

impl Report {
    /// Files with their drawings, of the last run: throughput, latency, distribution, processors.
    pub fn pictures(&self) -> Vec<(String, String)> {
        let Some(run) = self.runs.last() else {
            return Vec::new();
        };
        let name = &self.scenario.name;
        let machine = format!(
            "{} connections, {}",
            run.connections,
            self.machine.describe()
        );
        [
            ("throughput.svg", throughput(run)),
            ("latency.svg", latency(run)),
            ("distribution.svg", distribution(run)),
            ("processors.svg", processors(run)),
        ]
        .into_iter()
        .map(|(file, chart)| {
            let chart = Chart {
                title: format!("{name}: {}", chart.title),
                subtitle: machine.clone(),
                ..chart
            };
            (file.to_owned(), chart.svg())
        })
        .collect()
    }
}

fn over_time(run: &Run, title: &str, y: Axis, lines: Vec<Line>) -> Chart {
    // A climb's rungs are many; its beginning and its end are enough.
    let phases = run.phases.iter().enumerate();
    let marks = phases.filter(|(index, phase)| {
        let before = index.checked_sub(1).map(|before| &run.phases[before]);
        *index > 0 && (phase.is_carried.is_none() || before.is_some_and(|b| b.is_carried.is_none()))
    });
    Chart {
        title: title.to_owned(),
        x: Axis::linear("seconds since the beginning"),
        y,
        lines,
        marks: marks
            .map(|(_, phase)| {
                let label = match phase.is_carried {
                    Some(_) => phase.name.split(':').next().unwrap_or_default(),
                    None => &phase.name,
                };
                Mark::new(phase.began_s, label)
            })
            .collect(),
        ..Chart::default()
    }
}

fn line(run: &Run, name: &str, value: impl Fn(&Window) -> f64) -> Line {
    let points = run
        .timeline
        .iter()
        .map(|window| (window.at_s, value(window)));
    Line::new(name, points.collect())
}

/// A figure of a piece of time.
type Figure = fn(&Window) -> f64;

fn throughput(run: &Run) -> Chart {
    let mut lines = vec![line(run, "done", |window| window.per_second.done)];
    let others: [(&str, Figure); 3] = [
        ("refused: sold out", |window| window.per_second.refused),
        ("refused: overloaded", |window| window.per_second.overloaded),
        ("failed", |window| window.per_second.failed),
    ];
    for (index, (name, value)) in others.into_iter().enumerate() {
        // What never happened needs no line; failures are worth one at zero.
        if name == "failed" || run.timeline.iter().any(|window| value(window) > 0.0) {
            let mut other = line(run, name, value);
            other.colour = Some(index + 1);
            lines.push(other);
        }
    }
    let y = Axis::linear("requests a second, by when they were wanted");
    over_time(run, "what became of requests", y, lines)
}

fn latency(run: &Run) -> Chart {
    let of = |name, figure: fn(&Summary) -> u64| {
        line(run, name, |window| {
            let latency = window.latency.as_ref();
            latency.map_or(f64::NAN, |latency| figure(latency) as f64 / 1e3)
        })
    };
    let lines = vec![
        of("median", |latency| latency.p50_us),
        of("95 of 100", |latency| latency.p95_us),
        of("99 of 100", |latency| latency.p99_us),
        of("longest", |latency| latency.max_us),
    ];
    over_time(
        run,
        "how long buyers waited",
        Axis::log("milliseconds"),
        lines,
    )
}

fn distribution(run: &Run) -> Chart {
    let lines = run.requests.iter().map(|(request, figures)| {
        let points = figures.distribution.iter();
        let points = points.map(|(part, wait_us)| (*part, *wait_us as f64 / 1e3));
        Line::new(request.name(), points.collect())
    });
    Chart {
        title: "how many waited how long".to_owned(),
        x: Axis::percentile("of all that were done, so many took no longer"),
        y: Axis::log("milliseconds"),
        lines: lines.collect(),
        ..Chart::default()
    }
}

fn processors(run: &Run) -> Chart {
    let lines = vec![
        line(run, "everything on the machine", |window| {
            window.cores.machine
        }),
        line(run, "the generator", |window| window.cores.generator),
    ];
    over_time(run, "who used the processors", Axis::linear("cores"), lines)
}
