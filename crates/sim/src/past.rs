//! Seeds that have found something, run first, always.
//!
//! A seed means the same day only as long as days are drawn in the same way. Who changes
//! [`Scenario::of`](crate::scenario::Scenario::of) loses these as regressions: what they found has a
//! test of its own beside them.

/// Seeds that once broke a rule, each with what it found.
pub const PAST: [(u64, &str); 8] = [
    (
        3_727,
        "the auditor looked too long for an order where one group paid for a reservation and gave \
         it back",
    ),
    (
        8_740,
        "the auditor took a cancellation without a key for the one whose key was replayed",
    ),
    (
        20_689,
        "the auditor took a reservation for another request's than the one whose key was used",
    ),
    (
        37_684,
        "broke no rule any more once the auditor was mended for 20,689",
    ),
    (
        42_897,
        "the auditor looked too long for an order where a clock had stepped back and an event was \
         called off, so that all that came after was of one moment",
    ),
    (
        44_494,
        "the box office gave up a payment that was on its way, because a clock had stepped ahead, \
         and kept its money",
    ),
    (
        53_906,
        "the auditor took a refusal for older than it was, where nobody had asked anything since",
    ),
    (
        76_236,
        "broke no rule any more once the auditor was mended for 20,689",
    ),
];
