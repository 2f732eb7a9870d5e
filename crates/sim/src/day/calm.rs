//! After the last fault: everybody is served, everything comes to its end, and all is written down.

use std::sync::Arc;
use std::time::Duration;

use boxoffice::event::SaleState;
use boxoffice::ids::EventId;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::store::ReservationListQuery;
use tokio::time::timeout;

use super::{CLIENTS_MAX, EventEvidence, Evidence, SHUTDOWN_MAX};
use crate::auditor::Rule;
use crate::clients::{Client, Town};
use crate::coordinator::EVENT_TTL;
use crate::dice::Dice;
use crate::history::Shown;
use crate::nodes::{Node, Site};
use crate::scenario::{ClientPlan, PAYMENT_UNSEEN_SECS, Scenario, Step};
use crate::world::sleep_ms;

/// How often is looked whether every task has come to its end, in milliseconds.
const LOOK_MS: u32 = 500;

/// How many rows a page has that the auditor asks for.
const PAGE_SIZE: u32 = 12;

/// How long a page may take in calm before it is taken to hang.
const PAGE_MAX: Duration = Duration::from_secs(10);

/// Tasks that each node has in the background by right.
const BACKGROUND_TASKS: usize = 4;

/// Who asks after the last fault has numbers, and names, from here on.
const PROBES: u32 = 10_000;

/// Waits until every request has its answer and every hold its end, and asks once more.
pub(super) async fn settle(
    scenario: &Scenario,
    site: &Arc<Site>,
    town: &Arc<Town>,
    evidence: &mut Evidence,
) {
    let limits = &scenario.limits;
    // What is due is left alone for a second after the database refused it.
    let sweep_ms = 2 * limits.sweep_interval_ms + 2_000;
    let held = scenario.hold_secs_max() > 0;
    let paying_ms = PAYMENT_UNSEEN_SECS * 1_000 + 6 * limits.reconcile_interval_ms;
    let holds_ms = scenario
        .hold_secs_max()
        .max(u32::from(held) * paying_ms / 1_000)
        * 1_000
        + scenario.ahead_ms_max()
        + sweep_ms;
    let ttl_ms = u32::try_from(EVENT_TTL.as_millis()).unwrap_or(u32::MAX);
    sleep_ms(limits.request_deadline_ms + ttl_ms).await;
    let ends = site.db.nothing_waits();
    // Whether it has come to that is the auditor's to find out.
    let _late = timeout(millis(holds_ms.saturating_sub(ttl_ms)), ends).await;
    // Everybody who asks now, is served, whomever she asks.
    ask_everybody(town, evidence, |event| {
        let reserve = Step::Reserve {
            event,
            grade: 0,
            quantity: 1,
            keyed: true,
            named: false,
            double: false,
            give_up_ms: None,
        };
        let cancel = Step::Cancel {
            keyed: false,
            twice: false,
            give_up_ms: None,
        };
        vec![Step::Look { event }, reserve, cancel]
    })
    .await;
    // What they took and did not give back, as a sold-out event's none, ends as well.
    let holds_ms = scenario.hold_secs_max() * 500 + sweep_ms;
    let _late = timeout(millis(holds_ms), site.db.nothing_waits()).await;
    // Nothing changes any more: what is told last has to be what is.
    ask_everybody(town, evidence, |event| vec![Step::Look { event }]).await;
    site.hall.bury();
}

/// Asks each node the same of each event.
async fn ask_everybody(
    town: &Arc<Town>,
    evidence: &mut Evidence,
    steps: impl Fn(u32) -> Vec<Step>,
) {
    for index in 0..town.nodes.len() {
        let events = (0..town.grades.len()).filter(|event| town.is_on_sale(*event));
        let steps = events.flat_map(|event| steps(number(event))).collect();
        let plan = ClientPlan {
            number: PROBES + number(index),
            user: PROBES + number(index),
            poison: false,
            arrives_ms: 0,
            node: Some(number(index)),
            steps,
        };
        let client = tokio::spawn(Client::new(Arc::clone(town), plan).run());
        match timeout(CLIENTS_MAX, client).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let found = format!("a request in calm ended in a panic: {error}");
                evidence.saw(Rule::NothingPanics, found);
            }
            Err(_) => {
                let found = format!("n{index} has not answered after {CLIENTS_MAX:?} of calm");
                evidence.saw(Rule::AnsweredInTime, found);
            }
        }
    }
}

pub(super) async fn evidence(scenario: &Scenario, site: &Site, town: &Town) -> Vec<EventEvidence> {
    let mut dice = Dice::new(scenario.seed, 5);
    let mut events = Vec::new();
    for (index, plan) in scenario.events.iter().enumerate() {
        let id = EventId(i64::from(number(index)) + 1);
        let node = &town.nodes[dice.below(scenario.nodes) as usize];
        let (ledger, reservations, kept) = {
            let tables = site.db.tables.tables();
            let kept = tables.event(id).map(|kept| kept.event);
            (tables.ledger(id), tables.reservations_of(id), kept)
        };
        let off = kept.filter(|kept| kept.state == SaleState::Cancelled);
        if plan.late && ledger.is_none() && !town.is_on_sale(index) {
            // Its organizer never came.
            continue;
        }
        events.push(EventEvidence {
            id: id.0,
            plan: plan.clone(),
            grades: town.grades[index].clone(),
            ledger,
            off_at: off.map(|off| off.updated_at.as_micros()),
            reservations: reservations.iter().map(|row| Shown::from(&**row)).collect(),
            listed: listed(node, id).await,
        });
    }
    events
}

/// Every reservation of an event, as a node lists it page by page.
async fn listed(node: &Node, event: EventId) -> Result<Vec<Shown>, String> {
    let Some(running) = node.running() else {
        return Err("the node does not listen".to_owned());
    };
    let mut listed = Vec::new();
    for page in 0.. {
        let query = ReservationListQuery {
            event: Some(event),
            user: None,
            status: None,
            direction: Direction::Ascending,
            page: PageRequest {
                page,
                size: PAGE_SIZE,
            },
        };
        let found = timeout(PAGE_MAX, running.office.reservations(&query)).await;
        let found = found.map_err(|_| format!("page {page} takes longer than {PAGE_MAX:?}"))?;
        let found = found.map_err(|error| error.to_string())?;
        listed.extend(found.items.iter().map(Shown::from));
        if u64::from(page + 1) * u64::from(PAGE_SIZE) >= found.total {
            break;
        }
    }
    Ok(listed)
}

/// Looks whether everything that was begun has ended, and nothing else has.
pub(super) async fn close(scenario: &Scenario, site: &Site, town: &Town, evidence: &mut Evidence) {
    let tasks = || {
        let metrics = tokio::runtime::Handle::current().metrics();
        metrics.num_alive_tasks().saturating_sub(site.world.hung())
    };
    let background = BACKGROUND_TASKS * town.nodes.len();
    // Who has held seats for somebody stays until the hold would have ended.
    let idle_ms = (scenario.limits.idle_secs + scenario.hold_secs_max()) * 1_000 + 2_000;
    let mut left_ms = idle_ms;
    while left_ms > 0 && tasks() > background {
        let ms = left_ms.min(LOOK_MS);
        sleep_ms(ms).await;
        left_ms -= ms;
    }
    if tasks() != background {
        let found = format!(
            "{} tasks are left when nobody asks, and {background} should be",
            tasks()
        );
        evidence.saw(Rule::NothingLeaks, found);
    }
    let leases = site.hall.leases_out();
    if leases > 0 {
        let found = format!("{leases} leases are out when nobody asks");
        evidence.saw(Rule::NothingLeaks, found);
    }
    for node in &town.nodes {
        let active = node.running().map(|node| node.office.active_events());
        if active != Some(Vec::new()) {
            let found = format!("n{} is still busy with {active:?}", node.number);
            evidence.saw(Rule::NothingLeaks, found);
        }
        if timeout(SHUTDOWN_MAX, node.drain()).await.is_err() {
            let found = format!("n{} does not shut down", node.number);
            evidence.saw(Rule::NothingLeaks, found);
        }
    }
    sleep_ms(10).await;
    if tasks() > 0 {
        let found = format!("{} tasks are left after the shutdown", tasks());
        evidence.saw(Rule::NothingLeaks, found);
    }
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
