//! The sequencer's own interleavings: who comes first, the next buyer or the end.
//!
//! Shuttle draws which task runs next at every wait, and when each time-out fires. Needs the
//! feature `schedules`, with which time does not pass and tokio runs nothing.

#[path = "sale/mod.rs"]
mod sale;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::box_office::{BoxOffice, Ports, ReserveRequest, Reserved};
use boxoffice::command::{ReserveError, Unserved, Verdict};
use boxoffice::coordinator::{
    Cached, Coordinator, CoordinatorHealth, Lease, Load, NotAtHand, ViewKey,
};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::{EventId, IdSource, PaymentId};
use boxoffice::invariants;
use boxoffice::limits::Limits;
use boxoffice::provider::{
    Charge, ChargeError, Payments, ProviderError, RefundOrder, Refunding, Standing,
};
use boxoffice::runtime::Tasks;
use boxoffice::store::{Store, StoreError};
use boxoffice::ticket_code::{TICKET_KEY_LEN, TicketKey};
use boxoffice::time::{Clock, Instant, Timestamp};
use shuttle::future;
use storage::MemoryStore;

/// Schedules that each story is told in.
const SCHEDULES: usize = 1_000;

/// Buyers in each story.
const BUYERS: u32 = 3;

/// Time stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        sale::at(0)
    }

    fn instant(&self) -> Instant {
        Instant::default()
    }
}

/// Gives no lease, and lets others run whenever it is asked; panics once, if it is told to.
#[derive(Default)]
struct Desk {
    panics: AtomicBool,
}

#[async_trait]
impl Coordinator for Desk {
    async fn acquire(&self, _event: EventId, _wait_max: Duration) -> Option<Lease> {
        future::yield_now().await;
        assert!(!self.panics.swap(false, Ordering::SeqCst), "a bug of ours");
        None
    }

    async fn is_wanted(&self, _lease: &Lease) -> bool {
        false
    }

    async fn release(&self, _lease: Lease) {}

    fn at_hand(&self, _key: &ViewKey) -> Result<Option<Cached>, NotAtHand> {
        Err(NotAtHand)
    }

    async fn view(&self, _key: ViewKey, load: Load) -> Result<Option<Cached>, StoreError> {
        Ok(load.await?.map(|view| Cached {
            view,
            hit: false,
            ttl: Duration::ZERO,
        }))
    }

    fn publish(&self, _snapshot: Arc<EventSnapshot>) {}

    fn forget(&self, _event: EventId) {}

    fn watch(&self, _event: EventId) -> tokio::sync::watch::Receiver<Option<Arc<EventSnapshot>>> {
        tokio::sync::watch::channel(None).1
    }

    async fn health(&self) -> CoordinatorHealth {
        CoordinatorHealth::Alone
    }
}

/// Nobody pays in these stories.
struct NoTill;

#[async_trait]
impl Payments for NoTill {
    async fn charge(&self, _charge: &Charge) -> Result<Verdict, ChargeError> {
        Ok(Verdict::Declined)
    }

    async fn find(&self, _payment: PaymentId) -> Result<Standing, ProviderError> {
        Ok(Standing::NeverSeen)
    }

    async fn refund(&self, _order: &RefundOrder) -> Result<Refunding, ProviderError> {
        Ok(Refunding::Done)
    }
}

struct House {
    office: BoxOffice,
    store: MemoryStore,
    event: EventId,
    desk: Arc<Desk>,
}

impl House {
    /// Sells two seats; `panics`: its first group ends in a bug of ours.
    async fn open(panics: bool) -> Self {
        let store = MemoryStore::new();
        let desk = Arc::new(Desk {
            panics: AtomicBool::new(panics),
        });
        let ports = Ports {
            store: Arc::new(store.clone()),
            coordinator: desk.clone(),
            payments: Arc::new(NoTill),
            ticket_key: TicketKey::new(&[7; TICKET_KEY_LEN]),
            clock: Arc::new(Still),
            ids: Arc::new(IdSource::seeded([7; 32])),
            node: "a".to_owned(),
            tasks: Tasks::default(),
        };
        let office = BoxOffice::new(ports, Limits::default());
        let new = sale::event().with_grade("R", 2).build();
        let created = office.create_event(new, None).await.expect("an event");
        Self {
            office,
            store,
            event: created.value.event.id,
            desk,
        }
    }

    fn buyer(&self, number: u32) -> future::JoinHandle<Result<Reserved, ReserveError>> {
        let office = self.office.clone();
        let reserve = sale::ask(&format!("buyer{number}"), 1).0;
        let request = ReserveRequest {
            event: self.event,
            user: reserve.user,
            quantity: reserve.quantity,
            seat_type: None,
            seats: Vec::new(),
            key: None,
        };
        future::spawn(async move { office.reserve(request).await })
    }

    /// The ledger holds what was acknowledged, and nothing but what is not known besides.
    async fn expect_ledger(&self, told: Told) {
        let ledger = self.store.ledger(self.event).await.expect("a ledger");
        let ledger = ledger.expect("the event");
        assert_eq!(invariants::check(&ledger), []);
        let taken = ledger.grades[0].held + ledger.grades[0].sold;
        assert!(
            (told.sold..=told.sold + told.unknown).contains(&taken),
            "{taken} taken, {told:?}"
        );
    }
}

/// What buyers were told.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    sold: i64,
    unknown: i64,
    internal: i64,
}

impl Told {
    fn count(&mut self, answer: &Result<Reserved, ReserveError>) {
        match answer {
            Ok(_) => self.sold += 1,
            Err(
                ReserveError::InsufficientSeats { .. }
                | ReserveError::Unserved(Unserved::Unavailable | Unserved::Overloaded),
            ) => {}
            Err(ReserveError::Unserved(Unserved::OutcomeUnknown { .. })) => self.unknown += 1,
            Err(ReserveError::Unserved(Unserved::Internal)) => self.internal += 1,
            Err(other) => panic!("nobody asked for that: {other:?}"),
        }
    }
}

fn explore(story: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(story, SCHEDULES);
    shuttle::check_pct(story, SCHEDULES, 3);
}

#[test]
fn a_shutdown_answers_everybody_and_loses_nobody() {
    explore(|| {
        future::block_on(async {
            let house = House::open(false).await;
            let buyers: Vec<_> = (0..BUYERS).map(|number| house.buyer(number)).collect();
            let office = house.office.clone();
            let shutdown = future::spawn(async move { office.shutdown().await });
            let mut told = Told::default();
            for buyer in buyers {
                told.count(&buyer.await.expect("an answer"));
            }
            shutdown.await.expect("an end");
            assert_eq!(told.internal, 0, "{told:?}");
            house.expect_ledger(told).await;
            let late = house.buyer(9).await.expect("an answer");
            assert_eq!(late, Err(Unserved::Unavailable.into()));
        });
    });
}

#[test]
fn who_arrives_as_an_idle_task_ends_is_served() {
    explore(|| {
        future::block_on(async {
            let house = House::open(false).await;
            let mut told = Told::default();
            for round in 0..2 {
                let buyers: Vec<_> = (0..2).map(|n| house.buyer(round * 2 + n)).collect();
                for buyer in buyers {
                    told.count(&buyer.await.expect("an answer"));
                }
            }
            assert_eq!(told.internal, 0, "{told:?}");
            house.expect_ledger(told).await;
        });
    });
}

#[test]
fn a_panic_takes_its_own_group_and_nobody_after_it() {
    explore(|| {
        future::block_on(async {
            let house = House::open(true).await;
            let buyers: Vec<_> = (0..BUYERS).map(|number| house.buyer(number)).collect();
            let mut told = Told::default();
            for buyer in buyers {
                told.count(&buyer.await.expect("an answer"));
            }
            house.expect_ledger(told).await;
            // Her own time may be up before she is served; an internal error she does not hear.
            let panicked = !house.desk.panics.load(Ordering::SeqCst);
            let mut after = Told::default();
            after.count(&house.buyer(9).await.expect("an answer"));
            assert!(after.internal == 0 || !panicked, "{after:?}");
            let all = Told {
                sold: told.sold + after.sold,
                unknown: told.unknown + after.unknown,
                internal: 0,
            };
            house.expect_ledger(all).await;
        });
    });
}
