//! What goes wrong by itself, each at its time.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::census::Kind;
use crate::database::Writer;
use crate::nodes::{Node, Site};
use crate::scenario::{Trouble, What};
use crate::world::{World, sleep_ms};

/// How long a node may take to come to the wait that it dies at.
const CRASH_MAX: Duration = Duration::from_secs(4);

/// Begins every trouble of the day; each task ends when its trouble is over.
pub(crate) fn begin(
    troubles: &[Trouble],
    site: &Arc<Site>,
    nodes: &[Arc<Node>],
) -> Vec<JoinHandle<()>> {
    let begin = |trouble: &Trouble| {
        let (trouble, site, nodes) = (trouble.clone(), Arc::clone(site), nodes.to_vec());
        tokio::spawn(async move {
            sleep_ms(trouble.at_ms).await;
            happen(&trouble.what, &site, &nodes).await;
        })
    };
    troubles.iter().map(begin).collect()
}

async fn happen(what: &What, site: &Site, nodes: &[Arc<Node>]) {
    let node = match *what {
        What::Crash { node, .. }
        | What::CrashAtWait { node, .. }
        | What::Drain { node, .. }
        | What::Pause { node, .. }
        | What::ClockStep { node, .. } => node,
        What::Failover { .. }
        | What::LeasesDown { .. }
        | What::CacheDown { .. }
        | What::ReaderLag { .. } => return happen_to_all(what, site).await,
    };
    if let Some(node) = nodes.get(node as usize) {
        happen_to(node, what, &site.world).await;
    }
}

/// What happens to one node.
async fn happen_to(node: &Arc<Node>, what: &What, world: &World) {
    match *what {
        What::Crash { down_ms, .. } => {
            node.crash(Kind::Crash);
            sleep_ms(down_ms).await;
            node.revive();
        }
        What::CrashAtWait {
            passages, down_ms, ..
        } => {
            if node.dies_within(passages, CRASH_MAX).await {
                sleep_ms(down_ms).await;
                node.revive();
            }
        }
        What::Drain { down_ms, .. } => {
            world.fault(Kind::Drain, || format!("n{} is told to stop", node.number));
            node.drain().await;
            sleep_ms(down_ms).await;
            node.revive();
        }
        What::Pause { ms, .. } => {
            let Some(running) = node.running() else {
                return;
            };
            let number = node.number;
            world.fault(Kind::Pause, || {
                format!("n{number} stands still for {ms} ms")
            });
            running.life.set_paused(true);
            sleep_ms(ms).await;
            running.life.set_paused(false);
            world.tell(|| format!("n{number} goes on"));
        }
        What::ClockStep { by_ms, .. } => {
            world.fault(Kind::ClockStep, || {
                format!("n{}'s clock steps by {by_ms} ms", node.number)
            });
            node.step_clock(by_ms);
        }
        What::Failover { .. }
        | What::LeasesDown { .. }
        | What::CacheDown { .. }
        | What::ReaderLag { .. } => {}
    }
}

/// What happens to all nodes at once.
async fn happen_to_all(what: &What, site: &Site) {
    let world = &site.world;
    match *what {
        What::Failover {
            down_ms,
            read_only_ms,
        } => {
            world.fault(Kind::Failover, || "the database's writer dies");
            site.db.set_writer(Writer::Down);
            sleep_ms(down_ms).await;
            world.tell(|| "its replica answers, and refuses writes");
            site.db.set_writer(Writer::ReadOnly);
            sleep_ms(read_only_ms).await;
            world.tell(|| "the database has a writer again");
            site.db.set_writer(Writer::Open);
        }
        What::LeasesDown { ms } => {
            world.fault(Kind::LeasesDown, || format!("leases are down for {ms} ms"));
            site.hall.set_leases_down(true);
            sleep_ms(ms).await;
            site.hall.set_leases_down(false);
        }
        What::CacheDown { ms } => {
            world.fault(Kind::NewsDown, || format!("no news travels for {ms} ms"));
            site.hall.set_cache_down(true);
            sleep_ms(ms).await;
            site.hall.set_cache_down(false);
        }
        What::ReaderLag { by_ms, ms } => {
            world.fault(Kind::ReaderLag, || {
                format!("the reader is {by_ms} ms behind for {ms} ms")
            });
            site.db.set_lag_ms(by_ms);
            sleep_ms(ms).await;
            site.db.set_lag_ms(0);
        }
        What::Crash { .. }
        | What::CrashAtWait { .. }
        | What::Drain { .. }
        | What::Pause { .. }
        | What::ClockStep { .. } => {}
    }
}
