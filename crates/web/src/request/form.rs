//! Reads what a page's form sent.

use boxoffice::box_office::{PayRequest, ReserveRequest};
use boxoffice::grade::SeatLabel;
use boxoffice::idempotency::{BodyHash, IdempotencyKey, KeyedRequest};
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::provider::{METHOD_LEN_MAX, TOKEN_LEN_MAX};
use boxoffice::reservation::{QUANTITY_MAX, Quantity};
use boxoffice::ticket_code::TicketCode;
use bytes::Bytes;

use super::fault::{Fault, Faults};
use super::payment::{door_hash, extend_hash, payment};
use super::query::{Query, number};
use super::reservation::{cancel_hash, reserve_hash};
use super::values::{idempotency_key, seat_type_of, user_id_of};

/// The hidden field that names a form, as `Idempotency-Key` names a request of the API.
const KEY: &str = "key";

/// The fields of a form (`application/x-www-form-urlencoded`).
pub(crate) struct Form(Bytes);

impl Form {
    /// The form that was sent as this body.
    pub(crate) fn new(body: Bytes) -> Self {
        Self(body)
    }

    /// Its fields. What is not ASCII was not encoded, and is no field.
    pub(crate) fn fields(&self) -> Query<'_> {
        Query::filled_in(std::str::from_utf8(&self.0).ok())
    }
}

fn key(fields: &Query<'_>, faults: &Faults) -> Option<IdempotencyKey> {
    fields.optional(KEY, faults, |text| idempotency_key(text.as_bytes()))
}

/// Reads the form that takes seats of this event. Who marks seats need not count them; where seats
/// are marked, at least one has to be.
pub(crate) fn reserve_form(
    event: EventId,
    fields: &Query<'_>,
    faults: &Faults,
) -> Option<ReserveRequest> {
    let user = fields.required("user", faults, |text| user_id_of(text.trim()));
    let seats: Vec<&str> = fields.every("seats").collect();
    let marks_seats = fields.text("view") == Some("seats");
    let quantity = if seats.is_empty() && !marks_seats {
        fields.required("quantity", faults, number(1, QUANTITY_MAX.into()))
    } else {
        i64::try_from(seats.len()).ok()
    };
    let max = QUANTITY_MAX as usize;
    let quantity = quantity.and_then(|count| {
        let quantity = Quantity::try_from(count);
        faults.catch("seats", quantity.map_err(|_| Fault::Items { min: 1, max }))
    });
    let labels = seats.iter().map(|text| text.parse::<SeatLabel>());
    let labels: Result<Vec<_>, _> = labels.collect();
    let labels = faults.catch("seats", labels.map_err(|_| Fault::NotSeat));
    let seat_type = if seats.is_empty() {
        fields.optional("seatType", faults, seat_type_of)
    } else {
        let grade = labels.as_ref().and_then(|labels| labels.first());
        grade.and_then(|label| label.grade_name().parse().ok())
    };
    let key = key(fields, faults);
    let mut request = ReserveRequest {
        event,
        user: user?,
        quantity: quantity?,
        seat_type,
        seats: labels?,
        key: None,
    };
    request.key = key.map(|key| KeyedRequest {
        key,
        body: reserve_hash(&request),
    });
    Some(request)
}

/// Reads the form that pays, once its card has become a token of the provider's.
pub(crate) fn pay_form(
    id: ReservationId,
    token: &str,
    fields: &Query<'_>,
    faults: &Faults,
) -> Option<PayRequest> {
    let method = "CARD".parse().map_err(|_| Fault::NotMethod {
        max: METHOD_LEN_MAX,
    });
    let token = token
        .parse()
        .map_err(|_| Fault::NotKey { max: TOKEN_LEN_MAX });
    let (method, token) = (faults.catch("card", method), faults.catch("card", token));
    let key = key(fields, faults);
    Some(payment(id, method?, token?, key))
}

/// Reads the form that holds longer: its key, if it has one.
pub(crate) fn extend_form(
    id: ReservationId,
    fields: &Query<'_>,
    faults: &Faults,
) -> Option<KeyedRequest> {
    keyed(extend_hash(id), fields, faults)
}

/// Reads the form that gives a reservation back: its key, if it has one.
pub(crate) fn cancel_form(
    id: ReservationId,
    fields: &Query<'_>,
    faults: &Faults,
) -> Option<KeyedRequest> {
    keyed(cancel_hash(id), fields, faults)
}

/// Reads the form of the door: its key, if it has one.
///
/// Under it each ticket has a key of its own, so that a form whose answer was never seen may be sent
/// again with another ticket.
pub(crate) fn door_form(
    undoes: bool,
    code: &TicketCode,
    fields: &Query<'_>,
    faults: &Faults,
) -> Option<KeyedRequest> {
    let what = if undoes { "undo check-in" } else { "check-in" };
    let read = |text: &str| {
        let ticket = format!("{text}/{code}/{}", u8::from(undoes));
        idempotency_key(ticket.as_bytes())
    };
    let key = fields.optional(KEY, faults, read)?;
    let body = door_hash(what.as_bytes(), code, None);
    Some(KeyedRequest { key, body })
}

fn keyed(body: BodyHash, fields: &Query<'_>, faults: &Faults) -> Option<KeyedRequest> {
    key(fields, faults).map(|key| KeyedRequest { key, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> Result<ReserveRequest, Vec<String>> {
        let form = Form::new(Bytes::copy_from_slice(form.as_bytes()));
        let (fields, faults) = (form.fields(), Faults::default());
        let request = reserve_form(EventId(1), &fields, &faults);
        faults.unless_any(request).map_err(|error| error.fields())
    }

    #[test]
    fn a_buyer_says_who_she_is_which_grade_and_how_many() {
        let request = read("user=mina%40example.com&seatType=vip&quantity=2&key=k").expect("read");
        assert_eq!(request.user.as_str(), "mina@example.com");
        assert_eq!(request.quantity.get(), 2);
        assert_eq!(request.seat_type.expect("a grade").as_str(), "VIP");
        assert!(request.key.is_some());
    }

    #[test]
    fn seats_that_are_marked_say_how_many_and_of_which_grade() {
        let request =
            read("user=mina&quantity=1&seatType=S&seats=R-A-1&seats=R-A-2").expect("read");
        assert_eq!(request.quantity.get(), 2);
        assert_eq!(request.seat_type.expect("a grade").as_str(), "R");
    }

    #[test]
    fn every_bad_field_is_told_at_once() {
        let fields = ["user", "quantity", "seatType"].map(str::to_owned).to_vec();
        assert_eq!(read("user=&quantity=0&seatType=%3Cb%3E"), Err(fields));
        assert_eq!(
            read(""),
            Err(vec!["user".to_owned(), "quantity".to_owned()])
        );
        assert_eq!(read("user=a&seats=x"), Err(vec!["seats".to_owned()]));
        let many: Vec<_> = (1..=11).map(|n| format!("&seats=R-A-{n}")).collect();
        let many = format!("user=a{}", many.concat());
        assert_eq!(read(&many), Err(vec!["seats".to_owned()]));
    }

    #[test]
    fn where_seats_are_marked_at_least_one_has_to_be() {
        let none = Err(vec!["seats".to_owned()]);
        assert_eq!(read("view=seats&user=mina"), none);
        assert_eq!(read("view=seats&user=mina&quantity=2&seatType=R"), none);
        assert!(read("view=seats&user=mina&seats=R-A-1").is_ok());
    }

    #[test]
    fn a_form_that_is_sent_twice_is_one_request() {
        let hash = |form| read(form).expect("read").key.expect("a key").body;
        let first = hash("user=mina&quantity=2&seatType=R&key=k");
        assert_eq!(hash("key=k&seatType=r&quantity=2&user=+mina+"), first);
        assert_ne!(hash("user=mina&quantity=3&seatType=R&key=k"), first);
    }
}
