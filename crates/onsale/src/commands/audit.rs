//! `onsale audit`: every invariant against the database, one line each.

use std::process::ExitCode;

use boxoffice::ids::EventId;
use boxoffice::invariants::{self, Invariant, Violation};
use boxoffice::store::{Store, StoreError};
use storage::OpenMode;

use crate::config::Config;
use crate::database;
use crate::platform::runtime;

/// Events that are read at a time.
const EVENTS_LEN: u32 = 100;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        let store = database::open(config, OpenMode::Audit).await?;
        let (events, violations) = audit(&*store).await?;
        store.close().await;
        for invariant in Invariant::ALL {
            report(invariant, &violations);
        }
        println!(
            "{events} event(s) audited, {} violation(s)",
            violations.len()
        );
        Ok(if violations.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}

async fn audit(store: &dyn Store) -> Result<(u64, Vec<Violation>), StoreError> {
    let (mut events, mut violations, mut last) = (0, Vec::new(), EventId(0));
    loop {
        let ids = store.event_ids(last, EVENTS_LEN).await?;
        let Some(latest) = ids.last() else {
            return Ok((events, violations));
        };
        last = *latest;
        for id in ids {
            if let Some(ledger) = store.ledger(id).await? {
                events += 1;
                violations.extend(invariants::check(&ledger));
            }
        }
    }
}

fn report(invariant: Invariant, violations: &[Violation]) {
    let broken: Vec<_> = violations
        .iter()
        .filter(|violation| violation.invariant == invariant)
        .collect();
    let verdict = if broken.is_empty() {
        "ok      "
    } else {
        "VIOLATED"
    };
    println!("{verdict}  {:<24}{}", invariant.name(), invariant.meaning());
    for violation in broken {
        println!("          event {}: {}", violation.event, violation.found);
    }
}
