//! All connections together, and the arrivals that they take.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::buyer::{Buyer, World};
use super::{Sample, Tally, micros_since};
use crate::scenario::{Scenario, Schedule};
use crate::target::Target;

/// How many connections are opened at once, so that the server's backlog never overflows.
const CONNECTING_MAX: usize = 64;

/// Records that connections share; enough that they seldom meet at one.
const TALLIES: usize = 16;

/// From the moment at which all connections are told to the first arrival, so that none is late.
const HEAD_START: Duration = Duration::from_millis(20);

/// Everybody, with a connection each.
pub(super) struct Crowd {
    buyers: Vec<Buyer>,
    began: Instant,
    answered: Arc<AtomicU64>,
    /// Numbers go into keys and names, so that none is used twice in a run.
    next_number: u64,
    tallies: Arc<Vec<Mutex<Tally>>>,
}

/// Where the next arrival comes from.
enum Arrivals {
    Scheduled {
        schedule: Schedule,
        next: AtomicUsize,
    },
    Asking {
        until: Instant,
        next: AtomicU64,
    },
}

/// What all connections share while arrivals come.
struct Round {
    arrivals: Arrivals,
    began: Instant,
    first_number: u64,
    run_began: Instant,
    answered: Arc<AtomicU64>,
    tallies: Arc<Vec<Mutex<Tally>>>,
}

/// One arrival.
struct Arrival {
    number: u64,
    at: Instant,
    /// How late the generator is; `None`: no connection was free.
    late: Option<Duration>,
}

impl Crowd {
    /// Opens every connection, and lets each look at an event once.
    pub(super) async fn gather(
        target: &Target,
        scenario: &Scenario,
        world: Arc<World>,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        let turns = Arc::new(Semaphore::new(CONNECTING_MAX));
        let mut opening = JoinSet::new();
        for number in 0..scenario.connections {
            let source = target
                .is_loopback()
                .then(|| source(number, scenario.sources));
            let mut buyer = Buyer::new(target.clone(), Arc::clone(&world), source, timeout);
            let turns = Arc::clone(&turns);
            opening.spawn(async move {
                let _turn = turns.acquire().await?;
                buyer.look_around().await.map(|()| buyer)
            });
        }
        let mut buyers = Vec::with_capacity(scenario.connections);
        while let Some(opened) = opening.join_next().await {
            buyers.push(opened?.with_context(|| {
                format!(
                    "opening connection {} of {}",
                    buyers.len() + 1,
                    scenario.connections
                )
            })?);
        }
        ensure!(!buyers.is_empty(), "a load needs connections");
        let tallies = (0..TALLIES).map(|_| Mutex::default()).collect();
        Ok(Self {
            buyers,
            began: Instant::now(),
            answered: Arc::default(),
            next_number: 0,
            tallies: Arc::new(tallies),
        })
    }

    pub(super) const fn began(&self) -> Instant {
        self.began
    }

    pub(super) fn answered(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.answered)
    }

    pub(super) const fn connections(&self) -> usize {
        self.buyers.len()
    }

    /// The requests of everybody who came since then.
    pub(super) fn samples_since(&self, since_us: u64) -> Vec<Sample> {
        let mut samples = Vec::new();
        for tally in self.tallies.iter() {
            let tally = lock(tally);
            let since = tally
                .samples
                .iter()
                .filter(|sample| sample.at_us >= since_us);
            samples.extend(since.copied());
        }
        samples
    }

    /// Everything that was seen.
    pub(super) fn disperse(self) -> Tally {
        let mut all = Tally::default();
        for tally in self.tallies.iter() {
            all.add(std::mem::take(&mut *lock(tally)));
        }
        all
    }

    /// Sends each arrival of the schedule at its time, and waits for the last answer. Returns when
    /// it began, in microseconds of the run.
    pub(super) async fn follow(&mut self, schedule: Schedule) -> anyhow::Result<u64> {
        let arrivals = Arrivals::Scheduled {
            schedule,
            next: AtomicUsize::new(0),
        };
        let began = Instant::now() + HEAD_START;
        self.round(arrivals, began).await
    }

    /// Keeps every connection asking for so long.
    pub(super) async fn keep_asking(&mut self, length: Duration) -> anyhow::Result<u64> {
        let began = Instant::now();
        let arrivals = Arrivals::Asking {
            until: began + length,
            next: AtomicU64::new(0),
        };
        self.round(arrivals, began).await
    }

    async fn round(&mut self, arrivals: Arrivals, began: Instant) -> anyhow::Result<u64> {
        let round = Arc::new(Round {
            arrivals,
            began,
            first_number: self.next_number,
            run_began: self.began,
            answered: Arc::clone(&self.answered),
            tallies: Arc::clone(&self.tallies),
        });
        let mut tasks = JoinSet::new();
        for (index, mut buyer) in self.buyers.drain(..).enumerate() {
            let round = Arc::clone(&round);
            tasks.spawn(async move {
                round.serve(index, &mut buyer).await;
                buyer
            });
        }
        while let Some(buyer) = tasks.join_next().await {
            self.buyers
                .push(buyer.context("a connection's task failed")?);
        }
        self.next_number = round.next_number();
        Ok(micros_since(self.began, began))
    }
}

impl Round {
    /// One connection's part of the arrivals.
    async fn serve(&self, index: usize, buyer: &mut Buyer) {
        let tally = &self.tallies[index % self.tallies.len()];
        while let Some(arrival) = self.next().await {
            lock(tally).note_late(arrival.late);
            buyer
                .come(arrival.number, arrival.at, |seen| {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    seen.record(&mut lock(tally), self.run_began);
                })
                .await;
        }
    }

    /// Takes the next arrival and sleeps until it is due.
    async fn next(&self) -> Option<Arrival> {
        match &self.arrivals {
            Arrivals::Scheduled { schedule, next } => {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let at_us = schedule.arrivals_us.get(index)?;
                let at = self.began + Duration::from_micros(*at_us);
                let is_early = Instant::now() < at;
                if is_early {
                    tokio::time::sleep_until(at.into()).await;
                }
                Some(Arrival {
                    number: self.first_number + index as u64,
                    at,
                    late: is_early.then(|| at.elapsed()),
                })
            }
            Arrivals::Asking { until, next } => {
                let at = Instant::now();
                (at < *until).then(|| Arrival {
                    number: self.first_number + next.fetch_add(1, Ordering::Relaxed),
                    at,
                    late: Some(Duration::ZERO),
                })
            }
        }
    }

    fn next_number(&self) -> u64 {
        let used = match &self.arrivals {
            Arrivals::Scheduled { schedule, .. } => schedule.arrivals_us.len() as u64,
            Arrivals::Asking { next, .. } => next.load(Ordering::Relaxed),
        };
        self.first_number + used
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 127.0.0.1, 127.0.0.2 and so on, in turns.
fn source(number: usize, sources: u8) -> Ipv4Addr {
    let turn = u8::try_from(number % usize::from(sources)).unwrap_or_default();
    Ipv4Addr::new(127, 0, 0, 1 + turn)
}
