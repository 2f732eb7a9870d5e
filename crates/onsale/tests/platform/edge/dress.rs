//! What every answer wears: headers against misuse, methods, compression, permission for pages.

use std::io::Read;

use load::client::Answer;
use serde_json::{Value, json};

use crate::server::{House, body_of};

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let value = answer.headers.get(name);
    value.map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn every_answer_forbids_guessing_framing_and_running() {
    let house = House::new();
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 3 })).await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 }).to_string();
    let known = "if-none-match: *\r\n";
    for (request, headers, body) in [
        (&*format!("GET /api/events/{event}"), "", ""),
        (&*format!("GET /api/events/{event}"), known, ""),
        (&*format!("GET /api/v1/events/{event}/seats"), "", ""),
        (&*format!("OPTIONS /api/events/{event}"), "", ""),
        ("GET /api/events", "", ""),
        ("GET /api/nowhere", "", ""),
        ("GET /api/docs", "", ""),
        ("GET /metrics", "", ""),
        ("GET /api/health", "", ""),
        ("POST /api/reservations", "", &body),
        ("POST /api/reservations", "", "{}"),
        ("DELETE /api/events", "", ""),
        ("GET /api/events?size=0", "", ""),
    ] {
        let answer = server.ask(request, headers, body).await;
        assert_eq!(
            header(&answer, "x-content-type-options"),
            "nosniff",
            "{request}"
        );
        let policy = header(&answer, "content-security-policy");
        assert_eq!(
            policy, "default-src 'none'; frame-ancestors 'none'",
            "{request}"
        );
        assert!(!header(&answer, "x-request-id").is_empty(), "{request}");
    }
    let page = server.ask("GET /api/docs/", "", "").await;
    let policy = header(&page, "content-security-policy");
    assert!(policy.starts_with("default-src 'self'"), "{policy}");
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let unread = server.raw(b"nonsense\r\n\r\n").await;
    assert!(
        unread.contains("x-content-type-options: nosniff"),
        "{unread}"
    );
}

#[tokio::test]
async fn what_is_one_persons_is_kept_by_no_cache() {
    let house = House::new();
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 3 })).await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 }).to_string();
    let made = server.ask("POST /api/reservations", "", &body).await;
    let id = body_of(&made, 201)["reservationId"].clone();
    let id = id.as_str().expect("an id");
    assert_eq!(header(&made, "cache-control"), "no-store");
    for path in [
        &*format!("/api/reservations/{id}"),
        "/api/reservations/user/mina",
        "/api/users/mina",
        "/api/health",
    ] {
        let answer = server.ask(&format!("GET {path}"), "", "").await;
        assert_eq!(header(&answer, "cache-control"), "no-store", "{path}");
    }
    for path in [&*format!("/api/events/{event}"), "/api/events"] {
        let answer = server.ask(&format!("GET {path}"), "", "").await;
        assert_eq!(header(&answer, "cache-control"), "no-cache", "{path}");
    }
}

#[tokio::test]
async fn every_path_answers_head_where_it_answers_get_and_says_what_it_takes() {
    let house = House::new();
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 3 })).await;
    for (path, methods) in [
        (&*format!("/api/events/{event}"), "GET,HEAD,PUT,DELETE"),
        (&*format!("/api/events/{event}/seats"), "GET,HEAD"),
        (&*format!("/api/events/{event}/stream"), "GET,HEAD"),
        ("/api/events", "GET,HEAD,POST"),
        ("/api/v1/events", "GET,HEAD,POST"),
        ("/api/users", "POST"),
        ("/api/health", "GET,HEAD"),
        ("/api/openapi.json", "GET,HEAD"),
        ("/metrics", "GET,HEAD"),
        ("*", "GET,HEAD,POST,PUT,DELETE"),
    ] {
        let asked = server.ask(&format!("OPTIONS {path}"), "", "").await;
        assert_eq!(asked.status.as_u16(), 204, "{path}");
        let allowed: Vec<_> = header(&asked, "allow").split(',').collect();
        for method in methods.split(',').chain(["OPTIONS"]) {
            assert!(allowed.contains(&method), "{path}: {allowed:?}");
        }
        if methods.contains("HEAD") && path != "*" {
            let answer = server.ask(&format!("HEAD {path}"), "", "").await;
            assert_eq!(answer.status.as_u16(), 200, "{path}");
            assert!(answer.body.is_empty(), "{path}");
            assert!(!header(&answer, "content-type").is_empty(), "{path}");
        }
    }
    let nowhere = server.ask("OPTIONS /api/nowhere", "", "").await;
    assert_eq!(nowhere.status.as_u16(), 404);
}

#[tokio::test]
async fn whatever_is_accepted_json_is_what_there_is() {
    let house = House::new();
    let server = house.open();
    for accept in ["text/html", "application/xml;q=1, */*;q=0", "nonsense"] {
        let line = format!("accept: {accept}\r\n");
        let answer = server.ask("GET /api/events", &line, "").await;
        assert_eq!(
            header(&answer, "content-type"),
            "application/json",
            "{accept}"
        );
        body_of(&answer, 200);
    }
}

fn unpacked(answer: &Answer) -> Value {
    assert_eq!(header(answer, "content-encoding"), "gzip");
    assert!(header(answer, "vary").contains("accept-encoding"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&answer.body[..])
        .read_to_string(&mut text)
        .expect("gzip");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn long_answers_are_compressed_for_who_takes_it_and_say_the_same() {
    const GZIP: &str = "accept-encoding: br, gzip\r\n";
    let house = House::new();
    let server = house.open();
    let short = server.event(json!({ "totalSeats": 3 })).await;
    let grades: Vec<Value> = (0..20)
        .map(|grade| json!({ "seatType": format!("GRADE_{grade}"), "price": 1, "total": 10 }))
        .collect();
    let long = server.event(json!({ "seatTypes": grades })).await;
    for path in [
        &*format!("/api/events/{long}"),
        &*format!("/api/v1/events/{long}"),
        &*format!("/api/events/{long}/seats"),
        "/api/events",
        "/api/openapi.json",
    ] {
        let request = format!("GET {path}");
        server.ask(&request, "", "").await;
        let plain = server.ask(&request, "", "").await;
        assert!(!plain.headers.contains_key("content-encoding"), "{path}");
        let packed = server.ask(&request, GZIP, "").await;
        assert!(packed.body.len() * 2 < plain.body.len(), "{path}");
        let (mut plain, mut packed) = (body_of(&plain, 200), unpacked(&packed));
        for body in [&mut plain, &mut packed] {
            if let Some(metadata) = body.get_mut("metadata") {
                metadata["ttl"] = json!("[seconds]");
            }
        }
        assert_eq!(plain, packed, "{path}");
    }
    let path = format!("GET /api/events/{short}");
    let answer = server.ask(&path, GZIP, "").await;
    assert!(!answer.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn what_is_known_is_not_sent_again_until_it_changes() {
    let house = House::new();
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 3 })).await;
    for path in [
        format!("/api/events/{event}"),
        format!("/api/events/{event}/seats"),
    ] {
        let request = format!("GET {path}");
        let first = server.ask(&request, "", "").await;
        let known = format!("if-none-match: {}\r\n", header(&first, "etag"));
        let second = server.ask(&request, &known, "").await;
        assert_eq!(second.status.as_u16(), 304, "{path}");
        assert!(second.body.is_empty());
        assert_eq!(header(&second, "etag"), header(&first, "etag"));
        let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 }).to_string();
        body_of(&server.ask("POST /api/reservations", "", &body).await, 201);
        let third = server.ask(&request, &known, "").await;
        assert_eq!(third.status.as_u16(), 200, "{path}");
    }
}

const PAGE: &str = "origin: https://tickets.example.com\r\n";

#[tokio::test]
async fn no_page_of_elsewhere_is_let_in_unless_it_is_configured() {
    let house = House::new();
    let server = house.open();
    let asking = format!("{PAGE}access-control-request-method: POST\r\n");
    for (request, headers) in [
        ("GET /api/events", PAGE),
        ("OPTIONS /api/reservations", &asking),
    ] {
        let answer = server.ask(request, headers, "").await;
        let opened = answer
            .headers
            .keys()
            .any(|name| name.as_str().starts_with("access-control"));
        assert!(!opened, "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn a_page_that_is_configured_may_ask_and_read() {
    let house = House::new().with("ONSALE_CORS_ORIGINS", "https://tickets.example.com");
    let server = house.open();
    let asking = format!(
        "{PAGE}access-control-request-method: POST\r\n\
         access-control-request-headers: content-type,idempotency-key\r\n"
    );
    let answer = server.ask("OPTIONS /api/reservations", &asking, "").await;
    assert_eq!(answer.status.as_u16(), 204);
    assert!(header(&answer, "access-control-allow-methods").contains("POST"));
    assert!(header(&answer, "access-control-allow-headers").contains("Idempotency-Key"));
    for request in [
        "OPTIONS /api/reservations",
        "GET /api/events",
        "GET /api/nowhere",
    ] {
        let answer = server.ask(request, PAGE, "").await;
        let allowed = header(&answer, "access-control-allow-origin");
        assert_eq!(allowed, "https://tickets.example.com", "{request}");
        assert!(header(&answer, "vary").contains("origin"), "{request}");
        let other = server
            .ask(request, "origin: https://evil.example\r\n", "")
            .await;
        assert_eq!(
            header(&other, "access-control-allow-origin"),
            "",
            "{request}"
        );
    }
}
