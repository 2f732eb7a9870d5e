//! What this node tells of its dealings with Redis.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

use super::fault::Fault;

/// Handles that were looked up once.
pub(super) struct Meters {
    up: Gauge,
    connects: Counter,
    skipped: Counter,
    commands: Histogram,
    faults: [Counter; Fault::ALL.len()],
    pub(super) lease_wait: Histogram,
    pub(super) lease_hold: Histogram,
    pub(super) lease_missed: Counter,
    pub(super) shared_hits: Counter,
    pub(super) shared_misses: Counter,
    pub(super) told: Counter,
    pub(super) untold: Counter,
    pub(super) heard: Counter,
}

impl Meters {
    /// Registers with the recorder that is installed by now; one that comes later hears nothing.
    pub(super) fn register() -> Self {
        describe();
        Self {
            up: gauge!("onsale_redis_up"),
            connects: counter!("onsale_redis_connects_total"),
            skipped: counter!("onsale_redis_skipped_total"),
            commands: histogram!("onsale_redis_command_seconds"),
            faults: Fault::ALL
                .map(|fault| counter!("onsale_redis_faults_total", "kind" => fault.name())),
            lease_wait: histogram!("onsale_lease_wait_seconds"),
            lease_hold: histogram!("onsale_lease_hold_seconds"),
            lease_missed: counter!("onsale_lease_missed_total"),
            shared_hits: counter!("onsale_shared_cache_hits_total"),
            shared_misses: counter!("onsale_shared_cache_misses_total"),
            told: counter!("onsale_publications_sent_total"),
            untold: counter!("onsale_publications_given_up_total"),
            heard: counter!("onsale_publications_heard_total"),
        }
    }

    pub(super) fn up(&self, is_up: bool) {
        self.up.set(if is_up { 1.0 } else { 0.0 });
    }

    pub(super) fn connected(&self) {
        self.connects.increment(1);
    }

    pub(super) fn skipped(&self) {
        self.skipped.increment(1);
    }

    pub(super) fn answered(&self, took: Duration) {
        self.commands.record(took.as_secs_f64());
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.faults[fault as usize].increment(1);
    }
}

fn describe() {
    describe_gauge!(
        "onsale_redis_up",
        "1 while Redis is used, 0 while the sale goes on without"
    );
    describe_counter!("onsale_redis_connects_total", "Connections made to Redis");
    describe_counter!(
        "onsale_redis_skipped_total",
        "Commands that were not sent because Redis is taken to be lost"
    );
    describe_histogram!(
        "onsale_redis_command_seconds",
        Unit::Seconds,
        "Commands that Redis answered"
    );
    describe_counter!(
        "onsale_redis_faults_total",
        "Commands that failed, by the kind of fault"
    );
    describe_histogram!(
        "onsale_lease_wait_seconds",
        Unit::Seconds,
        "Waits for an event's lease, got or not"
    );
    describe_histogram!(
        "onsale_lease_hold_seconds",
        Unit::Seconds,
        "How long leases were held that were given back"
    );
    describe_counter!(
        "onsale_lease_missed_total",
        "Groups that went on without the event's lease"
    );
    describe_counter!(
        "onsale_shared_cache_hits_total",
        "Lookups that Redis answered"
    );
    describe_counter!(
        "onsale_shared_cache_misses_total",
        "Lookups that Redis could not answer"
    );
    describe_counter!(
        "onsale_publications_sent_total",
        "States of events told to other nodes"
    );
    describe_counter!(
        "onsale_publications_given_up_total",
        "States of events that were not told because too many wait already"
    );
    describe_counter!(
        "onsale_publications_heard_total",
        "States of events told by other nodes"
    );
}
