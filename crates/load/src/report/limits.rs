//! What the scenario states, held against what was measured.

use super::{Limit, Run};
use crate::open::{Fate, Sample, Tally};
use crate::scenario::{Request, Scenario};

impl Run {
    pub(super) fn judge(&self, scenario: &Scenario, tally: &Tally) -> Vec<Limit> {
        let limits = &scenario.limits;
        let mut all = self.judge_ends(scenario, tally);
        all.extend(self.judge_waits(scenario));
        if let Some(min) = limits.cache_hits_percent_min {
            all.push(at_least("cache hits, %", min, self.cache_hits_percent));
        }
        if let Some(min) = limits.sold_percent_min {
            let what = "sold when more come than are carried, % of what is sold otherwise,";
            all.push(at_least(what, min, self.sold_percent(scenario)));
        }
        if let Some(max) = limits.recovery_secs_max {
            let what = "until all were served again, s";
            all.push(at_most(what, max, self.recovery_secs_of(scenario)));
        }
        all
    }

    /// What became of requests.
    fn judge_ends(&self, scenario: &Scenario, tally: &Tally) -> Vec<Limit> {
        let limits = &scenario.limits;
        let mut all = Vec::new();
        // Who asks nothing hears no error, and that proves nothing.
        let of_any = |count: f64| (!self.requests.is_empty()).then_some(count);
        if let Some(max) = limits.errors_max {
            all.push(at_most("errors", max as f64, of_any(self.failed as f64)));
        }
        if let Some(max) = limits.overloaded_max {
            let refused = self.requests.values().map(|r| r.fates.overloaded).sum();
            let what = "refusals because of load";
            all.push(at_most(what, max as f64, of_any(refused)));
        }
        if limits.sells_out {
            all.push(sells_out(scenario, tally));
        }
        all
    }

    /// How long they took. What nobody waited for was not measured.
    fn judge_waits(&self, scenario: &Scenario) -> Vec<Limit> {
        let limits = &scenario.limits;
        let ms = |wait_us: u64| wait_us as f64 / 1e3;
        let mut all = Vec::new();
        for (request, max) in &limits.p99_ms {
            let latency = self.requests.get(request).and_then(|r| r.latency);
            let what = format!("p99 of {}, ms", request.name());
            all.push(at_most(&what, *max, latency.map(|waits| ms(waits.p99_us))));
        }
        if let Some(max) = limits.longest_ms {
            let answers = self
                .requests
                .values()
                .flat_map(|r| [r.latency, r.refused_latency, r.overloaded_latency]);
            let longest = answers.flatten().map(|waits| waits.max_us).max();
            all.push(at_most("longest wait, ms", max, longest.map(ms)));
        }
        if let Some(max) = limits.overloaded_p50_ms {
            let waits = self.requests.values().filter_map(|r| r.overloaded_latency);
            let longest = waits.map(|latency| latency.p50_us).max();
            let what = "median wait of who was refused for load, ms";
            all.push(at_most(what, max, longest.map(ms)));
        }
        all
    }
}

/// Everything is sold if demand was larger, and all of the demand is served otherwise.
fn sells_out(scenario: &Scenario, tally: &Tally) -> Limit {
    let tickets = u64::from(scenario.sale.events) * u64::from(scenario.sale.tickets);
    let is_wanted =
        |sample: &&Sample| sample.request == Request::Reserve && sample.fate != Fate::Failed;
    let wanted = tally.samples.iter().filter(is_wanted).count() as u64;
    let bound = tickets.min(wanted) as f64;
    let sold = (wanted > 0).then_some(tally.reserved as f64);
    Limit {
        what: "tickets sold, exactly".to_owned(),
        bound,
        measured: sold,
        is_met: sold.is_some_and(|sold| (sold - bound).abs() < f64::EPSILON),
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

fn at_least(what: &str, bound: f64, measured: Option<f64>) -> Limit {
    Limit {
        what: format!("{what} at least"),
        bound,
        measured,
        is_met: measured.is_some_and(|measured| measured >= bound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::Stretch;

    #[test]
    fn a_limit_that_was_not_measured_is_not_met() {
        assert!(at_most("", 5.0, Some(5.0)).is_met);
        assert!(!at_most("", 5.0, Some(5.1)).is_met);
        assert!(!at_most("", 5.0, None).is_met);
    }

    /// Reservations with these waits, in microseconds, and ends.
    fn tally(reservations: &[(u32, Fate)]) -> Tally {
        let sample = |(wait_us, fate): &(u32, Fate)| Sample {
            at_us: 0,
            wait_us: *wait_us,
            request: Request::Reserve,
            fate: *fate,
        };
        Tally {
            reserved: reservations.iter().filter(|r| r.1 == Fate::Done).count() as u64,
            samples: reservations.iter().map(sample).collect(),
            ..Tally::default()
        }
    }

    /// Which of these limits are not met.
    fn missed(limits: &str, tally: &Tally) -> Vec<String> {
        let mut scenario = Scenario::find("contest").unwrap();
        scenario.limits = toml::from_str(limits).unwrap();
        let stretch = Stretch {
            name: "now".to_owned(),
            rate: None,
            began_us: 0,
            ended_us: 1_000_000,
            rung: None,
        };
        let run = Run::of(&scenario, 1, &[stretch], None, tally, &[], Vec::new());
        let missed = run.limits.into_iter().filter(|limit| !limit.is_met);
        missed.map(|limit| limit.what).collect()
    }

    #[test]
    fn fast_refusals_do_not_hide_how_long_a_ticket_takes() {
        let mut reservations = vec![(500_000, Fate::Done); 5];
        reservations.extend([(1_000, Fate::Refused); 995]);

        let slow_sales = missed("p99_ms = { reserve = 100 }", &tally(&reservations));

        assert_eq!(slow_sales, ["p99 of reserve, ms"]);
    }

    #[test]
    fn what_nobody_waited_for_is_no_success() {
        let limits = "p99_ms = { reserve = 100 }";
        assert_eq!(missed(limits, &tally(&[(9, Fate::Overloaded)])).len(), 1);
        assert_eq!(missed(limits, &tally(&[(9, Fate::Failed)])).len(), 1);
        assert_eq!(missed(limits, &tally(&[(9, Fate::Done)])).len(), 0);

        let of_all = "errors_max = 0\noverloaded_max = 0\nlongest_ms = 5\nsells_out = true";
        assert_eq!(missed(of_all, &tally(&[])).len(), 4);
        assert_eq!(missed(of_all, &tally(&[(9, Fate::Done)])).len(), 0);
    }

    #[test]
    fn the_longest_wait_is_that_for_any_answer() {
        for fate in [Fate::Done, Fate::Refused, Fate::Overloaded] {
            let waits = tally(&[(9_000, fate), (10, Fate::Done), (10, Fate::Refused)]);
            assert_eq!(missed("longest_ms = 8", &waits).len(), 1, "{fate:?}");
        }
    }

    #[test]
    fn selling_out_is_selling_all_tickets_or_to_all_buyers() {
        let contest = Scenario::find("contest").unwrap();
        let sold_to = |reserved, buyers| Tally {
            reserved,
            ..tally(&vec![(1, Fate::Done); buyers])
        };

        assert!(sells_out(&contest, &sold_to(100, 1_000)).is_met);
        assert!(!sells_out(&contest, &sold_to(99, 1_000)).is_met);
        assert!(!sells_out(&contest, &sold_to(101, 1_000)).is_met);
        assert!(sells_out(&contest, &sold_to(40, 40)).is_met);
    }
}
