//! The event's lease in Redis: `SET NX PX` with an owner's token, and a line before it.
//!
//! Who asks for a lease that is held joins a line that Redis keeps; who gives it back hands it to
//! the first in line, who alone is told. Waiters also look for themselves now and then, because a
//! message may be lost, and a lease may run out or be evicted without anybody being told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::ScriptInvocation;
use boxoffice::coordinator::Lease;
use boxoffice::ids::EventId;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::keys::Keys;
use super::link::{Link, Lost};
use super::scripts::{ASK, LEAVE, RENEW};
use crate::lock;
use crate::pruning::Pruning;

/// How often who waits looks whether it was overlooked.
const LOOK_INTERVAL: Duration = Duration::from_millis(40);

/// How often a lease that is in use is renewed, beside its groups and not before them.
const RENEW_INTERVAL: Duration = Duration::from_millis(100);

/// What this node waits for and what it holds.
pub(super) struct Desk {
    slips: Mutex<Slips>,
}

struct Slips {
    waiting: HashMap<u128, Arc<Notify>>,
    held: HashMap<u128, Held>,
    pruning: Pruning,
}

/// A lease that this node believes it has.
struct Held {
    since: Instant,
    renewed: Instant,
    until: Instant,
    /// Somebody asked for it, or it is lost: worth asking Redis before the next group.
    is_in_question: bool,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            slips: Mutex::new(Slips {
                waiting: HashMap::new(),
                held: HashMap::new(),
                pruning: Pruning::new(),
            }),
        }
    }

    /// A lease was handed to the waiter of this token.
    pub(super) fn granted(&self, token: &str) {
        if let Some(waiter) = parse(token).and_then(|t| lock(&self.slips).waiting.get(&t).cloned())
        {
            waiter.notify_one();
        }
    }

    /// Somebody waits for the lease of this token.
    pub(super) fn wanted(&self, token: &str) {
        let mut slips = lock(&self.slips);
        if let Some(held) = parse(token).and_then(|token| slips.held.get_mut(&token)) {
            held.is_in_question = true;
        }
    }

    fn wait(&self, token: u128) -> Arc<Notify> {
        let call = Arc::new(Notify::new());
        lock(&self.slips).waiting.insert(token, Arc::clone(&call));
        call
    }

    fn leave(&self, token: u128) {
        lock(&self.slips).waiting.remove(&token);
    }

    fn hold(&self, token: u128, ttl: Duration) {
        let now = Instant::now();
        let mut slips = lock(&self.slips);
        if slips.pruning.is_due(slips.held.len()) {
            slips.held.retain(|_, held| now < held.until);
            let len = slips.held.len();
            slips.pruning.done(len);
        }
        slips.held.insert(
            token,
            Held {
                since: now,
                renewed: now,
                until: now + ttl,
                is_in_question: false,
            },
        );
    }

    /// Forgets a lease; says how long it was held.
    fn let_go(&self, token: u128) -> Option<Duration> {
        let held = lock(&self.slips).held.remove(&token)?;
        Some(held.since.elapsed())
    }

    /// What is known here of a lease at the end of a group.
    fn look(&self, token: u128) -> Look {
        let now = Instant::now();
        let mut slips = lock(&self.slips);
        let Some(held) = slips.held.get_mut(&token) else {
            return Look::Ask;
        };
        if held.is_in_question || now >= held.until {
            return Look::Ask;
        }
        if now < held.renewed + RENEW_INTERVAL {
            return Look::Ours;
        }
        held.renewed = now;
        Look::Renew
    }

    fn renewed(&self, token: u128, at: Instant, ttl: Duration, standing: Result<Standing, Lost>) {
        if let Some(held) = lock(&self.slips).held.get_mut(&token) {
            held.is_in_question = standing != Ok(Standing::Ours);
            if let Ok(Standing::Ours | Standing::Wanted) = standing {
                held.renewed = at;
                held.until = at + ttl;
            }
        }
    }
}

enum Look {
    /// It is ours as far as anybody has said.
    Ours,
    /// It is, and it is time to say that it is still used.
    Renew,
    /// It may not be.
    Ask,
}

/// How it is with a lease that this node has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Ours,
    Wanted,
    Gone,
}

/// The leases, as one node sees them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Leases {
    pub(super) link: Arc<Link>,
    pub(super) desk: Arc<Desk>,
    pub(super) keys: Keys,
    pub(super) node: u64,
    pub(super) last: Arc<AtomicU64>,
    pub(super) ttl: Duration,
}

impl Leases {
    /// Waits in line for the event's lease, at most `wait_max`.
    pub(super) async fn acquire(&self, event: EventId, wait_max: Duration) -> Option<Lease> {
        if !self.link.is_up() {
            self.link.meters.lease_missed.increment(1);
            return None;
        }
        let began = Instant::now();
        let serial = self.last.fetch_add(1, Ordering::Relaxed);
        let token = u128::from(self.node) << 64 | u128::from(serial);
        let lease = Lease {
            event,
            token,
            was_waited_for: false,
        };
        let mut place = Place {
            leases: self,
            lease: Some(lease.clone()),
            wait_max,
            call: self.desk.wait(token),
        };
        let got = place.wait(began).await;
        if got.is_some() {
            place.lease = None;
            self.desk.leave(token);
        } else {
            place.leave().await;
            self.link.meters.lease_missed.increment(1);
        }
        let waited = began.elapsed();
        self.link.meters.lease_wait.record(waited.as_secs_f64());
        got
    }

    /// Whether somebody else waits for a lease, or has it.
    ///
    /// While nothing was said against it, this costs no time: Redis is told beside the groups that
    /// the lease is in use.
    pub(super) async fn is_wanted(&self, lease: &Lease) -> bool {
        match self.desk.look(lease.token) {
            Look::Ours => false,
            Look::Renew => {
                let (leases, lease) = (self.clone(), lease.clone());
                tokio::spawn(async move { leases.renew(&lease).await });
                false
            }
            // Who cannot ask has nobody to keep the line with.
            Look::Ask => self.renew(lease).await != Ok(Standing::Ours),
        }
    }

    /// Hands the lease to the next in line, if it is still this one.
    pub(super) async fn release(&self, lease: Lease) {
        if let Some(held) = self.desk.let_go(lease.token) {
            self.link.meters.lease_hold.record(held.as_secs_f64());
        }
        self.give_up(lease, Duration::ZERO).await;
    }

    async fn renew(&self, lease: &Lease) -> Result<Standing, Lost> {
        let asked = Instant::now();
        let answer = self.link.run::<i64>(&self.script(&RENEW, lease)).await;
        let standing = answer.map(|answer| match answer {
            0 => Standing::Ours,
            1 => Standing::Wanted,
            _ => Standing::Gone,
        });
        self.desk.renewed(lease.token, asked, self.ttl, standing);
        standing
    }

    /// Gives up a lease or a place in line; later, if Redis does not answer now.
    async fn give_up(&self, lease: Lease, wait_max: Duration) {
        if self.leave(&lease, wait_max).await.is_ok() {
            return;
        }
        let node = self.clone();
        tokio::spawn(async move {
            // Past its time it has ended by itself.
            let again = async {
                node.link.up().await;
                node.leave(&lease, wait_max).await
            };
            timeout(node.ttl, again).await
        });
    }

    async fn leave(&self, lease: &Lease, wait_max: Duration) -> Result<(), Lost> {
        let mut script = self.script(&LEAVE, lease);
        script.arg(wait_ms(wait_max));
        self.link.run::<i64>(&script).await.map(drop)
    }

    fn script(&self, script: &'static ::redis::Script, lease: &Lease) -> ScriptInvocation<'static> {
        let mut invocation = script.prepare_invoke();
        invocation
            .key(self.keys.lease(lease.event))
            .key(self.keys.line(lease.event))
            .arg(format!("{:032x}", lease.token))
            .arg(wait_ms(self.ttl))
            .arg(self.keys.nodes());
        invocation
    }
}

/// A place in line. Dropped, it is given up, and so is the lease if it has just been handed over.
struct Place<'a> {
    leases: &'a Leases,
    /// None once it is settled whose the lease is.
    lease: Option<Lease>,
    wait_max: Duration,
    call: Arc<Notify>,
}

impl Place<'_> {
    /// The lease, if it was got in time. Asks Redis, then waits for its call, and looks again.
    async fn wait(&self, began: Instant) -> Option<Lease> {
        let (leases, mut lease) = (self.leases, self.lease.clone()?);
        let mut ask = leases.script(&ASK, &lease);
        ask.arg(wait_ms(self.wait_max));
        loop {
            let asked = Instant::now();
            let held_ms = match leases.link.run::<(i64, i64)>(&ask).await {
                Ok((1, _)) => {
                    leases.desk.hold(lease.token, leases.ttl);
                    return Some(lease);
                }
                Ok((_, held_ms)) => held_ms,
                Err(Lost) => return None,
            };
            lease.was_waited_for = true;
            let left = self.wait_max.saturating_sub(began.elapsed());
            if left.is_zero() {
                return None;
            }
            // A lease that nobody gives back is free a moment after its time.
            let free_in = Duration::from_millis(u64::try_from(held_ms).unwrap_or(0) + 1);
            let pause = LOOK_INTERVAL.min(free_in).min(left);
            tokio::select! {
                () = self.call.notified() => {
                    leases.desk.hold(lease.token, leases.ttl);
                    self.renew_later();
                    return Some(lease);
                }
                () = sleep(pause.saturating_sub(asked.elapsed() / 2)) => {}
            }
        }
    }

    /// It was handed over for a moment; whoever lives to hear of it says so.
    fn renew_later(&self) {
        if let Some(lease) = self.lease.clone() {
            let leases = self.leases.clone();
            tokio::spawn(async move { leases.renew(&lease).await });
        }
    }

    async fn leave(&mut self) {
        if let Some(lease) = self.lease.clone() {
            self.leases.desk.leave(lease.token);
            self.leases.give_up(lease, self.wait_max).await;
            self.lease = None;
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            self.leases.desk.leave(lease.token);
            let (leases, wait_max) = (self.leases.clone(), self.wait_max);
            tokio::spawn(async move { leases.give_up(lease, wait_max).await });
        }
    }
}

/// As the scripts take it. Rounded up: only no wait at all is 0.
fn wait_ms(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}

fn parse(token: &str) -> Option<u128> {
    u128::from_str_radix(token, 16).ok()
}
