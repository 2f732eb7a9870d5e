//! The nodes: each a box office over its own ports, that can die, stop and stand still.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxoffice::background::Background;
use boxoffice::box_office::{BoxOffice, Ports};
use boxoffice::ids::IdSource;
use boxoffice::limits::Limits;
use boxoffice::runtime::Tasks;
use boxoffice::ticket_code::TicketKey;

use crate::census::Kind;
use crate::coordinator::{Desk, Hall};
use crate::database::{Connections, Database};
use crate::dice::Dice;
use crate::till::{Counter, Till};
use crate::world::{Life, NodeClock, World, lock, sleep_ms};

/// How long a process that has decided everything goes on answering, in milliseconds.
const LAST_ANSWERS_MS: u32 = 100;

/// What every node is built on.
pub(crate) struct Site {
    pub(crate) world: Arc<World>,
    pub(crate) db: Arc<Database>,
    pub(crate) hall: Arc<Hall>,
    pub(crate) till: Arc<Till>,
    pub(crate) limits: Limits,
    /// What every node signs tickets with.
    pub(crate) ticket_key: TicketKey,
    pub(crate) seed: u64,
}

/// One node.
pub(crate) struct Node {
    pub(crate) number: u32,
    site: Arc<Site>,
    ahead_micros: Arc<AtomicI64>,
    lives: AtomicU32,
    running: Mutex<Option<Arc<Running>>>,
}

/// A node while it runs.
pub(crate) struct Running {
    pub(crate) office: BoxOffice,
    pub(crate) life: Arc<Life>,
    /// Which of the node's lives it is, from 1.
    pub(crate) number: u32,
    background: Mutex<Option<Background>>,
}

impl Node {
    /// A node that runs.
    pub(crate) fn start(number: u32, site: Arc<Site>) -> Arc<Self> {
        let node = Arc::new(Self {
            number,
            site,
            ahead_micros: Arc::default(),
            lives: AtomicU32::new(0),
            running: Mutex::default(),
        });
        node.revive();
        node
    }

    /// Starts again with empty memory, unless it runs.
    pub(crate) fn revive(&self) {
        let mut running = lock(&self.running);
        if running.is_some() {
            return;
        }
        let number = self.lives.fetch_add(1, Ordering::Relaxed) + 1;
        let site = &self.site;
        site.world
            .tell(|| format!("n{} starts, life {number}", self.number));
        let life = Life::new(Arc::clone(&site.world));
        let dice = |purpose: u64| {
            let stream = u64::from(self.number) << 32 | u64::from(number) << 8 | purpose;
            Dice::new(site.seed, stream)
        };
        let (db, hall) = (Arc::clone(&site.db), Arc::clone(&site.hall));
        let ports = Ports {
            store: Arc::new(Connections::new(
                db,
                Arc::clone(&life),
                self.number,
                dice(2),
            )),
            coordinator: Arc::new(Desk::new(hall, Arc::clone(&life), self.number, dice(3))),
            payments: Arc::new(Counter::new(
                Arc::clone(&site.till),
                Arc::clone(&life),
                self.number,
                dice(6),
            )),
            ticket_key: site.ticket_key.clone(),
            clock: Arc::new(NodeClock {
                world: Arc::clone(&site.world),
                ahead_micros: Arc::clone(&self.ahead_micros),
            }),
            ids: Arc::new(IdSource::seeded(dice(4).seed_bytes())),
            node: format!("n{}", self.number),
            tasks: Tasks::default(),
        };
        let office = BoxOffice::new(ports, site.limits.clone());
        let background = Mutex::new(Some(office.start_background()));
        *running = Some(Arc::new(Running {
            office,
            life,
            number,
            background,
        }));
    }

    /// The node as it runs; `None`: nobody listens.
    pub(crate) fn running(&self) -> Option<Arc<Running>> {
        lock(&self.running).clone()
    }

    /// Whether anybody listens.
    pub(crate) fn is_up(&self) -> bool {
        lock(&self.running).is_some()
    }

    /// Dies at once, in the middle of whatever it does.
    pub(crate) fn crash(&self, kind: Kind) {
        let Some(running) = lock(&self.running).take() else {
            return;
        };
        let world = &self.site.world;
        world.fault(kind, || format!("n{} crashes", self.number));
        running.life.kill();
        drop(lock(&running.background).take());
    }

    /// Dies where it passes one of its ports for the `passages`th time from now, if it comes to
    /// that within `wait_max`. Says whether it did.
    pub(crate) async fn dies_within(&self, passages: u32, wait_max: Duration) -> bool {
        let Some(running) = self.running() else {
            return false;
        };
        let life = &running.life;
        life.set_dies_after(passages);
        let _ended = tokio::time::timeout(wait_max, life.end()).await;
        life.set_dies_after(0);
        // It may have ended for another reason, and somebody else sees to that then.
        let own = self
            .running()
            .is_some_and(|now| Arc::ptr_eq(&now, &running));
        let dies = own && life.is_dead();
        if dies {
            self.crash(Kind::CrashAtWait);
        }
        dies
    }

    /// Takes nothing new, decides what it has, and ends.
    pub(crate) async fn drain(&self) {
        let Some(running) = lock(&self.running).take() else {
            return;
        };
        drop(lock(&running.background).take());
        let world = &self.site.world;
        tokio::select! {
            biased;
            () = running.office.shutdown() => {}
            () = running.life.end() => {
                return world.fault(Kind::CrashAtWait, || format!("n{} crashes", self.number));
            }
        }
        world.tell(|| format!("n{} has shut down", self.number));
        // What is on its way to a client is sent before the process ends.
        sleep_ms(LAST_ANSWERS_MS).await;
        running.life.kill();
    }

    /// Sets its clock right.
    pub(crate) fn set_clock_right(&self) {
        self.ahead_micros.store(0, Ordering::Relaxed);
    }

    /// Moves its clock.
    pub(crate) fn step_clock(&self, by_ms: i32) {
        self.ahead_micros
            .fetch_add(i64::from(by_ms) * 1_000, Ordering::Relaxed);
    }
}
