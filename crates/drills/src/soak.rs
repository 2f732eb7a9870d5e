//! A long evening on two nodes: one fault after the other, drawn from a seed.

use std::time::Duration;

use anyhow::Context;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tokio::runtime::Handle;

use crate::databases::Databases;
use crate::drill::{Ground, sale};
use crate::estate::{Estate, RedisKind};
use crate::faults::{self, Drill};
use crate::rush::Rush;
use crate::stage::{Pace, Stage};
use crate::timeline::Timeline;

/// What may happen. The first node is never killed, so that its memory can be watched.
const FAULTS: [&str; 10] = [
    "node-kill",
    "node-pause",
    "connection-storm",
    "redis-failover",
    "redis-evict",
    "lease-loss",
    "reader-loss",
    "reader-lag",
    "database-slow",
    "zone-loss",
];

const NODES: u16 = 2;

/// How long a soak is, and how often something happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    whole: Duration,
    between_faults: Duration,
}

impl Length {
    /// Three faults.
    pub(crate) const QUICK: Self = Self {
        whole: Duration::from_secs(15),
        between_faults: Duration::from_secs(5),
    };

    /// Ten minutes.
    pub(crate) const FULL: Self = Self {
        whole: Duration::from_mins(10),
        between_faults: Duration::from_secs(20),
    };
}

/// One fault, from its beginning to the beginning of the next.
struct Chapter {
    fault: &'static str,
    from: Duration,
    to: Duration,
    /// Of each node at its end, in bytes.
    memory: Vec<u64>,
}

/// The pace of a soak: faults are over before the next one begins.
pub(crate) fn pace(quick: bool) -> Pace {
    if quick {
        Pace::QUICK
    } else {
        Pace {
            outage: Duration::from_secs(3),
            buyers_per_sec: 80,
            burst: 200,
            lease_ttl: Duration::from_secs(5),
            ..Pace::FULL
        }
    }
}

/// Holds a soak and prints what came of it; says whether it passed.
pub(crate) fn hold(
    ground: &Ground,
    length: Length,
    seed: u64,
    databases: &mut Databases,
    handle: &Handle,
) -> anyhow::Result<bool> {
    let secs = length.between_faults.as_secs();
    println!("\n==> soak: two nodes, a fault every {secs} s, seed {seed}");
    databases.rebuild()?;
    let blueprint = ground.blueprint("soak", RedisKind::Sentinels, NODES);
    let estate = Estate::start(&blueprint, databases)?;
    let rush = Rush::begin(handle, &estate.url(), ground.pace.buyers_per_sec)?;
    let mut stage = Stage {
        estate,
        databases,
        rush,
        pace: ground.pace,
        victim: 1,
        events: Vec::new(),
        clock: None,
        remarks: Vec::new(),
    };
    let chapters = chapters(&mut stage, length, seed)?;
    let Stage {
        estate,
        databases,
        rush,
        events,
        ..
    } = stage;
    let record = rush.end()?;
    drop(estate);
    let timeline = Timeline::new(record.attempts.clone(), events);
    for chapter in &chapters {
        println!("{}", chapter.told(&timeline));
    }
    println!("{}", memory(&chapters));
    let sale = sale(ground, databases, &blueprint.database, &record)?;
    println!("{}", sale.text);
    let says = "two nodes, one fault after the other";
    let drawing = ground.draw("soak", says, &timeline.without_events())?;
    println!("  drawn: {}", drawing.display());
    Ok(sale.passed)
}

fn chapters(stage: &mut Stage<'_>, length: Length, seed: u64) -> anyhow::Result<Vec<Chapter>> {
    let mut random = StdRng::seed_from_u64(seed);
    let drills: Vec<&Drill> = FAULTS
        .iter()
        .filter_map(|name| faults::find(name))
        .collect();
    let (mut chapters, mut round) = (Vec::new(), Vec::new());
    while stage.rush.elapsed() < length.whole {
        let from = stage.rush.elapsed();
        // Not on the beat: what is periodic itself must not always be met at the same point.
        let early = Duration::from_millis(random.random_range(0..500));
        std::thread::sleep(early);
        if round.is_empty() {
            // Each once before any comes again.
            round.clone_from(&drills);
            round.shuffle(&mut random);
        }
        let drill = round.pop().context("a fault")?;
        println!(
            "  {:>6.1} s {}",
            stage.rush.elapsed().as_secs_f64(),
            drill.name
        );
        (drill.script)(stage).with_context(|| format!("{} in the soak", drill.name))?;
        stage.rebuild_database()?;
        let rest = (from + length.between_faults).saturating_sub(stage.rush.elapsed());
        std::thread::sleep(rest);
        let nodes = stage.estate.nodes.iter();
        chapters.push(Chapter {
            fault: drill.name,
            from,
            to: stage.rush.elapsed(),
            memory: nodes
                .map(|node| node.server.resident_bytes())
                .collect::<anyhow::Result<_>>()?,
        });
    }
    Ok(chapters)
}

impl Chapter {
    fn told(&self, timeline: &Timeline) -> String {
        let gap = timeline.longest_gap(self.from, self.to).length;
        let failures: Vec<String> = timeline
            .failures(self.from, self.to)
            .into_iter()
            .map(|(why, times)| format!("{times} times {why}"))
            .collect();
        let memory = self.memory.iter().map(|bytes| mebibytes(*bytes));
        format!(
            "  {:>6.1} s {:<17} longest gap {:.2} s | {} | {}",
            self.from.as_secs_f64(),
            self.fault,
            gap.as_secs_f64(),
            memory.collect::<Vec<_>>().join(", "),
            failures.join(", "),
        )
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}

/// Whether the first node's memory grows: its mean in the last third against the third before.
fn memory(chapters: &[Chapter]) -> String {
    let thirds: Vec<u64> = chapters
        .chunks(chapters.len().div_ceil(3).max(1))
        .map(|third| {
            let first = third.iter().filter_map(|chapter| chapter.memory.first());
            first.sum::<u64>() / third.len() as u64
        })
        .collect();
    let told: Vec<String> = thirds.iter().map(|bytes| mebibytes(*bytes)).collect();
    format!(
        "  memory of the first node, in thirds of the evening: {}",
        told.join(", ")
    )
}
