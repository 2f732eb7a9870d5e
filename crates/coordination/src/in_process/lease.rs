//! Leases and the lines that wait for them: first come, first served.
//!
//! A lease that comes free is handed to the first in line, and nobody else is woken. A holder that
//! never gives it back loses it to the line when its time is up; the waiters see to that
//! themselves, so that no lease needs a task.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use boxoffice::coordinator::Lease;
use boxoffice::ids::EventId;
use metrics::{Histogram, describe_histogram, histogram};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use crate::lock;
use crate::pruning::Pruning;

const WAITS: &str = "onsale_lease_wait_seconds";

/// The leases of all events of this process.
pub(super) struct Leases {
    lines: Mutex<Lines>,
    ttl: Duration,
    waits: Histogram,
}

/// An event has a line while somebody holds its lease.
struct Lines {
    by_event: HashMap<EventId, Line>,
    last_token: u128,
    pruning: Pruning,
}

struct Line {
    holder: Holder,
    waiters: VecDeque<Waiter>,
}

struct Holder {
    token: u128,
    until: Instant,
}

struct Waiter {
    token: u128,
    call: oneshot::Sender<()>,
}

impl Leases {
    /// Takes a lease away `ttl` after it was given.
    pub(super) fn new(ttl: Duration) -> Self {
        describe_histogram!(
            WAITS,
            metrics::Unit::Seconds,
            "Waits for an event's lease, got or not"
        );
        let lines = Lines {
            by_event: HashMap::new(),
            last_token: 0,
            pruning: Pruning::new(),
        };
        Self {
            lines: Mutex::new(lines),
            ttl,
            waits: histogram!(WAITS),
        }
    }

    /// Waits in line for the event's lease, at most `wait_max`.
    pub(super) async fn acquire(&self, event: EventId, wait_max: Duration) -> Option<Lease> {
        let began = Instant::now();
        let lease = match self.line_up(event, began) {
            Ok(lease) => Some(lease),
            Err(mut place) => {
                // Called or not, the place knows: a call may come with the last moment.
                let _ = timeout(wait_max, place.turn()).await;
                place.take()
            }
        };
        self.waits.record(began.elapsed().as_secs_f64());
        lease
    }

    /// The lease at once, or else a place in line.
    fn line_up(&self, event: EventId, now: Instant) -> Result<Lease, Place<'_>> {
        let mut lines = lock(&self.lines);
        lines.prune(now);
        lines.last_token += 1;
        let token = lines.last_token;
        let holder = Holder {
            token,
            until: now + self.ttl,
        };
        match lines.by_event.entry(event) {
            Entry::Vacant(entry) => {
                entry.insert(Line {
                    holder,
                    waiters: VecDeque::new(),
                });
                Ok(at_once(event, token))
            }
            Entry::Occupied(mut entry) => {
                let line = entry.get_mut();
                if now >= line.holder.until && !line.call_next(now + self.ttl) {
                    line.holder = holder;
                    return Ok(at_once(event, token));
                }
                let (call, called) = oneshot::channel();
                line.waiters.push_back(Waiter { token, call });
                Err(Place {
                    leases: self,
                    event,
                    token,
                    called,
                    is_over: false,
                })
            }
        }
    }

    /// Whether somebody waits, or even has the lease already because its time was up.
    pub(super) fn is_wanted(&self, lease: &Lease) -> bool {
        lock(&self.lines)
            .by_event
            .get(&lease.event)
            .is_some_and(|line| line.holder.token != lease.token || !line.waiters.is_empty())
    }

    /// Hands the lease to the next in line, if it is still this one.
    pub(super) fn release(&self, lease: &Lease) {
        self.leave(lease.event, lease.token);
    }

    /// Takes a token out of its line, whether it holds or waits.
    fn leave(&self, event: EventId, token: u128) {
        let mut lines = lock(&self.lines);
        let Entry::Occupied(mut entry) = lines.by_event.entry(event) else {
            return;
        };
        let line = entry.get_mut();
        if line.holder.token != token {
            line.waiters.retain(|waiter| waiter.token != token);
        } else if !line.call_next(Instant::now() + self.ttl) {
            entry.remove();
        }
    }

    fn is_held_by(&self, event: EventId, token: u128) -> bool {
        lock(&self.lines)
            .by_event
            .get(&event)
            .is_some_and(|line| line.holder.token == token)
    }

    /// When the event's lease is up; `None` where nobody has it.
    fn held_until(&self, event: EventId) -> Option<Instant> {
        lock(&self.lines)
            .by_event
            .get(&event)
            .map(|line| line.holder.until)
    }

    /// Calls the next in line if the holder's time is up.
    fn end_expired(&self, event: EventId) {
        let now = Instant::now();
        if let Some(line) = lock(&self.lines).by_event.get_mut(&event)
            && now >= line.holder.until
        {
            line.call_next(now + self.ttl);
        }
    }
}

impl Lines {
    /// Forgets leases that were never given back and that nobody waits for.
    fn prune(&mut self, now: Instant) {
        if self.pruning.is_due(self.by_event.len()) {
            self.by_event
                .retain(|_, line| now < line.holder.until || !line.waiters.is_empty());
            self.pruning.done(self.by_event.len());
        }
    }
}

impl Line {
    /// Makes the first in line the holder; false where nobody waits.
    fn call_next(&mut self, until: Instant) -> bool {
        let Some(Waiter { token, call }) = self.waiters.pop_front() else {
            return false;
        };
        self.holder = Holder { token, until };
        // Somebody hears it: who goes away leaves the line first.
        let _ = call.send(());
        true
    }
}

/// A place in line. Dropped, it is given up, and so is the lease if it has just been handed over.
struct Place<'a> {
    leases: &'a Leases,
    event: EventId,
    token: u128,
    called: oneshot::Receiver<()>,
    is_over: bool,
}

impl Place<'_> {
    /// Ends when this place is called.
    async fn turn(&mut self) {
        while let Some(until) = self.leases.held_until(self.event) {
            tokio::select! {
                biased;
                _ = &mut self.called => return,
                () = sleep_until(until) => self.leases.end_expired(self.event),
            }
        }
    }

    /// The lease, if it has been handed over.
    fn take(mut self) -> Option<Lease> {
        self.is_over = self.leases.is_held_by(self.event, self.token);
        self.is_over.then_some(Lease {
            event: self.event,
            token: self.token,
            was_waited_for: true,
        })
    }
}

/// A lease that nobody had.
const fn at_once(event: EventId, token: u128) -> Lease {
    Lease {
        event,
        token,
        was_waited_for: false,
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.leases.leave(self.event, self.token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: EventId = EventId(7);
    const TTL: Duration = Duration::from_secs(10);
    const AT_ONCE: Duration = Duration::ZERO;
    const A_WHILE: Duration = Duration::from_millis(150);

    fn lines(leases: &Leases) -> usize {
        lock(&leases.lines).by_event.len()
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_event_leaves_nothing_behind() {
        let leases = Leases::new(TTL);
        let held = leases.acquire(EVENT, AT_ONCE).await.expect("a lease");
        assert_eq!(leases.acquire(EVENT, A_WHILE).await, None);
        leases.release(&held);
        assert_eq!(lines(&leases), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_with_the_call_on_its_way_passes_the_lease_on() {
        let leases = Leases::new(TTL);
        let held = leases.acquire(EVENT, AT_ONCE).await.expect("a lease");
        let called = leases
            .line_up(EVENT, Instant::now())
            .expect_err("a place in line");
        let next = leases
            .line_up(EVENT, Instant::now())
            .expect_err("a place in line");

        leases.release(&held);
        drop(called);
        let lease = next.take().expect("the lease that was passed on");
        leases.release(&lease);
        assert_eq!(lines(&leases), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_comes_with_the_last_moment_still_counts() {
        let leases = Leases::new(TTL);
        let held = leases.acquire(EVENT, AT_ONCE).await.expect("a lease");
        let place = leases
            .line_up(EVENT, Instant::now())
            .expect_err("a place in line");
        leases.release(&held);
        assert!(place.take().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_as_a_lease_runs_out_does_not_jump_the_line() {
        let leases = Leases::new(TTL);
        let _held = leases.acquire(EVENT, AT_ONCE).await.expect("a lease");
        let first = leases
            .line_up(EVENT, Instant::now())
            .expect_err("a place in line");
        tokio::time::advance(TTL).await;

        let second = leases
            .line_up(EVENT, Instant::now())
            .expect_err("a place in line");
        assert_eq!(second.take(), None);
        assert!(first.take().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn leases_that_nobody_gave_back_do_not_pile_up() {
        let leases = Leases::new(TTL);
        for event in 0..10_000 {
            assert!(leases.acquire(EventId(event), AT_ONCE).await.is_some());
            tokio::time::advance(TTL / 10).await;
        }
        assert!(lines(&leases) <= 64, "{} lines", lines(&leases));
    }
    #[tokio::test(start_paused = true)]
    async fn every_wait_is_measured() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let leases = metrics::with_local_recorder(&recorder, || Leases::new(TTL));
        let _held = leases.acquire(EVENT, AT_ONCE).await.expect("a lease");
        assert_eq!(leases.acquire(EVENT, A_WHILE).await, None);

        let told = recorder.handle().render();
        assert!(told.contains("onsale_lease_wait_seconds_count 2"), "{told}");
    }
}
