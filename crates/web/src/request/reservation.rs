//! Reads what a buyer asks for.

use boxoffice::box_office::ReserveRequest;
use boxoffice::grade::SeatLabel;
use boxoffice::idempotency::{BodyHash, IdempotencyKey, KeyedRequest};
use boxoffice::ids::ReservationId;
use boxoffice::reservation::{QUANTITY_MAX, Quantity};

use super::fault::{Fault, Faults};
use super::fields::Fields;
use super::json::Json;
use super::values::{any_text, event_id, integer, seat_type, user_id};

/// Reads `POST /reservations`.
pub(crate) fn reserve_request(
    body: &Json<'_>,
    key: Option<IdempotencyKey>,
    faults: &Faults,
) -> Option<ReserveRequest> {
    let fields = Fields::of_body(body, faults)?;
    let event = fields.required("eventId", event_id);
    let user = fields.required("userId", user_id);
    let (quantity, seats) = quantity_and_seats(&fields);
    let seat_type = fields.optional("seatType", seat_type);
    let mut request = ReserveRequest {
        event: event?,
        user: user?,
        quantity: quantity?,
        seat_type,
        seats: seats?,
        key: None,
    };
    request.key = key.map(|key| KeyedRequest {
        key,
        body: reserve_hash(&request),
    });
    Some(request)
}

fn quantity(value: &Json<'_>) -> Result<Quantity, Fault> {
    let range = || Fault::Integer {
        min: 1,
        max: QUANTITY_MAX.into(),
    };
    let number = integer(1..=QUANTITY_MAX.into())(value)?;
    Quantity::try_from(number).map_err(|_| range())
}

/// How many, and which. Who names seats need not count them, but must not miscount them.
fn quantity_and_seats(fields: &Fields<'_, '_>) -> (Option<Quantity>, Option<Vec<SeatLabel>>) {
    let items = match fields.raw("seats") {
        None => &[][..],
        Some(Json::List(items)) => items,
        Some(_) => {
            fields.fault("seats", Fault::NotList);
            return (fields.optional("quantity", quantity), None);
        }
    };
    if items.is_empty() {
        return (fields.required("quantity", quantity), Some(Vec::new()));
    }
    let given = fields.optional("quantity", quantity);
    let Ok(counted) = Quantity::try_from(i64::try_from(items.len()).unwrap_or(i64::MAX)) else {
        let max = QUANTITY_MAX as usize;
        fields.fault("seats", Fault::Items { min: 1, max });
        return (None, None);
    };
    if given.is_some_and(|given| given != counted) {
        fields.fault("quantity", Fault::SeatsDisagree);
    }
    (Some(counted), seat_labels(fields, items))
}

fn seat_labels(fields: &Fields<'_, '_>, items: &[Json<'_>]) -> Option<Vec<SeatLabel>> {
    let mut labels: Vec<SeatLabel> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let label = any_text(item)
            .and_then(|text| text.parse().map_err(|_| Fault::NotSeat))
            .and_then(|label| {
                if labels.contains(&label) {
                    return Err(Fault::Duplicate);
                }
                Ok(label)
            });
        match label {
            Ok(label) => labels.push(label),
            Err(fault) => fields.fault(&format!("seats[{index}]"), fault),
        }
    }
    (labels.len() == items.len()).then_some(labels)
}

pub(super) fn reserve_hash(request: &ReserveRequest) -> BodyHash {
    let event = request.event.0.to_be_bytes();
    let quantity = request.quantity.get().to_be_bytes();
    let grade = request
        .seat_type
        .as_ref()
        .map_or("", |seat_type| seat_type.as_str());
    let mut parts: Vec<&[u8]> = vec![
        b"reserve",
        &event,
        request.user.as_str().as_bytes(),
        &quantity,
        grade.as_bytes(),
    ];
    parts.extend(request.seats.iter().map(|seat| seat.0.as_bytes()));
    BodyHash::of(&parts)
}

/// What a cancellation means, to tell a retry from another request under the same key.
pub(crate) fn cancel_hash(id: ReservationId) -> BodyHash {
    BodyHash::of(&[b"cancel", id.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<ReserveRequest, Vec<String>> {
        let json = Json::read(body.as_bytes(), 16).expect("JSON");
        let faults = Faults::default();
        let key = "k".parse().ok();
        let request = reserve_request(&json, key, &faults);
        faults.unless_any(request).map_err(|error| error.fields())
    }

    #[test]
    fn a_buyer_says_which_event_who_she_is_and_how_many() {
        let body = r#"{"eventId": 1, "userId": "user123", "quantity": 2, "seatType": "r", "x": 0}"#;
        let request = read(body).expect("a request");
        assert_eq!((request.event.0, request.quantity.get()), (1, 2));
        assert_eq!(request.seat_type.expect("a grade").as_str(), "R");
    }

    #[test]
    fn every_bad_field_is_told_at_once() {
        let all = ["eventId", "userId", "quantity", "seatType"]
            .map(str::to_owned)
            .to_vec();
        for body in [
            r#"{"eventId": "1", "userId": 7, "quantity": "2", "seatType": 1}"#,
            r#"{"eventId": 0, "userId": "", "quantity": 0, "seatType": ""}"#,
            r#"{"eventId": -1, "userId": "a b", "quantity": -1, "seatType": "A-1"}"#,
            r#"{"eventId": 1.5, "userId": "김", "quantity": 11, "seatType": "<b>"}"#,
            r#"{"eventId": 99999999999999999999, "userId": "\u0000", "quantity": 1e9, "seatType": []}"#,
        ] {
            let mut fields = read(body).expect_err("four faults");
            fields.sort_by_key(|field| all.iter().position(|name| name == field));
            assert_eq!(fields, all, "{body}");
        }
        let mut missing = read("{}").expect_err("three faults");
        missing.sort();
        assert_eq!(missing, ["eventId", "quantity", "userId"]);
        assert_eq!(read("[]").expect_err("no object"), ["body"]);
        let doubled = r#"{"eventId": 1, "eventId": 2, "userId": "a", "quantity": 1}"#;
        assert_eq!(read(doubled).expect_err("one fault"), ["eventId"]);
    }

    #[test]
    fn seats_are_as_many_as_the_quantity_and_none_twice() {
        let seats = r#"{"eventId": 1, "userId": "a", "seats": ["R-A-12", "r-a-13"]}"#;
        assert_eq!(read(seats).expect("a request").quantity.get(), 2);
        let fewer = r#"{"eventId": 1, "userId": "a", "quantity": 1, "seats": ["R-A-1", "R-A-2"]}"#;
        assert_eq!(read(fewer).expect_err("one fault"), ["quantity"]);
    }

    #[test]
    fn every_bad_seat_is_told_by_its_place() {
        let seats = |seats: &str| {
            let body = format!(r#"{{"eventId": 1, "userId": "a", "seats": {seats}}}"#);
            read(&body).expect_err("a fault")
        };
        assert_eq!(
            seats(r#"["R-A-1", "r-a-1", " R-A-1"]"#),
            ["seats[1]", "seats[2]"]
        );
        assert_eq!(
            seats(r#"["R-A-1", 7, "R-A", "R-A-0", "<b>-A-1", null]"#),
            ["seats[1]", "seats[2]", "seats[3]", "seats[4]", "seats[5]"]
        );
        assert_eq!(seats(r#""R-A-1""#), ["seats"]);
        let many: Vec<String> = (1..=11).map(|n| format!("\"R-A-{n}\"")).collect();
        assert_eq!(seats(&format!("[{}]", many.join(","))), ["seats"]);
        assert_eq!(seats("[]"), ["quantity"]);
        assert_eq!(seats("null"), ["quantity"]);
    }

    #[test]
    fn a_retry_has_the_hash_of_the_first_however_it_is_written() {
        let hash = |body| read(body).expect("a request").key.expect("a key").body;
        let first = hash(r#"{"eventId": 1, "userId": "a", "quantity": 2, "seatType": "VIP"}"#);
        let same = hash(r#"{"seatType":"vip","quantity":2,"userId":"a","eventId":1}"#);
        let other = hash(r#"{"eventId": 1, "userId": "a", "quantity": 3, "seatType": "VIP"}"#);
        assert_eq!(first, same);
        assert_ne!(first, other);
    }
}
