//! Every bound of the box office: its unit, its default, and what it depends on.

use std::time::Duration;

use crate::runtime::millis;

/// The box office's bounds. `Limits::default()` is what the configuration reference prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Commands that wait for one event on this node. Beyond it: `Overloaded`, at once.
    pub queue_len_max: u32,
    /// Commands in one group. Larger groups are cheaper a ticket and slower a group.
    pub batch_len_max: u32,
    /// Holds that one group ends, so that ten thousand at once do not hold up buyers.
    pub due_len_max: u32,
    /// How long a command may take from its arrival to its answer, in milliseconds.
    pub request_deadline_ms: u32,
    /// How long a group waits for the event's lease before it goes on without, in milliseconds.
    ///
    /// Must stay below `request_deadline_ms`, or a paused owner could cost a buyer her answer.
    pub lease_wait_ms_max: u32,
    /// Groups that one lease may serve while somebody else waits for none.
    pub lease_groups_max: u32,
    /// How long a refusal may be answered from memory without asking the database for its version,
    /// in milliseconds.
    pub sold_out_age_ms_max: u32,
    /// How often a group is decided again because another node was first, before `Overloaded`; and
    /// for no longer than three quarters of `request_deadline_ms`.
    ///
    /// Nodes that sell one event without leases lose most of their attempts: two in three where
    /// there are three of them, and more for whoever has just lost and has to read first. Twenty in
    /// a row came up within seconds.
    pub conflicts_max: u32,
    /// How long an event's task stays without work before it ends, in seconds.
    pub idle_secs: u32,
    /// How long the payment provider may take to answer, in milliseconds.
    ///
    /// A buyer waits no longer than `request_deadline_ms` for it; then she hears that it is open.
    pub payment_timeout_ms: u32,
    /// After how long a payment that the provider has never heard of counts as declined, in
    /// seconds. A charge on its way must have arrived by then; one that comes later is refunded.
    pub payment_unseen_secs: u32,
    /// How often payments under way and refunds are looked for, in milliseconds.
    pub reconcile_interval_ms: u32,
    /// Payments, and refunds, that one such look takes on.
    pub reconcile_len_max: u32,
    /// How often due holds of idle events are looked for, in milliseconds.
    pub sweep_interval_ms: u32,
    /// How long an idempotency key is kept, in seconds. The contract promises 24 hours.
    pub key_retention_secs: u32,
    /// How often the invariants of the events in memory are checked for the metric, in seconds.
    pub audit_interval_secs: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_len_max: 20_000,
            batch_len_max: 512,
            due_len_max: 256,
            request_deadline_ms: 10_000,
            lease_wait_ms_max: 150,
            lease_groups_max: 64,
            sold_out_age_ms_max: 100,
            conflicts_max: 200,
            idle_secs: 60,
            payment_timeout_ms: 5_000,
            payment_unseen_secs: 60,
            reconcile_interval_ms: 500,
            reconcile_len_max: 256,
            sweep_interval_ms: 500,
            key_retention_secs: 7 * 24 * 3_600,
            audit_interval_secs: 30,
        }
    }
}

impl Limits {
    /// How long a group may go on losing its version to other nodes: nothing was done for its
    /// callers, and they have to hear so before their deadline.
    pub(crate) const fn conflict_time_max(&self) -> Duration {
        millis(self.request_deadline_ms / 4 * 3)
    }

    /// What is wrong with these limits, one line each; empty where nothing is.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut expect = |holds: bool, mistake: &str| {
            if !holds {
                mistakes.push(mistake.to_owned());
            }
        };
        expect(self.queue_len_max > 0, "queue_len_max must be at least 1");
        expect(
            (1..=4_096).contains(&self.batch_len_max),
            "batch_len_max must be 1 to 4096, or a group would outgrow one transaction",
        );
        expect(
            self.batch_len_max <= self.queue_len_max,
            "batch_len_max must not exceed queue_len_max",
        );
        expect(
            (1..=4_096).contains(&self.due_len_max),
            "due_len_max must be 1 to 4096",
        );
        expect(
            self.request_deadline_ms >= 100,
            "request_deadline_ms must be at least 100",
        );
        expect(
            self.lease_wait_ms_max < self.request_deadline_ms,
            "lease_wait_ms_max must stay below request_deadline_ms",
        );
        expect(
            self.lease_groups_max > 0,
            "lease_groups_max must be at least 1",
        );
        expect(
            self.sold_out_age_ms_max <= 1_000,
            "sold_out_age_ms_max must be at most 1000, or a returned seat would stay hidden",
        );
        expect(self.conflicts_max > 0, "conflicts_max must be at least 1");
        expect(self.idle_secs > 0, "idle_secs must be at least 1");
        expect(
            (10..=60_000).contains(&self.sweep_interval_ms),
            "sweep_interval_ms must be 10 to 60000",
        );
        self.expect_payments(&mut expect);
        expect(
            self.key_retention_secs >= 24 * 3_600,
            "key_retention_secs must be at least 86400: the contract promises 24 hours",
        );
        expect(
            self.audit_interval_secs > 0,
            "audit_interval_secs must be at least 1",
        );
        mistakes
    }

    fn expect_payments(&self, expect: &mut impl FnMut(bool, &str)) {
        expect(
            (1..=60_000).contains(&self.payment_timeout_ms),
            "payment_timeout_ms must be 1 to 60000",
        );
        expect(
            u64::from(self.payment_unseen_secs) * 1_000 >= 2 * u64::from(self.payment_timeout_ms),
            "payment_unseen_secs must be at least twice payment_timeout_ms, or payments under way \
             would be given up",
        );
        expect(
            (10..=60_000).contains(&self.reconcile_interval_ms),
            "reconcile_interval_ms must be 10 to 60000",
        );
        expect(
            (1..=4_096).contains(&self.reconcile_len_max),
            "reconcile_len_max must be 1 to 4096",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_agree_with_each_other() {
        assert_eq!(Limits::default().mistakes(), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let limits = Limits {
            queue_len_max: 10,
            batch_len_max: 20,
            lease_wait_ms_max: 10_000,
            key_retention_secs: 3_600,
            ..Limits::default()
        };
        assert_eq!(limits.mistakes().len(), 3, "{:?}", limits.mistakes());
    }
}
