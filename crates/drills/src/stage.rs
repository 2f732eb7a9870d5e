//! One drill as its script sees it: the estate, the rush that goes on, and a clock.

use std::time::Duration;

use anyhow::Context;

use crate::databases::Databases;
use crate::estate::{Estate, Node, await_that};
use crate::rush::Rush;
use crate::timeline::Event;

/// How long the parts of a drill take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Before the fault.
    pub(crate) calm: Duration,
    /// As long as the fault lasts, where it lasts.
    pub(crate) outage: Duration,
    /// After everything is whole again.
    pub(crate) after: Duration,
    /// Buyers a second, and as many visitors.
    pub(crate) buyers_per_sec: u32,
    /// Buyers who come at one instant where a drill has such.
    pub(crate) burst: u32,
    /// How long a lease lasts.
    pub(crate) lease_ttl: Duration,
}

impl Pace {
    /// A few seconds: shows that it works, on a machine that has little.
    pub(crate) const QUICK: Self = Self {
        calm: Duration::from_secs(1),
        outage: Duration::from_millis(1_500),
        after: Duration::from_millis(1_500),
        buyers_per_sec: 20,
        burst: 300,
        lease_ttl: Duration::from_secs(1),
    };

    /// The default limits of the platform, and time to see.
    pub(crate) const FULL: Self = Self {
        calm: Duration::from_secs(3),
        outage: Duration::from_secs(6),
        after: Duration::from_secs(5),
        buyers_per_sec: 200,
        burst: 2_000,
        lease_ttl: Duration::from_secs(10),
    };
}

/// See the module.
pub(crate) struct Stage<'a> {
    pub(crate) estate: Estate,
    pub(crate) databases: &'a mut Databases,
    pub(crate) rush: Rush,
    pub(crate) pace: Pace,
    /// The index of the node that faults of one node befall.
    pub(crate) victim: usize,
    pub(crate) events: Vec<Event>,
    /// When the fault began, and from when on nobody may be kept waiting for long.
    pub(crate) clock: Option<Clock>,
    /// What is worth telling afterwards.
    pub(crate) remarks: Vec<String>,
}

/// The moments that a drill is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// The fault began.
    pub(crate) fault: Duration,
    /// The next reservation is to come within the drill's bound from here.
    pub(crate) counts_from: Duration,
}

impl Stage<'_> {
    /// Notes what is done now.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        let at = self.rush.elapsed();
        let what = what.into();
        self.events.push(Event { at, what });
    }

    /// Notes a fault that begins now. The first one of a drill is what it is judged by.
    pub(crate) fn fault(&mut self, what: impl Into<String>) {
        let now = self.rush.elapsed();
        self.clock.get_or_insert(Clock {
            fault: now,
            counts_from: now,
        });
        self.note(what);
    }

    /// From now on the platform alone decides how long nobody is served: what it cannot do without
    /// has been done for it.
    pub(crate) fn platform_turn(&mut self, what: impl Into<String>) {
        let now = self.rush.elapsed();
        if let Some(clock) = &mut self.clock {
            clock.counts_from = now;
        }
        self.note(what);
    }

    /// Lets the rush go on while the fault lasts.
    pub(crate) fn outlast(&self) {
        std::thread::sleep(self.pace.outage);
    }

    /// Waits until buyers are told again that tickets are theirs.
    pub(crate) fn await_sales(&self) -> anyhow::Result<()> {
        let from = self.rush.elapsed();
        await_that("reservation", || Ok(self.rush.reserved_since(from) > 0))
    }

    /// The node that faults of one node befall.
    pub(crate) fn victim(&mut self) -> anyhow::Result<&mut Node> {
        self.estate.nodes.get_mut(self.victim).context("a node")
    }

    /// Puts a new replica beside a primary that has none.
    pub(crate) fn rebuild_database(&mut self) -> anyhow::Result<()> {
        if self.databases.rebuild()? {
            for node in &self.estate.nodes {
                node.reader.lead_to(self.databases.reader_port());
            }
            self.note("the database has a replica again");
        }
        Ok(())
    }

    /// What a metric counts over all nodes.
    pub(crate) fn total(&self, metric: &str) -> anyhow::Result<f64> {
        let nodes = self.estate.nodes.iter();
        nodes
            .map(|node| Ok(node.metric(metric)?.unwrap_or(0.0)))
            .sum()
    }
}
