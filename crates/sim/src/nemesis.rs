//! What goes wrong by itself, each at its time.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::database::Writer;
use crate::nodes::{Node, Site};
use crate::scenario::{Trouble, What};
use crate::world::sleep_ms;

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
    let world = &site.world;
    match *what {
        What::Crash { node, down_ms } => {
            let Some(node) = nodes.get(node as usize) else {
                return;
            };
            node.crash();
            sleep_ms(down_ms).await;
            node.revive();
        }
        What::Drain { node, down_ms } => {
            let Some(node) = nodes.get(node as usize) else {
                return;
            };
            world.fault(|| format!("n{} is told to stop", node.number));
            node.drain().await;
            sleep_ms(down_ms).await;
            node.revive();
        }
        What::Pause { node, ms } => {
            let Some(running) = nodes.get(node as usize).and_then(|node| node.running()) else {
                return;
            };
            world.fault(|| format!("n{node} stands still for {ms} ms"));
            running.life.set_paused(true);
            sleep_ms(ms).await;
            running.life.set_paused(false);
            world.tell(|| format!("n{node} goes on"));
        }
        What::Failover {
            down_ms,
            read_only_ms,
        } => {
            world.fault(|| "the database's writer dies");
            site.db.set_writer(Writer::Down);
            sleep_ms(down_ms).await;
            world.tell(|| "its replica answers, and refuses writes");
            site.db.set_writer(Writer::ReadOnly);
            sleep_ms(read_only_ms).await;
            world.tell(|| "the database has a writer again");
            site.db.set_writer(Writer::Open);
        }
        What::LeasesDown { ms } => {
            world.fault(|| format!("leases are down for {ms} ms"));
            site.hall.set_leases_down(true);
            sleep_ms(ms).await;
            site.hall.set_leases_down(false);
        }
        What::CacheDown { ms } => {
            world.fault(|| format!("no news travels for {ms} ms"));
            site.hall.set_cache_down(true);
            sleep_ms(ms).await;
            site.hall.set_cache_down(false);
        }
        What::ClockStep { node, by_ms } => {
            if let Some(node) = nodes.get(node as usize) {
                world.fault(|| format!("n{}'s clock steps by {by_ms} ms", node.number));
                node.step_clock(by_ms);
            }
        }
        What::ReaderLag { by_ms, ms } => {
            world.fault(|| format!("the reader is {by_ms} ms behind for {ms} ms"));
            site.db.set_lag_ms(by_ms);
            sleep_ms(ms).await;
            site.db.set_lag_ms(0);
        }
    }
}
