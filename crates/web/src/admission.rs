//! How many reservations this node takes on a second: the generic cell rate algorithm, one number for
//! everybody.
//!
//! ITU-T I.371, annex A, as for a single client. A machine that sells with all its strength has none left
//! to turn people away with, and then requests wait unread. Whoever states what a node carries has the
//! rest refused before it is read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use metrics::{Counter, counter};

use crate::errors::Code;
use crate::limits::ServerLimits;

/// Lets in as many as were stated.
pub(crate) struct Admission {
    /// How far one who is let in moves the time of the next on, in nanoseconds; 0: there is no limit.
    interval: u64,
    /// How far ahead of the clock that time may be, in nanoseconds.
    tolerance: u64,
    opened_at: Instant,
    /// The time of the next, in nanoseconds since `opened_at`.
    next: AtomicU64,
    refused: Counter,
}

impl Admission {
    pub(crate) fn new(limits: &ServerLimits) -> Self {
        let per_sec = u64::from(limits.node_reservations_per_sec);
        let interval = 1_000_000_000_u64.checked_div(per_sec).unwrap_or(0);
        let burst = u64::from(limits.node_burst_reservations);
        Self {
            interval,
            tolerance: interval * burst.saturating_sub(1),
            opened_at: Instant::now(),
            next: AtomicU64::new(0),
            // Turned away is turned away, whether at the door or from a full queue.
            refused: counter!("onsale_shed_total"),
        }
    }

    /// Lets a reservation in, or says why not.
    pub(crate) fn admit(&self) -> Result<(), Code> {
        if self.interval == 0 {
            return Ok(());
        }
        let now = u64::try_from(self.opened_at.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if self.admits(now) {
            Ok(())
        } else {
            self.refused.increment(1);
            Err(Code::Overloaded)
        }
    }

    fn admits(&self, now: u64) -> bool {
        let moved = |next: u64| {
            (next <= now.saturating_add(self.tolerance)).then(|| next.max(now) + self.interval)
        };
        let (set, read) = (Ordering::Relaxed, Ordering::Relaxed);
        self.next.fetch_update(set, read, moved).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn admission(per_sec: u32, burst: u32) -> Admission {
        Admission::new(&ServerLimits {
            node_reservations_per_sec: per_sec,
            node_burst_reservations: burst,
            ..ServerLimits::default()
        })
    }

    fn admitted(admission: &Admission, times: impl Iterator<Item = u64>) -> usize {
        times.filter(|now| admission.admits(*now)).count()
    }

    #[test]
    fn after_a_rest_the_burst_is_let_in_and_then_so_many_a_second() {
        let admission = admission(10, 3);

        assert_eq!(admitted(&admission, std::iter::repeat_n(SECOND, 9)), 3);
        // A hundred a second come for ten seconds, the first and the last instant included.
        let coming = (0..=1_000).map(|number| SECOND + number * SECOND / 100);
        assert_eq!(admitted(&admission, coming), 100);
        // Nobody came for a minute: the burst again, and no more.
        assert_eq!(admitted(&admission, std::iter::repeat_n(71 * SECOND, 9)), 3);
    }

    #[test]
    fn who_comes_at_the_stated_rate_is_always_let_in() {
        let admission = admission(25_000, 1);

        let coming = (0..100_000).map(|number| number * SECOND / 25_000);
        assert_eq!(admitted(&admission, coming), 100_000);
    }

    #[test]
    fn without_a_stated_rate_everybody_is_let_in() {
        let admission = admission(0, 1);

        assert!((0..1_000).all(|_| admission.admit().is_ok()));
    }

    #[test]
    fn those_who_come_at_one_instant_share_the_burst() {
        let admission = admission(1, 100);
        let come = || admitted(&admission, std::iter::repeat_n(0, 100));

        let admitted: usize = std::thread::scope(|scope| {
            let all = [scope.spawn(come), scope.spawn(come), scope.spawn(come)];
            all.map(|one| one.join().expect("a thread")).iter().sum()
        });
        assert_eq!(admitted, 100);
    }
}
