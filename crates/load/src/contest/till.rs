//! Paying for what was reserved, or leaving it to its end.

use hyper::StatusCode;

use super::check::Payment;
use super::wire::{Card, Failure};
use crate::client::{Client, Lost};

/// How long a reservation is held where everybody pays at once, in seconds.
const HOLD_SECS: u32 = 600;

/// How long a reservation is held where some never pay, in seconds: long enough to pay in a rush,
/// short enough to wait for its end.
const ABANDONED_HOLD_SECS: u32 = 5;

/// How long reservations are held; `abandon_percent` of a hundred buyers never come back.
pub(super) const fn hold_secs(abandon_percent: u8) -> u32 {
    if abandon_percent > 0 {
        ABANDONED_HOLD_SECS
    } else {
        HOLD_SECS
    }
}

/// Pays with a card that is good.
pub(super) async fn pay(client: &mut Client, key: &str, reservation_id: &str) -> Payment {
    let (key, path) = (
        format!("{key}-pay"),
        format!("/api/reservations/{reservation_id}/payment"),
    );
    let card = Card {
        method: "CARD",
        token: "tok_ok",
    };
    let answer = match client.post(&path, Some(&key), &card).await {
        Ok(answer) => answer,
        Err(Lost::NotSent(_)) => return Payment::Failed("PAY NOT_SENT".to_owned()),
        Err(Lost::NoAnswer(_)) => return Payment::Unknown("PAY NO_ANSWER".to_owned()),
    };
    let code = || {
        let failure = answer.json::<Failure>();
        let code = failure.map_or_else(|_| String::new(), |failure| failure.error.code);
        format!("PAY {} {code}", answer.status.as_u16())
            .trim_end()
            .to_owned()
    };
    match answer.status {
        StatusCode::OK => Payment::Done,
        StatusCode::PAYMENT_REQUIRED => Payment::Declined,
        StatusCode::GONE => Payment::TooLate,
        status if status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE => {
            Payment::Failed(code())
        }
        _ => Payment::Unknown(code()),
    }
}
