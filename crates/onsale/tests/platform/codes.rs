//! The error table of the contract: every code is provoked over HTTP, in both languages.

use std::collections::{BTreeMap, BTreeSet};

use load::client::Answer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::api::stream::Watcher;
use crate::edge::bounds::refused;
use crate::edge::unwell::Lock;
use crate::server::{House, Server, body_of, read_answer};

/// The table: a code's name and the status that it is told with.
const TABLE: [(&str, u16); 39] = [
    ("INVALID_REQUEST", 400),
    ("UNAUTHORIZED", 401),
    ("PAYMENT_DECLINED", 402),
    ("FORBIDDEN", 403),
    ("EVENT_NOT_FOUND", 404),
    ("RESERVATION_NOT_FOUND", 404),
    ("USER_NOT_FOUND", 404),
    ("TICKET_NOT_FOUND", 404),
    ("NOT_FOUND", 404),
    ("METHOD_NOT_ALLOWED", 405),
    ("REQUEST_TIMEOUT", 408),
    ("INSUFFICIENT_SEATS", 409),
    ("SEAT_TAKEN", 409),
    ("ALREADY_RESERVED", 409),
    ("ALREADY_CANCELLED", 409),
    ("ALREADY_CONFIRMED", 409),
    ("PAYMENT_IN_PROGRESS", 409),
    ("EXTENSION_USED", 409),
    ("TICKET_USED", 409),
    ("TICKET_NOT_USED", 409),
    ("TICKET_CANCELLED", 409),
    ("TICKET_WRONG_EVENT", 409),
    ("CANNOT_DELETE_EVENT", 409),
    ("SALE_NOT_OPEN", 409),
    ("SALE_CLOSED", 409),
    ("EVENT_CANCELLED", 409),
    ("USER_EXISTS", 409),
    ("VERSION_CONFLICT", 409),
    ("HOLD_EXPIRED", 410),
    ("PAYLOAD_TOO_LARGE", 413),
    ("URI_TOO_LONG", 414),
    ("UNSUPPORTED_MEDIA_TYPE", 415),
    ("IDEMPOTENCY_KEY_REUSED", 422),
    ("RATE_LIMITED", 429),
    ("REQUEST_HEADER_FIELDS_TOO_LARGE", 431),
    ("INTERNAL_SERVER_ERROR", 500),
    ("OVERLOADED", 503),
    ("SERVICE_UNAVAILABLE", 503),
    ("OUTCOME_UNKNOWN", 504),
];

/// Who asks, in which language, and what she has heard so far.
struct Asker<'s> {
    server: &'s Server,
    lang: &'static str,
    heard: Heard,
}

/// Codes that were heard, each with the languages it was told in.
#[derive(Default)]
struct Heard(BTreeMap<String, BTreeSet<&'static str>>);

impl Heard {
    /// Notes a refusal, which must be this one of the table and told in this language.
    fn note(&mut self, answer: &Answer, code: &str, lang: &'static str) {
        let row = TABLE.iter().find(|(name, _)| *name == code);
        let (_, status) = row.expect("a code of the table");
        let body = body_of(answer, *status);
        assert_eq!(body["success"], false, "{body}");
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(body["error"]["details"].is_object(), "{body}");
        assert!(body["timestamp"].is_string(), "{body}");
        let message = body["error"]["message"].as_str().expect("a message");
        let speaks = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        let told_in = answer.headers["content-language"].to_str().expect("text");
        if told_in == "en, ko" {
            assert!(speaks(message) && message.contains("The "), "{message}");
        } else {
            assert_eq!(told_in, lang, "{code}");
            assert_eq!(speaks(message), lang == "ko", "{code}: {message}");
        }
        let for_load = [429, 503].contains(status);
        assert_eq!(
            answer.headers.contains_key("retry-after"),
            for_load,
            "{code}"
        );
        self.0.entry(code.to_owned()).or_default().insert(lang);
    }

    fn add(&mut self, other: Self) {
        for (code, langs) in other.0 {
            self.0.entry(code).or_default().extend(langs);
        }
    }
}

impl<'s> Asker<'s> {
    fn new(server: &'s Server, lang: &'static str) -> Self {
        Self {
            server,
            lang,
            heard: Heard::default(),
        }
    }

    async fn send(&self, request: &str, headers: &str, body: &Value) -> Answer {
        let headers = format!("accept-language: {}\r\n{headers}", self.lang);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.server.ask(request, &headers, &body).await
    }

    /// Sends a request that must be refused with this code.
    async fn hears(&mut self, code: &str, request: &str, body: Value) {
        self.hears_with(code, request, "", body).await;
    }

    async fn hears_with(&mut self, code: &str, request: &str, headers: &str, body: Value) {
        let answer = self.send(request, headers, &body).await;
        self.heard.note(&answer, code, self.lang);
    }

    /// Sends a request that must succeed.
    async fn does(&self, request: &str, headers: &str, body: Value) -> Value {
        let answer = self.send(request, headers, &body).await;
        assert!(answer.status.is_success(), "{request}: {:?}", answer.body);
        answer.json().unwrap_or(Value::Null)
    }
}

fn wants(event: i64, user: &str, quantity: u32) -> Value {
    json!({ "eventId": event, "userId": user, "quantity": quantity })
}

const RESERVE: &str = "POST /api/reservations";

/// What needs no more than requests.
async fn of_every_day(lang: &'static str) -> Heard {
    let house = House::new();
    let server = house.open();
    let mut asker = Asker::new(&server, lang);
    let nowhere = "/api/reservations/0190a0a0-0000-7000-8000-000000000000";
    for (code, request, body) in [
        ("INVALID_REQUEST", RESERVE, json!({})),
        ("EVENT_NOT_FOUND", "GET /api/events/9", Value::Null),
        ("EVENT_NOT_FOUND", RESERVE, wants(9, "mina", 1)),
        (
            "RESERVATION_NOT_FOUND",
            &*format!("GET {nowhere}"),
            Value::Null,
        ),
        ("USER_NOT_FOUND", "GET /api/users/nobody", Value::Null),
        ("NOT_FOUND", "GET /api/nowhere", Value::Null),
        ("METHOD_NOT_ALLOWED", "PATCH /api/events", Value::Null),
        (
            "PAYLOAD_TOO_LARGE",
            RESERVE,
            json!({ "userId": "x".repeat(70_000) }),
        ),
    ] {
        asker.hears(code, request, body).await;
    }
    let text = "content-type: text/plain\r\ncontent-length: 0\r\n";
    asker
        .hears_with("UNSUPPORTED_MEDIA_TYPE", RESERVE, text, Value::Null)
        .await;
    let user = json!({ "userId": "mina", "username": "Mina" });
    asker.does("POST /api/users", "", user.clone()).await;
    asker.hears("USER_EXISTS", "POST /api/users", user).await;
    of_a_sale(&mut asker).await;
    of_a_hold(&mut asker).await;
    of_payments(&mut asker).await;
    of_the_gate(&mut asker).await;
    asker.heard
}

async fn of_a_sale(asker: &mut Asker<'_>) {
    let server = asker.server;
    let event = server
        .event(json!({ "totalSeats": 3, "maxPerBuyer": 3 }))
        .await;
    let path = format!("/api/events/{event}");
    let key = "idempotency-key: mine\r\n";
    let made = asker.does(RESERVE, key, wants(event, "mina", 1)).await;
    asker
        .hears_with(
            "IDEMPOTENCY_KEY_REUSED",
            RESERVE,
            key,
            wants(event, "mina", 2),
        )
        .await;
    asker
        .hears("ALREADY_RESERVED", RESERVE, wants(event, "mina", 3))
        .await;
    asker
        .hears("INSUFFICIENT_SEATS", RESERVE, wants(event, "hana", 3))
        .await;
    asker.does(RESERVE, "", wants(event, "jun", 1)).await;
    let fewer = json!({ "totalSeats": 1 });
    asker
        .hears("INSUFFICIENT_SEATS", &format!("PUT {path}"), fewer)
        .await;
    asker
        .hears(
            "CANNOT_DELETE_EVENT",
            &format!("DELETE {path}"),
            Value::Null,
        )
        .await;
    let stale = "if-match: W/\"99-ACTIVE\"\r\n";
    let change = json!({ "eventName": "IU" });
    asker
        .hears_with("VERSION_CONFLICT", &format!("PUT {path}"), stale, change)
        .await;
    let id = made["reservationId"].as_str().expect("an id");
    let cancel = format!("DELETE /api/reservations/{id}");
    asker.does(&cancel, "", Value::Null).await;
    asker.hears("ALREADY_CANCELLED", &cancel, Value::Null).await;

    let early = json!({ "totalSeats": 1, "saleOpensAt": "2098-01-01T00:00:00" });
    let early = server.event(early).await;
    asker
        .hears("SALE_NOT_OPEN", RESERVE, wants(early, "mina", 1))
        .await;
    let past = json!({ "totalSeats": 1, "eventDate": "2020-01-01T00:00:00" });
    let past = server.event(past).await;
    asker
        .hears("SALE_CLOSED", RESERVE, wants(past, "mina", 1))
        .await;
    let off = server.event(json!({ "totalSeats": 1 })).await;
    let cancelled = json!({ "status": "CANCELLED" });
    asker
        .does(&format!("PUT /api/events/{off}"), "", cancelled)
        .await;
    asker
        .hears("EVENT_CANCELLED", RESERVE, wants(off, "mina", 1))
        .await;

    let grade =
        json!({ "seatType": "R", "seating": "ASSIGNED", "rows": 1, "seatsPerRow": 2, "price": 1 });
    let numbered = server.event(json!({ "seatTypes": [grade] })).await;
    let mut seat = wants(numbered, "mina", 1);
    seat["seats"] = json!(["R-A-1"]);
    asker.does(RESERVE, "", seat.clone()).await;
    asker.hears("SEAT_TAKEN", RESERVE, seat).await;
}

async fn of_a_hold(asker: &mut Asker<'_>) {
    let held = json!({ "totalSeats": 1, "holdSeconds": 1 });
    let event = asker.server.event(held).await;
    let made = asker.does(RESERVE, "", wants(event, "mina", 1)).await;
    let path = format!(
        "/api/reservations/{}",
        made["reservationId"].as_str().expect("an id")
    );
    let look = format!("GET {path}");
    while asker.does(&look, "", Value::Null).await["status"] != "EXPIRED" {}
    asker
        .hears("HOLD_EXPIRED", &format!("DELETE {path}"), Value::Null)
        .await;
}

async fn of_payments(asker: &mut Asker<'_>) {
    let held = json!({ "totalSeats": 9, "holdSeconds": 600, "price": 1_000 });
    let event = asker.server.event(held).await;
    let made = asker.does(RESERVE, "", wants(event, "mina", 1)).await;
    let path = format!(
        "/api/reservations/{}",
        made["reservationId"].as_str().expect("an id")
    );
    let pay = format!("POST {path}/payment");
    let card = |token: &str| json!({ "method": "CARD", "token": token });
    asker
        .hears("PAYMENT_DECLINED", &pay, card("tok_declined"))
        .await;
    let extend = format!("POST {path}/extension");
    asker.does(&extend, "", Value::Null).await;
    asker.hears("EXTENSION_USED", &extend, Value::Null).await;
    asker.does(&pay, "", card("tok_timeout")).await;
    asker
        .hears(
            "PAYMENT_IN_PROGRESS",
            &format!("DELETE {path}"),
            Value::Null,
        )
        .await;
    let look = format!("GET {path}");
    while asker.does(&look, "", Value::Null).await["status"] != "CONFIRMED" {}
    asker.hears("ALREADY_CONFIRMED", &extend, Value::Null).await;
}

async fn of_the_gate(asker: &mut Asker<'_>) {
    let event = asker.server.event(json!({ "totalSeats": 9 })).await;
    let made = asker.does(RESERVE, "", wants(event, "mina", 1)).await;
    let code = made["tickets"][0]["code"].as_str().expect("a code");
    let door = format!("/api/tickets/{code}/check-in");
    let enter = format!("POST {door}");
    asker
        .hears(
            "TICKET_NOT_FOUND",
            "POST /api/tickets/none/check-in",
            Value::Null,
        )
        .await;
    asker
        .hears("TICKET_NOT_USED", &format!("DELETE {door}"), Value::Null)
        .await;
    let elsewhere = asker.server.event(json!({ "totalSeats": 9 })).await;
    let wrong = format!("{enter}?eventId={elsewhere}");
    asker.hears("TICKET_WRONG_EVENT", &wrong, Value::Null).await;
    asker.does(&enter, "", Value::Null).await;
    asker.hears("TICKET_USED", &enter, Value::Null).await;

    let made = asker.does(RESERVE, "", wants(event, "mina", 1)).await;
    let id = made["reservationId"].as_str().expect("an id");
    asker
        .does(&format!("DELETE /api/reservations/{id}"), "", Value::Null)
        .await;
    let code = made["tickets"][0]["code"].as_str().expect("a code");
    let enter = format!("POST /api/tickets/{code}/check-in");
    asker.hears("TICKET_CANCELLED", &enter, Value::Null).await;
}

/// What the organizer's doors say.
async fn of_the_doors(lang: &'static str) -> Heard {
    let house = House::new().with("ONSALE_ADMIN_TOKEN", "0123456789-the-organizer");
    let server = house.open();
    let mut asker = Asker::new(&server, lang);
    asker
        .hears("UNAUTHORIZED", "GET /api/reservations", Value::Null)
        .await;
    let wrong = "authorization: Bearer somebody-else-entirely\r\n";
    asker
        .hears_with("FORBIDDEN", "GET /api/reservations", wrong, Value::Null)
        .await;
    asker.heard
}

/// What is said of too much and too late.
async fn of_bounds(lang: &'static str) -> Heard {
    let house = House::new()
        .with("ONSALE_STREAMS_MAX", "0")
        .with("ONSALE_HEADER_BYTES_MAX", "100000")
        .with("ONSALE_BODY_TIMEOUT_MS", "200")
        .with("ONSALE_CLIENT_REQUESTS_PER_SEC", "1")
        .with("ONSALE_CLIENT_BURST_REQUESTS", "1")
        .with("ONSALE_FORWARDED_HOPS", "1");
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 1 })).await;
    let mut asker = Asker::new(&server, lang);
    let stream = format!("GET /api/events/{event}/stream");
    asker.hears("OVERLOADED", &stream, Value::Null).await;
    let late = "content-type: application/json\r\ncontent-length: 9\r\n";
    asker
        .hears_with("REQUEST_TIMEOUT", RESERVE, late, Value::Null)
        .await;
    let client = "x-forwarded-for: 203.0.113.7\r\n";
    let asking = async || asker.send("GET /api/events", client, &Value::Null).await;
    let refusal = refused(asking).await;
    asker.heard.note(&refusal, "RATE_LIMITED", lang);
    let endless = format!("GET /api/{}", "x".repeat(70_000));
    asker.hears("URI_TOO_LONG", &endless, Value::Null).await;
    let large = format!("x: {}\r\n", "y".repeat(200_000));
    asker
        .hears_with(
            "REQUEST_HEADER_FIELDS_TOO_LARGE",
            "GET /api/events",
            &large,
            Value::Null,
        )
        .await;
    asker.heard
}

/// What is said when something is wrong with the server itself.
async fn of_bad_days(lang: &'static str) -> Heard {
    let house = House::on_file().with("ONSALE_REQUEST_DEADLINE_MS", "2000");
    let mut server = house.open();
    let event = server.event(json!({ "totalSeats": 1 })).await;
    let mut asker = Asker::new(&server, lang);
    let lock = Lock::take(&house).await;
    asker
        .hears("OUTCOME_UNKNOWN", RESERVE, wants(event, "mina", 1))
        .await;
    lock.release().await;
    let mut heard = asker.heard;

    let mut asking = server.connect().await;
    let begun = b"GET /api/health/ready HTTP/1.1\r\n";
    asking.write_all(begun).await.expect("sent");
    let (_, watcher) = Watcher::begin(&server, event, "").await;
    server.terminate();
    watcher.rest().await;
    let rest = format!("host: x\r\naccept-language: {lang}\r\n\r\n");
    asking.write_all(rest.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let _ = asking.read_to_end(&mut answer).await;
    heard.note(&read_answer(&answer), "SERVICE_UNAVAILABLE", lang);
    assert!(server.wait().success());

    house.break_with("UPDATE events SET currency = '€€€'").await;
    let server = house.open();
    let mut asker = Asker::new(&server, lang);
    let request = format!("GET /api/events/{event}");
    asker
        .hears("INTERNAL_SERVER_ERROR", &request, Value::Null)
        .await;
    heard.add(asker.heard);
    heard
}

#[tokio::test]
async fn every_code_of_the_contract_is_told_with_its_status_in_both_languages() {
    let mut heard = Heard::default();
    for lang in ["en", "ko"] {
        heard.add(of_every_day(lang).await);
        heard.add(of_the_doors(lang).await);
        heard.add(of_bounds(lang).await);
        heard.add(of_bad_days(lang).await);
    }
    let both = BTreeSet::from(["en", "ko"]);
    let told: BTreeSet<_> = heard
        .0
        .iter()
        .filter(|(_, langs)| **langs == both)
        .map(|(code, _)| code.as_str())
        .collect();
    let server = House::new();
    let server = server.open();
    let document = server.ask("GET /api/openapi.json", "", "").await;
    let document = body_of(&document, 200);
    let code =
        &document["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"];
    let described = code["enum"].as_array().expect("codes");
    let described: BTreeSet<_> = described.iter().filter_map(Value::as_str).collect();
    let untold: Vec<_> = described.difference(&told).collect();
    assert!(untold.is_empty(), "nobody has heard {untold:?}");
    let table: BTreeSet<_> = TABLE.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        table, described,
        "the table and the document name the same codes"
    );
}
