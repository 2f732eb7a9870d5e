//! Seeds that have found something, run first, always.
//!
//! A seed means the same day only as long as days are drawn in the same way. Who changes
//! [`Scenario::of`](crate::scenario::Scenario::of) loses these as regressions: what they found has a
//! test of its own beside them.

/// Seeds that once broke a rule, each with what it found.
pub const PAST: [(u64, &str); 0] = [];
