//! A closed loop: a fixed number of connections, each asking again as soon as it is answered.
//!
//! It finds the most that a server does. It says little about how long buyers wait who come at
//! their own time, because a slow server slows these down; for that the [`contest`](crate::contest)
//! counts from the instant at which all came. A wait counts if it began in the counted time, however
//! late it ended: those who are still waiting at the end are awaited, or the slowest would be left out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinSet;

use crate::latency::Latencies;
use crate::target::Target;
use crate::usage::{Cores, Usage};
use crate::wire::Connection;
pub use crate::wire::RequestWriter;

/// How many connections are opened at once, so that the server's backlog never overflows.
const CONNECTING_MAX: usize = 64;

/// How long a connection waits after a loss: a server that is gone refuses faster than any answers.
const RECONNECT_PAUSE: Duration = Duration::from_millis(10);

/// Records that connections share; enough that they seldom meet at one.
const TALLIES: usize = 16;

/// The longest piece of a failed answer that is kept as an example.
const EXAMPLE_BYTES_MAX: usize = 300;

/// A load to put on a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the server's nodes are, as `http://host:port`; connections go to each in turn.
    pub urls: Vec<String>,
    /// How many connections ask at once.
    pub connections: usize,
    /// When it ends.
    pub until: Until,
    /// What is asked or answered earlier is checked but not counted; ignored with [`Until::Requests`].
    pub warm_up: Duration,
    /// How long an answer may take before it counts as lost; at the end, so long is waited at most.
    pub timeout: Duration,
}

/// When a load ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// After this time, from the end of the warm-up.
    Elapsed(Duration),
    /// After this many requests.
    Requests(u64),
}

/// What a load showed.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The time in which answers were counted.
    pub time: Duration,
    /// How long successes took that were asked for in that time, however late they came.
    pub latencies: Latencies,
    /// The same of all other answers: a refusal is faster than a sale, and would hide how long one takes.
    pub refusal_latencies: Latencies,
    /// How many successes came in that time.
    pub counted_successes: u64,
    /// Every answer, counted or not, by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests that were not answered, each at the price of its connection.
    pub lost: u64,
    /// Cores in use in that time, by the generator and by everything on this machine.
    pub cores: Cores,
    /// Why the first was lost, or what the first answer says that is no success.
    pub example: Option<String>,
}

impl Report {
    /// Counted successes a second.
    pub fn throughput(&self) -> f64 {
        self.counted_successes as f64 / self.time.as_secs_f64().max(f64::EPSILON)
    }

    /// How many answers were successes.
    pub fn successes(&self) -> u64 {
        self.statuses.range(200..300).map(|(_, times)| times).sum()
    }

    /// Whether every request was answered, with success.
    pub fn is_clean(&self) -> bool {
        self.is_clean_but_for(None)
    }

    /// Whether every request was answered, with success or with this status.
    pub fn is_clean_but_for(&self, refusal: Option<u16>) -> bool {
        let is_fine = |status: &u16| is_success(*status) || Some(*status) == refusal;
        self.lost == 0 && self.successes() > 0 && self.statuses.keys().all(is_fine)
    }

    /// Takes in the answers of another load, and its time.
    pub fn merge(&mut self, other: &Self) {
        let (time, more) = (self.time.as_secs_f64(), other.time.as_secs_f64());
        self.cores = self.cores.over(time, other.cores, more);
        self.time += other.time;
        self.latencies.add(&other.latencies);
        self.refusal_latencies.add(&other.refusal_latencies);
        self.counted_successes += other.counted_successes;
        for (status, times) in &other.statuses {
            *self.statuses.entry(*status).or_default() += times;
        }
        self.lost += other.lost;
        if self.example.is_none() {
            self.example.clone_from(&other.example);
        }
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// The time that counts.
#[derive(Clone, Copy)]
struct Window {
    begins: Instant,
    /// `None`: when all requests are answered.
    ends: Option<Instant>,
}

impl Window {
    fn of(options: &Options, began: Instant) -> Self {
        match options.until {
            Until::Elapsed(time) => {
                let begins = began + options.warm_up;
                Self {
                    begins,
                    ends: Some(begins + time),
                }
            }
            Until::Requests(_) => Self {
                begins: began,
                ends: None,
            },
        }
    }

    fn is_over(&self, at: Instant) -> bool {
        self.ends.is_some_and(|ends| at >= ends)
    }

    fn contains(&self, at: Instant) -> bool {
        at >= self.begins && !self.is_over(at)
    }
}

/// What counts of an answer.
struct Counted {
    /// How long it took, if it was asked for in the window.
    wait: Option<Duration>,
    /// Whether it came in the window.
    is_in_time: bool,
}

/// What all connections of one load share.
struct Load<F> {
    targets: Vec<Target>,
    options: Options,
    next: AtomicU64,
    tallies: Vec<Mutex<Report>>,
    build: F,
}

/// Opens all connections, then keeps each asking until the end.
///
/// `build` writes the request of the given number; numbers start at 0 and none is used twice.
/// Errors are about a load that could not begin; what went wrong later is in the report.
pub async fn run<F>(options: Options, build: F) -> anyhow::Result<Report>
where
    F: Fn(u64, &mut RequestWriter<'_>) + Send + Sync + 'static,
{
    ensure!(options.connections > 0, "a load needs connections");
    let mut targets = Vec::new();
    for url in &options.urls {
        targets.push(Target::resolve(url).await?);
    }
    ensure!(!targets.is_empty(), "a load needs a server");
    let connections = open(&targets, &options).await?;
    let tallies = (0..TALLIES).map(|_| Mutex::default()).collect();
    let load = Arc::new(Load {
        targets,
        options,
        next: AtomicU64::new(0),
        tallies,
        build,
    });

    let (start, started) = watch::channel(None);
    let mut loops = JoinSet::new();
    for (index, connection) in connections.into_iter().enumerate() {
        let load = Arc::clone(&load);
        let mut started = started.clone();
        loops.spawn(async move {
            let began = started
                .wait_for(Option::is_some)
                .await
                .map_or(None, |began| *began);
            load.keep_asking(index, connection, began.unwrap_or_else(Instant::now))
                .await
        });
    }
    let began = Instant::now();
    let (over, is_over) = oneshot::channel();
    let watching = tokio::spawn(look_on(Window::of(&load.options, began), is_over));
    start.send_replace(Some(began));
    let mut last = began;
    while let Some(ended) = loops.join_next().await {
        last = last.max(ended.context("a connection's task failed")?);
    }
    drop(over);
    let cores = watching.await.context("looking on failed")?;
    Ok(load.report(last - began, cores))
}

/// Cores in use in the window, or until it is over.
async fn look_on(window: Window, mut is_over: oneshot::Receiver<()>) -> Cores {
    tokio::time::sleep_until(window.begins.into()).await;
    let (began, before) = (Instant::now(), Usage::now());
    match window.ends {
        Some(ends) => tokio::time::sleep_until(ends.into()).await,
        None => _ = (&mut is_over).await,
    }
    let seconds = began.elapsed().as_secs_f64().max(f64::EPSILON);
    Cores::between(before, Usage::now(), seconds)
}

/// Connections to each target in turn, in that order.
async fn open(targets: &[Target], options: &Options) -> anyhow::Result<Vec<Connection>> {
    let turns = Arc::new(Semaphore::new(CONNECTING_MAX));
    let mut opening = Vec::new();
    for target in targets.iter().cycle().take(options.connections) {
        let (turns, target) = (Arc::clone(&turns), target.clone());
        opening.push(tokio::spawn(async move {
            let _turn = turns.acquire().await?;
            Connection::open(&target).await.context("cannot connect")
        }));
    }
    let mut connections = Vec::with_capacity(opening.len());
    for opened in opening {
        connections.push(opened.await??);
    }
    Ok(connections)
}

impl<F> Load<F>
where
    F: Fn(u64, &mut RequestWriter<'_>),
{
    /// One connection's loop; returns when its last answer came.
    async fn keep_asking(&self, index: usize, first: Connection, began: Instant) -> Instant {
        let window = Window::of(&self.options, began);
        let target = &self.targets[index % self.targets.len()];
        let tally = &self.tallies[index % self.tallies.len()];
        let mut connection = Some(first);
        let mut sent = Instant::now();
        while !window.is_over(sent) {
            let Some(number) = self.take_number() else {
                break;
            };
            let answer = self.ask(target, &mut connection, number).await;
            let answered = Instant::now();
            let counted = Counted {
                wait: window.contains(sent).then(|| answered - sent),
                is_in_time: window.contains(answered),
            };
            sent = answered;
            let is_lost = answer.is_err();
            tally
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .record(answer, &counted);
            if is_lost {
                tokio::time::sleep(RECONNECT_PAUSE).await;
                sent = Instant::now();
            }
        }
        sent
    }

    fn take_number(&self) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        match self.options.until {
            Until::Requests(requests) if number >= requests => None,
            _ => Some(number),
        }
    }

    /// The status, with what the answer says if it is no success; or why there is no answer.
    async fn ask(
        &self,
        target: &Target,
        slot: &mut Option<Connection>,
        number: u64,
    ) -> Result<(u16, Option<String>), String> {
        let exchange = async {
            let mut connection = match slot.take() {
                Some(connection) => connection,
                None => Connection::open(target).await?,
            };
            let status = connection
                .exchange(target, |writer| (self.build)(number, writer))
                .await?;
            Ok::<_, std::io::Error>((status, connection))
        };
        match tokio::time::timeout(self.options.timeout, exchange).await {
            Err(_) => Err(format!("timed out after {:?}", self.options.timeout)),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok((status, connection))) => {
                let example = (!is_success(status)).then(|| example(connection.body()));
                if !connection.is_closing() {
                    *slot = Some(connection);
                }
                Ok((status, example))
            }
        }
    }

    fn report(&self, elapsed: Duration, cores: Cores) -> Report {
        let time = match self.options.until {
            Until::Elapsed(time) => time,
            Until::Requests(_) => elapsed,
        };
        let mut report = Report::default();
        for tally in &self.tallies {
            report.merge(&tally.lock().unwrap_or_else(PoisonError::into_inner));
        }
        report.time = time;
        report.cores = cores;
        report
    }
}

impl Report {
    fn record(&mut self, answer: Result<(u16, Option<String>), String>, counted: &Counted) {
        match answer {
            Ok((status, example)) => {
                *self.statuses.entry(status).or_default() += 1;
                let is_success = is_success(status);
                self.counted_successes += u64::from(is_success && counted.is_in_time);
                let latencies = if is_success {
                    &mut self.latencies
                } else {
                    &mut self.refusal_latencies
                };
                if let Some(wait) = counted.wait {
                    latencies.record(wait);
                }
                if self.example.is_none() {
                    self.example = example.map(|body| format!("{status}: {body}"));
                }
            }
            Err(reason) => {
                self.lost += 1;
                self.example.get_or_insert(reason);
            }
        }
    }
}

fn example(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(EXAMPLE_BYTES_MAX)]).into_owned()
}
