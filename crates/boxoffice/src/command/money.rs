//! The commands of a payment, and of the money that goes back.

use super::Unserved;
use crate::idempotency::KeyedRequest;
use crate::ids::{PaymentId, ReservationId};
use crate::reservation::Reservation;

/// Begin to pay: the first of a payment's two groups.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BeginPayment {
    /// For which reservation.
    pub reservation: ReservationId,
    /// The attempt's id; made once, kept over every attempt to commit it.
    pub payment: PaymentId,
    /// How: `CARD` and its like.
    pub method: String,
    /// The client's key, if it sent one.
    pub key: Option<KeyedRequest>,
}

/// Why a reservation was not paid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PayError {
    /// No such reservation.
    #[error("no such reservation")]
    NotFound,
    /// The hold has ended.
    #[error("the hold has expired")]
    HoldExpired,
    /// Another payment is under way.
    #[error("a payment is in progress")]
    PaymentInProgress,
    /// It was cancelled.
    #[error("already cancelled")]
    AlreadyCancelled(Box<Reservation>),
    /// The provider said no. The seats are kept for as long as the hold lasts.
    #[error("the payment was declined")]
    Declined(Box<Reservation>),
    /// The provider could not be asked. Nothing was charged, and the seats are kept.
    #[error("the payment provider cannot be asked")]
    ProviderUnavailable,
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Not decided.
    #[error(transparent)]
    Unserved(#[from] Unserved),
}

/// What the provider said of a payment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The money has come.
    Paid,
    /// The provider said no.
    Declined,
}

/// Settle a payment: the second of its two groups.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettlePayment {
    /// For which reservation.
    pub reservation: ReservationId,
    /// Which attempt.
    pub payment: PaymentId,
    /// What the provider said.
    pub verdict: Verdict,
}

/// A refund has gone back: the provider said so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompleteRefund {
    /// Of which reservation.
    pub reservation: ReservationId,
    /// Of which payment.
    pub payment: PaymentId,
}
