//! What clients asked and what they were told, as it went over the wire.
//!
//! The auditor's only source beside the ledger. Holds numbers and names, and none of our types that
//! know how to decide something.

mod words;

use std::sync::Arc;

use boxoffice::buyer::UserId;
use boxoffice::event::EventSnapshot;
use boxoffice::grade::{SeatLabel, SeatType};
use boxoffice::idempotency::IdempotencyKey;
use boxoffice::payment::PaymentState;
use boxoffice::reservation::{
    Reservation, ReservationState, ReservationStatus, Ticket, TicketState,
};
use boxoffice::time::Timestamp;
use uuid::Uuid;

use crate::census::Kind;
use crate::world::Moment;

/// Where a reservation stands, as the API names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Status {
    Held,
    Paying,
    Confirmed,
    Cancelled,
    Expired,
}

impl Status {
    /// How many there are; `Expired` is the last.
    pub(crate) const COUNT: usize = Self::Expired as usize + 1;
}

impl From<ReservationStatus> for Status {
    fn from(status: ReservationStatus) -> Self {
        match status {
            ReservationStatus::Held => Self::Held,
            ReservationStatus::Paying => Self::Paying,
            ReservationStatus::Confirmed => Self::Confirmed,
            ReservationStatus::Cancelled => Self::Cancelled,
            ReservationStatus::Expired => Self::Expired,
        }
    }
}

/// A reservation as the API shows it. Times are microseconds since 1970.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shown {
    pub(crate) id: Uuid,
    pub(crate) event: i64,
    pub(crate) user: UserId,
    pub(crate) grade: SeatType,
    pub(crate) quantity: u32,
    pub(crate) status: Status,
    pub(crate) reserved_at: i64,
    /// When a hold ends; of a held one only.
    pub(crate) expires_at: Option<i64>,
    /// When it was cancelled or its end was noticed.
    pub(crate) ended_at: Option<i64>,
    /// Tickets that admit, or have admitted somebody.
    pub(crate) tickets: u32,
    /// Which of them have admitted somebody, and when.
    pub(crate) used: Vec<(u32, i64)>,
    /// The seats, where they have numbers.
    pub(crate) seats: Vec<SeatLabel>,
    /// What all of them cost.
    pub(crate) price: i64,
    /// What was paid, if anything: which payment, when, and whether it goes back.
    pub(crate) paid: Option<Paid>,
}

/// A payment as the API shows it with its reservation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Paid {
    pub(crate) id: Uuid,
    pub(crate) at: i64,
}

impl From<&Reservation> for Shown {
    fn from(found: &Reservation) -> Self {
        let (status, expires_at, ended_at) = match &found.state {
            ReservationState::Held { expires_at, .. } => (Status::Held, Some(*expires_at), None),
            ReservationState::Paying { .. } => (Status::Paying, None, None),
            ReservationState::Confirmed { .. } => (Status::Confirmed, None, None),
            ReservationState::Cancelled { at, .. } => (Status::Cancelled, None, Some(*at)),
            ReservationState::Expired { at } => (Status::Expired, None, Some(*at)),
        };
        let admits = |ticket: &&Ticket| ticket.state != TicketState::Cancelled;
        Self {
            id: found.id.0,
            event: found.event.0,
            user: found.user.clone(),
            grade: found.seat_type.clone(),
            quantity: found.quantity.get(),
            status,
            reserved_at: found.reserved_at.as_micros(),
            expires_at: expires_at.map(Timestamp::as_micros),
            ended_at: ended_at.map(Timestamp::as_micros),
            seats: found.seats.clone(),
            price: found.total_price.0,
            paid: paid(found),
            tickets: u32::try_from(found.tickets.iter().filter(admits).count()).unwrap_or(0),
            used: used(found),
        }
    }
}

fn used(found: &Reservation) -> Vec<(u32, i64)> {
    let used = |ticket: &Ticket| Some((ticket.number, ticket.used_at()?.as_micros()));
    found.tickets.iter().filter_map(used).collect()
}

fn paid(found: &Reservation) -> Option<Paid> {
    let (ReservationState::Confirmed {
        payment: Some(payment),
    }
    | ReservationState::Cancelled {
        payment: Some(payment),
        ..
    }) = &found.state
    else {
        return None;
    };
    let (PaymentState::Paid { at } | PaymentState::Refunded { paid_at: at }) = payment.state else {
        return None;
    };
    Some(Paid {
        id: payment.id.0,
        at: at.as_micros(),
    })
}

/// One grade's seats as the API shows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seats {
    pub(crate) grade: SeatType,
    pub(crate) total: u32,
    pub(crate) available: u32,
    pub(crate) held: u32,
    pub(crate) sold: u32,
}

/// The seats of an event as a snapshot has them.
pub(crate) fn seats(snapshot: &EventSnapshot) -> Vec<Seats> {
    let seats = |grade: &boxoffice::grade::Grade| Seats {
        grade: grade.seat_type.clone(),
        total: grade.stock.total,
        available: grade.stock.available,
        held: grade.stock.held,
        sold: grade.stock.sold,
    };
    snapshot.grades.iter().map(seats).collect()
}

/// What a client asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ask {
    Reserve {
        event: i64,
        user: UserId,
        grade: SeatType,
        quantity: u32,
        /// Named by the client; empty: any.
        seats: Vec<SeatLabel>,
        key: Option<IdempotencyKey>,
    },
    Cancel {
        event: i64,
        user: UserId,
        id: Uuid,
        key: Option<IdempotencyKey>,
    },
    Pay {
        event: i64,
        user: UserId,
        id: Uuid,
        token: &'static str,
        key: Option<IdempotencyKey>,
    },
    Extend {
        event: i64,
        user: UserId,
        id: Uuid,
        key: Option<IdempotencyKey>,
    },
    /// At the door, with one of the tickets.
    Enter {
        event: i64,
        id: Uuid,
        number: u32,
        /// Takes an admission back.
        undo: bool,
        key: Option<IdempotencyKey>,
    },
    Show {
        event: i64,
        id: Uuid,
    },
    Look {
        event: i64,
    },
    Profile {
        user: UserId,
    },
    /// Of an organizer, under a key, so that it is put on sale once.
    Open {
        event: i64,
        key: IdempotencyKey,
    },
    /// Of an organizer: everybody gets her money back.
    CallOff {
        event: i64,
    },
}

impl Ask {
    /// The event that it is about, if any.
    pub(crate) fn event(&self) -> Option<i64> {
        match self {
            Self::Reserve { event, .. }
            | Self::Cancel { event, .. }
            | Self::Pay { event, .. }
            | Self::Extend { event, .. }
            | Self::Enter { event, .. }
            | Self::Show { event, .. }
            | Self::Look { event }
            | Self::CallOff { event }
            | Self::Open { event, .. } => Some(*event),
            Self::Profile { .. } => None,
        }
    }

    /// The key that it reserves under, if it does.
    pub(crate) fn reserve_key(&self) -> Option<&IdempotencyKey> {
        match self {
            Self::Reserve { key, .. } => key.as_ref(),
            _ => None,
        }
    }

    /// The reservation that it names, if any.
    pub(crate) fn reservation(&self) -> Option<Uuid> {
        match self {
            Self::Cancel { id, .. }
            | Self::Pay { id, .. }
            | Self::Extend { id, .. }
            | Self::Enter { id, .. }
            | Self::Show { id, .. } => Some(*id),
            Self::Reserve { .. }
            | Self::Look { .. }
            | Self::Profile { .. }
            | Self::Open { .. }
            | Self::CallOff { .. } => None,
        }
    }

    /// The key of what she does with a reservation that she has.
    pub(crate) fn own_key(&self) -> Option<&IdempotencyKey> {
        match self {
            Self::Cancel { key, .. } | Self::Pay { key, .. } | Self::Extend { key, .. } => {
                key.as_ref()
            }
            _ => None,
        }
    }
}

/// Why nothing was done, as a client hears it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Nothing {
    /// 503, too many.
    Overloaded,
    /// 503, the database.
    Unavailable,
    /// 500.
    Internal,
}

/// What a client was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// Done: the reservation as it is now; whether it had been done before under the same key.
    Done { shown: Shown, replayed: bool },
    /// Somebody has these of the seats.
    Taken(Vec<SeatLabel>),
    /// Too few seats are left.
    TooFew { available: u32 },
    /// The limit per buyer is reached.
    Limit { limit: u32, holding: u32 },
    /// The key was used for another request.
    KeyReused,
    /// It was cancelled before.
    AlreadyCancelled,
    /// Its hold had ended.
    HoldExpired,
    /// The provider said no, or could not be asked.
    NotPaid,
    /// It is confirmed, and holds no longer.
    AlreadyConfirmed,
    /// The one extension was used.
    ExtensionUsed,
    /// A payment is under way.
    PaymentInProgress,
    /// A ticket has admitted somebody.
    TicketUsed { at: i64 },
    /// The ticket has admitted nobody, so that there is nothing to take back.
    TicketNotUsed,
    /// The ticket admits nobody any more.
    TicketCancelled,
    /// The event was called off.
    EventOff,
    /// There is no such thing.
    NotFound,
    /// Nothing was done.
    Nothing(Nothing),
    /// It was done, or it was not.
    Unknown { id: Option<Uuid> },
    /// A reservation as it is.
    Reservation(Shown),
    /// An event's seats, of this version, good for so many microseconds.
    Seats {
        version: i64,
        seats: Vec<Seats>,
        good_for_micros: u64,
    },
    /// A profile was made, or was there.
    Profile,
    /// An event was put on sale, or had been under the same key.
    Opened { event: i64 },
    /// An event was called off, at this time.
    CalledOff { at: i64 },
    /// Something that no client of ours can have asked for.
    Nonsense(String),
}

impl Told {
    /// What it counts as.
    pub(crate) const fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Done { replayed: true, .. } => Kind::Replayed,
            Self::Done { .. } => Kind::Done,
            Self::Taken(_) => Kind::Taken,
            Self::TooFew { .. } => Kind::TooFew,
            Self::Limit { .. } => Kind::Limit,
            Self::KeyReused => Kind::KeyReused,
            Self::AlreadyCancelled => Kind::AlreadyCancelled,
            Self::HoldExpired => Kind::HoldExpired,
            Self::NotPaid => Kind::NotPaid,
            Self::AlreadyConfirmed => Kind::AlreadyConfirmed,
            Self::ExtensionUsed => Kind::ExtensionUsed,
            Self::PaymentInProgress => Kind::PaymentInProgress,
            Self::TicketUsed { .. } => Kind::TicketUsed,
            Self::TicketNotUsed => Kind::TicketNotUsed,
            Self::TicketCancelled => Kind::TicketCancelled,
            Self::EventOff => Kind::EventOff,
            Self::CalledOff { .. } => Kind::CalledOff,
            Self::Nothing(Nothing::Overloaded) => Kind::Overloaded,
            Self::Nothing(Nothing::Unavailable) => Kind::Unavailable,
            Self::Nothing(Nothing::Internal) => Kind::Internal,
            Self::Unknown { .. } => Kind::Unknown,
            Self::Reservation(_) => Kind::Shown,
            Self::Seats { .. } => Kind::Stock,
            Self::Profile => Kind::Profile,
            Self::Opened { .. } => Kind::Opened,
            Self::NotFound | Self::Nonsense(_) => return None,
        })
    }
}

/// One request: who asked what, when, where, and what came back.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) node: u32,
    /// Which of the node's lives it was.
    pub(crate) life: u32,
    pub(crate) ask: Arc<Ask>,
    pub(crate) asked: Moment,
    /// When an answer came; `None` where the client went away or the connection was lost.
    pub(crate) answered: Option<Moment>,
    pub(crate) told: Option<Arc<Told>>,
    /// Whether it was asked after the last fault.
    pub(crate) in_calm: bool,
}

impl Op {
    /// Which reservation it asks for or was told of.
    pub(crate) fn about(&self) -> Option<Uuid> {
        let told = match self.told.as_deref() {
            Some(Told::Done { shown, .. } | Told::Reservation(shown)) => Some(shown.id),
            _ => None,
        };
        self.ask.reservation().or(told)
    }
}
