//! A house in which one event is sold, by one node or by several.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use boxoffice::box_office::{BoxOffice, Ports, ReserveRequest, Reserved};
use boxoffice::command::{EventPatch, ReserveError, Update, UpdateError};
use boxoffice::event::{EventSnapshot, SaleState};
use boxoffice::grade::Stock;
use boxoffice::ids::{EventId, IdSource};
use boxoffice::invariants;
use boxoffice::limits::Limits;
use boxoffice::reservation::Reservation;
use boxoffice::runtime::{self, JoinHandle, Tasks};
use boxoffice::store::{Source, Store};
use boxoffice::ticket_code::{TICKET_KEY_LEN, TicketKey};
use boxoffice::time::{Clock, Instant, Timestamp};

use crate::faulty::FaultyStore;
use crate::sale::{Ask, EventBuilder, at};
use crate::till::Till;
use crate::witness::Witness;

/// Tells the runtime's time, which a test may stop, and which may be wrong on a node.
pub(crate) struct StoryClock {
    began: tokio::time::Instant,
    wrong_by_secs: AtomicI64,
}

impl StoryClock {
    #[expect(clippy::disallowed_methods, reason = "this is the tests' clock")]
    fn new() -> Self {
        Self {
            began: tokio::time::Instant::now(),
            wrong_by_secs: AtomicI64::new(0),
        }
    }

    /// From now on, this clock is wrong.
    pub(crate) fn jump_secs(&self, secs: i64) {
        self.wrong_by_secs.store(secs, Ordering::SeqCst);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.began.elapsed().as_micros()).expect("a short story");
        let wrong_by = self.wrong_by_secs.load(Ordering::SeqCst);
        Timestamp::from_micros(at(wrong_by).as_micros() + elapsed)
    }

    fn instant(&self) -> Instant {
        Instant::from_elapsed(self.began.elapsed())
    }
}

/// The database, what nodes share beside it, and the event that is sold.
pub(crate) struct House {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) coordinator: Arc<Witness>,
    pub(crate) till: Arc<Till>,
    pub(crate) clock: Arc<StoryClock>,
    pub(crate) event: EventId,
}

impl House {
    /// A house that sells this event.
    pub(crate) async fn selling(event: EventBuilder) -> Self {
        let mut house = Self {
            store: Arc::new(FaultyStore::default()),
            coordinator: Arc::new(Witness::new()),
            till: Arc::new(Till::default()),
            clock: Arc::new(StoryClock::new()),
            event: EventId(0),
        };
        house.event = house.also_selling(event).await;
        house
    }

    /// Puts another event on sale.
    pub(crate) async fn also_selling(&self, event: EventBuilder) -> EventId {
        let created = self.node("creator").create_event(event.build(), None).await;
        created.expect("an event").value.event.id
    }

    /// What a node of this name works with.
    pub(crate) fn ports(&self, name: &str) -> Ports {
        let seed = name.bytes().next().expect("a name");
        Ports {
            store: self.store.clone(),
            coordinator: self.coordinator.clone(),
            payments: self.till.clone(),
            ticket_key: TicketKey::new(&[7; TICKET_KEY_LEN]),
            clock: self.clock.clone(),
            ids: Arc::new(IdSource::seeded([seed; 32])),
            node: name.to_owned(),
            tasks: Tasks::default(),
        }
    }

    /// A node of this name, within these limits.
    pub(crate) fn node_within(&self, name: &str, limits: Limits) -> BoxOffice {
        assert_eq!(limits.mistakes(), Vec::<String>::new());
        BoxOffice::new(self.ports(name), limits)
    }

    /// A node of this name.
    pub(crate) fn node(&self, name: &str) -> BoxOffice {
        self.node_within(name, Limits::default())
    }

    /// This request, of the house's event.
    pub(crate) fn request(&self, ask: Ask) -> ReserveRequest {
        request(self.event, ask)
    }

    /// Sends a request in a task of its own, and lets it come as far as its queue.
    pub(crate) async fn send(&self, node: &BoxOffice, ask: Ask) -> JoinHandle<Booked> {
        let (node, request) = (node.clone(), self.request(ask));
        let sent = runtime::spawn(async move { node.reserve(request).await });
        settle().await;
        sent
    }

    /// Reserves and waits for the answer.
    pub(crate) async fn reserve(&self, node: &BoxOffice, ask: Ask) -> Booked {
        node.reserve(self.request(ask)).await
    }

    /// Reserves what there certainly is.
    pub(crate) async fn reserved(&self, node: &BoxOffice, ask: Ask) -> Arc<Reservation> {
        let booked = self.reserve(node, ask).await;
        booked.expect("seats").reservation
    }

    /// Calls the event off.
    pub(crate) async fn call_off(
        &self,
        node: &BoxOffice,
    ) -> Result<Arc<EventSnapshot>, UpdateError> {
        self.change(node, SaleState::Cancelled).await
    }

    /// Closes the sale.
    pub(crate) async fn close(&self, node: &BoxOffice) -> Result<Arc<EventSnapshot>, UpdateError> {
        self.change(node, SaleState::Closed).await
    }

    async fn change(
        &self,
        node: &BoxOffice,
        state: SaleState,
    ) -> Result<Arc<EventSnapshot>, UpdateError> {
        let patch = EventPatch {
            state: Some(state),
            ..EventPatch::default()
        };
        let update = Update {
            patch,
            if_version: None,
        };
        node.update_event(self.event, update).await
    }

    /// The event as it is written.
    pub(crate) async fn snapshot(&self) -> EventSnapshot {
        let found = self.store.kept.event(self.event, Source::Writer).await;
        found.expect("an answer").expect("the event")
    }

    /// The seats as they are written, of all grades together.
    pub(crate) async fn stock(&self) -> Stock {
        self.snapshot().await.stock()
    }

    /// Checks every invariant of the event.
    pub(crate) async fn audit(&self) {
        let ledger = self.store.kept.ledger(self.event).await;
        let ledger = ledger.expect("an answer").expect("the event's books");
        assert_eq!(invariants::check(&ledger), []);
    }
}

pub(crate) type Booked = Result<Reserved, ReserveError>;

/// This request, of this event.
pub(crate) fn request(event: EventId, Ask(ask): Ask) -> ReserveRequest {
    ReserveRequest {
        event,
        user: ask.user,
        quantity: ask.quantity,
        seat_type: ask.seat_type,
        seats: ask.seats,
        key: ask.key,
    }
}

/// Lets everybody go on as far as they can while time stands still.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

/// The story goes on this much later. Time stands still, so that it costs nothing.
pub(crate) async fn later(time: Duration) {
    runtime::sleep(time).await;
}

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
