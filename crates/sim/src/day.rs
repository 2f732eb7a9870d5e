//! A day from its first event to its last hold, and the evidence that is left of it.

mod calm;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxoffice::grade::SeatType;
use boxoffice::ids::EventId;
use boxoffice::invariants::{self, Ledger};
use boxoffice::ticket_code::{TICKET_KEY_LEN, TicketKey};
use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

use crate::auditor::{Rule, Violation};
use crate::census::{Census, Kind};
use crate::clients::{Client, Town};
use crate::coordinator::Hall;
use crate::database::{Database, Made, VersionStock, Writer};
use crate::events::{grade_names, new_event};
use crate::history::{Ask, Op, Shown, Told};
use crate::nemesis;
use crate::nodes::{Node, Site};
use crate::planted::Mistake;
use crate::scenario::{EventPlan, Scenario};
use crate::till::{Charged, Till};
use crate::world::{Passing, Record, World, lock};

/// How long clients may take in all before something is taken to hang.
const CLIENTS_MAX: Duration = Duration::from_secs(200);

/// How long a shutdown may take before it is taken to hang.
const SHUTDOWN_MAX: Duration = Duration::from_secs(30);

/// Room for the requests of most days.
const HISTORY_LEN: usize = 384;

/// Turns between looks at what no simulated day has.
const NEVER: u32 = u32::MAX;

/// Every sixteenth commit or so, the books are looked at.
const AUDIT_ONE_IN: i64 = 16;

/// What is left of a day, for the auditor.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) history: Vec<Op>,
    pub(crate) events: Vec<EventEvidence>,
    /// In which order the database made what of which reservation: for the auditor to know what
    /// to try first, and for nothing else.
    pub(crate) changes: Vec<Made>,
    /// The payment provider's books.
    pub(crate) charges: Vec<(Uuid, Charged)>,
    /// Every version of every event, as the tables had it, in the order of the commits.
    pub(crate) versions: Vec<VersionStock>,
    /// What was seen to be wrong while the day went on, as what does not come to its end.
    pub(crate) seen: Vec<Violation>,
    /// What the books said wrong during the day.
    pub(crate) unbalanced: Vec<String>,
    /// Requests of clients before the last fault, and after it.
    pub(crate) commands: (u32, u32),
    pub(crate) census: Census,
}

impl Evidence {
    fn saw(&mut self, rule: Rule, found: impl Into<String>) {
        let found = found.into();
        self.seen.push(Violation { rule, found });
    }

    /// Grades whose refusals for want of seats were followed by a sale.
    fn reopenings(&self) -> usize {
        let mut refused = HashSet::new();
        let mut reopened = HashSet::new();
        for op in &self.history {
            let Ask::Reserve { event, grade, .. } = &*op.ask else {
                continue;
            };
            match op.told.as_deref() {
                Some(Told::TooFew { available: 0 }) => drop(refused.insert((event, grade))),
                Some(Told::Done {
                    replayed: false, ..
                }) if refused.contains(&(event, grade)) => drop(reopened.insert((event, grade))),
                _ => {}
            }
        }
        reopened.len()
    }
}

/// One event, as it was put on sale and as it is at the end.
#[derive(Debug)]
pub(crate) struct EventEvidence {
    pub(crate) id: i64,
    pub(crate) plan: EventPlan,
    pub(crate) grades: Vec<SeatType>,
    pub(crate) ledger: Option<Ledger>,
    /// When it was called off, if it was. Microseconds since 1970.
    pub(crate) off_at: Option<i64>,
    /// Every reservation, as the tables have it.
    pub(crate) reservations: Vec<Shown>,
    /// Every reservation, as a node lists it page by page.
    pub(crate) listed: Result<Vec<Shown>, String>,
}

/// Lives through a day. The same scenario gives the same day, to the last word of its record.
pub(crate) fn live(
    scenario: &Scenario,
    mistake: Option<Mistake>,
    record: Option<Record>,
) -> Evidence {
    let passing = Passing::new();
    let noted = Arc::clone(&passing);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        // Nothing comes from outside, and no time passes while there is something to do.
        .event_interval(NEVER)
        .global_queue_interval(NEVER)
        .on_thread_unpark(move || noted.note())
        .build();
    match runtime {
        Ok(runtime) => {
            runtime.block_on(async { day(scenario, mistake, World::new(passing, record)).await })
        }
        Err(error) => panic!("no runtime: {error}"),
    }
}

async fn day(scenario: &Scenario, mistake: Option<Mistake>, world: Arc<World>) -> Evidence {
    let ticket_key = TicketKey::new(&[7; TICKET_KEY_LEN]);
    let slip = mistake.and_then(|mistake| mistake.slip);
    let site = Arc::new(Site {
        db: Database::new(Arc::clone(&world), scenario, slip),
        hall: Hall::new(Arc::clone(&world), scenario.rates.clone(), slip),
        till: Till::new(Arc::clone(&world), scenario.rates.clone()),
        limits: scenario.limits.clone(),
        ticket_key: ticket_key.clone(),
        seed: scenario.seed,
        world: Arc::clone(&world),
    });
    let nodes: Vec<Arc<Node>> = (0..scenario.nodes)
        .map(|number| Node::start(number, Arc::clone(&site)))
        .collect();
    open_sale(scenario, &nodes).await;
    let town = Arc::new(Town {
        world: Arc::clone(&world),
        nodes,
        history: Mutex::new(Vec::with_capacity(HISTORY_LEN)),
        grades: scenario.events.iter().map(grade_names).collect(),
        plans: scenario.events.clone(),
        on_sale: Mutex::new(scenario.events.iter().map(|plan| !plan.late).collect()),
        opened: Notify::new(),
        ticket_key,
        seed: scenario.seed,
    });
    let mut evidence = Evidence::default();
    world.set_calm(false);
    sell(scenario, &site, &town, &mut evidence).await;
    world.set_calm(true);
    calm::settle(scenario, &site, &town, &mut evidence).await;
    evidence.events = calm::evidence(scenario, &site, &town).await;
    calm::close(scenario, &site, &town, &mut evidence).await;
    evidence.history = std::mem::take(&mut *lock(&town.history));
    for _ in 0..evidence.reopenings() {
        world.count(Kind::Reopened);
    }
    Evidence {
        charges: site.till.books(),
        changes: site.db.take_changes(),
        versions: site.db.take_versions(),
        unbalanced: site.db.take_unbalanced(),
        commands: world.commands(),
        census: world.census(),
        ..evidence
    }
}

/// Puts the events on sale that are so from the beginning.
async fn open_sale(scenario: &Scenario, nodes: &[Arc<Node>]) {
    let office = nodes.first().and_then(|node| node.running());
    let Some(running) = office else { return };
    for plan in scenario.events.iter().filter(|plan| !plan.late) {
        if let Err(error) = running.office.create_event(new_event(plan), None).await {
            panic!("an event cannot be created on a calm day: {error}");
        }
    }
}

/// The hours of the sale, with everything that goes wrong in them.
async fn sell(scenario: &Scenario, site: &Arc<Site>, town: &Arc<Town>, evidence: &mut Evidence) {
    let troubles = nemesis::begin(&scenario.troubles, site, &town.nodes);
    let clients: Vec<_> = scenario
        .clients
        .iter()
        .map(|plan| tokio::spawn(Client::new(Arc::clone(town), plan.clone()).run()))
        .collect();
    let all = async {
        for client in clients {
            if let Err(error) = client.await {
                let found = format!("a client's request ended in a panic: {error}");
                evidence.saw(Rule::NothingPanics, found);
            }
        }
    };
    if timeout(CLIENTS_MAX, all).await.is_err() {
        let found = format!("clients still wait after {CLIENTS_MAX:?}");
        evidence.saw(Rule::AnsweredInTime, found);
    }
    for trouble in troubles {
        match timeout(SHUTDOWN_MAX, trouble).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let found = format!("a trouble ended in a panic: {error}");
                evidence.saw(Rule::NothingPanics, found);
            }
            Err(_) => evidence.saw(Rule::NothingLeaks, "a node that was told to stop goes on"),
        }
    }
    for node in &town.nodes {
        node.revive();
        node.set_clock_right();
    }
    site.db.set_writer(Writer::Open);
}

impl Database {
    /// Looks at an event's books now and then.
    pub(crate) fn look_at_books(&self, event: EventId, version: i64) {
        if version % AUDIT_ONE_IN != 0 {
            return;
        }
        if let Some(ledger) = self.tables.tables().ledger(event) {
            let wrong = invariants::check(&ledger);
            self.keep_unbalanced(wrong.iter().map(ToString::to_string));
        }
    }
}
