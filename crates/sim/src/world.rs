//! What everything in a simulated day shares: its time, its record, and whether faults may happen.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use boxoffice::ids::EventId;
use boxoffice::time::{Clock, Instant, Timestamp};
use tokio::sync::Notify;
use tokio::task;

use crate::census::{Census, Kind};

/// When every simulated day begins: 2030-12-31T10:00:00Z, in microseconds since 1970.
pub(crate) const DAWN_MICROS: i64 = 1_924_941_600_000_000;

/// A moment of the day: its place in the order of everything, and what the clock of the world says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Moment {
    /// Counts every beginning and end of a request; no two are the same.
    pub(crate) order: u64,
    /// Since the day began.
    pub(crate) at: Duration,
}

/// Whether time may have passed since somebody last looked at the clock.
///
/// It passes only where the runtime parks, and that is seldom, while the time is asked for at every
/// turn; the runtime's own clock is under a lock.
#[derive(Debug)]
pub(crate) struct Passing(AtomicBool);

impl Passing {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// To be called whenever time may have passed.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One simulated day.
#[derive(Debug)]
pub(crate) struct World {
    began: tokio::time::Instant,
    passing: Arc<Passing>,
    /// How long the day has lasted, in nanoseconds, as of when it was last looked at.
    elapsed_nanos: AtomicU64,
    order: AtomicU64,
    calm: AtomicBool,
    census: Mutex<Census>,
    /// Requests of clients before the last fault, and after it.
    commands: AtomicU32,
    probes: AtomicU32,
    /// Tasks of dead nodes that wait for an answer, and for how many.
    hung: Mutex<BTreeMap<task::Id, u32>>,
    record: Option<Record>,
}

/// What happened, step by step; its other handle outlives a panic.
pub(crate) type Record = Arc<Mutex<Vec<String>>>;

impl World {
    /// A day that begins now, with every step written down if there is something to write on.
    pub(crate) fn new(passing: Arc<Passing>, record: Option<Record>) -> Arc<Self> {
        Arc::new(Self {
            began: tokio::time::Instant::now(),
            passing,
            elapsed_nanos: AtomicU64::new(0),
            order: AtomicU64::new(1),
            calm: AtomicBool::new(true),
            census: Mutex::default(),
            commands: AtomicU32::new(0),
            probes: AtomicU32::new(0),
            hung: Mutex::default(),
            record,
        })
    }

    /// How long the day has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        if self.passing.0.load(Ordering::Relaxed) {
            self.passing.0.store(false, Ordering::Relaxed);
            let nanos = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.elapsed_nanos.store(nanos, Ordering::Relaxed);
        }
        let elapsed = Duration::from_nanos(self.elapsed_nanos.load(Ordering::Relaxed));
        debug_assert_eq!(elapsed, self.began.elapsed(), "time passed unseen");
        elapsed
    }

    /// The next moment in the order of everything.
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            order: self.order.fetch_add(1, Ordering::Relaxed),
            at: self.elapsed(),
        }
    }

    /// Whether faults do not happen now.
    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// Lets faults happen, or stops them.
    pub(crate) fn set_calm(&self, calm: bool) {
        self.calm.store(calm, Ordering::Relaxed);
        self.tell(|| if calm { "calm" } else { "faults may happen" });
    }

    /// Counts a fault, and writes it down.
    pub(crate) fn fault<T: fmt::Display>(&self, kind: Kind, what: impl FnOnce() -> T) {
        self.count(kind);
        self.tell(|| format!("fault: {}", what()));
    }

    /// Counts something else than a fault.
    pub(crate) fn count(&self, kind: Kind) {
        lock(&self.census).count(kind);
    }

    /// What was counted so far.
    pub(crate) fn census(&self) -> Census {
        lock(&self.census).clone()
    }

    /// Counts a request of a client.
    pub(crate) fn command(&self) {
        let count = if self.is_calm() {
            &self.probes
        } else {
            &self.commands
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests of clients so far: before the last fault, and after it.
    pub(crate) fn commands(&self) -> (u32, u32) {
        let read = |count: &AtomicU32| count.load(Ordering::Relaxed);
        (read(&self.commands), read(&self.probes))
    }

    /// Writes a step down, if anybody wants to read it.
    pub(crate) fn tell<T: fmt::Display>(&self, what: impl FnOnce() -> T) {
        if let Some(record) = &self.record {
            let at = self.elapsed();
            let line = format!("{:>4}.{:03} {}", at.as_secs(), at.subsec_millis(), what());
            lock(record).push(line);
        }
    }

    /// Whether anybody wants to read what happens.
    pub(crate) fn is_traced(&self) -> bool {
        self.record.is_some()
    }

    /// Tasks that wait for calls of dead nodes, which will never be answered.
    pub(crate) fn hung(&self) -> usize {
        lock(&self.hung).len()
    }
}

/// Locks, also after a panic under the lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits `ms` milliseconds of the world's time.
pub(crate) async fn sleep_ms(ms: u32) {
    tokio::time::sleep(Duration::from_millis(ms.into())).await;
}

/// Lets everybody go first who is ready to.
///
/// Tokio's own way to yield looks at the timers as well, where no time can have passed.
pub(crate) async fn step_back() {
    let mut stepped_back = false;
    poll_fn(|context| {
        if stepped_back {
            return Poll::Ready(());
        }
        stepped_back = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// One life of a node, from its start to its crash or shutdown. All that leaves the node, leaves
/// it through a port, and every port asks here first: a dead node has no effect on anything.
#[derive(Debug)]
pub(crate) struct Life {
    world: Arc<World>,
    dead: AtomicBool,
    paused: AtomicBool,
    /// After how many passages more it dies; 0: at none.
    dies_after: AtomicU32,
    /// Commits that are under way.
    commits: AtomicU32,
    /// Of the planted bugs: until when it has been given the leases of which events.
    leased: Mutex<BTreeMap<EventId, Duration>>,
    changed: Notify,
}

impl Life {
    pub(crate) fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self {
            world,
            dead: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            dies_after: AtomicU32::new(0),
            commits: AtomicU32::new(0),
            leased: Mutex::default(),
            changed: Notify::new(),
        })
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Ends this life, its work done or not.
    pub(crate) fn kill(&self) {
        if self.dead.swap(true, Ordering::Relaxed) {
            return;
        }
        if self.commits.load(Ordering::Relaxed) > 0 {
            self.world.count(Kind::CrashInCommit);
        }
        self.changed.notify_waiters();
    }

    /// Dies at the passage of this number from now, unless that is called off with 0.
    pub(crate) fn set_dies_after(&self, passages: u32) {
        self.dies_after.store(passages, Ordering::Relaxed);
    }

    /// Stops the node as a debugger or a hypervisor does, or lets it go on.
    pub(crate) fn set_paused(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    /// Passes at once while the node runs, later while it is paused, and never once it is dead.
    pub(crate) async fn gate(&self) {
        self.count_passage();
        while self.is_dead() || self.paused.load(Ordering::Relaxed) {
            let _hung = self.is_dead().then(|| Hung::new(&self.world));
            self.changed.notified().await;
        }
    }

    fn count_passage(&self) {
        let left = self.dies_after.load(Ordering::Relaxed);
        if left == 0 {
            return;
        }
        self.set_dies_after(left - 1);
        if left == 1 {
            self.kill();
        }
    }

    /// Counts a commit as under way until what is returned is dropped.
    pub(crate) fn commits(&self) -> Committing<'_> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        Committing(self)
    }

    /// Keeps until when it has an event's lease, or with `None` that it has given it back.
    pub(crate) fn set_leased(&self, event: EventId, until: Option<Duration>) {
        let mut leased = lock(&self.leased);
        match until {
            Some(until) => leased.insert(event, until),
            None => leased.remove(&event),
        };
    }

    /// Whether it has an event's lease, and its time is not up.
    pub(crate) fn is_leased(&self, event: EventId) -> bool {
        let until = lock(&self.leased).get(&event).copied();
        until.is_some_and(|until| self.world.elapsed() < until)
    }

    /// Ends with this life.
    pub(crate) async fn end(&self) {
        while !self.is_dead() {
            self.changed.notified().await;
        }
    }
}

/// A commit that is under way.
pub(crate) struct Committing<'a>(&'a Life);

impl Drop for Committing<'_> {
    fn drop(&mut self) {
        self.0.commits.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One call of a dead node, in whichever task it waits.
struct Hung<'a> {
    world: &'a World,
    task: Option<task::Id>,
}

impl<'a> Hung<'a> {
    fn new(world: &'a World) -> Self {
        let task = task::try_id();
        if let Some(task) = task {
            *lock(&world.hung).entry(task).or_default() += 1;
        }
        Self { world, task }
    }
}

impl Drop for Hung<'_> {
    fn drop(&mut self) {
        if let Some(task) = self.task
            && let Entry::Occupied(mut calls) = lock(&self.world.hung).entry(task)
        {
            *calls.get_mut() -= 1;
            if *calls.get() == 0 {
                calls.remove();
            }
        }
    }
}

/// A node's clock: the world's, and how wrong it is.
#[derive(Clone, Debug)]
pub(crate) struct NodeClock {
    pub(crate) world: Arc<World>,
    /// How far it is ahead, in microseconds.
    pub(crate) ahead_micros: Arc<AtomicI64>,
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.world.elapsed().as_micros()).unwrap_or(0);
        Timestamp::from_micros(DAWN_MICROS + elapsed + self.ahead_micros.load(Ordering::Relaxed))
    }

    fn instant(&self) -> Instant {
        Instant::from_elapsed(self.world.elapsed())
    }
}
