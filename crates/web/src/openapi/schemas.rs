//! Schemas: of answers, from the types that write them; of requests, from the limits that hold.

use boxoffice::buyer::USER_ID_LEN_MAX;
use boxoffice::event::{GRADES_MAX, SEATS_MAX};
use boxoffice::grade::GRADE_NAME_LEN_MAX;
use boxoffice::idempotency::KEY_LEN_MAX;
use boxoffice::money::PRICE_MAX;
use boxoffice::page::PAGE_SIZE_MAX;
use boxoffice::provider::{METHOD_LEN_MAX, TOKEN_LEN_MAX};
use boxoffice::reservation::QUANTITY_MAX;
use boxoffice::seats::{ROWS_MAX, SEAT_LABEL_LEN_MAX, SEATS_PER_ROW_MAX};
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::operation::reference;
use crate::api::{
    EVENT_SORTS, EVENT_STATUSES, HealthBody, LivenessBody, RESERVATION_SORTS, RESERVATION_STATUSES,
    SEARCH_LEN_MAX,
};
use crate::errors::Code;
use crate::request::{
    BUYER_TICKETS_MAX, CAPACITY_MAX, DESCRIPTION_LEN_MAX, EMAIL_LEN_MAX, EVENT_NAME_LEN_MAX,
    HOLD_SECS_MAX, PAGE_NUMBER_MAX, PAGE_SIZE_DEFAULT, PHONE_LEN_MAX, SEATINGS, USERNAME_LEN_MAX,
    VENUE_LEN_MAX,
};
use crate::response::{
    CancellationBody, CheckedTicket, EventBody, EventStatusName, PageBody, ReservationBody,
    ReservationStatusName, SeatRow, SeatTypeBody, SeatTypeSeats, SeatsBody, Timing, UserBody,
};
use crate::zone::{DATE_TIME_LEN_MAX, DEFAULT_ZONE, ZONE_LEN_MAX};

/// The types that answer.
#[derive(OpenApi)]
#[openapi(components(schemas(
    EventBody<'static>,
    EventStatusName,
    SeatTypeBody<'static>,
    SeatsBody<'static>,
    SeatTypeSeats<'static>,
    SeatRow,
    PageBody<EventBody<'static>>,
    ReservationBody<'static>,
    ReservationStatusName,
    PageBody<ReservationBody<'static>>,
    Timing,
    CancellationBody,
    CheckedTicket<'static>,
    UserBody<'static>,
    HealthBody,
    LivenessBody,
)))]
struct Answers;

/// Every schema of the document, by its name.
pub(super) fn schemas() -> Value {
    let answers = Answers::openapi()
        .components
        .map(|components| components.schemas);
    let mut schemas = serde_json::to_value(answers).unwrap_or_else(|_| json!({}));
    schemas["EventDetail"] = event_detail();
    schemas["ReservationMade"] =
        json!({ "allOf": [reference("Reservation"), reference("Timing")] });
    schemas["Error"] = error();
    schemas["NewReservation"] = new_reservation();
    schemas["NewPayment"] = new_payment();
    schemas["NewEvent"] = new_event();
    schemas["EventChange"] = event_change();
    schemas["NewSeatType"] = new_seat_type();
    schemas["SeatTypeChange"] = object(&["seatType"], &seat_type());
    schemas["NewVenue"] = venue();
    schemas["NewUser"] = new_user();
    schemas
}

fn event_detail() -> Value {
    let metadata = json!({
        "type": "object",
        "required": ["metadata"],
        "properties": {
            "metadata": {
                "type": "object",
                "required": ["cacheHit", "ttl"],
                "properties": {
                    "cacheHit": { "type": "boolean", "description": "No database was asked." },
                    "ttl": { "type": "integer", "minimum": 0, "description": "In seconds." },
                },
            },
        },
    });
    json!({ "allOf": [reference("Event"), metadata] })
}

fn error() -> Value {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "required": ["success", "error", "timestamp"],
        "properties": {
            "success": { "const": false },
            "error": {
                "type": "object",
                "required": ["code", "message", "details"],
                "properties": {
                    "code": { "type": "string", "enum": codes },
                    "message": {
                        "type": "string",
                        "description": "For people, in the language of `Accept-Language` (en, ko).",
                    },
                    "details": {
                        "type": "object",
                        "description": "Of `INVALID_REQUEST`: a message for each bad field.",
                    },
                },
            },
            "timestamp": { "type": "string", "format": "date-time" },
        },
    })
}

fn integer(min: i64, max: i64) -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": min, "maximum": max })
}

fn text(max: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": max })
}

/// A text of one line: something to read, and no control characters.
fn line(max: usize) -> Value {
    let mut line = text(max);
    line["pattern"] = json!(r"^[^\u0000-\u001f\u007f-\u009f]*\S[^\u0000-\u001f\u007f-\u009f]*$");
    line
}

/// A text of any lines.
fn prose(max: usize) -> Value {
    let mut prose = text(max);
    prose["pattern"] = json!(r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$");
    prose
}

/// A parameter of a query; an empty one counts as left out.
fn or_empty(mut schema: Value) -> Value {
    schema["minLength"] = json!(0);
    if let Some(pattern) = schema["pattern"].as_str() {
        schema["pattern"] = json!(format!("^$|{pattern}"));
    }
    schema
}

fn choice(names: &[&str]) -> Value {
    json!({ "type": "string", "enum": names })
}

fn moment() -> Value {
    json!({
        "type": "string",
        "maxLength": DATE_TIME_LEN_MAX,
        "description": "RFC 3339, or a local date-time of the event's zone.",
        "examples": ["2030-12-31T19:00:00", "2030-12-31T19:00:00+09:00"],
    })
}

/// The same, or null.
fn nullable(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"], "null"]);
    schema
}

fn user_id_schema() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": USER_ID_LEN_MAX,
        "pattern": "^[A-Za-z0-9._@-]+$",
    })
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn new_reservation() -> Value {
    object(
        &["eventId", "userId"],
        &json!({
            "eventId": integer(1, i64::MAX),
            "userId": user_id_schema(),
            "quantity": integer(1, QUANTITY_MAX.into()),
            "seatType": nullable(text(GRADE_NAME_LEN_MAX)),
            "seats": {
                "type": ["array", "null"],
                "maxItems": QUANTITY_MAX,
                "uniqueItems": true,
                "items": seat_label(),
                "description": "As many as `quantity`, which may then be left out. Without them, \
                    an assigned grade gives the best together.",
            },
        }),
    )
}

fn new_payment() -> Value {
    object(
        &["method", "token"],
        &json!({
            "method": {
                "type": "string",
                "minLength": 1,
                "maxLength": METHOD_LEN_MAX,
                "pattern": "^[A-Za-z0-9_]+$",
                "examples": ["CARD"],
            },
            "token": {
                "type": "string",
                "minLength": 1,
                "maxLength": TOKEN_LEN_MAX,
                "pattern": "^[!-~]+$",
                "description": "What the provider gave the buyer for her card. The sandbox knows \
                    tok_ok, tok_declined and tok_timeout.",
            },
        }),
    )
}

fn seat_label() -> Value {
    json!({
        "type": "string",
        "maxLength": SEAT_LABEL_LEN_MAX,
        "pattern": "^[^-]+-[A-Za-z]{1,3}-[1-9][0-9]{0,3}$",
        "examples": ["R-A-12"],
    })
}

fn venue() -> Value {
    object(
        &[],
        &json!({
            "name": nullable(line(VENUE_LEN_MAX)),
            "address": nullable(line(VENUE_LEN_MAX)),
            "capacity": nullable(integer(1, CAPACITY_MAX.into())),
        }),
    )
}

fn seat_type() -> Value {
    json!({
        "seatType": text(GRADE_NAME_LEN_MAX),
        "price": nullable(integer(0, PRICE_MAX)),
        "total": integer(1, SEATS_MAX.into()),
    })
}

fn new_seat_type() -> Value {
    let mut properties = seat_type();
    properties["total"]["description"] = "Of ASSIGNED seating: rows x seatsPerRow.".into();
    let general = json!({ "seating": nullable(choice(&SEATINGS[..1])) });
    let assigned = json!({
        "seating": choice(&SEATINGS[1..]),
        "rows": integer(1, ROWS_MAX.into()),
        "seatsPerRow": integer(1, SEATS_PER_ROW_MAX.into()),
    });
    let mut schema = object(&["seatType"], &properties);
    schema["anyOf"] = json!([
        object(&["total"], &general),
        object(&["seating", "rows", "seatsPerRow"], &assigned),
    ]);
    schema
}

/// What a new event and a change to one have in common.
fn event_properties(grade: &str) -> Value {
    json!({
        "eventName": line(EVENT_NAME_LEN_MAX),
        "description": nullable(prose(DESCRIPTION_LEN_MAX)),
        "venue": {
            "anyOf": [reference("NewVenue"), line(VENUE_LEN_MAX), { "type": "null" }],
            "description": "A text is the venue's name.",
        },
        "eventDate": moment(),
        "timeZone": {
            "type": "string",
            "minLength": 1,
            "maxLength": ZONE_LEN_MAX,
            "description": format!("An IANA zone. {DEFAULT_ZONE} unless the server says otherwise."),
        },
        "saleOpensAt": nullable(moment()),
        "saleClosesAt": nullable(moment()),
        "price": {
            "description": "By grade; a number is the price of the one grade GENERAL.",
            "anyOf": [
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": GRADES_MAX,
                    "additionalProperties": integer(0, PRICE_MAX),
                },
                integer(0, PRICE_MAX),
                { "type": "null" },
            ],
        },
        "totalSeats": integer(1, SEATS_MAX.into()),
        "seatTypes": {
            "type": ["array", "null"],
            "minItems": 1,
            "maxItems": GRADES_MAX,
            "items": reference(grade),
        },
        "maxPerBuyer": nullable(integer(1, BUYER_TICKETS_MAX.into())),
        "holdSeconds": integer(0, HOLD_SECS_MAX.into()),
    })
}

fn new_event() -> Value {
    let mut properties = event_properties("NewSeatType");
    properties["currency"] =
        json!({ "type": "string", "pattern": "^[A-Za-z]{3}$", "default": "KRW" });
    object(&["eventName", "eventDate"], &properties)
}

fn event_change() -> Value {
    let mut properties = event_properties("SeatTypeChange");
    properties["status"] = choice(&["ACTIVE", "CLOSED", "CANCELLED"]);
    object(&[], &properties)
}

fn new_user() -> Value {
    object(
        &["userId", "username"],
        &json!({
            "userId": user_id_schema(),
            "username": line(USERNAME_LEN_MAX),
            "email": nullable(email()),
            "phoneNumber": nullable(phone()),
        }),
    )
}

fn email() -> Value {
    let mut email = text(EMAIL_LEN_MAX);
    email["format"] = json!("email");
    email
}

fn phone() -> Value {
    let mut phone = text(PHONE_LEN_MAX);
    phone["pattern"] = json!(r"^[0-9+\-(). ]*[0-9][0-9+\-(). ]*$");
    phone
}

fn parameter(place: &str, name: &str, schema: &Value) -> Value {
    json!({ "in": place, "name": name, "required": place == "path", "schema": schema })
}

/// A header that may be sent.
pub(super) fn header(name: &str, description: &str) -> Value {
    let mut header = parameter("header", name, &json!({ "type": "string" }));
    header["description"] = description.into();
    header
}

/// The client's name for a request.
pub(super) fn idempotency_key() -> Value {
    let mut key = header("Idempotency-Key", "Under the same key a retry counts once.");
    key["schema"] = json!({
        "type": "string",
        "minLength": 1,
        "maxLength": KEY_LEN_MAX,
        "pattern": "^[!-~]+$",
    });
    key
}

/// An event's number, in the path.
pub(super) fn event_id() -> Value {
    parameter("path", "eventId", &integer(1, i64::MAX))
}

/// A buyer's id, in the path.
pub(super) fn user_id() -> Value {
    parameter("path", "userId", &user_id_schema())
}

/// A reservation's id, in the path; or its code, where that will do.
pub(super) fn reservation_id(or_code: bool) -> Value {
    let id = json!({ "type": "string", "format": "uuid" });
    let schema = if or_code {
        json!({ "anyOf": [id, { "type": "string", "examples": ["0123A-BCDEF"] }] })
    } else {
        id
    };
    parameter("path", "id", &schema)
}

/// A ticket's code, in the path.
pub(super) fn ticket_code() -> Value {
    parameter("path", "code", &json!({ "type": "string", "minLength": 1 }))
}

/// The event whose door it is.
pub(super) fn door() -> Value {
    let mut door = parameter("query", "eventId", &integer(1, i64::MAX));
    door["description"] = "The event whose door it is; a ticket of another is refused.".into();
    door
}

/// The buyer whose code it is.
pub(super) fn code_owner() -> Value {
    let mut owner = parameter("query", "userId", &user_id_schema());
    owner["description"] = "Needed beside a code.".into();
    owner
}

/// What to look for.
pub(super) fn search() -> Value {
    let mut search = parameter("query", "q", &or_empty(line(SEARCH_LEN_MAX)));
    search["description"] = "In the names of events and venues.".into();
    search
}

/// Which part of a list, and in which order.
pub(super) fn page_parameters(sorts: &[&str]) -> Vec<Value> {
    let with_default = |mut schema: Value, default: u32| {
        schema["default"] = default.into();
        schema
    };
    vec![
        parameter(
            "query",
            "page",
            &with_default(integer(0, PAGE_NUMBER_MAX.into()), 0),
        ),
        parameter(
            "query",
            "size",
            &with_default(integer(1, PAGE_SIZE_MAX.into()), PAGE_SIZE_DEFAULT),
        ),
        parameter("query", "sort", &choice(sorts)),
    ]
}

/// What a list of events takes.
pub(super) fn event_list_parameters() -> Vec<Value> {
    let status = parameter("query", "status", &choice(EVENT_STATUSES));
    [status, search()]
        .into_iter()
        .chain(page_parameters(EVENT_SORTS))
        .collect()
}

/// What a list of reservations takes; the organizer's list is of any event and any buyer.
pub(super) fn reservation_list_parameters(of_all: bool) -> Vec<Value> {
    let mut parameters = vec![parameter("query", "status", &choice(RESERVATION_STATUSES))];
    if of_all {
        parameters.push(parameter("query", "eventId", &integer(1, i64::MAX)));
        parameters.push(parameter("query", "userId", &user_id_schema()));
    }
    parameters.extend(page_parameters(RESERVATION_SORTS));
    parameters
}
