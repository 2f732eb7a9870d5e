//! Whether this node hears what other nodes publish, and so which of its entries may be stale.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Of `since` while nothing is subscribed to.
const NEVER: u64 = u64::MAX;

/// What is known of the subscription to other nodes' publications.
///
/// A connection may be dead long before anybody is told. So a node sends itself a pulse the way a
/// publication goes, and is taken to hear only while its own pulses come back.
pub(crate) struct Hearing {
    began: Instant,
    /// Microseconds after `began` at which the subscription was confirmed.
    since: AtomicU64,
    /// Microseconds after `began` at which the last pulse that came back was sent.
    pulse: AtomicU64,
    came_back: Notify,
    silence_max: Duration,
    unheard_ttl: Duration,
}

impl Hearing {
    /// Hears nothing yet.
    ///
    /// A pulse may be `silence_max` old; what may have missed a publication counts `unheard_ttl`.
    pub(crate) fn new(silence_max: Duration, unheard_ttl: Duration) -> Self {
        Self {
            began: Instant::now(),
            since: AtomicU64::new(NEVER),
            pulse: AtomicU64::new(0),
            came_back: Notify::new(),
            silence_max,
            unheard_ttl,
        }
    }

    /// From now on every publication is heard.
    pub(crate) fn subscribed(&self) {
        self.since
            .store(self.micros(Instant::now()), Ordering::SeqCst);
    }

    /// From now on publications may be missed.
    pub(crate) fn lost(&self) {
        self.since.store(NEVER, Ordering::SeqCst);
    }

    /// A pulse came back that was sent then.
    pub(crate) fn pulse(&self, sent: Instant) {
        self.pulse.fetch_max(self.micros(sent), Ordering::SeqCst);
        self.came_back.notify_waiters();
    }

    /// Waits until publications arrive.
    pub(crate) async fn live(&self) {
        loop {
            let came_back = self.came_back.notified();
            if self.is_live(Instant::now()) {
                return;
            }
            came_back.await;
        }
    }

    /// Whether publications arrive at this moment.
    pub(crate) fn is_live(&self, now: Instant) -> bool {
        let since = self.since.load(Ordering::SeqCst);
        let pulse = self.pulse.load(Ordering::SeqCst);
        let silence = self.micros(now).saturating_sub(pulse);
        since != NEVER && pulse >= since && u128::from(silence) <= self.silence_max.as_micros()
    }

    /// How long a state that was the newest at `as_of` may be served from then on, if anything
    /// newer may have been missed; `None` where it would have been heard.
    pub(crate) fn ttl_of(&self, as_of: Instant, now: Instant) -> Option<Duration> {
        let heard_ever_since = self.micros(as_of) >= self.since.load(Ordering::SeqCst);
        (!(heard_ever_since && self.is_live(now))).then_some(self.unheard_ttl)
    }

    /// One more than the microseconds since the beginning, so that 0 is before everything.
    fn micros(&self, at: Instant) -> u64 {
        let micros = at.saturating_duration_since(self.began).as_micros();
        u64::try_from(micros).map_or(NEVER - 1, |micros| micros + 1)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn hearing() -> Hearing {
        Hearing::new(MS * 750, MS * 250)
    }

    #[tokio::test(start_paused = true)]
    async fn who_hears_nothing_trusts_nothing_for_long() {
        let hearing = hearing();
        let now = Instant::now();
        assert_eq!(hearing.ttl_of(now, now), Some(MS * 250));
        hearing.subscribed();
        assert!(!hearing.is_live(now), "no pulse has come back");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_known_since_the_subscription_is_trusted() {
        let hearing = hearing();
        let before = Instant::now();
        advance(MS).await;
        hearing.subscribed();
        hearing.pulse(Instant::now());
        let now = Instant::now();
        assert_eq!(hearing.ttl_of(now, now), None);
        assert_eq!(hearing.ttl_of(before, now), Some(MS * 250));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_the_trust_and_a_pulse_brings_it_back() {
        let hearing = hearing();
        hearing.subscribed();
        hearing.pulse(Instant::now());
        let as_of = Instant::now();
        advance(MS * 751).await;
        assert_eq!(hearing.ttl_of(as_of, Instant::now()), Some(MS * 250));
        hearing.pulse(Instant::now());
        assert_eq!(hearing.ttl_of(as_of, Instant::now()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_loss_what_was_known_before_may_have_missed_something() {
        let hearing = hearing();
        hearing.subscribed();
        hearing.pulse(Instant::now());
        let as_of = Instant::now();
        advance(MS).await;
        hearing.lost();
        hearing.subscribed();
        hearing.pulse(Instant::now());
        assert_eq!(hearing.ttl_of(as_of, Instant::now()), Some(MS * 250));
    }
}
