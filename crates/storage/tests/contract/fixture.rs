//! Builders with defaults: a store to test, an event, reservations, and the groups that write them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use boxoffice::buyer::{User, UserId};
use boxoffice::event::{DEFAULT_ORGANIZER, Event, EventSnapshot, NewEvent, SaleState, Venue};
use boxoffice::grade::{Grade, SeatLabel, Seating, Stock};
use boxoffice::group::{Group, Touched};
use boxoffice::idempotency::{BodyHash, KeyRecord, KeyedRequest};
use boxoffice::ids::{EventId, GroupId, PaymentId, ReservationId, Version};
use boxoffice::money::{Currency, Money};
use boxoffice::payment::{Payment, PaymentState, Refund, RefundState};
use boxoffice::reservation::{Reservation, ReservationState, ReservationStatus};
use boxoffice::store::{CommitError, Created, Source, Store};
use boxoffice::time::Timestamp;
use storage::{MemoryStore, OpenMode, SqliteStore};
use tempfile::TempDir;
use uuid::Uuid;

use crate::mysql_server::Database;

/// A store, so that tasks can share it.
pub(crate) type Shared = Arc<dyn Store>;

/// A store to test, and the folder or the database that goes with it.
pub(crate) struct Bench {
    pub(crate) store: Shared,
    pub(crate) folder: Option<TempDir>,
    pub(crate) database: Option<Database>,
}

impl Bench {
    /// Closes the store and takes away what it was made of.
    pub(crate) async fn clear(self) {
        self.store.close().await;
        if let Some(database) = self.database {
            database.drop().await;
        }
        drop(self.folder);
    }
}

pub(crate) async fn memory() -> Bench {
    std::future::ready(Bench {
        store: Arc::new(MemoryStore::new()),
        folder: None,
        database: None,
    })
    .await
}

pub(crate) async fn sqlite() -> Bench {
    let folder = TempDir::new().expect("a folder");
    let store = SqliteStore::open(&url(&folder), OpenMode::Serve)
        .await
        .expect("a new database");
    Bench {
        store: Arc::new(store),
        folder: Some(folder),
        database: None,
    }
}

pub(crate) async fn mysql() -> Bench {
    crate::mysql_server::bench().await
}

/// The URL of a file deep in a folder.
pub(crate) fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("data/onsale.db").display())
}

/// A number that no other call gets, larger than those before.
fn number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

fn uuid() -> Uuid {
    Uuid::from_u128(u128::from(number()))
}

/// The moment `secs` seconds into the story.
pub(crate) const fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(1_900_000_000_000_000 + secs * 1_000_000)
}

pub(crate) fn buyer(name: &str) -> UserId {
    name.parse().expect("a user id")
}

pub(crate) fn seat(label: &str) -> SeatLabel {
    SeatLabel(label.into())
}

pub(crate) fn request(key: &str, body: u8) -> KeyedRequest {
    KeyedRequest {
        key: key.parse().expect("a key"),
        body: BodyHash([body; 16]),
    }
}

pub(crate) fn group_id() -> GroupId {
    GroupId(uuid())
}

pub(crate) fn profile(name: &str) -> User {
    User {
        id: buyer(name),
        username: format!("{name} the buyer"),
        email: Some(format!("{name}@example.com")),
        phone_number: None,
        created_at: at(0),
    }
}

/// A concert at `at(86_400)` with ten seats of grade R at 100, on sale at once.
pub(crate) fn concert() -> NewEvent {
    let event = Event {
        id: EventId(0),
        organizer: DEFAULT_ORGANIZER,
        production: None,
        name: "Concert".to_owned(),
        description: None,
        venue: Venue::default(),
        starts_at: at(86_400),
        zone: "Asia/Seoul".to_owned(),
        currency: Currency::KRW,
        sale_opens_at: None,
        sale_closes_at: None,
        hold_secs: 600,
        buyer_tickets_max: None,
        state: SaleState::Active,
        deleted_at: None,
        created_at: at(0),
        updated_at: at(0),
    };
    NewEvent {
        event,
        grades: vec![grade("R", 10)],
    }
}

pub(crate) fn grade(name: &str, total: u32) -> Grade {
    Grade {
        seat_type: name.parse().expect("a grade"),
        price: Money(100),
        seating: Seating::General,
        stock: Stock::of(total),
    }
}

/// A grade whose seats have numbers.
pub(crate) fn numbered(name: &str, rows: u32, seats_per_row: u32) -> Grade {
    let seating = Seating::Assigned {
        rows,
        seats_per_row,
    };
    Grade {
        seating,
        ..grade(name, rows * seats_per_row)
    }
}

pub(crate) async fn create(store: &Shared, new: NewEvent) -> EventSnapshot {
    match store
        .create_event(new, group_id(), None)
        .await
        .expect("a working store")
    {
        Created::New(snapshot) => snapshot,
        other => panic!("not new: {other:?}"),
    }
}

/// The event as the store has it now.
pub(crate) async fn reload(store: &Shared, id: EventId) -> EventSnapshot {
    store
        .event(id, Source::Writer)
        .await
        .expect("a working store")
        .expect("the event")
}

/// A reservation of one ticket of the first grade, held until `at(600)`.
pub(crate) fn hold(event: &EventSnapshot, user: &str) -> Reservation {
    Reservation {
        id: ReservationId(uuid()),
        event: event.event.id,
        user: buyer(user),
        seat_type: event.grades[0].seat_type.clone(),
        quantity: 1.try_into().expect("a quantity"),
        seats: Vec::new(),
        total_price: Money(100),
        reserved_at: at(1),
        state: ReservationState::Held {
            expires_at: at(600),
            extended: false,
        },
        tickets: Vec::new(),
    }
}

/// A reservation of one ticket of the first grade, confirmed without payment.
pub(crate) fn sale(event: &EventSnapshot, user: &str) -> Reservation {
    hold(event, user).confirm(None)
}

/// Small changes to a reservation before it is written.
pub(crate) trait Tailor {
    fn tickets(self, quantity: u32) -> Reservation;
    fn seated(self, seats: &[&str]) -> Reservation;
    fn until(self, expires_at: Timestamp) -> Reservation;
}

impl Tailor for Reservation {
    fn tickets(self, quantity: u32) -> Reservation {
        let total_price = Money(100).times(quantity);
        let quantity = i64::from(quantity).try_into().expect("a quantity");
        again(Reservation {
            quantity,
            total_price,
            ..self
        })
    }

    fn seated(self, seats: &[&str]) -> Reservation {
        let quantity = u32::try_from(seats.len()).expect("few seats");
        let seats = seats.iter().map(|label| seat(label)).collect();
        Reservation { seats, ..self }.tickets(quantity)
    }

    fn until(self, expires_at: Timestamp) -> Reservation {
        let state = ReservationState::Held {
            expires_at,
            extended: false,
        };
        Reservation { state, ..self }
    }
}

/// Makes the tickets of a confirmed reservation anew.
fn again(reservation: Reservation) -> Reservation {
    match reservation.state.clone() {
        ReservationState::Confirmed { payment } => reservation.confirm(payment),
        _ => reservation,
    }
}

/// An attempt to pay `amount`.
pub(crate) fn attempt(amount: i64, state: PaymentState) -> Payment {
    Payment {
        id: PaymentId(uuid()),
        amount: Money(amount),
        method: "CARD".to_owned(),
        started_at: at(2),
        state,
    }
}

pub(crate) fn refund(payment: &Payment) -> Refund {
    Refund {
        payment: payment.id,
        amount: payment.amount,
        method: payment.method.clone(),
        expected_at: at(100),
        state: RefundState::Pending,
    }
}

pub(crate) fn paying(held: &Reservation, payment: &Payment) -> Reservation {
    let state = ReservationState::Paying {
        payment: payment.clone(),
        expires_at: at(600),
        extended: false,
    };
    Reservation {
        state,
        ..held.clone()
    }
}

/// A group in the making, whose stock follows its reservations.
pub(crate) struct GroupBuilder {
    after: EventSnapshot,
    group: Group,
}

/// A group on `event`, decided at `at(10)`.
pub(crate) fn group(event: &EventSnapshot) -> GroupBuilder {
    let group = Group {
        event: event.event.id,
        base: event.version,
        id: group_id(),
        now: event.last_now.max(at(10)),
        actor: "node-1".to_owned(),
        brief: "{}".to_owned(),
        changes: boxoffice::group::Changes::default(),
    };
    GroupBuilder {
        after: event.clone(),
        group,
    }
}

impl GroupBuilder {
    pub(crate) fn at(mut self, now: Timestamp) -> Self {
        self.group.now = now;
        self
    }

    pub(crate) fn on(mut self, base: Version) -> Self {
        self.group.base = base;
        self
    }

    /// Makes a reservation.
    pub(crate) fn make(mut self, reservation: &Reservation) -> Self {
        self.take(reservation, 1);
        self.touch(reservation, true)
    }

    /// Makes several.
    pub(crate) fn make_all<'r>(self, all: impl IntoIterator<Item = &'r Reservation>) -> Self {
        all.into_iter().fold(self, Self::make)
    }

    /// Turns a reservation into another state.
    pub(crate) fn turn(mut self, before: &Reservation, after: &Reservation) -> Self {
        self.take(before, -1);
        self.take(after, 1);
        self.touch(after, false)
    }

    pub(crate) fn key(
        mut self,
        user: &str,
        request: KeyedRequest,
        leads_to: ReservationId,
    ) -> Self {
        let at = self.group.now;
        let record = KeyRecord {
            user: buyer(user),
            request,
            reservation: leads_to,
            at,
        };
        self.group.changes.keys.push(record);
        self
    }

    pub(crate) fn pay(mut self, reservation: &Reservation, payment: &Payment) -> Self {
        self.group
            .changes
            .payments
            .push((reservation.id, payment.clone()));
        self
    }

    /// Writes a refund that no reservation carries.
    pub(crate) fn refund(mut self, refund: &Refund) -> Self {
        self.group.changes.refunds.push(refund.clone());
        self
    }

    pub(crate) fn event(mut self, change: impl FnOnce(&mut Event)) -> Self {
        let mut event = (*self.after.event).clone();
        change(&mut event);
        self.group.changes.event = Some(Arc::new(event));
        self
    }

    pub(crate) fn grades(mut self, change: impl FnOnce(&mut Vec<Grade>)) -> Self {
        change(&mut self.after.grades);
        self
    }

    /// The group, with every grade that changed.
    pub(crate) fn build(mut self) -> Group {
        self.group.changes.grades.clone_from(&self.after.grades);
        self.group
    }

    /// Commits the group alone.
    pub(crate) async fn try_commit(self, store: &Shared) -> Result<(), CommitError> {
        commit_one(store, self.build()).await
    }

    /// Commits the group, which must succeed, and reads the event again.
    pub(crate) async fn commit(self, store: &Shared) -> EventSnapshot {
        let id = self.group.event;
        self.try_commit(store)
            .await
            .expect("a group without a fault");
        reload(store, id).await
    }

    fn touch(mut self, reservation: &Reservation, new: bool) -> Self {
        let reservation = Arc::new(reservation.clone());
        self.group
            .changes
            .reservations
            .push(Touched { reservation, new });
        self
    }

    fn take(&mut self, reservation: &Reservation, sign: i64) {
        let of_name = |grade: &&mut Grade| grade.seat_type == reservation.seat_type;
        let Some(grade) = self.after.grades.iter_mut().find(of_name) else {
            return;
        };
        let stock = &mut grade.stock;
        let part = match reservation.status() {
            ReservationStatus::Held | ReservationStatus::Paying => &mut stock.held,
            ReservationStatus::Confirmed => &mut stock.sold,
            ReservationStatus::Cancelled | ReservationStatus::Expired => return,
        };
        let moved = sign * i64::from(reservation.quantity.get());
        *part = u32::try_from(i64::from(*part) + moved).expect("seats to move");
        stock.available = u32::try_from(i64::from(stock.available) - moved).expect("seats to move");
    }
}

pub(crate) async fn commit_one(store: &Shared, group: Group) -> Result<(), CommitError> {
    let mut results = store.commit(vec![group]).await;
    assert_eq!(results.len(), 1);
    results.remove(0)
}
