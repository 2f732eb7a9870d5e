//! What happened when: answers and failures in tenths of a second, and how long nobody was served.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use load::plot::{Axis, Chart, Line, Mark};

use crate::rush::{Attempt, Seen};

/// How long one column of the timeline is.
const BIN: Duration = Duration::from_millis(100);

/// Columns in one printed row.
const BINS_PER_ROW: usize = 10;

/// The longest legend that fits a drawing, in bytes; longer ones are left to the table.
const LEGEND_LEN_MAX: usize = 150;

/// Something that was done to the estate, and when.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: Duration,
    pub(crate) what: String,
}

/// One tenth of a second.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Bin {
    reserved: u32,
    /// Pages, and reservations that were given back.
    others: u32,
    failed: u32,
}

/// See the module.
pub(crate) struct Timeline {
    /// In the order of their times.
    attempts: Vec<Attempt>,
    events: Vec<Event>,
}

/// A span in which nobody was told that tickets are hers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gap {
    pub(crate) from: Duration,
    pub(crate) length: Duration,
}

impl Timeline {
    pub(crate) fn new(mut attempts: Vec<Attempt>, events: Vec<Event>) -> Self {
        attempts.sort_by_key(|attempt| attempt.at);
        Self { attempts, events }
    }

    /// The same with nothing marked, where there would be too many marks to read.
    pub(crate) fn without_events(mut self) -> Self {
        self.events.clear();
        self
    }

    fn reserved(&self) -> impl Iterator<Item = Duration> {
        let reserved = self.attempts.iter().filter(|a| a.seen == Seen::Reserved);
        reserved.map(|attempt| attempt.at)
    }

    /// The first reservation after `from`.
    pub(crate) fn first_reserved_after(&self, from: Duration) -> Option<Duration> {
        self.reserved().find(|at| *at >= from)
    }

    /// The first failure after `from`.
    pub(crate) fn first_failed_after(&self, from: Duration) -> Option<Duration> {
        let failed =
            |attempt: &&Attempt| attempt.at >= from && matches!(attempt.seen, Seen::Failed(_));
        self.attempts.iter().find(failed).map(|attempt| attempt.at)
    }

    /// The longest span without a reservation between `from` and `to`.
    pub(crate) fn longest_gap(&self, from: Duration, to: Duration) -> Gap {
        let within = self.reserved().filter(|at| (from..to).contains(at));
        let mut longest = Gap {
            from,
            length: Duration::ZERO,
        };
        let mut last = from;
        for at in within.chain([to]) {
            let length = at.saturating_sub(last);
            if length > longest.length {
                longest = Gap { from: last, length };
            }
            last = at;
        }
        longest
    }

    /// How often each failure was seen between `from` and `to`.
    pub(crate) fn failures(&self, from: Duration, to: Duration) -> BTreeMap<&str, usize> {
        let mut failures = BTreeMap::new();
        let within = |attempt: &&Attempt| (from..to).contains(&attempt.at);
        for attempt in self.attempts.iter().filter(within) {
            if let Seen::Failed(why) | Seen::Refused(why) = &attempt.seen {
                *failures.entry(why.as_str()).or_default() += 1;
            }
        }
        failures
    }

    fn bins(&self) -> Vec<Bin> {
        let mut bins: Vec<Bin> = Vec::new();
        for attempt in &self.attempts {
            let index = usize::try_from(attempt.at.as_millis() / BIN.as_millis());
            let index = index.unwrap_or(usize::MAX);
            if bins.len() <= index {
                bins.resize(index + 1, Bin::default());
            }
            let bin = &mut bins[index];
            match attempt.seen {
                Seen::Reserved => bin.reserved += 1,
                Seen::Shown | Seen::Cancelled => bin.others += 1,
                Seen::Refused(_) | Seen::Failed(_) => bin.failed += 1,
            }
        }
        bins
    }

    /// A row for each second; what was done stands where it was done.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "  second | reserved in each 100 ms                  | other | failed in each 100 ms\n",
        );
        let row = |bins: &[Bin], count: fn(&Bin) -> u32| {
            let mut row = String::new();
            for bin in bins {
                let _ = write!(row, "{:>4}", count(bin));
            }
            format!("{row:<40}")
        };
        let events: Vec<(usize, &Event)> = (1..).zip(&self.events).collect();
        for (second, bins) in self.bins().chunks(BINS_PER_ROW).enumerate() {
            let reserved = row(bins, |bin| bin.reserved);
            let others: u32 = bins.iter().map(|bin| bin.others).sum();
            let failed = if bins.iter().all(|bin| bin.failed == 0) {
                String::new()
            } else {
                row(bins, |bin| bin.failed)
            };
            let _ = writeln!(text, "  {second:>6} |{reserved} |{others:>6} |{failed}");
            for (number, event) in &events {
                if event.at.as_secs() == second as u64 {
                    let at = event.at.as_secs_f64();
                    let _ = writeln!(text, "     {number:>3} | {at:.2} s: {}", event.what);
                }
            }
        }
        text
    }

    /// The same as a drawing. What was done has numbers there: its words would cover each other.
    pub(crate) fn svg(&self, name: &str, says: &str) -> String {
        let numbered = || (1..).zip(&self.events);
        let legend: Vec<String> = numbered()
            .map(|(number, event)| format!("{number} {}", event.what))
            .collect();
        let legend = legend.join(" · ");
        let bins = self.bins();
        let line = |name: &str, count: fn(&Bin) -> u32| {
            let points = bins.iter().enumerate();
            let points = points.map(|(index, bin)| {
                let at = (index as f64 + 0.5) * BIN.as_secs_f64();
                (at, f64::from(count(bin)))
            });
            Line::new(name, points.collect())
        };
        let marks = numbered();
        let chart = Chart {
            title: format!("{name}: {says}"),
            subtitle: if legend.len() > LEGEND_LEN_MAX {
                String::new()
            } else {
                legend
            },
            x: Axis::linear("seconds since the doors opened"),
            y: Axis::linear("in each tenth of a second"),
            lines: vec![
                line("reserved", |bin| bin.reserved),
                line("failed", |bin| bin.failed),
            ],
            marks: marks
                .map(|(number, event)| Mark::new(event.at.as_secs_f64(), &number.to_string()))
                .collect(),
        };
        chart.svg()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn timeline(attempts: &[(u64, Seen)]) -> Timeline {
        let attempts = attempts.iter().map(|(at, seen)| Attempt {
            at: millis(*at),
            seen: seen.clone(),
        });
        Timeline::new(attempts.collect(), Vec::new())
    }

    #[test]
    fn a_gap_ends_with_a_reservation_and_not_with_a_page_or_a_failure() {
        let failed = Seen::Failed("503".to_owned());
        let timeline = timeline(&[
            (900, Seen::Reserved),
            (100, Seen::Reserved),
            (250, Seen::Shown),
            (400, failed),
        ]);
        let gap = timeline.longest_gap(millis(50), millis(1_000));
        assert_eq!(gap.from, millis(100));
        assert_eq!(gap.length, millis(800));
        assert_eq!(timeline.first_failed_after(millis(100)), Some(millis(400)));
        assert_eq!(
            timeline.first_reserved_after(millis(400)),
            Some(millis(900))
        );
    }

    #[test]
    fn a_rush_that_never_recovers_is_a_gap_to_its_end() {
        let timeline = timeline(&[(100, Seen::Reserved)]);
        let gap = timeline.longest_gap(millis(150), millis(1_000));
        assert_eq!((gap.from, gap.length), (millis(150), millis(850)));
    }

    #[test]
    fn each_tenth_of_a_second_has_its_own_count() {
        let timeline = timeline(&[
            (99, Seen::Reserved),
            (100, Seen::Reserved),
            (1_150, Seen::Failed("503".to_owned())),
        ]);
        let bins = timeline.bins();
        assert_eq!(bins.len(), 12);
        assert_eq!(
            (bins[0].reserved, bins[1].reserved, bins[11].failed),
            (1, 1, 1)
        );
        let table = timeline.table();
        let last = table.lines().last().map(str::trim).unwrap_or_default();
        assert!(last.starts_with("1 |   0   0 "), "{table}");
        assert!(last.ends_with("|   0   1"), "{table}");
    }
}
