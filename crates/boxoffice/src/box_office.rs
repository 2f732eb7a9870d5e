//! The use cases: what an organizer and a buyer can do.

mod door;
mod paying;
mod takings;

use std::sync::Arc;
use std::time::Duration;

use crate::background::Background;
use crate::buyer::{User, UserId, UserStatistics};
use crate::cashier::Cashier;
use crate::command::{
    Answer, Cancel, CancelError, Command, DeleteError, Outcome, Reserve, ReserveError, Unserved,
    Update, UpdateError,
};
use crate::coordinator::{Cached, Coordinator, CoordinatorHealth, NotAtHand, View, ViewKey};
use crate::event::{EventSnapshot, NewEvent};
use crate::grade::{SeatLabel, SeatType};
use crate::idempotency::KeyedRequest;
use crate::ids::{EventId, IdSource, ReservationCode, ReservationId};
use crate::limits::Limits;
use crate::page::{Direction, Page, PageRequest};
use crate::planted::planted;
use crate::provider::Payments;
use crate::reservation::{Quantity, Reservation, ReservationStatus};
use crate::runtime::Tasks;
use crate::sequencer::{Sequencers, Served};
use crate::store::{
    Created, EventListQuery, ReservationListQuery, Source, Store, StoreError, UserCreated,
};
use crate::takings::Sums;
use crate::ticket_code::TicketKey;
use crate::time::{Clock, Timestamp};

pub use door::{Checked, ShownTicket};
pub use paying::PayRequest;

/// What the box office works with; all of it is handed in.
pub struct Ports {
    /// The database.
    pub store: Arc<dyn Store>,
    /// What nodes share beside it.
    pub coordinator: Arc<dyn Coordinator>,
    /// Whoever takes the money.
    pub payments: Arc<dyn Payments>,
    /// Signs tickets; the same on every node.
    pub ticket_key: TicketKey,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<IdSource>,
    /// This node's name in the event log.
    pub node: String,
    /// Where the tasks of the events run.
    pub tasks: Tasks,
}

/// Sells tickets. Cheap to clone.
#[derive(Clone)]
pub struct BoxOffice {
    ports: Arc<Ports>,
    limits: Arc<Limits>,
    sequencers: Arc<Sequencers>,
    cashier: Cashier,
    sums: Arc<Sums>,
}

/// What a buyer asks for, before it has an id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReserveRequest {
    /// Of which event.
    pub event: EventId,
    /// For whom.
    pub user: UserId,
    /// How many.
    pub quantity: Quantity,
    /// Of which grade; may be left out where there is one.
    pub seat_type: Option<SeatType>,
    /// Which seats; empty: any.
    pub seats: Vec<SeatLabel>,
    /// The client's key, if it sent one.
    pub key: Option<KeyedRequest>,
}

/// A reservation, and what it cost in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reserved {
    /// The reservation as it is now.
    pub reservation: Arc<Reservation>,
    /// Whether the key had led to it earlier.
    pub replayed: bool,
    /// How long the request waited for its group.
    pub queue_time: Duration,
    /// How long its group waited for the event's lease.
    pub lease_time: Duration,
}

/// An event as it is served, and how it was come by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CachedEvent {
    /// The event.
    pub snapshot: Arc<EventSnapshot>,
    /// Whether no database was asked.
    pub hit: bool,
    /// How long it may still be served from the cache.
    pub ttl: Duration,
}

/// An event that somebody looks at right now.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The event as it is.
    pub now: Arc<EventSnapshot>,
    /// What it becomes.
    pub newer: tokio::sync::watch::Receiver<Option<Arc<EventSnapshot>>>,
}

/// Why an event was not created.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CreateEventError {
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a profile was not created.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CreateUserError {
    /// The id is taken.
    #[error("the user exists")]
    Exists,
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How the parts are doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// What is wrong with the database, if anything.
    pub database: Result<(), StoreError>,
    /// The part that nodes share.
    pub coordinator: CoordinatorHealth,
}

/// How coarse the moment is that event lists are told for, so that their pages are found again.
const LIST_MOMENT_MICROS: i64 = 1_000_000;

impl BoxOffice {
    /// A box office over these ports, within these limits.
    pub fn new(ports: Ports, limits: Limits) -> Self {
        let (ports, limits) = (Arc::new(ports), Arc::new(limits));
        let sequencers = Arc::new(Sequencers::new(Arc::clone(&ports), Arc::clone(&limits)));
        let cashier = Cashier::new(
            Arc::clone(&ports),
            Arc::clone(&limits),
            Arc::clone(&sequencers),
        );
        Self {
            ports,
            limits,
            sequencers,
            cashier,
            sums: Arc::default(),
        }
    }

    /// This node's estimate of the time.
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Puts an event on sale.
    pub async fn create_event(
        &self,
        new: NewEvent,
        key: Option<KeyedRequest>,
    ) -> Result<Answer<Arc<EventSnapshot>>, CreateEventError> {
        let group = self.ports.ids.group(self.now());
        match self.ports.store.create_event(new, group, key).await? {
            Created::New(snapshot) => Ok(Answer {
                value: Arc::new(snapshot),
                replayed: false,
            }),
            Created::Replayed(snapshot) => Ok(Answer {
                value: Arc::new(snapshot),
                replayed: true,
            }),
            Created::KeyReused => Err(CreateEventError::KeyReused),
        }
    }

    /// Changes an event, in its own chain.
    pub async fn update_event(
        &self,
        event: EventId,
        update: Update,
    ) -> Result<Arc<EventSnapshot>, UpdateError> {
        match self
            .submit(event, Command::Update(Box::new(update)))
            .await
            .outcome
        {
            Outcome::Update(result) => result,
            _ => Err(Unserved::Internal.into()),
        }
    }

    /// How many live reservations an event has, for the organizer who may not delete it.
    pub async fn live_reservations(&self, event: EventId) -> Result<u64, StoreError> {
        let mut live = 0;
        for status in ReservationStatus::ALL
            .into_iter()
            .filter(|status| status.is_live())
        {
            let query = ReservationListQuery {
                event: Some(event),
                user: None,
                status: Some(status),
                direction: Direction::Ascending,
                page: PageRequest { page: 0, size: 1 },
            };
            live += self.ports.store.reservations(&query).await?.total;
        }
        Ok(live)
    }

    /// Deletes an event that nobody has tickets of.
    pub async fn delete_event(&self, event: EventId) -> Result<(), DeleteError> {
        match self.submit(event, Command::Delete).await.outcome {
            Outcome::Delete(result) => result,
            _ => Err(Unserved::Internal.into()),
        }
    }

    /// Takes seats, all or none.
    pub async fn reserve(&self, request: ReserveRequest) -> Result<Reserved, ReserveError> {
        let reserve = Reserve {
            id: self.ports.ids.reservation(self.now()),
            user: request.user,
            quantity: request.quantity,
            seat_type: request.seat_type,
            seats: request.seats,
            key: request.key,
        };
        #[cfg(feature = "planted-bugs")]
        let again = (request.event, reserve.clone());
        let served = self.submit(request.event, Command::Reserve(reserve)).await;
        #[cfg(feature = "planted-bugs")]
        let served = match &served.outcome {
            Outcome::Reserve(Err(error)) if crate::planted::books_again(error) => {
                let id = self.ports.ids.reservation(self.now());
                let again = (again.0, Command::Reserve(Reserve { id, ..again.1 }));
                self.submit(again.0, again.1).await
            }
            _ => served,
        };
        match served.outcome {
            Outcome::Reserve(result) => result.map(|answer| Reserved {
                reservation: answer.value,
                replayed: answer.replayed,
                queue_time: served.queue_time,
                lease_time: served.lease_time,
            }),
            _ => Err(Unserved::Internal.into()),
        }
    }

    /// Gives a reservation back.
    pub async fn cancel(
        &self,
        id: ReservationId,
        key: Option<KeyedRequest>,
    ) -> Result<Answer<Arc<Reservation>>, CancelError> {
        let event = self.event_of(id).await?.ok_or(CancelError::NotFound)?;
        let cancel = Cancel {
            reservation: id,
            key,
        };
        match self.submit(event, Command::Cancel(cancel)).await.outcome {
            Outcome::Cancel(result) => result,
            _ => Err(Unserved::Internal.into()),
        }
    }

    /// The reservation of this id.
    pub async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
        self.ports.store.reservation(id).await
    }

    /// The buyer's reservation of this code.
    pub async fn reservation_by_code(
        &self,
        user: &UserId,
        code: ReservationCode,
    ) -> Result<Option<Reservation>, StoreError> {
        self.ports.store.reservation_by_code(user, code).await
    }

    /// A part of an event's reservations, for who reads them all: see [`Store::reservations_of`].
    pub async fn reservations_of(
        &self,
        event: EventId,
        after: Option<ReservationId>,
        len_max: u32,
    ) -> Result<Vec<Reservation>, StoreError> {
        self.ports
            .store
            .reservations_of(event, after, len_max)
            .await
    }

    /// A page of reservations.
    pub async fn reservations(
        &self,
        query: &ReservationListQuery,
    ) -> Result<Page<Reservation>, StoreError> {
        self.ports.store.reservations(query).await
    }

    /// An event with its stock, from the cache where it is there.
    pub async fn event(&self, id: EventId) -> Result<Option<CachedEvent>, StoreError> {
        if let Ok(known) = self.event_at_hand(id) {
            return Ok(known);
        }
        let store = Arc::clone(&self.ports.store);
        let load = Box::pin(async move {
            let found = match store.event(id, Source::Reader).await {
                // A reader may not have heard yet of an event that was made a moment ago.
                Ok(None) if planted!(ReaderBelieved) => Ok(None),
                Ok(None) | Err(StoreError::Unavailable(_)) => store.event(id, Source::Writer).await,
                answer => answer,
            };
            Ok(found?.map(|snapshot| View::Event(Arc::new(snapshot))))
        });
        let cached = self
            .ports
            .coordinator
            .view(ViewKey::Event(id), load)
            .await?;
        Ok(cached.and_then(cached_event))
    }

    /// An event as this node remembers it, without waiting for anybody; `None` in it where it knows
    /// that there is none. Otherwise [`Self::event`] has to find out.
    pub fn event_at_hand(&self, id: EventId) -> Result<Option<CachedEvent>, NotAtHand> {
        let known = self.ports.coordinator.at_hand(&ViewKey::Event(id))?;
        Ok(known.and_then(cached_event))
    }

    /// An event as it is now, and each newer state as it is published: coalesced, the latest wins.
    /// `None`: there is no such event. The receiver sees the end of its channel when the event is
    /// deleted.
    pub async fn watch(&self, id: EventId) -> Result<Option<Watched>, StoreError> {
        // Watched first, so that nothing is published unseen while the event is looked up.
        let newer = self.ports.coordinator.watch(id);
        Ok(self.event(id).await?.map(|cached| Watched {
            now: cached.snapshot,
            newer,
        }))
    }

    /// A page of events. It is told for the moment of asking, to the second.
    pub async fn events(
        &self,
        mut query: EventListQuery,
    ) -> Result<Arc<Page<Arc<EventSnapshot>>>, StoreError> {
        let micros = query.now.as_micros();
        query.now = Timestamp::from_micros(micros - micros.rem_euclid(LIST_MOMENT_MICROS));
        let store = Arc::clone(&self.ports.store);
        let asked = query.clone();
        let load = Box::pin(async move {
            let page = store.events(&asked).await?;
            let items = page.items.into_iter().map(Arc::new).collect();
            Ok(Some(View::Events(Arc::new(Page {
                items,
                total: page.total,
            }))))
        });
        let cached = self
            .ports
            .coordinator
            .view(ViewKey::Events(query), load)
            .await?;
        match cached.map(|cached| cached.view) {
            Some(View::Events(page)) => Ok(page),
            _ => Ok(Arc::new(Page {
                items: Vec::new(),
                total: 0,
            })),
        }
    }

    /// Makes a profile.
    pub async fn create_user(
        &self,
        user: User,
        key: Option<KeyedRequest>,
    ) -> Result<Answer<User>, CreateUserError> {
        match self.ports.store.create_user(user, key).await? {
            UserCreated::New(value) => Ok(Answer {
                value,
                replayed: false,
            }),
            UserCreated::Replayed(value) => Ok(Answer {
                value,
                replayed: true,
            }),
            UserCreated::KeyReused => Err(CreateUserError::KeyReused),
            UserCreated::Exists => Err(CreateUserError::Exists),
        }
    }

    /// A buyer's profile and what she has done so far.
    pub async fn user(
        &self,
        id: &UserId,
    ) -> Result<Option<(Arc<User>, UserStatistics)>, StoreError> {
        let store = Arc::clone(&self.ports.store);
        let asked = id.clone();
        let load = Box::pin(async move {
            Ok(store
                .user(&asked)
                .await?
                .map(|user| View::User(Arc::new(user))))
        });
        let cached = self
            .ports
            .coordinator
            .view(ViewKey::User(id.clone()), load)
            .await?;
        match cached.map(|cached| cached.view) {
            Some(View::User(user)) => Ok(Some((user, self.ports.store.user_statistics(id).await?))),
            _ => Ok(None),
        }
    }

    /// How the parts are doing.
    pub async fn health(&self) -> Health {
        Health {
            database: self.ports.store.ping(Source::Writer).await,
            coordinator: self.ports.coordinator.health().await,
        }
    }

    /// Begins the work that goes on in the background: due holds, payments whose outcome is not
    /// known, refunds, old keys, the invariants' metric.
    pub fn start_background(&self) -> Background {
        crate::background::start(&self.ports, &self.limits, &self.sequencers, &self.cashier)
    }

    /// Events that have a task on this node, in order.
    pub fn active_events(&self) -> Vec<EventId> {
        self.sequencers.active_events()
    }

    /// Decides what was accepted, takes nothing new, and ends every event's task.
    pub async fn shutdown(&self) {
        self.sequencers.shutdown().await;
    }

    /// The event that a reservation is of.
    async fn event_of(&self, id: ReservationId) -> Result<Option<EventId>, Unserved> {
        let found = self.ports.store.reservation(id).await?;
        Ok(found.map(|reservation| reservation.event))
    }

    async fn submit(&self, event: EventId, command: Command) -> Served {
        self.sequencers.submit(event, command).await
    }
}

fn cached_event(cached: Cached) -> Option<CachedEvent> {
    match cached.view {
        View::Event(snapshot) => Some(CachedEvent {
            snapshot,
            hit: cached.hit,
            ttl: cached.ttl,
        }),
        View::User(_) | View::Events(_) | View::Admitted(_) | View::Takings(_) => None,
    }
}
