//! Many seeds, on as many threads as there are cores; each seed is a world of its own.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::census::Census;
use crate::planted::Mistake;
use crate::run::{Run, run};
use crate::scenario::Scenario;
use crate::world::lock;

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Seeds that were run.
    pub seeds: u64,
    /// Requests that clients made before the last fault, in all of them.
    pub commands: u64,
    /// Requests that were made after it, to see whether everybody is served.
    pub probes: u64,
    /// What happened in all of them, counted.
    pub census: Census,
    /// The first seed that broke a rule, with what it broke.
    pub failed: Option<Run>,
}

/// How far a seed is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Its day begins.
    Begins(u64),
    /// Its day and its audit are over.
    Ends(u64),
}

/// Runs these seeds in order, and stops once one breaks a rule; `progress` hears of every seed.
///
/// The seed that is told is the first one of those that break a rule, on however many threads.
pub fn run_all(
    seeds: Range<u64>,
    threads: usize,
    mistake: Option<Mistake>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Tally {
    let begun = AtomicU64::new(0);
    let first_failed = AtomicU64::new(u64::MAX);
    let tally = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let begun = begun.fetch_add(1, Ordering::Relaxed);
                    let seed = seeds.start.checked_add(begun);
                    let Some(seed) = seed.filter(|seed| *seed < seeds.end) else {
                        break;
                    };
                    if seed > first_failed.load(Ordering::Relaxed) {
                        break;
                    }
                    progress(Progress::Begins(seed));
                    let run = run(&Scenario::of(seed), mistake, false);
                    progress(Progress::Ends(seed));
                    let mut tally = lock(&tally);
                    tally.seeds += 1;
                    tally.commands += u64::from(run.commands);
                    tally.probes += u64::from(run.probes);
                    tally.census += &run.census;
                    if !run.violations.is_empty() {
                        first_failed.fetch_min(seed, Ordering::Relaxed);
                        let known = tally.failed.as_ref().map(|known| known.seed);
                        if known.is_none_or(|known| seed < known) {
                            tally.failed = Some(run);
                        }
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap_or_default()
}
