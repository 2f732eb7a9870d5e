//! How a server bears more than it carries, and how soon it is itself again.

use super::{PhaseFigures, Run, Window};
use crate::scenario::{Phase, Scenario};

impl Run {
    /// How long after its last phase began nobody was turned away any more and 99 of 100 were done
    /// within so many milliseconds, in seconds; `None`: it had not come to that by the end.
    ///
    /// A sync of the disk that makes people wait some seconds later is no part of it: there are
    /// such before an overload as well.
    pub fn recovery_secs(&self, p99_ms: f64) -> Option<f64> {
        let calm = self.phases.last()?;
        let windows = self.timeline.iter();
        let after = windows.filter(|window| window.at_s >= calm.began_s);
        // From the end backwards: as long as nobody was turned away.
        let lets_in: Vec<_> = after
            .rev()
            .take_while(|window| !turns_away(window))
            .collect();
        let is_in_time = |window: &&&Window| {
            let latency = window.latency;
            latency.is_some_and(|latency| latency.p99_us as f64 <= p99_ms * 1e3)
        };
        let first = lets_in.iter().rev().find(is_in_time)?;
        Some(first.at_s - calm.began_s)
    }

    /// The same for the scenario's last phase, if that comes after more than the server carries;
    /// in time is what its climb calls so.
    pub(super) fn recovery_secs_of(&self, scenario: &Scenario) -> Option<f64> {
        let climb = scenario.phases.iter().find_map(|phase| phase.climb)?;
        self.recovery_secs(climb.p99_ms)
    }

    /// Of a hundred that were done a second at what the server carries, how many are done when more
    /// come; where several phases bring more, in the worst of them.
    pub(super) fn sold_percent(&self, scenario: &Scenario) -> Option<f64> {
        let at = self.done_per_second(scenario, |times| (times - 1.0).abs() < f64::EPSILON);
        let beyond = self.done_per_second(scenario, |times| times > 1.0);
        let at = at.into_iter().reduce(f64::max).filter(|done| *done > 0.0)?;
        Some(beyond.into_iter().reduce(f64::min)? / at * 100.0)
    }

    /// Of each phase that brings so many times what is carried.
    fn done_per_second(&self, scenario: &Scenario, brings: fn(f64) -> bool) -> Vec<f64> {
        let planned = scenario.phases.iter().filter(|phase| phase.climb.is_none());
        let measured = self
            .phases
            .iter()
            .filter(|phase| phase.is_carried.is_none());
        let brings = |(phase, _): &(&Phase, &PhaseFigures)| phase.times_carried.is_some_and(brings);
        let phases = planned.zip(measured).filter(brings);
        phases.map(|(_, figures)| figures.per_second.done).collect()
    }
}

fn turns_away(window: &Window) -> bool {
    window.per_second.overloaded + window.per_second.failed > 0.0
}

#[cfg(test)]
mod tests {
    use super::super::{Cores, Fates};
    use super::*;
    use crate::latency::Latencies;
    use crate::open::{Fate, Sample, Stretch, Tally};
    use crate::scenario::Request;

    /// A second each of what is carried, of twice that and of half of it, with so many done and so
    /// many refused for load in each.
    fn evening(phases: [(u32, u32); 3]) -> (Scenario, Run) {
        let scenario = Scenario::find("overload").unwrap();
        let (mut samples, mut stretches) = (Vec::new(), Vec::new());
        for (second, (done, overloaded)) in (0..).zip(phases) {
            let began_us = second * 1_000_000;
            stretches.push(Stretch {
                name: String::new(),
                rate: None,
                began_us,
                ended_us: began_us + 1_000_000,
                rung: None,
            });
            let fates = [(done, Fate::Done), (overloaded, Fate::Overloaded)];
            for (count, fate) in fates {
                samples.extend((0..count).map(|number| Sample {
                    at_us: began_us + u64::from(number) * 1_000,
                    wait_us: 50,
                    request: Request::Reserve,
                    fate,
                }));
            }
        }
        let tally = Tally {
            samples,
            ..Tally::default()
        };
        let run = Run::of(&scenario, 1, &stretches, None, &tally, &[], Vec::new());
        (scenario, run)
    }

    fn limit(run: &Run, what: &str) -> (Option<f64>, bool) {
        let mut limits = run.limits.iter();
        let limit = limits.find(|limit| limit.what.contains(what)).unwrap();
        (limit.measured.map(f64::round), limit.is_met)
    }

    #[test]
    fn a_server_has_to_go_on_selling_when_more_come_than_it_carries() {
        let (_, goes_on) = evening([(900, 0), (600, 900), (450, 0)]);
        let (_, collapses) = evening([(900, 0), (9, 900), (450, 0)]);
        let (_, carries_nothing) = evening([(0, 0), (0, 0), (0, 0)]);

        assert_eq!(limit(&goes_on, "sold"), (Some(67.0), true));
        assert_eq!(limit(&collapses, "sold"), (Some(1.0), false));
        assert_eq!(limit(&carries_nothing, "sold"), (None, false));
    }

    #[test]
    fn a_server_has_recovered_when_nobody_is_refused_any_more() {
        let (_, at_once) = evening([(900, 0), (600, 900), (450, 0)]);
        let (_, soon) = evening([(900, 0), (600, 900), (999, 150)]);
        let (_, never) = evening([(900, 0), (600, 900), (999, 999)]);
        let (_, carries_nothing) = evening([(0, 0), (0, 0), (0, 0)]);

        assert_eq!(limit(&at_once, "served again"), (Some(0.0), true));
        assert!((soon.recovery_secs(100.0).unwrap() - 0.2).abs() < 1e-9);
        assert_eq!(limit(&never, "served again"), (None, false));
        assert_eq!(limit(&carries_nothing, "served again"), (None, false));
    }

    #[test]
    fn a_server_has_not_recovered_while_its_buyers_wait_too_long() {
        let (_, mut run) = evening([(900, 0), (600, 900), (450, 0)]);
        let mut slow = Latencies::new();
        slow.record_us(100_001);
        for window in &mut run.timeline {
            window.latency = slow.summary_of_any();
            window.per_second = Fates::default();
            window.cores = Cores::default();
        }

        assert_eq!(run.recovery_secs(100.0), None);
        assert!(run.recovery_secs(101.0).is_some());
    }
}
