//! Holds one drill: an estate, a rush, a fault, and the verdict.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Handle;

use crate::databases::Databases;
use crate::estate::{Blueprint, Estate, RedisKind};
use crate::faults::Drill;
use crate::ledger::{self, Findings};
use crate::rush::{Record, Rush};
use crate::stage::{Clock, Pace, Stage};
use crate::timeline::Timeline;

/// Nodes of every drill.
const NODES: u16 = 3;

/// How many of each kind of finding are printed.
const FINDINGS_PRINTED_MAX: usize = 10;

/// Where drills are held, and how.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    pub(crate) program: PathBuf,
    /// Where servers and their logs are.
    pub(crate) folder: PathBuf,
    /// Where drawings go.
    pub(crate) out: PathBuf,
    pub(crate) pace: Pace,
    /// Whether a gap that is too long is a failure, and not only told.
    pub(crate) timed: bool,
}

/// What is told of a rush that is over.
pub(crate) struct Verdict {
    pub(crate) text: String,
    pub(crate) passed: bool,
}

/// Holds a drill and prints what came of it; says whether it passed.
pub(crate) fn hold(
    drill: &Drill,
    ground: &Ground,
    databases: &mut Databases,
    handle: &Handle,
) -> anyhow::Result<bool> {
    println!("\n==> {}: {}", drill.name, drill.says);
    databases.rebuild()?;
    let blueprint = ground.blueprint(drill.name, drill.redis, NODES);
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
    std::thread::sleep(ground.pace.calm);
    (drill.script)(&mut stage).with_context(|| format!("the script of {}", drill.name))?;
    std::thread::sleep(ground.pace.after);
    let ends = stage.rush.elapsed();
    let Stage {
        estate,
        databases,
        rush,
        events,
        clock,
        remarks,
        ..
    } = stage;
    let record = rush.end()?;
    drop(estate);
    let clock = clock.context("a drill without a fault")?;
    let timeline = Timeline::new(record.attempts.clone(), events);
    print!("{}", timeline.table());
    for remark in remarks {
        println!("  {remark}");
    }
    let timing = timing(drill, &timeline, clock, ends);
    println!("{}", timing.text);
    let sale = sale(ground, databases, &blueprint.database, &record)?;
    println!("{}", sale.text);
    let drawing = ground.draw(drill.name, drill.says, &timeline)?;
    println!("  drawn: {}", drawing.display());
    let unnoticed = !drill.unnoticed || timeline.failures(clock.fault, Duration::MAX).is_empty();
    if !unnoticed {
        println!("  FAILED: this fault must not fail a request");
    }
    Ok(sale.passed && unnoticed && (timing.passed || !ground.timed))
}

impl Ground {
    /// An estate of so many nodes for a drill of this name.
    pub(crate) fn blueprint(&self, name: &str, redis: RedisKind, nodes: u16) -> Blueprint {
        let lease_ttl_ms = self.pace.lease_ttl.as_millis().to_string();
        Blueprint {
            program: self.program.clone(),
            folder: self.folder.clone(),
            database: format!("onsale_{}", name.replace('-', "_")),
            nodes,
            redis,
            settings: vec![("ONSALE_LEASE_TTL_MS", lease_ttl_ms)],
        }
    }

    /// Writes a timeline as a drawing; says where.
    pub(crate) fn draw(
        &self,
        name: &str,
        says: &str,
        timeline: &Timeline,
    ) -> anyhow::Result<PathBuf> {
        std::fs::create_dir_all(&self.out)?;
        let path = self.out.join(name).with_extension("svg");
        std::fs::write(&path, timeline.svg(name, says))?;
        Ok(path)
    }
}

/// How long nobody was served, against the drill's bound.
fn timing(drill: &Drill, timeline: &Timeline, clock: Clock, ends: Duration) -> Verdict {
    let seconds = |at: Option<Duration>| {
        at.map_or_else(
            || "none".to_owned(),
            |at| format!("{:.2} s", at.as_secs_f64()),
        )
    };
    let failed = timeline.first_failed_after(clock.fault);
    let served = failed.and_then(|at| timeline.first_reserved_after(at));
    let gap = timeline.longest_gap(clock.counts_from, ends);
    let passed = gap.length <= drill.gap_max;
    let mut text = format!(
        "  first failure {}, first reservation after it {}\n  longest time without a reservation \
         {:.2} s, from {:.2} s on; bound {} s: {}",
        seconds(failed),
        seconds(served),
        gap.length.as_secs_f64(),
        gap.from.as_secs_f64(),
        drill.gap_max.as_secs(),
        if passed { "kept" } else { "MISSED" },
    );
    if clock.counts_from > clock.fault {
        let whole = timeline.longest_gap(clock.fault, ends);
        let whole = whole.length.as_secs_f64();
        let _ = write!(text, "; counted from the promotion, {whole:.2} s in all");
    }
    let failures = timeline.failures(Duration::ZERO, Duration::MAX);
    if failures.is_empty() {
        text.push_str("\n  no request failed");
    }
    for (why, times) in failures {
        let _ = write!(text, "\n  failed {times} times: {why}");
    }
    Verdict { text, passed }
}

/// What buyers were told against the database, and the audit.
pub(crate) fn sale(
    ground: &Ground,
    databases: &Databases,
    database: &str,
    record: &Record,
) -> anyhow::Result<Verdict> {
    let found = ledger::compare(databases, database, record)?;
    let (audit, clean) = audit(&ground.program, databases, database)?;
    let Findings {
        reservations,
        tickets,
        lost,
        twice,
        unasked,
    } = found;
    let unserved = &record.lost_patience;
    let mut text = format!(
        "  acknowledged: {reservations} reservations of {tickets} tickets; lost {}, sold twice {}, \
         never asked for {}, buyers who gave up {}\n  {audit}",
        lost.len(),
        twice.len(),
        unasked.len(),
        unserved.len(),
    );
    for (what, list) in [
        ("LOST", &lost),
        ("TWICE", &twice),
        ("NEVER ASKED FOR", &unasked),
        ("GAVE UP", unserved),
    ] {
        for one in list.iter().take(FINDINGS_PRINTED_MAX) {
            let _ = write!(text, "\n  {what}: {one}");
        }
    }
    let whole = [&lost, &twice, &unasked, unserved];
    let passed = clean && reservations > 0 && whole.iter().all(|list| list.is_empty());
    Ok(Verdict { text, passed })
}

/// The audit's last line where it is clean, all of it otherwise.
fn audit(program: &Path, databases: &Databases, name: &str) -> anyhow::Result<(String, bool)> {
    let (printed, clean) = ledger::audit(program, &databases.writer_url(name))?;
    let last = printed.lines().last().unwrap_or_default();
    let told = if clean { last } else { &printed };
    Ok((format!("audit: {told}"), clean))
}
