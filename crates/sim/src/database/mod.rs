//! A database as it is on a bad day, around the memory store.
//!
//! Models what the box office's port promises and no more: one unique chain of versions for each
//! event, statements that each see what is committed when they run, commits whose answers are lost
//! with or without effect, or whose effect comes later, waits for locks, deadlocks, connections that
//! break, a writer that changes, a reader that lags. Commits are replicated before they are seen, as
//! semi-synchronous replication does it: a failover loses no acknowledged commit.

mod calls;
mod commit;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxoffice::event::EventSnapshot;
use boxoffice::grade::Stock;
use boxoffice::ids::EventId;
use boxoffice::store::StoreError;
use storage::MemoryStore;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::census::Kind;
use crate::dice::{Dice, SharedDice};
use crate::history::Status;
use crate::planted::Slip;
use crate::scenario::{Rates, Scenario, What};
use crate::world::{Life, World, lock, sleep_ms, step_back};

/// Room for the versions of most days.
const VERSIONS_LEN: usize = 192;

/// Lines that are kept of books that do not balance.
const UNBALANCED_MAX: usize = 3;

/// What the writer does at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Writer {
    /// Reads and writes.
    Open,
    /// Refuses writes: a replica that has not been promoted yet.
    ReadOnly,
    /// Does not answer.
    Down,
}

const OPEN: u8 = Writer::Open as u8;
const READ_ONLY: u8 = Writer::ReadOnly as u8;

/// The stock that a version of an event had.
#[derive(Clone, Debug)]
pub(crate) struct VersionStock {
    pub(crate) event: i64,
    pub(crate) version: i64,
    /// When it was committed.
    pub(crate) at: Duration,
    pub(crate) stock: Vec<Stock>,
}

/// What a commit made of a reservation, or with `None` of the event itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) event: i64,
    pub(crate) reservation: Option<Uuid>,
    pub(crate) status: Status,
}

/// The database that all nodes use.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) world: Arc<World>,
    /// The tables themselves; the auditor reads them at the end of the day.
    pub(crate) tables: MemoryStore,
    rates: Rates,
    slip: Option<Slip>,
    /// Whether the reader will fall behind today.
    lags: bool,
    /// A [`Writer`].
    writer: AtomicU8,
    state: Mutex<State>,
    /// Tells who waits for the tables to change.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// How far the reader is behind.
    lag: Duration,
    /// What the reader has seen of each event, and when it was committed.
    past: BTreeMap<EventId, Vec<(Duration, EventSnapshot)>>,
    /// Every version of every event, as the tables had it.
    versions: Vec<VersionStock>,
    /// What each commit made of what, in their order.
    changes: Vec<Made>,
    /// What the books said wrong, the first few.
    unbalanced: Vec<String>,
}

impl Database {
    pub(crate) fn new(world: Arc<World>, scenario: &Scenario, slip: Option<Slip>) -> Arc<Self> {
        let mut troubles = scenario.troubles.iter();
        let lags = troubles.any(|trouble| matches!(trouble.what, What::ReaderLag { .. }));
        Arc::new(Self {
            world,
            tables: MemoryStore::new(),
            rates: scenario.rates.clone(),
            slip,
            lags,
            writer: AtomicU8::new(Writer::Open as u8),
            state: Mutex::new(State {
                lag: Duration::ZERO,
                past: BTreeMap::new(),
                versions: Vec::with_capacity(VERSIONS_LEN),
                changes: Vec::new(),
                unbalanced: Vec::new(),
            }),
            changed: Notify::new(),
        })
    }

    pub(crate) fn set_writer(&self, writer: Writer) {
        self.writer.store(writer as u8, Ordering::Relaxed);
    }

    fn writer(&self) -> Writer {
        match self.writer.load(Ordering::Relaxed) {
            OPEN => Writer::Open,
            READ_ONLY => Writer::ReadOnly,
            _ => Writer::Down,
        }
    }

    pub(crate) fn set_lag_ms(&self, ms: u32) {
        lock(&self.state).lag = Duration::from_millis(ms.into());
    }

    /// Keeps what the books said wrong.
    pub(crate) fn keep_unbalanced(&self, wrong: impl Iterator<Item = String>) {
        let mut state = lock(&self.state);
        let room = UNBALANCED_MAX.saturating_sub(state.unbalanced.len());
        state.unbalanced.extend(wrong.take(room));
    }

    /// What each commit made of what, in their order.
    pub(crate) fn take_changes(&self) -> Vec<Made> {
        std::mem::take(&mut lock(&self.state).changes)
    }

    /// What the books said wrong during the day.
    pub(crate) fn take_unbalanced(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state).unbalanced)
    }

    /// Whether this planted bug is in the database's driver today.
    fn slips(&self, slip: Slip) -> bool {
        self.slip == Some(slip)
    }

    /// Every version of every event.
    pub(crate) fn take_versions(&self) -> Vec<VersionStock> {
        std::mem::take(&mut lock(&self.state).versions)
    }

    /// Ends once nothing is held, being paid for or to be given back.
    pub(crate) async fn nothing_waits(&self) {
        loop {
            let changed = self.changed.notified();
            if self.tables.tables().nothing_waits() {
                return;
            }
            changed.await;
        }
    }

    /// Keeps what an event is like now: for the auditor, and for a reader that lags.
    fn remember(&self, event: EventId) {
        let tables = self.tables.tables();
        let at = self.world.elapsed();
        let mut state = lock(&self.state);
        if let Some((version, stock)) = tables.stock(event) {
            state.versions.push(VersionStock {
                event: event.0,
                version: version.0,
                at,
                stock,
            });
        }
        if self.lags
            && let Some(snapshot) = tables.event(event)
        {
            state.past.entry(event).or_default().push((at, snapshot));
        }
        self.changed.notify_waiters();
    }

    /// What a reader says that is behind; `None` in it where it has not heard of the event yet.
    fn lagging(&self, event: EventId) -> Result<Option<EventSnapshot>, CaughtUp> {
        let state = lock(&self.state);
        if state.lag.is_zero() {
            return Err(CaughtUp);
        }
        let past = state.past.get(&event).ok_or(CaughtUp)?;
        let found = past.iter().rev();
        let mut found = found.skip_while(|(at, _)| *at + state.lag > self.world.elapsed());
        Ok(found.next().map(|(_, snapshot)| snapshot.clone()))
    }
}

/// The reader is as good as the writer.
struct CaughtUp;

/// One node's way to the database, for one life of the node.
pub(crate) struct Connections {
    db: Arc<Database>,
    life: Arc<Life>,
    node: u32,
    dice: SharedDice,
    /// Of the planted bug: the connection is inside a transaction that nobody commits.
    left_open: AtomicBool,
}

impl Connections {
    pub(crate) fn new(db: Arc<Database>, life: Arc<Life>, node: u32, dice: Dice) -> Self {
        Self {
            db,
            life,
            node,
            dice: dice.shared(),
            left_open: AtomicBool::new(false),
        }
    }

    fn dice<T>(&self, roll: impl FnOnce(&mut Dice) -> T) -> T {
        self.dice.roll(roll)
    }

    fn is_calm(&self) -> bool {
        self.db.world.is_calm()
    }

    /// The way to the database or back: mostly short, and never the same twice.
    async fn travel(&self) {
        let (slow, roll, ms) =
            self.dice(|dice| (dice.below(1_000), dice.below(100), dice.within(1..=3)));
        if slow < self.db.rates.slow && !self.is_calm() {
            let ms = self.dice(|dice| dice.within(20..=900));
            self.db.world.fault(Kind::Slow, || {
                format!("n{}: a statement takes {ms} ms", self.node)
            });
            return sleep_ms(ms).await;
        }
        match roll {
            0..=17 => sleep_ms(ms).await,
            18..=55 => step_back().await,
            _ => {}
        }
    }

    /// One statement on its way to the database; an error where it does not get there.
    async fn statement(&self, writes: bool) -> Result<(), StoreError> {
        self.life.gate().await;
        self.travel().await;
        self.life.gate().await;
        self.meet(writes).await
    }

    /// What a statement meets in the database.
    async fn meet(&self, writes: bool) -> Result<(), StoreError> {
        let refused = |why: &str| Err(StoreError::Unavailable(why.to_owned()));
        match self.db.writer() {
            Writer::Down => return refused("the connection was refused"),
            Writer::ReadOnly if writes => return refused("the server is read-only"),
            Writer::Open | Writer::ReadOnly => {}
        }
        if self.is_calm() {
            return Ok(());
        }
        let rates = &self.db.rates;
        let roll = self.dice(|dice| dice.below(1_000));
        let world = &self.db.world;
        if roll < rates.dropped {
            world.fault(Kind::ConnectionBroken, || {
                format!("n{}: the connection breaks", self.node)
            });
            return refused("the connection broke");
        }
        if writes && roll < rates.dropped + rates.lock_wait {
            let ms = self.dice(|dice| dice.within(200..=1_500));
            world.fault(Kind::LockWait, || {
                format!("n{}: a lock is waited for in vain, {ms} ms", self.node)
            });
            sleep_ms(ms).await;
            self.life.gate().await;
            return refused("lock wait timeout exceeded");
        }
        if writes && roll < rates.dropped + rates.lock_wait + rates.deadlock {
            world.fault(Kind::Deadlock, || {
                format!("n{}: chosen as a deadlock's victim", self.node)
            });
            return refused("deadlock found");
        }
        Ok(())
    }
}
