//! What the answers were.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::latency::Latencies;
use crate::scenario::Request;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was done, and the answer says so.
    Done,
    /// It was refused as the contract foresees: sold out, or the hold has ended.
    Refused,
    /// It was refused because of load, and nothing was done.
    Overloaded,
    /// Any other answer, a wrong one, or none.
    Failed,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// When its buyer wanted to send it, from the beginning of the run, in microseconds.
    pub(crate) at_us: u64,
    /// From then to the answer, in microseconds.
    pub(crate) wait_us: u32,
    pub(crate) request: Request,
    pub(crate) fate: Fate,
}

/// What several connections saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) samples: Vec<Sample>,
    /// Failures and refusals for load, by what they say.
    pub(crate) errors: BTreeMap<String, u64>,
    /// Reads that came from a cache, and reads that did not.
    pub(crate) cache_hits: u64,
    pub(crate) cache_misses: u64,
    /// Reservations that were acknowledged.
    pub(crate) reserved: u64,
    /// Reservations that may have been made: their buyers have no answer that says so.
    pub(crate) unknown: u64,
    /// Payments that were acknowledged.
    pub(crate) paid: u64,
    /// Payments that may have been made: their answers do not say.
    pub(crate) maybe_paid: u64,
    /// How late the generator itself was where a connection was free.
    pub(crate) late: Latencies,
    /// Arrivals that found no connection free.
    pub(crate) held_back: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.samples.extend(other.samples);
        for (error, times) in other.errors {
            *self.errors.entry(error).or_default() += times;
        }
        self.cache_hits += other.cache_hits;
        self.cache_misses += other.cache_misses;
        self.reserved += other.reserved;
        self.unknown += other.unknown;
        self.paid += other.paid;
        self.maybe_paid += other.maybe_paid;
        self.late.add(&other.late);
        self.held_back += other.held_back;
    }

    pub(super) fn note_cache(&mut self, hit: Option<bool>) {
        match hit {
            Some(true) => self.cache_hits += 1,
            Some(false) => self.cache_misses += 1,
            None => {}
        }
    }

    pub(super) fn note_late(&mut self, by: Option<Duration>) {
        match by {
            Some(late) => self.late.record(late),
            None => self.held_back += 1,
        }
    }
}
