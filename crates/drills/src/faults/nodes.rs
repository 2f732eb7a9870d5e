//! Nodes that die, stand still, or are replaced; and everybody who connects at once.

use std::time::Duration;

use crate::stage::Stage;

/// The beginning of a group's packet: what has been read by then is not read again.
const GROUP: &[u8] = b"INSERT INTO event_log";

/// How long a group may take to be sent.
const GROUP_MAX: Duration = Duration::from_secs(10);

pub(super) fn kill(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.fault("a node is killed");
    stage.victim()?.server.kill()?;
    stage.outlast();
    stage.victim()?.start_again()?;
    stage.note("it runs again");
    Ok(())
}

/// Twice: at any moment, and between what a group has read and the arrival of its packet.
pub(super) fn pause(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let longer_than_lease = stage.pace.lease_ttl.mul_f64(1.2);
    stage.fault("a node stands still");
    stage.victim()?.server.pause()?;
    std::thread::sleep(longer_than_lease);
    stage.victim()?.server.resume()?;
    stage.note("it goes on");
    stage.victim()?.await_metric("onsale_redis_up", 1.0)?;

    stage.victim()?.writer.catch(GROUP, GROUP_MAX)?;
    stage.victim()?.server.pause()?;
    stage.note("it stands still in the middle of a commit");
    std::thread::sleep(longer_than_lease);
    // Others have sold since: what it decided is of a version that is long gone.
    stage.await_sales()?;
    // The packet first: nobody who could take it back is awake.
    stage.victim()?.writer.release();
    stage.note("its packet arrives");
    stage.await_sales()?;
    stage.victim()?.server.resume()?;
    stage.note("it goes on");
    Ok(())
}

pub(super) fn restart(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    for index in 0..stage.estate.nodes.len() {
        stage.fault(format!("node {} is told to stop", index + 1));
        stage.estate.nodes[index].server.stop()?;
        stage.note("it has stopped");
        stage.estate.nodes[index].start_again()?;
        stage.note("it runs again");
        stage.await_sales()?;
    }
    Ok(())
}

pub(super) fn storm(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let burst = stage.pace.burst;
    stage.fault(format!(
        "every connection to the database breaks, and {burst} buyers come at once"
    ));
    for node in &stage.estate.nodes {
        node.writer.cut();
        node.reader.cut();
    }
    stage.rush.burst(burst)?;
    stage.note("each of them has her answer");
    Ok(())
}
