//! What the scenario states, held against what was measured.

use super::{Limit, Run};
use crate::open::{Fate, Tally};
use crate::scenario::Scenario;

impl Run {
    pub(super) fn judge(&self, scenario: &Scenario, tally: &Tally) -> Vec<Limit> {
        let limits = &scenario.limits;
        let mut all = Vec::new();
        if let Some(max) = limits.errors_max {
            all.push(at_most("errors", max as f64, Some(self.failed as f64)));
        }
        if let Some(max) = limits.overloaded_max {
            let refused: f64 = self.requests.values().map(|r| r.fates.overloaded).sum();
            all.push(at_most(
                "refusals because of load",
                max as f64,
                Some(refused),
            ));
        }
        for (request, max) in &limits.p99_ms {
            let figures = self.requests.get(request);
            let measured = figures.map(|figures| figures.latency.p99_us as f64 / 1e3);
            let what = format!("p99 of {}, ms", request.name());
            all.push(at_most(&what, *max, measured));
        }
        if let Some(max) = limits.longest_ms {
            let waits = self.requests.values().map(|figures| figures.latency.max_us);
            let measured = waits.max().map(|longest| longest as f64 / 1e3);
            all.push(at_most("longest wait, ms", max, measured));
        }
        if let Some(max) = limits.overloaded_p50_ms {
            let waits = self.requests.values().filter_map(|r| r.overloaded_latency);
            let measured = waits.map(|latency| latency.p50_us).max();
            let what = "median wait of who was refused for load, ms";
            all.push(at_most(what, max, measured.map(|us| us as f64 / 1e3)));
        }
        if let Some(min) = limits.cache_hits_percent_min {
            let measured = self.cache_hits_percent;
            all.push(Limit {
                what: "cache hits, % at least".to_owned(),
                bound: min,
                measured,
                is_met: measured.is_some_and(|hits| hits >= min),
            });
        }
        if limits.sells_out {
            all.push(sells_out(scenario, tally));
        }
        all
    }
}

/// Everything is sold if demand was larger, and all of the demand is served otherwise.
fn sells_out(scenario: &Scenario, tally: &Tally) -> Limit {
    let tickets = u64::from(scenario.sale.events) * u64::from(scenario.sale.tickets);
    let wanted = tally.samples.len() as u64 - super::figures::count(&tally.samples, Fate::Failed);
    let bound = tickets.min(wanted) as f64;
    let sold = tally.reserved as f64;
    Limit {
        what: "tickets sold, exactly".to_owned(),
        bound,
        measured: Some(sold),
        is_met: (sold - bound).abs() < f64::EPSILON,
    }
}

fn at_most(what: &str, bound: f64, measured: Option<f64>) -> Limit {
    Limit {
        what: what.to_owned(),
        bound,
        measured,
        is_met: measured.is_some_and(|measured| measured <= bound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_was_not_measured_is_not_met() {
        assert!(at_most("", 5.0, Some(5.0)).is_met);
        assert!(!at_most("", 5.0, Some(5.1)).is_met);
        assert!(!at_most("", 5.0, None).is_met);
    }

    #[test]
    fn selling_out_is_selling_all_tickets_or_to_all_buyers() {
        let contest = Scenario::find("contest").unwrap();
        let tally = |reserved, requests| Tally {
            reserved,
            samples: vec![
                crate::open::Sample {
                    at_us: 0,
                    wait_us: 1,
                    request: crate::scenario::Request::Reserve,
                    fate: Fate::Done,
                };
                requests
            ],
            ..Tally::default()
        };

        assert!(sells_out(&contest, &tally(100, 1_000)).is_met);
        assert!(!sells_out(&contest, &tally(99, 1_000)).is_met);
        assert!(!sells_out(&contest, &tally(101, 1_000)).is_met);
        assert!(sells_out(&contest, &tally(40, 40)).is_met);
    }
}
