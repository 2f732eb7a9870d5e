//! A day from its first event to its last hold, and the evidence that is left of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxoffice::event::{DEFAULT_ORGANIZER, Event, NewEvent, SaleState, Venue};
use boxoffice::grade::{Grade, SeatType, Seating, Stock};
use boxoffice::ids::EventId;
use boxoffice::invariants::{self, Ledger};
use boxoffice::money::{Currency, Money};
use boxoffice::page::{Direction, PageRequest};
use boxoffice::store::{ReservationListQuery, Store, StoreError};
use boxoffice::time::Timestamp;
use uuid::Uuid;

use crate::clients::{Client, Town};
use crate::coordinator::{EVENT_TTL, Hall};
use crate::database::{Database, Writer};
use crate::dice::Dice;
use crate::history::{Op, Shown, Status};
use crate::nemesis;
use crate::nodes::{Node, Site};
use crate::planted::Mistake;
use crate::scenario::{EventPlan, GradePlan, PAYMENT_UNSEEN_SECS, Scenario, Step};
use crate::till::{Charged, Till};
use crate::world::{DAWN_MICROS, Passing, World, lock, sleep_ms};

/// How long clients may take in all before something is taken to hang.
const CLIENTS_MAX: Duration = Duration::from_secs(200);

/// How long a shutdown may take before it is taken to hang.
const SHUTDOWN_MAX: Duration = Duration::from_secs(30);

/// Room for the requests of most days.
const HISTORY_LEN: usize = 384;

/// How often is looked whether a day has come to its end, in milliseconds.
const LOOK_MS: u32 = 250;

/// How many rows a page has that the auditor asks for.
const PAGE_SIZE: u32 = 12;

/// Tasks that each node has in the background by right.
const BACKGROUND_TASKS: usize = 4;

/// Turns between looks at what no simulated day has.
const NEVER: u32 = u32::MAX;

/// Every sixteenth commit or so, the books are looked at.
const AUDIT_ONE_IN: u32 = 16;

/// What is left of a day, for the auditor.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) history: Vec<Op>,
    pub(crate) events: Vec<EventEvidence>,
    /// In which order the database made what of which reservation: for the auditor to know what
    /// to try first, and for nothing else.
    pub(crate) changes: Vec<(Uuid, Status)>,
    /// The payment provider's books.
    pub(crate) charges: Vec<(Uuid, Charged)>,
    /// What did not come to its end, in words.
    pub(crate) leaks: Vec<String>,
    /// What the books said wrong during the day.
    pub(crate) unbalanced: Vec<String>,
    pub(crate) commands: u32,
    pub(crate) faults: u32,
    pub(crate) record: Vec<String>,
}

/// One event, as it was put on sale and as it is at the end.
#[derive(Debug)]
pub(crate) struct EventEvidence {
    pub(crate) id: i64,
    pub(crate) plan: EventPlan,
    pub(crate) grades: Vec<SeatType>,
    pub(crate) ledger: Option<Ledger>,
    /// Every reservation, as the tables have it.
    pub(crate) reservations: Vec<Shown>,
    /// Every reservation, as a node lists it page by page.
    pub(crate) listed: Result<Vec<Shown>, String>,
}

/// Lives through a day. The same scenario gives the same day, to the last word of its record.
pub(crate) fn live(scenario: &Scenario, mistake: Option<Mistake>, traced: bool) -> Evidence {
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
            runtime.block_on(async { day(scenario, mistake, World::new(passing, traced)).await })
        }
        Err(error) => panic!("no runtime: {error}"),
    }
}

async fn day(scenario: &Scenario, mistake: Option<Mistake>, world: Arc<World>) -> Evidence {
    let slip = mistake.and_then(|mistake| mistake.slip);
    let db = Database::new(Arc::clone(&world), scenario, slip);
    let hall = Hall::new(Arc::clone(&world), scenario.rates.clone(), slip);
    let till = Till::new(Arc::clone(&world), scenario.rates.clone());
    let site = Arc::new(Site {
        world: Arc::clone(&world),
        db: Arc::clone(&db),
        hall,
        till: Arc::clone(&till),
        limits: scenario.limits.clone(),
        seed: scenario.seed,
    });
    let nodes: Vec<Arc<Node>> = (0..scenario.nodes)
        .map(|number| Node::start(number, Arc::clone(&site)))
        .collect();
    let grades = open_sale(scenario, &nodes).await;
    let town = Arc::new(Town {
        world: Arc::clone(&world),
        nodes,
        history: Mutex::new(Vec::with_capacity(HISTORY_LEN)),
        grades,
        plans: scenario.events.clone(),
        seed: scenario.seed,
    });
    let mut leaks = Vec::new();
    world.set_calm(false);
    sell(scenario, &site, &town, &mut leaks).await;
    world.set_calm(true);
    settle(scenario, &site, &town).await;
    let events = evidence(scenario, &site, &town).await;
    close(scenario, &site, &town, &mut leaks).await;
    let history = std::mem::take(&mut *lock(&town.history));
    Evidence {
        history,
        events,
        charges: till.books(),
        changes: db.take_changes(),
        leaks,
        unbalanced: db.take_unbalanced(),
        commands: world.commands(),
        faults: world.faults(),
        record: world.take_record(),
    }
}

/// Puts the events on sale; gives the names of their grades.
async fn open_sale(scenario: &Scenario, nodes: &[Arc<Node>]) -> Vec<Vec<SeatType>> {
    let mut names = Vec::new();
    let office = nodes.first().and_then(|node| node.running());
    let Some(running) = office else {
        return names;
    };
    for plan in &scenario.events {
        let new = new_event(plan);
        names.push(
            new.grades
                .iter()
                .map(|grade| grade.seat_type.clone())
                .collect(),
        );
        if let Err(error) = running.office.create_event(new, None).await {
            panic!("an event cannot be created on a calm day: {error}");
        }
    }
    names
}

fn new_event(plan: &EventPlan) -> NewEvent {
    let dawn = Timestamp::from_micros(DAWN_MICROS);
    let grade = |(index, plan): (usize, &GradePlan)| -> Option<Grade> {
        let name: SeatType = ["A", "B", "C"].get(index)?.parse().ok()?;
        Some(Grade {
            seat_type: name,
            price: Money(1_000 * (i64::try_from(index).unwrap_or(0) + 1)),
            seating: plan
                .seats_per_row
                .map_or(Seating::General, |seats_per_row| Seating::Assigned {
                    rows: plan.total / seats_per_row,
                    seats_per_row,
                }),
            stock: Stock::of(plan.total),
        })
    };
    NewEvent {
        event: Event {
            id: EventId(0),
            organizer: DEFAULT_ORGANIZER,
            production: None,
            name: "Simulated".to_owned(),
            description: None,
            venue: Venue::default(),
            starts_at: dawn.plus_secs(86_400),
            zone: "UTC".to_owned(),
            currency: Currency::KRW,
            sale_opens_at: None,
            sale_closes_at: None,
            hold_secs: plan.hold_secs,
            buyer_tickets_max: plan.buyer_tickets_max,
            state: SaleState::Active,
            deleted_at: None,
            created_at: dawn,
            updated_at: dawn,
        },
        grades: plan.grades.iter().enumerate().filter_map(grade).collect(),
    }
}

/// The hours of the sale, with everything that goes wrong in them.
async fn sell(scenario: &Scenario, site: &Arc<Site>, town: &Arc<Town>, leaks: &mut Vec<String>) {
    let troubles = nemesis::begin(&scenario.troubles, site, &town.nodes);
    let clients: Vec<_> = scenario
        .clients
        .iter()
        .map(|plan| tokio::spawn(Client::new(Arc::clone(town), plan.clone()).run()))
        .collect();
    let all = async {
        for client in clients {
            if let Err(error) = client.await {
                leaks.push(format!("a client's request ended in a panic: {error}"));
            }
        }
    };
    match tokio::time::timeout(CLIENTS_MAX, all).await {
        Ok(()) => {}
        Err(_) => leaks.push(format!("clients still wait after {CLIENTS_MAX:?}")),
    }
    for trouble in troubles {
        match tokio::time::timeout(SHUTDOWN_MAX, trouble).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => leaks.push(format!("a trouble ended in a panic: {error}")),
            Err(_) => leaks.push("a node that was told to stop goes on".to_owned()),
        }
    }
    for node in &town.nodes {
        node.revive();
        node.set_clock_right();
    }
    site.db.set_writer(Writer::Open);
}

/// Waits until every request has its answer and every hold its end, and asks once more.
async fn settle(scenario: &Scenario, site: &Arc<Site>, town: &Arc<Town>) {
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
    wait_for(holds_ms.saturating_sub(ttl_ms), async || {
        site.db.nothing_waits().await
    })
    .await;
    // Everybody who asks now, is served.
    for index in 0..town.nodes.len() {
        let steps = (0..town.grades.len())
            .flat_map(|event| {
                let event = u32::try_from(event).unwrap_or(0);
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
                };
                [Step::Look { event }, reserve, cancel, Step::Look { event }]
            })
            .collect();
        let plan = crate::scenario::ClientPlan {
            number: 10_000 + u32::try_from(index).unwrap_or(0),
            user: 90_000 + u32::try_from(index).unwrap_or(0),
            poison: false,
            arrives_ms: 0,
            steps,
        };
        Client::new(Arc::clone(town), plan).run().await;
    }
    // What they took and did not give back, as a sold-out event's none, ends as well.
    let holds_ms = scenario.hold_secs_max() * 500 + sweep_ms;
    wait_for(holds_ms, async || site.db.nothing_waits().await).await;
    site.hall.bury();
}

/// Waits for a condition, for `ms_max` at most: whether it holds then is the auditor's to find out.
async fn wait_for(ms_max: u32, holds: impl AsyncFn() -> bool) {
    let mut left_ms = ms_max;
    while left_ms > 0 && !holds().await {
        let ms = left_ms.min(LOOK_MS);
        sleep_ms(ms).await;
        left_ms -= ms;
    }
}

async fn evidence(scenario: &Scenario, site: &Site, town: &Town) -> Vec<EventEvidence> {
    let mut dice = Dice::new(scenario.seed, 5);
    let mut events = Vec::new();
    for (index, plan) in scenario.events.iter().enumerate() {
        let id = EventId(i64::try_from(index).unwrap_or(0) + 1);
        let node = &town.nodes[dice.below(scenario.nodes) as usize];
        let ledger = site.db.tables.ledger(id).await.ok().flatten();
        let rows = |page, size| ReservationListQuery {
            event: Some(id),
            user: None,
            status: None,
            direction: Direction::Ascending,
            page: PageRequest { page, size },
        };
        let all = site.db.tables.reservations(&rows(0, u32::MAX)).await;
        let reservations = all.map(|page| page.items).unwrap_or_default();
        let mut listed = Ok(Vec::new());
        for page in 0.. {
            let running = node.running();
            let Some(running) = running else {
                listed = Err("the node does not listen".to_owned());
                break;
            };
            match (
                running.office.reservations(&rows(page, PAGE_SIZE)).await,
                &mut listed,
            ) {
                (Ok(found), Ok(rows)) => {
                    rows.extend(found.items.iter().map(Shown::from));
                    if u64::from(page + 1) * u64::from(PAGE_SIZE) >= found.total {
                        break;
                    }
                }
                (Err(error), _) => {
                    listed = Err(error.to_string());
                    break;
                }
                (Ok(_), Err(_)) => break,
            }
        }
        events.push(EventEvidence {
            id: id.0,
            plan: plan.clone(),
            grades: town.grades[index].clone(),
            ledger,
            reservations: reservations.iter().map(Shown::from).collect(),
            listed,
        });
    }
    events
}

/// Looks whether everything that was begun has ended.
async fn close(scenario: &Scenario, site: &Site, town: &Town, leaks: &mut Vec<String>) {
    let tasks = || {
        let metrics = tokio::runtime::Handle::current().metrics();
        metrics.num_alive_tasks().saturating_sub(site.world.hung())
    };
    let background = BACKGROUND_TASKS * town.nodes.len();
    // Who has held seats for somebody stays until the hold would have ended.
    let idle_ms = (scenario.limits.idle_secs + scenario.hold_secs_max()) * 1_000 + 2_000;
    wait_for(idle_ms, async || tasks() <= background).await;
    if tasks() > background {
        leaks.push(format!(
            "{} tasks are left when nobody asks, {background} of them by right",
            tasks()
        ));
    }
    let leases = site.hall.leases_out();
    if leases > 0 {
        leaks.push(format!("{leases} leases are out when nobody asks"));
    }
    for node in &town.nodes {
        if tokio::time::timeout(SHUTDOWN_MAX, node.drain())
            .await
            .is_err()
        {
            leaks.push(format!("n{} does not shut down", node.number));
        }
    }
    sleep_ms(10).await;
    if tasks() > 0 {
        leaks.push(format!("{} tasks are left after the shutdown", tasks()));
    }
}

impl Database {
    /// Whether nothing is held, being paid for, or to be given back.
    async fn nothing_waits(&self) -> bool {
        let (tables, ever) = (&self.tables, Timestamp::from_micros(i64::MAX));
        let held = tables.events_due(ever, 1).await;
        let paying = tables.payments_under_way(None, 1).await;
        let refunds = tables.refunds_due(None, 1).await;
        let none = |is_empty: Result<bool, StoreError>| is_empty.unwrap_or(false);
        none(held.map(|found| found.is_empty()))
            && none(paying.map(|found| found.is_empty()))
            && none(refunds.map(|found| found.is_empty()))
    }

    /// Looks at an event's books now and then.
    pub(crate) async fn look_at_books(&self, event: EventId, version: i64) {
        if version % i64::from(AUDIT_ONE_IN) != 0 {
            return;
        }
        if let Ok(Some(ledger)) = self.tables.ledger(event).await {
            let wrong = invariants::check(&ledger);
            self.keep_unbalanced(wrong.iter().map(ToString::to_string));
        }
    }
}
