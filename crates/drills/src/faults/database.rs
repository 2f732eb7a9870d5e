//! A database that is slow, changes its writer, or has a reader that is of no use.

use std::time::Duration;

use crate::stage::Stage;

/// How late each answer is.
const LATE: Duration = Duration::from_millis(100);

pub(super) fn fail_over(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.fault("the database's primary is killed");
    stage.databases.kill_writer()?;
    promote(stage)?;
    stage.await_sales()
}

/// Does what a cluster does by itself.
pub(super) fn promote(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.databases.promote()?;
    stage.estate.lead_to(stage.databases);
    stage.platform_turn("its replica is the primary");
    Ok(())
}

pub(super) fn lose_reader(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    await_reader(stage, true)?;
    stage.fault("nobody reaches the reader");
    for node in &stage.estate.nodes {
        node.reader.refuse(true);
    }
    await_reader(stage, false)?;
    stage.note("every node reads from the writer");
    stage.outlast();
    for node in &stage.estate.nodes {
        node.reader.refuse(false);
    }
    await_reader(stage, true)?;
    stage.note("every node reads from the reader again");
    Ok(())
}

pub(super) fn reader_lags(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    await_reader(stage, true)?;
    stage.fault("the reader stands still");
    stage.databases.query_replica("STOP SLAVE SQL_THREAD")?;
    await_reader(stage, false)?;
    stage.note("every node reads from the writer");
    stage.outlast();
    stage.databases.query_replica("START SLAVE SQL_THREAD")?;
    stage.note("the reader catches up");
    await_reader(stage, true)?;
    stage.note("every node reads from the reader again");
    Ok(())
}

pub(super) fn slow(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.fault("the database is slow");
    for node in &stage.estate.nodes {
        node.writer.delay_answers(LATE);
        node.reader.delay_answers(LATE);
    }
    stage.outlast();
    for node in &stage.estate.nodes {
        node.writer.delay_answers(Duration::ZERO);
        node.reader.delay_answers(Duration::ZERO);
    }
    stage.note("it is as fast as before");
    stage.await_sales()
}

/// Waits until every node uses its reader, or none.
fn await_reader(stage: &Stage<'_>, used: bool) -> anyhow::Result<()> {
    for node in &stage.estate.nodes {
        node.await_metric("onsale_database_reader_used", f64::from(u8::from(used)))?;
    }
    Ok(())
}
