//! Reads a new event.

use boxoffice::event::{DEFAULT_ORGANIZER, Event, NewEvent, SEATS_MAX, SaleState, Venue};
use boxoffice::idempotency::{BodyHash, IdempotencyKey, KeyedRequest};
use boxoffice::ids::EventId;
use boxoffice::money::Currency;
use boxoffice::time::Timestamp;

use super::fault::{Fault, Faults};
use super::fields::Fields;
use super::grades::grades;
use super::json::Json;
use super::values::{count, currency, line, moment, prose, zone};
use crate::zone::Zone;

/// Longest name of an event, in characters.
pub(crate) const EVENT_NAME_LEN_MAX: usize = 200;

/// Longest text about an event, in characters.
pub(crate) const DESCRIPTION_LEN_MAX: usize = 5_000;

/// Longest name and longest address of a venue, in characters.
pub(crate) const VENUE_LEN_MAX: usize = 200;

/// Most people that a venue may be told to take.
pub(crate) const CAPACITY_MAX: u32 = SEATS_MAX;

/// Longest time to pay, in seconds: a day.
pub(crate) const HOLD_SECS_MAX: u32 = 86_400;

/// Highest limit of tickets per buyer; above it, leave the limit out.
pub(crate) const BUYER_TICKETS_MAX: u32 = SEATS_MAX;

/// Reads `POST /events`.
pub(crate) fn new_event(
    body: &Json<'_>,
    key: Option<IdempotencyKey>,
    default_zone: &Zone,
    now: Timestamp,
    faults: &Faults,
) -> Option<(NewEvent, Option<KeyedRequest>)> {
    let fields = Fields::of_body(body, faults)?;
    let zone = fields
        .optional("timeZone", zone)
        .unwrap_or_else(|| default_zone.clone());
    let name = fields.required("eventName", line(EVENT_NAME_LEN_MAX));
    let description = fields.optional("description", prose(DESCRIPTION_LEN_MAX));
    let venue = venue(&fields);
    let starts_at = fields.required("eventDate", moment(&zone));
    let sale_opens_at = fields.optional("saleOpensAt", moment(&zone));
    let sale_closes_at = fields.optional("saleClosesAt", moment(&zone));
    if is_inverted(sale_opens_at, sale_closes_at) {
        fields.fault("saleClosesAt", Fault::ClosesBeforeItOpens);
    }
    let currency = fields
        .optional("currency", currency)
        .unwrap_or(Currency::KRW);
    let grades = grades(&fields);
    let buyer_tickets_max = fields.optional("maxPerBuyer", count(1, BUYER_TICKETS_MAX));
    let hold_secs = fields
        .optional("holdSeconds", count(0, HOLD_SECS_MAX))
        .unwrap_or(0);
    let mut event = Event {
        id: EventId(0),
        organizer: DEFAULT_ORGANIZER,
        production: None,
        name: name?,
        description,
        venue,
        starts_at: starts_at?,
        zone: zone.name().to_owned(),
        currency,
        sale_opens_at,
        sale_closes_at,
        hold_secs,
        buyer_tickets_max,
        state: SaleState::Active,
        deleted_at: None,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    };
    let grades = grades?;
    let hash = serde_json::to_vec(&(&event, &grades)).map(|all| BodyHash::of(&[b"event", &all]));
    let key = key
        .zip(hash.ok())
        .map(|(key, body)| KeyedRequest { key, body });
    (event.created_at, event.updated_at) = (now, now);
    Some((NewEvent { event, grades }, key))
}

/// Whether the sale would close before it opens, or at that moment.
pub(super) fn is_inverted(opens_at: Option<Timestamp>, closes_at: Option<Timestamp>) -> bool {
    opens_at
        .zip(closes_at)
        .is_some_and(|(opens_at, closes_at)| closes_at <= opens_at)
}

/// `venue` as an object, or as the name alone.
fn venue(fields: &Fields<'_, '_>) -> Venue {
    match fields.raw("venue") {
        None => Venue::default(),
        Some(Json::Text(_)) => {
            let name = fields.optional("venue", line(VENUE_LEN_MAX));
            Venue {
                name,
                address: None,
                capacity: None,
            }
        }
        Some(value) => fields
            .inner("venue", None, value)
            .map_or_else(Venue::default, |inner| Venue {
                name: inner.optional("name", line(VENUE_LEN_MAX)),
                address: inner.optional("address", line(VENUE_LEN_MAX)),
                capacity: inner.optional("capacity", count(1, CAPACITY_MAX)),
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    fn read(body: &str) -> Result<NewEvent, Vec<String>> {
        read_keyed(body).map(|(new, _)| new)
    }

    fn read_keyed(body: &str) -> Result<(NewEvent, Option<KeyedRequest>), Vec<String>> {
        let json = Json::read(body.as_bytes(), 16).expect("JSON");
        let (faults, seoul) = (
            Faults::default(),
            Zone::named("Asia/Seoul").expect("a zone"),
        );
        let new = new_event(&json, "k".parse().ok(), &seoul, NOW, &faults);
        faults.unless_any(new).map_err(|error| error.fields())
    }

    #[test]
    fn the_least_that_makes_an_event_is_a_name_a_number_and_a_date() {
        let body =
            r#"{"eventName": "Concert", "totalSeats": 10000, "eventDate": "2030-12-31T19:00:00"}"#;
        let NewEvent { event, grades } = read(body).expect("an event");
        assert_eq!(event.starts_at.as_micros(), 1_924_941_600_000_000);
        assert_eq!((event.zone.as_str(), event.hold_secs), ("Asia/Seoul", 0));
        assert_eq!((event.created_at, event.updated_at), (NOW, NOW));
        assert_eq!(grades.len(), 1);
    }

    #[test]
    fn a_venue_may_be_its_name_alone() {
        let venue = |venue: &str| {
            read(&format!(
                r#"{{"eventName": "C", "totalSeats": 1, "eventDate": "2030-12-31T19:00:00", "venue": {venue}}}"#
            ))
            .map(|new| new.event.venue)
        };
        let hall = Some("Hall".to_owned());
        assert_eq!(
            venue(r#""Hall""#),
            Ok(Venue {
                name: hall.clone(),
                ..Venue::default()
            })
        );
        let full = Venue {
            name: hall,
            address: Some("1 Street".to_owned()),
            capacity: Some(9),
        };
        assert_eq!(
            venue(r#"{"name": "Hall", "address": "1 Street", "capacity": 9}"#),
            Ok(full)
        );
        assert_eq!(venue("7"), Err(vec!["venue".to_owned()]));
        assert_eq!(
            venue(r#"{"capacity": 0}"#),
            Err(vec!["venue.capacity".to_owned()])
        );
    }

    #[test]
    fn every_bad_field_is_told_at_once() {
        let body = r#"{"eventName": "", "description": 7, "venue": [], "eventDate": "soon",
            "timeZone": "Mars", "saleOpensAt": 1, "saleClosesAt": "2030-01-01", "currency": "won!",
            "price": {"vip": -1}, "totalSeats": -5, "maxPerBuyer": 0, "holdSeconds": 86401}"#;
        let mut fields = read(body).expect_err("many faults");
        fields.sort();
        assert_eq!(
            fields,
            [
                "currency",
                "description",
                "eventDate",
                "eventName",
                "holdSeconds",
                "maxPerBuyer",
                "price.vip",
                "saleClosesAt",
                "saleOpensAt",
                "timeZone",
                "totalSeats",
                "venue",
            ]
        );
    }

    #[test]
    fn a_sale_opens_before_it_closes() {
        let body = r#"{"eventName": "C", "totalSeats": 1, "eventDate": "2030-12-31T19:00:00",
            "saleOpensAt": "2030-01-02T00:00:00", "saleClosesAt": "2030-01-01T00:00:00"}"#;
        assert_eq!(read(body).expect_err("one fault"), ["saleClosesAt"]);
    }

    #[test]
    fn a_retry_has_the_hash_of_the_first_whenever_it_comes() {
        let hash = |body| read_keyed(body).expect("an event").1.expect("a key").body;
        let first = hash(r#"{"eventName":"C","totalSeats":1,"eventDate":"2030-12-31T19:00:00"}"#);
        let same =
            hash(r#"{"totalSeats": 1, "eventDate": "2030-12-31T10:00:00Z", "eventName": " C "}"#);
        let other = hash(r#"{"eventName":"C","totalSeats":2,"eventDate":"2030-12-31T19:00:00"}"#);
        assert_eq!(first, same);
        assert_ne!(first, other);
    }
}
