//! A sale on two nodes, while Redis does what it likes: exact, and nobody is refused because of it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::box_office::{BoxOffice, Ports, ReserveRequest};
use boxoffice::command::{ReserveError, Verdict};
use boxoffice::event::NewEvent;
use boxoffice::grade::{Grade, Seating, Stock};
use boxoffice::ids::{EventId, IdSource, PaymentId};
use boxoffice::invariants;
use boxoffice::limits::Limits;
use boxoffice::money::Money;
use boxoffice::provider::{
    Charge, ChargeError, Payments, ProviderError, RefundOrder, Refunding, Standing,
};
use boxoffice::runtime::Tasks;
use boxoffice::store::Store;
use boxoffice::ticket_code::TicketKey;
use boxoffice::time::{Clock, Instant, Timestamp};
use coordination::redis::RedisCoordinator;
use rustix::process::Signal;
use storage::MemoryStore;

use crate::house::{House, ms, timed, until};
use crate::testing::snapshot;

struct WallClock(std::time::Instant);

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since = self.0.elapsed().as_micros();
        // The moment at which the event of `testing` was made.
        Timestamp::from_micros(1_800_000_000_000_000 + i64::try_from(since).expect("a short story"))
    }

    fn instant(&self) -> Instant {
        Instant::from_elapsed(self.0.elapsed())
    }
}

/// Nobody pays in these stories.
struct NoPayments;

#[async_trait]
impl Payments for NoPayments {
    async fn charge(&self, _: &Charge) -> Result<Verdict, ChargeError> {
        panic!("nobody pays")
    }

    async fn find(&self, _: PaymentId) -> Result<Standing, ProviderError> {
        panic!("nobody pays")
    }

    async fn refund(&self, _: &RefundOrder) -> Result<Refunding, ProviderError> {
        panic!("nobody pays")
    }
}

/// Two nodes that sell one event out of one database.
struct Sale {
    store: Arc<MemoryStore>,
    nodes: [BoxOffice; 2],
    caches: [Arc<RedisCoordinator>; 2],
    event: EventId,
}

impl Sale {
    async fn of(seats: u32, hold_secs: u32, house: &House) -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(WallClock(std::time::Instant::now()));
        let caches = [house.node().await, house.node().await];
        let node = |number: u8| {
            let ports = Ports {
                store: store.clone(),
                coordinator: caches[usize::from(number)].clone(),
                payments: Arc::new(NoPayments),
                ticket_key: TicketKey::new(&[7; 32]),
                clock: clock.clone(),
                ids: Arc::new(IdSource::seeded([number + 1; 32])),
                node: format!("node{number}"),
                tasks: Tasks::default(),
            };
            BoxOffice::new(ports, Limits::default())
        };
        let nodes = [node(0), node(1)];
        let mut event = (*snapshot(EventId(0), 0).event).clone();
        event.hold_secs = hold_secs;
        event.starts_at = Timestamp::from_micros(1_900_000_000_000_000);
        let grades = vec![Grade {
            seat_type: "R".parse().expect("a grade"),
            price: Money(1_000),
            seating: Seating::General,
            stock: Stock::of(seats),
        }];
        let created = nodes[0]
            .create_event(NewEvent { event, grades }, None)
            .await;
        let event = created.expect("an event").value.event.id;
        Self {
            store,
            nodes,
            caches,
            event,
        }
    }

    /// Sends so many buyers to the nodes in turn, and gives what each was told.
    async fn rush(&self, buyers: u32, pause: Duration) -> Vec<Result<(), ReserveError>> {
        let mut asked = Vec::new();
        for number in 0..buyers {
            let node = self.nodes[(number % 2) as usize].clone();
            let request = ReserveRequest {
                event: self.event,
                user: format!("buyer{number}").parse().expect("a user id"),
                quantity: 1.try_into().expect("a quantity"),
                seat_type: None,
                seats: Vec::new(),
                key: None,
            };
            asked.push(tokio::spawn(async move {
                node.reserve(request).await.map(drop)
            }));
            if !pause.is_zero() && number % 16 == 0 {
                tokio::time::sleep(pause).await;
            }
        }
        let mut told = Vec::new();
        for answer in asked {
            told.push(answer.await.expect("no panic"));
        }
        told
    }

    async fn stock(&self) -> Stock {
        let source = boxoffice::store::Source::Writer;
        let found = self.store.event(self.event, source).await;
        found.expect("an answer").expect("the event").stock()
    }

    /// Every seat was sold once, everybody else was told that there is none, the books agree.
    async fn is_exact(&self, told: &[Result<(), ReserveError>], seats: u32) {
        for refused in told.iter().filter_map(|told| told.as_ref().err()) {
            assert!(
                matches!(refused, ReserveError::InsufficientSeats { .. }),
                "refused for something else: {refused:?}"
            );
        }
        let sold = told.iter().filter(|told| told.is_ok()).count();
        assert_eq!(sold, seats as usize);
        assert_eq!(self.stock().await.available, 0);
        let ledger = self.store.ledger(self.event).await.expect("an answer");
        assert_eq!(invariants::check(&ledger.expect("the books")), []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_sell_every_seat_once() {
    let house = House::in_a_hurry();
    let sale = Sale::of(1_000, 0, &house).await;
    let told = sale.rush(1_500, ms(0)).await;
    sale.is_exact(&told, 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_killed_in_the_middle_of_a_sale_is_not_noticed_by_any_buyer() {
    let mut house = House::in_a_hurry();
    let sale = Sale::of(1_000, 0, &house).await;
    let rush = sale.rush(1_500, ms(10));
    let breaks = async {
        tokio::time::sleep(ms(200)).await;
        house.kill();
        tokio::time::sleep(ms(200)).await;
        house.start_again();
    };
    let (told, ()) = tokio::join!(rush, breaks);
    sale.is_exact(&told, 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stops_in_the_middle_of_a_sale_is_not_noticed_by_any_buyer() {
    let mut house = House::in_a_hurry();
    let sale = Sale::of(1_000, 0, &house).await;
    let rush = sale.rush(1_500, ms(10));
    let breaks = async {
        tokio::time::sleep(ms(150)).await;
        house.redis.signal(Signal::STOP).expect("it stops");
        tokio::time::sleep(ms(300)).await;
        house.redis.signal(Signal::CONT).expect("it goes on");
    };
    let (told, ()) = tokio::join!(rush, breaks);
    sale.is_exact(&told, 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_that_are_deleted_all_the_time_harm_no_sale() {
    let house = House::in_a_hurry();
    let sale = Sale::of(1_000, 0, &house).await;
    let rush = sale.rush(1_500, ms(5));
    let robber = async {
        let lease = format!("onsale:{{{}}}:lease", sale.event);
        loop {
            house.meddle::<i64>(&["DEL", &lease]).await;
            tokio::time::sleep(ms(1)).await;
        }
    };
    let told = tokio::select! {
        told = rush => told,
        () = robber => unreachable!("it goes on for ever"),
    };
    sale.is_exact(&told, 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_that_end_are_ended_once_whichever_node_does_it() {
    let house = House::in_a_hurry();
    let sale = Sale::of(100, 1, &house).await;
    let _background = sale.nodes.each_ref().map(BoxOffice::start_background);
    // The first may be over before the last begins.
    let told = sale.rush(100, ms(0)).await;
    assert!(told.iter().all(Result::is_ok), "{told:?}");
    until("every seat is back", async || {
        sale.stock().await.available == 100
    })
    .await;
    let ledger = sale.store.ledger(sale.event).await.expect("an answer");
    assert_eq!(invariants::check(&ledger.expect("the books")), []);

    // Both nodes show it within a second, whichever of them did it.
    let shows = async |node: &BoxOffice| {
        let shown = node.event(sale.event).await.expect("an answer");
        shown.expect("the event").snapshot.stock().available == 100
    };
    let both = until("it is shown", async || {
        shows(&sale.nodes[0]).await && shows(&sale.nodes[1]).await
    });
    let ((), ended) = timed(both).await;
    assert!(ended < ms(1_000), "{ended:?}");
    drop(sale.caches);
}
