//! Work that goes on while nobody asks: due holds of idle events, payments and refunds that wait
//! for their provider, old keys, the invariants' metric.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use metrics::gauge;

use crate::box_office::Ports;
use crate::cashier::{Cashier, Round};
use crate::command::Command;
use crate::ids::EventId;
use crate::invariants::{self, Invariant, Violation};
use crate::limits::Limits;
use crate::planted::planted;
use crate::runtime::{self, JoinHandle};
use crate::sequencer::Sequencers;
use crate::store::StoreError;

/// Events that one look for due holds finds.
const EVENTS_DUE_LEN_MAX: u32 = 256;

/// Keys that one statement removes, so that no purge holds the writer for long.
const PURGE_LEN_MAX: u32 = 1_000;

/// How often old keys are removed.
const PURGE_INTERVAL: Duration = Duration::from_mins(1);

/// How many times as long as an audit took the next one waits: it adds up whole tables, and takes
/// at most a twentieth of a core for that.
const AUDIT_REST: u32 = 19;

/// The background work of one node. Ends when it is dropped.
#[derive(Debug)]
pub struct Background {
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Background {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// What each of its tasks works with.
type Shared = (Arc<Ports>, Arc<Limits>);

/// Begins the background work.
pub(crate) fn start(
    ports: &Arc<Ports>,
    limits: &Arc<Limits>,
    sequencers: &Arc<Sequencers>,
    cashier: &Cashier,
) -> Background {
    let shared = || (Arc::clone(ports), Arc::clone(limits));
    let sweeper = sweep(shared(), Arc::clone(sequencers));
    let purger = purge(shared());
    let auditor = audit(shared(), Arc::clone(sequencers));
    let reconciler = reconcile(cashier.clone(), Arc::clone(limits));
    Background {
        tasks: vec![
            runtime::spawn(sweeper),
            runtime::spawn(reconciler),
            runtime::spawn(purger),
            runtime::spawn(auditor),
        ],
    }
}

/// Wakes the sequencers of idle events in which something is due.
async fn sweep((ports, limits): Shared, sequencers: Arc<Sequencers>) {
    let interval = runtime::millis(limits.sweep_interval_ms);
    loop {
        runtime::sleep(interval).await;
        match ports
            .store
            .events_due(ports.clock.now(), EVENTS_DUE_LEN_MAX)
            .await
        {
            Ok(events) => {
                let asked = events
                    .into_iter()
                    .map(|event| sequencers.submit(event, Command::Sweep));
                // An event that cannot be swept now is found again, and holds up no other.
                let _late = runtime::timeout(interval, join_all(asked)).await;
            }
            Err(_) if planted!(SweeperDies) => return,
            Err(error) => tracing::warn!(%error, "due holds were not looked for"),
        }
    }
}

/// Settles payments whose outcome nobody waits for any more, and gives back what is refunded.
async fn reconcile(cashier: Cashier, limits: Arc<Limits>) {
    let interval = runtime::millis(limits.reconcile_interval_ms);
    let mut round = Round::default();
    loop {
        runtime::sleep(interval).await;
        cashier.reconcile(&mut round).await;
    }
}

/// Removes keys that are older than the contract asks for.
async fn purge((ports, limits): Shared) {
    loop {
        runtime::sleep(PURGE_INTERVAL).await;
        let before = ports.clock.now().minus_secs(limits.key_retention_secs);
        loop {
            match ports.store.purge_keys(before, PURGE_LEN_MAX).await {
                Ok(purged) if purged < u64::from(PURGE_LEN_MAX) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "old idempotency keys were not removed");
                    break;
                }
            }
        }
    }
}

/// Checks the invariants of the events that sell on this node, for `onsale_invariant_violations`.
async fn audit((ports, limits): Shared, sequencers: Arc<Sequencers>) {
    report(&[]);
    let interval = Duration::from_secs(limits.audit_interval_secs.into());
    let mut took = Duration::ZERO;
    loop {
        runtime::sleep(interval.max(took * AUDIT_REST)).await;
        let began = ports.clock.instant();
        let mut violations = Vec::new();
        for event in sequencers.active_events() {
            match violations_of(&ports, event).await {
                Ok(found) => violations.extend(found),
                Err(error) => tracing::warn!(%event, %error, "the invariants were not checked"),
            }
        }
        for violation in &violations {
            tracing::error!(%violation, "an invariant is violated");
        }
        report(&violations);
        took = ports.clock.instant().since(began);
    }
}

async fn violations_of(ports: &Ports, event: EventId) -> Result<Vec<Violation>, StoreError> {
    let ledger = ports.store.ledger(event).await?;
    Ok(ledger
        .map(|ledger| invariants::check(&ledger))
        .unwrap_or_default())
}

fn report(violations: &[Violation]) {
    for invariant in Invariant::ALL {
        let broken = violations
            .iter()
            .filter(|violation| violation.invariant == invariant);
        gauge!("onsale_invariant_violations", "invariant" => invariant.name())
            .set(broken.count() as f64);
    }
}
