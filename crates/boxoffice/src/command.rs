//! What can be asked of an event's sequencer, and what it answers.
//!
//! Each use case has one command, one answer and one error. A command cannot be invalid: whoever
//! makes one has parsed it.

mod door;
mod money;
mod outcome;

use crate::buyer::UserId;
use crate::event::SaleState;
use crate::grade::{SeatLabel, SeatType};
use crate::idempotency::KeyedRequest;
use crate::ids::{ReservationId, Version};
use crate::money::Money;
use crate::reservation::{Quantity, Reservation};
use crate::time::Timestamp;

pub use door::{CheckIn, CheckInError};
pub use money::{BeginPayment, CompleteRefund, PayError, SettlePayment, Verdict};
pub use outcome::{CommandKind, Fate, Outcome};

/// Why a command was not decided, whatever it asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unserved {
    /// Too many are waiting. Nothing was done.
    #[error("too many requests are waiting")]
    Overloaded,
    /// The database cannot be used at the moment. Nothing was done.
    #[error("the database cannot be used at the moment")]
    Unavailable,
    /// The deadline passed while a commit was under way: it was done, or it was not.
    #[error("the outcome is not known yet")]
    OutcomeUnknown {
        /// The reservation to ask about, where there is one.
        reservation: Option<ReservationId>,
    },
    /// The command cannot be carried out because of a fault of ours. Nothing was done.
    #[error("an internal error")]
    Internal,
}

/// An answer, and whether it was given before under the same key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// Whether the key had led to it earlier.
    pub replayed: bool,
}

/// Take seats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reserve {
    /// The id that the reservation will have; made once, kept over every attempt to commit it.
    pub id: ReservationId,
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

/// What is wrong with a seat that was named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeatFault {
    /// The grade has no such seat.
    Unknown,
    /// The label is that of another grade.
    OtherGrade,
    /// It was named before.
    Repeated,
}

/// Why seats were not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReserveError {
    /// No such event.
    #[error("no such event")]
    EventNotFound,
    /// The event was called off.
    #[error("the event was cancelled")]
    EventCancelled,
    /// The sale has not begun.
    #[error("the sale is not open yet")]
    SaleNotOpen {
        /// When it begins.
        opens_at: Timestamp,
    },
    /// The sale is over.
    #[error("the sale is closed")]
    SaleClosed,
    /// The event has no such grade.
    #[error("no such grade")]
    UnknownSeatType {
        /// The grades that it has.
        known: Vec<SeatType>,
    },
    /// The event has several grades and the request names none.
    #[error("a grade must be named")]
    SeatTypeMissing {
        /// The grades to choose from.
        known: Vec<SeatType>,
    },
    /// Seats were named in a grade whose seats have no numbers.
    #[error("the grade has no numbered seats")]
    SeatsNotNumbered,
    /// Seats were named that cannot be asked for.
    #[error("seats were named that the grade does not have")]
    SeatsUnfit {
        /// The grade that was asked for.
        seat_type: SeatType,
        /// The places of those seats in the request, from 0, and what is wrong with each.
        faults: Vec<(usize, SeatFault)>,
    },
    /// The quantity is not the number of the seats that were named.
    #[error("the quantity is not the number of seats")]
    SeatsDisagree,
    /// Somebody has seats that were named. None was taken.
    #[error("seats are taken")]
    SeatTaken {
        /// Those that somebody has.
        seats: Vec<SeatLabel>,
    },
    /// Fewer seats are left than were asked for.
    #[error("not enough seats are left")]
    InsufficientSeats {
        /// Asked for.
        requested: u32,
        /// Left.
        available: u32,
    },
    /// The buyer would own more than the event allows.
    #[error("the limit of tickets per buyer is reached")]
    AlreadyReserved {
        /// What the event allows.
        limit: u32,
        /// What the buyer has.
        holding: u32,
    },
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Not decided.
    #[error(transparent)]
    Unserved(#[from] Unserved),
}

/// Give a reservation back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cancel {
    /// Which.
    pub reservation: ReservationId,
    /// The client's key, if it sent one.
    pub key: Option<KeyedRequest>,
}

/// Why a reservation was not given back.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CancelError {
    /// No such reservation.
    #[error("no such reservation")]
    NotFound,
    /// It was cancelled before; carries how.
    #[error("already cancelled")]
    AlreadyCancelled(Box<Reservation>),
    /// Its hold had ended.
    #[error("the hold has expired")]
    HoldExpired,
    /// A payment is under way.
    #[error("a payment is in progress")]
    PaymentInProgress,
    /// The event has begun.
    #[error("the event has begun")]
    SaleClosed,
    /// Somebody was admitted with one of its tickets.
    #[error("a ticket has been used")]
    TicketUsed {
        /// When the first was.
        at: Timestamp,
    },
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Not decided.
    #[error(transparent)]
    Unserved(#[from] Unserved),
}

/// Hold a reservation longer, once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extend {
    /// Which.
    pub reservation: ReservationId,
    /// The client's key, if it sent one.
    pub key: Option<KeyedRequest>,
}

/// Why a hold was not extended.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExtendError {
    /// No such reservation.
    #[error("no such reservation")]
    NotFound,
    /// The hold has ended.
    #[error("the hold has expired")]
    HoldExpired,
    /// The one extension was used.
    #[error("the extension was used")]
    ExtensionUsed,
    /// A payment is under way.
    #[error("a payment is in progress")]
    PaymentInProgress,
    /// It is confirmed; there is no hold to extend.
    #[error("already confirmed")]
    AlreadyConfirmed,
    /// It was cancelled.
    #[error("already cancelled")]
    AlreadyCancelled(Box<Reservation>),
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Not decided.
    #[error(transparent)]
    Unserved(#[from] Unserved),
}

/// What an organizer changes. `None` leaves a field as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventPatch {
    /// Another name.
    pub name: Option<String>,
    /// Another text; `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// Another hall.
    pub venue_name: Option<Option<String>>,
    /// Another address.
    pub venue_address: Option<Option<String>>,
    /// Another capacity.
    pub venue_capacity: Option<Option<u32>>,
    /// Another date.
    pub starts_at: Option<Timestamp>,
    /// Another zone to tell times in.
    pub zone: Option<String>,
    /// Another opening; `Some(None)`: at once.
    pub sale_opens_at: Option<Option<Timestamp>>,
    /// Another closing; `Some(None)`: when the event begins.
    pub sale_closes_at: Option<Option<Timestamp>>,
    /// Another limit; `Some(None)`: none.
    pub buyer_tickets_max: Option<Option<u32>>,
    /// Another time to pay, for reservations to come.
    pub hold_secs: Option<u32>,
    /// Another state.
    pub state: Option<SaleState>,
    /// Another total over all grades, shared as at creation.
    pub total_seats: Option<u32>,
    /// Other prices, by grade, for reservations to come.
    pub prices: Vec<(SeatType, Money)>,
    /// Other totals, by grade.
    pub totals: Vec<(SeatType, u32)>,
}

/// Change an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// What changes.
    pub patch: EventPatch,
    /// The version that the organizer saw, if she insists on it.
    pub if_version: Option<Version>,
}

impl Update {
    /// Calls the event off, whatever else has changed about it. There is no way back.
    pub fn calling_off() -> Self {
        let patch = EventPatch {
            state: Some(SaleState::Cancelled),
            ..EventPatch::default()
        };
        Self {
            patch,
            if_version: None,
        }
    }
}

/// Why an event was not changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UpdateError {
    /// No such event.
    #[error("no such event")]
    EventNotFound,
    /// A cancelled event stays as it is.
    #[error("the event was cancelled")]
    EventCancelled,
    /// The event has no such grade.
    #[error("no such grade")]
    UnknownSeatType {
        /// The grades that it has.
        known: Vec<SeatType>,
    },
    /// A total would fall below what is held and sold.
    #[error("more seats than that are held or sold")]
    TotalTooSmall {
        /// The grade.
        seat_type: SeatType,
        /// The total that was asked for.
        requested: u32,
        /// Held and sold.
        taken: u32,
    },
    /// An assigned grade's total follows from its rows.
    #[error("an assigned grade's total cannot be changed")]
    TotalAssigned {
        /// The grade.
        seat_type: SeatType,
    },
    /// The sale would close before it opens.
    #[error("the sale would close before it opens")]
    SaleWindowInverted,
    /// The organizer saw another version.
    #[error("the event has changed")]
    VersionConflict {
        /// The version that it has now.
        current: Version,
    },
    /// Not decided.
    #[error(transparent)]
    Unserved(#[from] Unserved),
}

/// Why an event was not deleted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeleteError {
    /// No such event.
    #[error("no such event")]
    EventNotFound,
    /// Somebody has or holds tickets.
    #[error("the event has live reservations")]
    LiveReservations {
        /// How many tickets are held or sold.
        tickets: u32,
    },
    /// Not decided.
    #[error(transparent)]
    Unserved(#[from] Unserved),
}

/// Anything that changes an event or what is sold of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// See [`Reserve`].
    Reserve(Reserve),
    /// See [`Cancel`].
    Cancel(Cancel),
    /// See [`Extend`].
    Extend(Extend),
    /// See [`BeginPayment`].
    BeginPayment(BeginPayment),
    /// See [`SettlePayment`].
    SettlePayment(SettlePayment),
    /// See [`CompleteRefund`].
    CompleteRefund(CompleteRefund),
    /// Admit somebody with a ticket.
    CheckIn(CheckIn),
    /// Take an admission back.
    UndoCheckIn(CheckIn),
    /// See [`Update`].
    Update(Box<Update>),
    /// Delete the event.
    Delete,
    /// Do what is due, and nothing else.
    Sweep,
}

impl Command {
    /// Which command it is.
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::Reserve(_) => CommandKind::Reserve,
            Self::Cancel(_) => CommandKind::Cancel,
            Self::Extend(_) => CommandKind::Extend,
            Self::BeginPayment(_) => CommandKind::BeginPayment,
            Self::SettlePayment(_) => CommandKind::SettlePayment,
            Self::CompleteRefund(_) => CommandKind::CompleteRefund,
            Self::CheckIn(_) => CommandKind::CheckIn,
            Self::UndoCheckIn(_) => CommandKind::UndoCheckIn,
            Self::Update(_) => CommandKind::Update,
            Self::Delete => CommandKind::Delete,
            Self::Sweep => CommandKind::Sweep,
        }
    }

    /// The client's key, where it may have one and has.
    pub const fn key(&self) -> Option<&KeyedRequest> {
        match self {
            Self::Reserve(reserve) => reserve.key.as_ref(),
            Self::Cancel(cancel) => cancel.key.as_ref(),
            Self::Extend(extend) => extend.key.as_ref(),
            Self::BeginPayment(begin) => begin.key.as_ref(),
            Self::CheckIn(ticket) | Self::UndoCheckIn(ticket) => ticket.key.as_ref(),
            Self::SettlePayment(_)
            | Self::CompleteRefund(_)
            | Self::Update(_)
            | Self::Delete
            | Self::Sweep => None,
        }
    }

    /// The reservation that it makes or is about.
    pub const fn reservation(&self) -> Option<ReservationId> {
        match self {
            Self::Reserve(reserve) => Some(reserve.id),
            Self::Cancel(cancel) => Some(cancel.reservation),
            Self::Extend(extend) => Some(extend.reservation),
            Self::BeginPayment(begin) => Some(begin.reservation),
            Self::SettlePayment(settle) => Some(settle.reservation),
            Self::CompleteRefund(refund) => Some(refund.reservation),
            Self::CheckIn(ticket) | Self::UndoCheckIn(ticket) => Some(ticket.reservation),
            Self::Update(_) | Self::Delete | Self::Sweep => None,
        }
    }
}
