//! The port to whoever takes the money.
//!
//! The payment's id is the provider's idempotency key: asked twice, it charges once. A provider
//! that tells by webhook instead of in its answer says [`ChargeError::Unknown`], and its webhook
//! calls [`BoxOffice::provider_says`](crate::box_office::BoxOffice::provider_says).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;

use crate::command::Verdict;
use crate::ids::{EventId, PaymentId, ReservationId};
use crate::money::{Currency, Money};

/// Longest way to pay, in bytes.
pub const METHOD_LEN_MAX: usize = 32;

/// Longest token, in bytes.
pub const TOKEN_LEN_MAX: usize = 512;

/// How a buyer pays: `CARD` and its like; 1 to 32 of `A-Z 0-9 _`, written in upper case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentMethod(Arc<str>);

impl PaymentMethod {
    /// The name in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text cannot name a way to pay.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a way to pay is 1 to 32 letters, digits or '_'")]
pub struct InvalidMethod;

impl FromStr for PaymentMethod {
    type Err = InvalidMethod;

    fn from_str(text: &str) -> Result<Self, InvalidMethod> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if text.is_empty() || text.len() > METHOD_LEN_MAX || !text.bytes().all(allowed) {
            return Err(InvalidMethod);
        }
        Ok(Self(text.to_ascii_uppercase().into()))
    }
}

/// What the provider gave the buyer for her card. Never stored, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentToken(Arc<str>);

impl PaymentToken {
    /// The token itself, for the provider's eyes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentToken(..)")
    }
}

/// The text cannot be a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a token is 1 to 512 visible ASCII characters")]
pub struct InvalidToken;

impl FromStr for PaymentToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let visible = text.bytes().all(|b| b.is_ascii_graphic());
        if text.is_empty() || text.len() > TOKEN_LEN_MAX || !visible {
            return Err(InvalidToken);
        }
        Ok(Self(text.into()))
    }
}

/// Money to take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    /// The attempt, and the provider's idempotency key.
    pub payment: PaymentId,
    /// Of which event; a webhook gives it back.
    pub event: EventId,
    /// For which reservation; a webhook gives it back.
    pub reservation: ReservationId,
    /// How much, in minor units.
    pub amount: Money,
    /// Of which currency.
    pub currency: Currency,
    /// How.
    pub method: PaymentMethod,
    /// From whom.
    pub token: PaymentToken,
}

/// Why a charge has no verdict.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChargeError {
    /// The provider was certainly not asked; nothing is charged, now or later.
    #[error("the provider was not asked: {0}")]
    NotAsked(String),
    /// The provider may have charged, or may yet; [`Payments::find`] will tell.
    #[error("the provider's answer is not known: {0}")]
    Unknown(String),
}

/// What the provider knows of a payment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The money has come.
    Paid,
    /// It said no, for good.
    Declined,
    /// It has not made up its mind.
    Pending,
    /// It has never heard of the payment; a charge on its way may still arrive.
    NeverSeen,
}

/// Money to give back: all of one payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefundOrder {
    /// The payment, and the provider's idempotency key: asked twice, it refunds once.
    pub payment: PaymentId,
    /// How much, in minor units; what was paid.
    pub amount: Money,
}

/// How far a refund has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refunding {
    /// The money has gone back.
    Done,
    /// It is on its way; ask again.
    Pending,
}

/// The provider did not answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the payment provider did not answer: {0}")]
pub struct ProviderError(pub String);

/// Whoever takes the money. Every method may be dropped at any await point, and may be asked the
/// same again by any node.
#[async_trait]
pub trait Payments: Send + Sync + 'static {
    /// Takes the money, once for each payment id. Dropped, it counts as [`ChargeError::Unknown`].
    async fn charge(&self, charge: &Charge) -> Result<Verdict, ChargeError>;

    /// What became of a payment.
    async fn find(&self, payment: PaymentId) -> Result<Standing, ProviderError>;

    /// Gives a payment back, once for each payment id.
    async fn refund(&self, order: &RefundOrder) -> Result<Refunding, ProviderError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_to_pay_is_written_in_upper_case() {
        let card: PaymentMethod = "card".parse().expect("a way to pay");
        assert_eq!(card.as_str(), "CARD");
        for wrong in ["", "a b", "카드", &"A".repeat(METHOD_LEN_MAX + 1)] {
            assert_eq!(
                wrong.parse::<PaymentMethod>(),
                Err(InvalidMethod),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_token_never_shows_itself() {
        let token: PaymentToken = "tok_ok".parse().expect("a token");
        assert_eq!(token.expose(), "tok_ok");
        assert_eq!(format!("{token:?}"), "PaymentToken(..)");
        for wrong in ["", "a b", "\n", &"t".repeat(TOKEN_LEN_MAX + 1)] {
            assert_eq!(wrong.parse::<PaymentToken>(), Err(InvalidToken), "{wrong}");
        }
    }
}
