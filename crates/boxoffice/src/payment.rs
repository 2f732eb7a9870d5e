//! Payments and refunds as the ledger keeps them. Talking to a provider happens elsewhere.

use serde::{Deserialize, Serialize};

use crate::ids::PaymentId;
use crate::money::Money;
use crate::time::Timestamp;

/// Where one attempt to pay stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PaymentState {
    /// The provider has not told yet.
    Pending,
    /// The money has come.
    Paid {
        /// When.
        at: Timestamp,
    },
    /// The provider said no.
    Declined {
        /// When.
        at: Timestamp,
    },
    /// The money has gone back.
    Refunded {
        /// When it had come.
        paid_at: Timestamp,
    },
}

/// One attempt to pay for a reservation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Payment {
    /// Its id; the provider's idempotency key.
    pub id: PaymentId,
    /// How much.
    pub amount: Money,
    /// How: `CARD` and its like.
    pub method: String,
    /// When the attempt began.
    pub started_at: Timestamp,
    /// Where it stands.
    pub state: PaymentState,
}

/// Where a refund stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RefundState {
    /// The provider has been or will be asked.
    Pending,
    /// The money has gone back.
    Done {
        /// When.
        at: Timestamp,
    },
}

/// Money that goes back to a buyer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refund {
    /// The payment that is refunded.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// The way it came.
    pub method: String,
    /// When the buyer may expect it.
    pub expected_at: Timestamp,
    /// Where it stands.
    pub state: RefundState,
}
