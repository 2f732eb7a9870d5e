//! Reads how a buyer pays.

use boxoffice::box_office::PayRequest;
use boxoffice::idempotency::{BodyHash, IdempotencyKey, KeyedRequest};
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::provider::{METHOD_LEN_MAX, PaymentMethod, PaymentToken, TOKEN_LEN_MAX};
use boxoffice::ticket_code::TicketCode;

use super::fault::{Fault, Faults};
use super::fields::Fields;
use super::json::Json;
use super::values::any_text;

/// Reads `POST /reservations/{id}/payment`.
pub(crate) fn pay_request(
    reservation: ReservationId,
    body: &Json<'_>,
    key: Option<IdempotencyKey>,
    faults: &Faults,
) -> Option<PayRequest> {
    let fields = Fields::of_body(body, faults)?;
    let method = fields.required("method", method);
    let token = fields.required("token", token);
    Some(payment(reservation, method?, token?, key))
}

/// The payment that this comes to.
pub(super) fn payment(
    reservation: ReservationId,
    method: PaymentMethod,
    token: PaymentToken,
    key: Option<IdempotencyKey>,
) -> PayRequest {
    let key = key.map(|key| KeyedRequest {
        key,
        body: BodyHash::of(&[
            b"pay",
            reservation.as_bytes(),
            method.as_str().as_bytes(),
            token.expose().as_bytes(),
        ]),
    });
    PayRequest {
        reservation,
        method,
        token,
        key,
    }
}

fn method(value: &Json<'_>) -> Result<PaymentMethod, Fault> {
    let text = any_text(value)?;
    text.parse().map_err(|_| Fault::NotMethod {
        max: METHOD_LEN_MAX,
    })
}

fn token(value: &Json<'_>) -> Result<PaymentToken, Fault> {
    let text = any_text(value)?;
    text.parse()
        .map_err(|_| Fault::NotKey { max: TOKEN_LEN_MAX })
}

/// What an extension means, to tell a retry from another request under the same key.
pub(crate) fn extend_hash(id: ReservationId) -> BodyHash {
    BodyHash::of(&[b"extend", id.as_bytes()])
}

/// What a check-in means, or its undoing.
pub(crate) fn door_hash(what: &[u8], code: &TicketCode, event: Option<EventId>) -> BodyHash {
    let event = event.map_or(0, |event| event.0).to_be_bytes();
    let number = code.number().to_be_bytes();
    BodyHash::of(&[what, code.reservation().as_bytes(), &number, &event])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<PayRequest, Vec<String>> {
        let json = Json::read(body.as_bytes(), 16).expect("JSON");
        let faults = Faults::default();
        let id = ReservationId::from_slice(&[1; 16]).expect("an id");
        let request = pay_request(id, &json, "k".parse().ok(), &faults);
        faults.unless_any(request).map_err(|error| error.fields())
    }

    #[test]
    fn a_payment_says_how_and_with_what() {
        let request = read(r#"{"method": "card", "token": "tok_ok"}"#).expect("a request");
        assert_eq!(request.method.as_str(), "CARD");
        assert_eq!(request.token.expose(), "tok_ok");
    }

    #[test]
    fn every_bad_field_is_told_at_once() {
        for body in [
            "{}",
            r#"{"method": 1, "token": null}"#,
            r#"{"method": "", "token": ""}"#,
            r#"{"method": "a b", "token": "a b"}"#,
            r#"{"method": "카드", "token": "토큰"}"#,
        ] {
            let mut fields = read(body).expect_err("two faults");
            fields.sort();
            assert_eq!(fields, ["method", "token"], "{body}");
        }
    }

    #[test]
    fn another_card_is_another_request() {
        let hash = |body| read(body).expect("a request").key.expect("a key").body;
        let first = hash(r#"{"method": "CARD", "token": "a"}"#);
        assert_eq!(hash(r#"{"token": "a", "method": "card"}"#), first);
        assert_ne!(hash(r#"{"method": "CARD", "token": "b"}"#), first);
    }
}
