//! The commands of the door.

use super::Unserved;
use crate::idempotency::KeyedRequest;
use crate::ids::{EventId, ReservationId};
use crate::time::Timestamp;

/// One ticket at the door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckIn {
    /// Of which reservation.
    pub reservation: ReservationId,
    /// Its place in the reservation, from 1.
    pub number: u32,
    /// The client's key, if it sent one.
    pub key: Option<KeyedRequest>,
}

/// Why a ticket was not admitted, or its admission not undone.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckInError {
    /// No such ticket: the code is not ours, or was never sold.
    #[error("no such ticket")]
    NotFound,
    /// The ticket is for another event.
    #[error("the ticket is for event {event}")]
    WrongEvent {
        /// The event that it is for.
        event: EventId,
    },
    /// It has admitted somebody before.
    #[error("the ticket was used before")]
    AlreadyUsed {
        /// When.
        at: Timestamp,
    },
    /// It has admitted nobody, so there is nothing to undo.
    #[error("the ticket has not been used")]
    NotUsed,
    /// It admits nobody any more.
    #[error("the ticket was cancelled")]
    TicketCancelled,
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Not decided.
    #[error(transparent)]
    Unserved(#[from] Unserved),
}
