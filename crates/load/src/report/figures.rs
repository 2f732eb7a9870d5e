//! From single requests to figures.

use std::collections::BTreeMap;

use super::{Cores, Fates, Generator, PhaseFigures, RequestFigures, Run, Window};
use crate::latency::Latencies;
use crate::open::{Fate, Sample, Stretch, Tally, Tick};
use crate::scenario::{Request, Scenario};

/// About how many pieces a run's course is drawn in.
const WINDOWS: f64 = 120.0;

/// How long a piece may be, in seconds.
const WINDOW_SECONDS: [f64; 8] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

impl Run {
    /// The figures of one run.
    pub(crate) fn of(
        scenario: &Scenario,
        connections: usize,
        stretches: &[Stretch],
        carried: Option<f64>,
        tally: &Tally,
        ticks: &[Tick],
        violations: Vec<String>,
    ) -> Self {
        let ended_us = stretches.last().map_or(0, |stretch| stretch.ended_us);
        let seconds = ended_us as f64 / 1e6;
        let mut run = Self {
            connections,
            seconds,
            carried_per_second: carried,
            phases: stretches
                .iter()
                .map(|stretch| phase(stretch, &tally.samples, ticks))
                .collect(),
            requests: requests(stretches, &tally.samples),
            errors: tally.errors.clone(),
            failed: count(&tally.samples, Fate::Failed),
            cache_hits_percent: cache_hits_percent(tally),
            generator: generator(tally, ticks),
            violations,
            limits: Vec::new(),
            timeline: timeline(ended_us, &tally.samples, ticks),
        };
        run.limits = run.judge(scenario, tally);
        run
    }
}

/// Counts requests by their fate and records how long those took that the contract foresees.
#[derive(Default)]
struct Sum {
    fates: Fates,
    waits: Latencies,
}

impl Sum {
    fn of<'a>(samples: impl Iterator<Item = &'a Sample>) -> Self {
        let mut sum = Self::default();
        samples.for_each(|sample| sum.add(sample));
        sum
    }

    fn add(&mut self, sample: &Sample) {
        *match sample.fate {
            Fate::Done => &mut self.fates.done,
            Fate::Refused => &mut self.fates.refused,
            Fate::Overloaded => &mut self.fates.overloaded,
            Fate::Failed => &mut self.fates.failed,
        } += 1.0;
        if matches!(sample.fate, Fate::Done | Fate::Refused) {
            self.waits.record_us(sample.wait_us.into());
        }
    }

    fn per_second(&self, seconds: f64) -> Fates {
        let Fates {
            done,
            refused,
            overloaded,
            failed,
        } = self.fates;
        Fates {
            done: done / seconds,
            refused: refused / seconds,
            overloaded: overloaded / seconds,
            failed: failed / seconds,
        }
    }
}

fn phase(stretch: &Stretch, samples: &[Sample], ticks: &[Tick]) -> PhaseFigures {
    let span = stretch.began_us..stretch.ended_us;
    let seconds = (span.end - span.start) as f64 / 1e6;
    let sum = Sum::of(samples.iter().filter(|sample| span.contains(&sample.at_us)));
    PhaseFigures {
        name: stretch.name.clone(),
        began_s: span.start as f64 / 1e6,
        seconds,
        rate: stretch.rate,
        is_carried: stretch.rung,
        per_second: sum.per_second(seconds),
        latency: sum.waits.summary(),
        cores: cores(ticks, span.start, span.end),
    }
}

fn requests(stretches: &[Stretch], samples: &[Sample]) -> BTreeMap<Request, RequestFigures> {
    let is_in = |stretch: &Stretch, sample: &Sample| {
        (stretch.began_us..stretch.ended_us).contains(&sample.at_us)
    };
    let climbs: Vec<_> = stretches.iter().filter(|s| s.rung.is_some()).collect();
    let is_all_climb = climbs.len() == stretches.len();
    let counts = |sample: &&Sample| is_all_climb || !climbs.iter().any(|s| is_in(s, sample));
    let mut kinds: BTreeMap<Request, Vec<&Sample>> = BTreeMap::new();
    for sample in samples.iter().filter(counts) {
        kinds.entry(sample.request).or_default().push(sample);
    }
    kinds
        .into_iter()
        .map(|(request, samples)| (request, request_figures(&samples)))
        .collect()
}

fn request_figures(samples: &[&Sample]) -> RequestFigures {
    let sum = Sum::of(samples.iter().copied());
    let done = waits(samples, Fate::Done);
    RequestFigures {
        fates: sum.fates,
        latency: done.summary_of_any(),
        refused_latency: waits(samples, Fate::Refused).summary_of_any(),
        overloaded_latency: waits(samples, Fate::Overloaded).summary_of_any(),
        distribution: done.distribution(),
    }
}

/// How long those took that had this end.
fn waits(samples: &[&Sample], fate: Fate) -> Latencies {
    let mut waits = Latencies::new();
    for sample in samples.iter().filter(|sample| sample.fate == fate) {
        waits.record_us(sample.wait_us.into());
    }
    waits
}

pub(super) fn count(samples: &[Sample], fate: Fate) -> u64 {
    samples.iter().filter(|sample| sample.fate == fate).count() as u64
}

fn cache_hits_percent(tally: &Tally) -> Option<f64> {
    let reads = tally.cache_hits + tally.cache_misses;
    (reads > 0).then(|| tally.cache_hits as f64 / reads as f64 * 100.0)
}

fn generator(tally: &Tally, ticks: &[Tick]) -> Generator {
    let last_us = ticks.last().map_or(0, |tick| tick.at_us);
    let cores = cores(ticks, 0, last_us);
    let cpu_us = cores.generator * last_us as f64;
    Generator {
        cpu_us_per_request: cpu_us / (tally.samples.len() as f64).max(1.0),
        cores,
        late: tally.late.summary(),
        held_back: tally.held_back,
        arrivals: tally.held_back + tally.late.count(),
    }
}

/// Cores in use between two instants: from the tick at or before the one to that at or after the
/// other.
fn cores(ticks: &[Tick], from_us: u64, to_us: u64) -> Cores {
    let first = ticks.partition_point(|tick| tick.at_us <= from_us);
    let last = ticks.partition_point(|tick| tick.at_us < to_us);
    let pair = ticks
        .get(first.saturating_sub(1))
        .zip(ticks.get(last).or(ticks.last()));
    let Some((begin, end)) = pair.filter(|(begin, end)| begin.at_us < end.at_us) else {
        return Cores::default();
    };
    let seconds = (end.at_us - begin.at_us) as f64 / 1e6;
    Cores::between(begin.usage, end.usage, seconds)
}

fn timeline(ended_us: u64, samples: &[Sample], ticks: &[Tick]) -> Vec<Window> {
    let seconds = ended_us as f64 / 1e6;
    let fits = |length: &&f64| seconds / **length <= WINDOWS;
    let length = *WINDOW_SECONDS.iter().find(fits).unwrap_or(&60.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A minute at most.
    let length_us = (length * 1e6) as u64;
    let mut sorted: Vec<&Sample> = samples.iter().collect();
    sorted.sort_unstable_by_key(|sample| sample.at_us);
    let mut sum = Sum::default();
    let mut windows = Vec::new();
    let mut rest = sorted.as_slice();
    for number in 0..ended_us.div_ceil(length_us) {
        let (began_us, ends_us) = (number * length_us, (number + 1) * length_us);
        let (now, later) = rest.split_at(rest.partition_point(|sample| sample.at_us < ends_us));
        rest = later;
        sum.fates = Fates::default();
        sum.waits.clear();
        for sample in now {
            sum.add(sample);
        }
        let whole = (ends_us.min(ended_us) - began_us) as f64 / 1e6;
        windows.push(Window {
            at_s: began_us as f64 / 1e6,
            per_second: sum.per_second(whole),
            latency: sum.waits.summary_of_any(),
            cores: cores(ticks, began_us, ends_us),
        });
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latency::Summary;
    use crate::usage::Usage;

    fn sample(at_us: u64, wait_us: u32, fate: Fate) -> Sample {
        Sample {
            at_us,
            wait_us,
            request: Request::Reserve,
            fate,
        }
    }

    fn stretch(began_us: u64, ended_us: u64, rung: Option<bool>) -> Stretch {
        Stretch {
            name: "now".to_owned(),
            rate: Some(10.0),
            began_us,
            ended_us,
            rung,
        }
    }

    #[test]
    fn a_phase_counts_who_wanted_to_come_in_it() {
        let samples = [
            sample(999_999, 1, Fate::Done),
            sample(1_000_000, 5_000_000, Fate::Done),
            sample(2_999_999, 3, Fate::Refused),
            sample(3_000_000, 1, Fate::Failed),
        ];

        let phase = phase(&stretch(1_000_000, 3_000_000, None), &samples, &[]);

        assert_eq!(
            phase.per_second,
            Fates {
                done: 0.5,
                refused: 0.5,
                ..Fates::default()
            }
        );
        assert!(phase.latency.max_us >= 5_000_000);
    }

    #[test]
    fn what_a_climb_did_is_not_held_against_the_server() {
        let samples = [
            sample(10, 7, Fate::Done),
            sample(110, 900, Fate::Overloaded),
        ];
        let stretches = [stretch(0, 100, None), stretch(100, 200, Some(false))];

        let figures = &requests(&stretches, &samples)[&Request::Reserve];

        assert!((figures.fates.all() - 1.0).abs() < f64::EPSILON);
        assert_eq!(figures.latency.map(|latency| latency.max_us), Some(7));
    }

    #[test]
    fn waits_for_a_ticket_are_kept_apart_from_those_for_a_refusal() {
        let samples = [
            sample(1, 900, Fate::Done),
            sample(2, 5, Fate::Refused),
            sample(3, 6, Fate::Overloaded),
            sample(4, 7_000, Fate::Failed),
        ];
        let samples: Vec<_> = samples.iter().collect();

        let figures = request_figures(&samples);
        let without_sales = request_figures(&samples[1..]);

        let longest = |latency: Option<Summary>| latency.map(|latency| latency.max_us);
        assert_eq!(longest(figures.latency), Some(900));
        assert_eq!(longest(figures.refused_latency), Some(5));
        assert_eq!(longest(figures.overloaded_latency), Some(6));
        assert_eq!(without_sales.latency, None);
        assert!(without_sales.distribution.is_empty());
    }

    #[test]
    fn cores_in_use_are_processor_time_by_time() {
        let tick = |at_us, own_s, machine_s| Tick {
            at_us,
            usage: Usage { own_s, machine_s },
        };
        let ticks = [
            tick(0, 0.0, 0.0),
            tick(1_000_000, 0.5, 2.0),
            tick(2_000_000, 1.5, 3.0),
        ];

        let whole = cores(&ticks, 0, 2_000_000);
        let second = cores(&ticks, 1_000_000, 2_000_000);

        assert!((whole.generator - 0.75).abs() < 1e-9 && (whole.machine - 1.5).abs() < 1e-9);
        assert!((second.generator - 1.0).abs() < 1e-9 && (second.machine - 1.0).abs() < 1e-9);
        assert_eq!(cores(&[], 0, 1), Cores::default());
    }

    #[test]
    fn the_course_of_a_run_has_every_request_once() {
        let samples: Vec<_> = (0..1_000)
            .map(|number| sample(number * 10_000, 100, Fate::Done))
            .collect();

        let windows = timeline(10_000_000, &samples, &[]);

        assert_eq!(windows.len(), 100);
        let all: f64 = windows
            .iter()
            .map(|window| window.per_second.done * 0.1)
            .sum();
        assert!((all - 1_000.0).abs() < 1e-6);
    }

    #[test]
    fn a_piece_of_the_course_knows_nothing_of_the_waits_before_it() {
        let samples = [
            sample(50_000, 900, Fate::Done),
            sample(150_000, 7, Fate::Done),
        ];

        let windows = timeline(200_000, &samples, &[]);

        let longest = |index: usize| windows[index].latency.map(|latency| latency.max_us);
        assert_eq!((longest(0), longest(1)), (Some(900), Some(7)));
    }
}
