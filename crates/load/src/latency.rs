//! How long answers took.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Waits of many requests, in microseconds, to three digits.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// The longest wait told apart from longer ones, in seconds.
    const WAIT_SECS_MAX: u64 = 600;

    /// An empty record.
    pub fn new() -> Self {
        let histogram = Histogram::new_with_max(Self::WAIT_SECS_MAX * 1_000_000, 3);
        Self(histogram.expect("bounds and digits are constants that the histogram accepts"))
    }

    /// Adds one answer.
    pub fn record(&mut self, wait: Duration) {
        self.0
            .saturating_record(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds one answer, in microseconds.
    pub fn record_us(&mut self, wait_us: u64) {
        self.0.saturating_record(wait_us);
    }

    /// Forgets everything, the shortest and the longest included.
    pub fn clear(&mut self) {
        self.0.reset();
    }

    /// How long a part of all answers took at most, each part with its wait in microseconds: close
    /// together where waits are long and answers few.
    pub fn distribution(&self) -> Vec<(f64, u64)> {
        // Between two nines, as many parts as make a smooth line.
        const PARTS: u32 = 10;
        if self.0.is_empty() {
            return Vec::new();
        }
        let nines_max = (self.count() as f64).log10();
        let steps = (0..).map(|step| f64::from(step) / f64::from(PARTS));
        let quantiles = steps
            .take_while(|nines| *nines <= nines_max)
            .map(|nines| 1.0 - 10_f64.powf(-nines));
        quantiles
            .map(|quantile| (quantile, self.0.value_at_quantile(quantile)))
            .collect()
    }

    /// Adds what another record holds.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same bounds");
    }

    /// How many answers were recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The figures to print, if there are any.
    pub fn summary_of_any(&self) -> Option<Summary> {
        (self.count() > 0).then(|| self.summary())
    }

    /// The figures to print.
    pub fn summary(&self) -> Summary {
        Summary {
            min_us: self.0.min(),
            // A mean of microseconds below ten minutes is far inside what `u64` holds.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            mean_us: self.0.mean().round() as u64,
            p50_us: self.0.value_at_quantile(0.50),
            p95_us: self.0.value_at_quantile(0.95),
            p99_us: self.0.value_at_quantile(0.99),
            max_us: self.0.max(),
        }
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

/// The waits in six figures, in microseconds; all 0 when nothing was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The shortest.
    pub min_us: u64,
    /// The average.
    pub mean_us: u64,
    /// Half waited no longer.
    pub p50_us: u64,
    /// 95 of 100 waited no longer.
    pub p95_us: u64,
    /// 99 of 100 waited no longer.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl Summary {
    /// Each figure with its name, as rows of a table.
    pub fn rows(&self) -> [(&'static str, String); 6] {
        [
            ("min", millis(self.min_us)),
            ("mean", millis(self.mean_us)),
            ("p50", millis(self.p50_us)),
            ("p95", millis(self.p95_us)),
            ("p99", millis(self.p99_us)),
            ("max", millis(self.max_us)),
        ]
    }
}

/// Microseconds as milliseconds with one digit.
#[allow(clippy::cast_precision_loss)]
pub fn millis(us: u64) -> String {
    format!("{:.1} ms", us as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_all_records_together() {
        let mut fast = Latencies::new();
        let mut slow = Latencies::new();
        (1..=50).for_each(|ms| fast.record(Duration::from_millis(ms)));
        (51..=100).for_each(|ms| slow.record(Duration::from_millis(ms)));

        fast.add(&slow);

        let summary = fast.summary();
        assert_eq!(fast.count(), 100);
        assert_eq!(summary.min_us, 1_000);
        assert!((50_000..50_100).contains(&summary.p50_us), "{summary:?}");
        assert!((99_000..99_100).contains(&summary.p99_us), "{summary:?}");
    }

    #[test]
    fn nothing_recorded_is_all_zero() {
        assert_eq!(Latencies::new().summary(), Summary::default());
        assert_eq!(Latencies::new().summary_of_any(), None);
    }
}
