//! Every bound of the coordination: its unit, its default, and what it depends on.

use std::time::Duration;

/// The bounds of the cache, of live watching and of leases.
///
/// `CacheLimits::default()` is what the configuration reference prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheLimits {
    /// How long an event is served from memory without a word from the database, in seconds.
    ///
    /// Must exceed `load_ms_max`, or a slow load could outlive the newer state that overtook it.
    pub event_ttl_secs: u32,
    /// How long stock is served without a word from a commit or the database where nodes share
    /// it, in seconds; in memory and in the shared level together.
    ///
    /// It bounds how old stock can be when a node dies between a commit and its publication. Must
    /// exceed `load_ms_max`.
    pub seats_ttl_secs: u32,
    /// How long an event is served that may have missed a publication, in milliseconds.
    pub unheard_ttl_ms: u32,
    /// How long a buyer's profile is served from memory, in seconds.
    pub user_ttl_secs: u32,
    /// How long a page of events is served from memory, in milliseconds.
    pub page_ttl_ms: u32,
    /// How long a count of who was let in to an event, or of what it has taken, is served from
    /// memory, in milliseconds.
    pub admitted_ttl_ms: u32,
    /// Events in memory. Beyond it the one longest not asked for goes.
    pub event_entries_max: u32,
    /// Profiles in memory.
    pub user_entries_max: u32,
    /// Pages of events in memory.
    pub page_entries_max: u32,
    /// How long a deleted event is remembered as deleted, in seconds.
    ///
    /// Must exceed `load_ms_max`, or a load from before the deletion could bring the event back.
    pub forgotten_secs: u32,
    /// How long a load may take before everybody who waits for it is told that the database
    /// cannot be used, in milliseconds.
    pub load_ms_max: u32,
    /// Least time between two states sent to those who watch an event, in milliseconds.
    pub watch_interval_ms: u32,
    /// How long a lease lasts when nobody gives it back, in milliseconds.
    pub lease_ttl_ms: u32,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self {
            event_ttl_secs: 300,
            seats_ttl_secs: 30,
            unheard_ttl_ms: 250,
            user_ttl_secs: 600,
            page_ttl_ms: 1_000,
            admitted_ttl_ms: 1_000,
            event_entries_max: 10_000,
            user_entries_max: 100_000,
            page_entries_max: 1_000,
            forgotten_secs: 30,
            load_ms_max: 10_000,
            watch_interval_ms: 100,
            lease_ttl_ms: 10_000,
        }
    }
}

impl CacheLimits {
    /// What is wrong with these limits, one line each; empty where nothing is.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut expect = |holds: bool, mistake: &str| {
            if !holds {
                mistakes.push(mistake.to_owned());
            }
        };
        let load_max = millis(self.load_ms_max);
        expect(
            (1..=60_000).contains(&self.load_ms_max),
            "load_ms_max must be 1 to 60000",
        );
        expect(
            secs(self.event_ttl_secs) > load_max,
            "event_ttl_secs must exceed load_ms_max, or a slow load could bring an old state back",
        );
        expect(
            secs(self.seats_ttl_secs) > load_max,
            "seats_ttl_secs must exceed load_ms_max, or a slow load could bring an old state back",
        );
        expect(
            self.seats_ttl_secs <= self.event_ttl_secs,
            "seats_ttl_secs must not exceed event_ttl_secs",
        );
        expect(
            (1..=1_000).contains(&self.unheard_ttl_ms),
            "unheard_ttl_ms must be 1 to 1000: stock is promised to be no staler than a second",
        );
        expect(self.user_ttl_secs > 0, "user_ttl_secs must be at least 1");
        expect(
            self.page_ttl_ms <= 60_000,
            "page_ttl_ms must be at most 60000: no commit refreshes a page",
        );
        expect(
            self.admitted_ttl_ms <= 60_000,
            "admitted_ttl_ms must be at most 60000: no check-in and no sale refreshes a count",
        );
        expect(
            self.event_entries_max > 0,
            "event_entries_max must be at least 1",
        );
        expect(
            self.user_entries_max > 0,
            "user_entries_max must be at least 1",
        );
        expect(
            self.page_entries_max > 0,
            "page_entries_max must be at least 1",
        );
        expect(
            secs(self.forgotten_secs) > load_max,
            "forgotten_secs must exceed load_ms_max, or a slow load could bring an event back",
        );
        expect(
            self.forgotten_secs <= self.seats_ttl_secs,
            "forgotten_secs must not exceed seats_ttl_secs",
        );
        expect(
            (100..=10_000).contains(&self.watch_interval_ms),
            "watch_interval_ms must be 100 to 10000: at most ten states a second are promised",
        );
        expect(
            (100..=60_000).contains(&self.lease_ttl_ms),
            "lease_ttl_ms must be 100 to 60000, or a dead holder would slow a whole sale",
        );
        mistakes
    }
}

/// The bounds of what this node does with Redis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RedisLimits {
    /// How long a command may take before Redis is taken to be lost, in milliseconds.
    pub redis_timeout_ms: u32,
    /// How long connecting may take, in milliseconds.
    pub redis_connect_timeout_ms: u32,
    /// How often this node makes sure that it can write, publish and hear, in milliseconds.
    ///
    /// Three missed pulses, and it takes publications to be missed too.
    pub redis_pulse_ms: u32,
    /// Longest pause between two attempts to connect, in milliseconds.
    pub redis_retry_ms_max: u32,
}

impl Default for RedisLimits {
    fn default() -> Self {
        Self {
            redis_timeout_ms: 100,
            redis_connect_timeout_ms: 500,
            redis_pulse_ms: 250,
            redis_retry_ms_max: 500,
        }
    }
}

impl RedisLimits {
    /// What is wrong with these limits, one line each; empty where nothing is.
    pub fn mistakes(&self) -> Vec<String> {
        let bounds = [
            ("redis_timeout_ms", self.redis_timeout_ms, 5..=1_000),
            (
                "redis_connect_timeout_ms",
                self.redis_connect_timeout_ms,
                10..=10_000,
            ),
            ("redis_pulse_ms", self.redis_pulse_ms, 50..=300),
            ("redis_retry_ms_max", self.redis_retry_ms_max, 50..=60_000),
        ];
        let wrong = bounds
            .into_iter()
            .filter(|(_, value, bounds)| !bounds.contains(value));
        wrong
            .map(|(name, _, bounds)| {
                format!("{name} must be {} to {}", bounds.start(), bounds.end())
            })
            .collect()
    }
}

/// A duration of this many seconds.
pub(crate) fn secs(secs: u32) -> Duration {
    Duration::from_secs(secs.into())
}

/// A duration of this many milliseconds.
pub(crate) fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_agree_with_each_other() {
        assert_eq!(CacheLimits::default().mistakes(), Vec::<String>::new());
        assert_eq!(RedisLimits::default().mistakes(), Vec::<String>::new());
    }

    #[test]
    fn what_redis_may_cost_is_bounded() {
        let limits = RedisLimits {
            redis_timeout_ms: 5_000,
            redis_pulse_ms: 1_000,
            ..RedisLimits::default()
        };
        assert_eq!(
            limits.mistakes(),
            [
                "redis_timeout_ms must be 5 to 1000",
                "redis_pulse_ms must be 50 to 300"
            ]
        );
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let limits = CacheLimits {
            event_ttl_secs: 5,
            watch_interval_ms: 10,
            lease_ttl_ms: 0,
            ..CacheLimits::default()
        };
        assert_eq!(limits.mistakes().len(), 4, "{:?}", limits.mistakes());
    }
}
