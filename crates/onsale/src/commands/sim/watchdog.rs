//! Somebody with a watch of this world, who tells a day without an end.
//!
//! In a simulated day time passes only where everybody waits. What goes round without ever waiting
//! stops the day, and no time-out in it can tell.

use std::collections::BTreeMap;
use std::process::exit;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sim::fleet::Progress;

/// How long a seed may take: some ten thousand times as long as it does.
const SEED_MAX: Duration = Duration::from_mins(1);

/// How often the watch is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Who looks on.
#[derive(Clone, Default)]
pub(super) struct Watchdog(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    /// When each of the seeds that are being run began.
    began: BTreeMap<u64, Instant>,
    /// What the command line needs to plant the bug that is planted in them.
    planted: String,
}

impl Watchdog {
    /// Looks on from now on; ends the process with the seed's number if one does not end.
    pub(super) fn start() -> Self {
        let dog = Self::default();
        let own = dog.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(LOOK_EVERY);
                if let Some(seed) = own.overdue(Instant::now()) {
                    own.bark(seed);
                }
            }
        });
        dog
    }

    /// Remembers which bug is planted from here on.
    pub(super) fn plants(&self, planted: String) {
        self.notes().planted = planted;
    }

    /// Hears how far a seed is.
    pub(super) fn hear(&self, progress: Progress) {
        let began = &mut self.notes().began;
        match progress {
            Progress::Begins(seed) => began.insert(seed, Instant::now()),
            Progress::Ends(seed) => began.remove(&seed),
        };
    }

    /// The first seed that has taken too long.
    fn overdue(&self, now: Instant) -> Option<u64> {
        let notes = self.notes();
        let mut began = notes.began.iter();
        let late = began.find(|(_, began)| now.saturating_duration_since(**began) > SEED_MAX);
        late.map(|(seed, _)| *seed)
    }

    fn bark(&self, seed: u64) -> ! {
        let (secs, planted) = (SEED_MAX.as_secs(), &self.notes().planted);
        println!(
            "\nseed {seed} has not ended after {secs} s: something goes round without ever waiting"
        );
        println!("to replay it:        onsale sim --seed {seed}{planted}");
        exit(1)
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_that_does_not_end_is_told_and_one_that_has_ended_is_not() {
        let dog = Watchdog::default();
        for seed in 1..=3 {
            dog.hear(Progress::Begins(seed));
        }
        let began = Instant::now();
        dog.hear(Progress::Ends(1));
        assert_eq!(dog.overdue(began), None);
        assert_eq!(dog.overdue(began + SEED_MAX * 2), Some(2));
    }
}
