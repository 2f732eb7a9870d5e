//! A Redis that dies, fails over, forgets, or loses a lease.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::stage::Stage;

/// How often a lease is deleted, and memory filled.
const PAUSE: Duration = Duration::from_millis(10);

/// What Redis may have beyond what it has, while it evicts.
const SPARE_BYTES: u64 = 256 * 1024;

/// Writes a quarter of a megabyte that nobody reads.
const JUNK: &str = "for i = 1, 256 do \
    redis.call('SET', 'junk:' .. ARGV[1] .. ':' .. i, string.rep('x', 1024)) end";

pub(super) fn kill(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.fault("Redis is killed");
    stage.estate.redis.servers[0].kill()?;
    stage.outlast();
    stage.estate.redis.start_again(0)?;
    stage.note("Redis runs again, empty");
    await_use(stage)
}

pub(super) fn failover(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.estate.redis.await_replica()?;
    let primary = stage.estate.redis.primary()?;
    stage.fault("the primary Redis is killed");
    stage.estate.redis.servers[primary].kill()?;
    stage.estate.redis.await_failover_from(primary)?;
    stage.note("the sentinels name another");
    await_use(stage)?;
    stage.estate.redis.start_again(primary)?;
    stage.note("the deposed one is a replica");
    Ok(())
}

pub(super) fn evict(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let port = stage.estate.redis.primary_port()?;
    let figure = |stage: &Stage<'_>, part: &str, name: &str| -> anyhow::Result<u64> {
        let told = stage.estate.redis.ask(port, &["INFO", part])?;
        let line = told.lines().find_map(|line| line.strip_prefix(name));
        Ok(line.context("a figure of Redis")?.trim().parse()?)
    };
    let used = figure(stage, "memory", "used_memory:")?;
    let limit = (used + SPARE_BYTES).to_string();
    stage.fault("Redis has no memory left");
    for setting in [["maxmemory-policy", "allkeys-lru"], ["maxmemory", &limit]] {
        let command = ["CONFIG", "SET", setting[0], setting[1]];
        stage.estate.redis.ask(port, &command)?;
    }
    let began = Instant::now();
    for turn in 0_u32.. {
        if began.elapsed() > stage.pace.outage {
            break;
        }
        // Where even this is refused, the memory is as full as it can be.
        let turn = turn.to_string();
        stage.estate.redis.ask(port, &["EVAL", JUNK, "0", &turn])?;
        std::thread::sleep(PAUSE);
    }
    let command = ["CONFIG", "SET", "maxmemory", "0"];
    stage.estate.redis.ask(port, &command)?;
    stage.note("Redis has memory again");
    let evicted = figure(stage, "stats", "evicted_keys:")?;
    ensure!(evicted > 0, "nothing was evicted");
    stage.remarks.push(format!("{evicted} keys were evicted"));
    await_use(stage)
}

pub(super) fn lose_lease(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let port = stage.estate.redis.primary_port()?;
    let pattern = format!("*:{{{}}}:lease", stage.rush.event());
    stage.fault("leases are deleted");
    let (began, mut deleted) = (Instant::now(), 0_u32);
    let delete = "local n = 0; for _, key in ipairs(redis.call('KEYS', ARGV[1])) do \
        n = n + redis.call('DEL', key) end; return n";
    while began.elapsed() < stage.pace.outage {
        let command = ["EVAL", delete, "0", &pattern];
        let answer = stage.estate.redis.ask(port, &command)?;
        deleted += answer.trim().parse::<u32>().context("a number of keys")?;
        std::thread::sleep(PAUSE);
    }
    stage.note("leases are left alone");
    ensure!(deleted > 0, "there was no lease to delete");
    let conflicts = stage.total("onsale_conflicts_total")?;
    stage.remarks.push(format!(
        "{deleted} leases were deleted; {conflicts} groups were decided again"
    ));
    Ok(())
}

/// Waits until every node uses Redis again.
fn await_use(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    for node in &stage.estate.nodes {
        node.await_metric("onsale_redis_up", 1.0)?;
    }
    stage.note("every node uses Redis");
    Ok(())
}
