//! When each arrival comes, fixed before the first one does.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::Phase;

/// How fast arrivals come in one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    /// How long it lasts, in seconds.
    pub(crate) seconds: f64,
    /// Arrivals a second at its beginning.
    pub(crate) from: f64,
    /// Arrivals a second at its end.
    pub(crate) to: f64,
    /// Arrivals at its first instant, beside those.
    pub(crate) burst: u32,
}

impl Pace {
    /// The pace of a phase that is no climb, where `carried` is known already if it needs it.
    pub(crate) fn of(phase: &Phase, carried: Option<f64>) -> Self {
        let multiple = phase.times_carried.zip(carried);
        let from = phase
            .rate
            .or(multiple.map(|(times, carried)| times * carried));
        let from = from.unwrap_or(0.0);
        Self {
            seconds: phase.seconds,
            from,
            to: phase.to.unwrap_or(from),
            burst: phase.burst.unwrap_or(0),
        }
    }

    /// Arrivals that are to be expected from its beginning to this second of it.
    fn until(&self, second: f64) -> f64 {
        let slope = (self.to - self.from) / self.seconds;
        self.from * second + slope * second * second / 2.0
    }

    /// The second by which so many arrivals are to be expected.
    fn when(&self, arrivals: f64) -> f64 {
        let slope = (self.to - self.from) / self.seconds;
        let root = (self.from * self.from + 2.0 * slope * arrivals)
            .max(0.0)
            .sqrt();
        // The other form of the solution: it does not divide by a slope that may be zero.
        2.0 * arrivals / (self.from + root)
    }
}

/// The instants of arrivals, in microseconds from the beginning, ascending.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) arrivals_us: Vec<u64>,
    pub(crate) length_us: u64,
}

impl Schedule {
    /// Draws arrivals of a Poisson process: each comes without regard to the others, as people do.
    pub(crate) fn draw(paces: &[Pace], seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut arrivals_us = Vec::new();
        let mut began = 0.0;
        for pace in paces {
            let burst = std::iter::repeat_n(micros(began), pace.burst as usize);
            arrivals_us.extend(burst);
            let all = pace.until(pace.seconds);
            let mut expected = gap(&mut random);
            while expected < all {
                arrivals_us.push(micros(began + pace.when(expected)));
                expected += gap(&mut random);
            }
            began += pace.seconds;
        }
        Self {
            arrivals_us,
            length_us: micros(began),
        }
    }
}

/// From one arrival to the next, in mean gaps: exponentially distributed.
fn gap(random: &mut StdRng) -> f64 {
    -(1.0 - random.random::<f64>()).ln()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Hours, and never negative.
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(seconds: f64, from: f64, to: f64) -> Pace {
        Pace {
            seconds,
            from,
            to,
            burst: 0,
        }
    }

    fn between(schedule: &Schedule, from_s: u64, to_s: u64) -> usize {
        let seconds = from_s * 1_000_000..to_s * 1_000_000;
        let arrivals = schedule.arrivals_us.iter();
        arrivals.filter(|at| seconds.contains(at)).count()
    }

    #[test]
    fn as_many_come_as_the_rates_say() {
        let schedule = Schedule::draw(&[pace(10.0, 100.0, 100.0), pace(10.0, 5_000.0, 1_000.0)], 1);

        // Within four standard deviations of a Poisson distribution.
        assert!((880..=1_120).contains(&between(&schedule, 0, 10)));
        assert!((29_300..=30_700).contains(&between(&schedule, 10, 20)));
        assert!((4_600..=5_000).contains(&between(&schedule, 10, 11)));
        assert!((1_030..=1_370).contains(&between(&schedule, 19, 20)));
        assert!(schedule.arrivals_us.is_sorted());
        assert_eq!(schedule.length_us, 20_000_000);
    }

    #[test]
    fn a_burst_comes_at_one_instant() {
        let mut burst = pace(1.0, 0.0, 0.0);
        burst.burst = 1_000;

        let schedule = Schedule::draw(&[pace(2.0, 0.0, 0.0), burst], 1);

        assert_eq!(schedule.arrivals_us, vec![2_000_000; 1_000]);
    }

    #[test]
    fn the_same_seed_draws_the_same_arrivals() {
        let draw = |seed| Schedule::draw(&[pace(1.0, 50.0, 50.0)], seed).arrivals_us;

        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
