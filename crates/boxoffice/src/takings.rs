//! What a sale has taken, added up from its reservations, and how seldom that is done.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, Version};
use crate::money::Money;
use crate::time::Timestamp;

/// The last seconds, in which reservations are counted.
pub const LATELY_SECS: u32 = 5;

/// Adding up rests this many times as long as it took, so that it never costs more than a twentieth
/// of a core, however many reservations there are.
const RESTS: i64 = 20;

/// Sums that are remembered. Beyond it the oldest goes, and is added up anew when it is asked for.
const SUMS_MAX: usize = 256;

/// How a sale goes, for who watches it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Takings {
    /// What the reservations CONFIRMED cost, at the prices of when they were made.
    pub amount: Money,
    /// Reservations that were made in the last [`LATELY_SECS`].
    pub lately: u64,
}

/// What an event's reservations came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sum {
    pub(crate) amount: Money,
    /// The version that it was added up at, or after.
    pub(crate) version: Version,
    /// When it was done.
    pub(crate) at: Timestamp,
    /// How long it took.
    pub(crate) took_micros: i64,
}

/// The sums that are known.
#[derive(Debug, Default)]
pub(crate) struct Sums(Mutex<HashMap<EventId, Sum>>);

impl Sums {
    /// What an event has taken, unless that should be added up now: nothing has changed since, or
    /// adding up still rests.
    pub(crate) fn known(&self, event: EventId, version: Version, now: Timestamp) -> Option<Money> {
        let sums = self.lock();
        let sum = sums.get(&event)?;
        let rests = now.as_micros() - sum.at.as_micros() < sum.took_micros.saturating_mul(RESTS);
        (sum.version == version || rests).then_some(sum.amount)
    }

    /// Remembers a sum.
    pub(crate) fn keep(&self, event: EventId, sum: Sum) {
        let mut sums = self.lock();
        if sums.len() >= SUMS_MAX && !sums.contains_key(&event) {
            let oldest = sums.iter().min_by_key(|(_, sum)| sum.at);
            if let Some(oldest) = oldest.map(|(event, _)| *event) {
                sums.remove(&oldest);
            }
        }
        sums.insert(event, sum);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EventId, Sum>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: EventId = EventId(7);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    fn sum(version: i64, took_millis: i64) -> Sum {
        Sum {
            amount: Money(900),
            version: Version(version),
            at: at(1_000),
            took_micros: took_millis * 1_000,
        }
    }

    #[test]
    fn what_has_not_changed_is_not_added_up_again() {
        let sums = Sums::default();
        sums.keep(EVENT, sum(3, 1));
        let known = |version| sums.known(EVENT, Version(version), at(1_000_000));
        assert_eq!((known(3), known(4)), (Some(Money(900)), None));
        assert_eq!(sums.known(EventId(8), Version(3), at(1_000)), None);
    }

    #[test]
    fn a_long_list_is_added_up_a_twentieth_of_the_time() {
        let sums = Sums::default();
        sums.keep(EVENT, sum(3, 100));
        let known = |millis| sums.known(EVENT, Version(4), at(millis));
        assert_eq!((known(2_999), known(3_000)), (Some(Money(900)), None));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let sums = Sums::default();
        for event in 0..10 * i64::try_from(SUMS_MAX).expect("small") {
            let at = at(event);
            sums.keep(EventId(event), Sum { at, ..sum(1, 0) });
            assert!(sums.known(EventId(event), Version(1), at).is_some());
        }
        assert_eq!(sums.lock().len(), SUMS_MAX);
    }
}
