//! Everything of one zone at once.

use super::database;
use crate::stage::Stage;

pub(super) fn lose(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.estate.redis.await_replica()?;
    let redis = stage.estate.redis.primary()?;
    stage.fault("all three are killed");
    stage.victim()?.server.kill()?;
    stage.databases.kill_writer()?;
    stage.estate.redis.servers[redis].kill()?;
    let fault = stage.clock;
    database::promote(stage)?;
    // The bound is for everything, what a cluster does by itself included.
    stage.clock = fault;
    stage.await_sales()?;
    stage.estate.redis.await_failover_from(redis)?;
    stage.note("another Redis is the primary");
    stage.outlast();
    stage.victim()?.start_again()?;
    stage.estate.redis.start_again(redis)?;
    stage.note("node and Redis run again");
    Ok(())
}
