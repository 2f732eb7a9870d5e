//! Bounds of time and number: who is turned away, and what she hears.

use std::time::Duration;

use futures_util::future::join_all;
use load::client::Answer;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{LONG, reserve};
use crate::api::stream::Watcher;
use crate::server::{House, Server, body_of, read_answer};

/// Sends a head that announces a body, and only the beginning of that.
async fn half_a_body(server: &Server) -> TcpStream {
    let mut stream = server.connect().await;
    let head = "POST /api/reservations HTTP/1.1\r\nhost: x\r\naccept-language: ko\r\n\
                content-type: application/json\r\ncontent-length: 100\r\n\r\n{\"eventId\":";
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

/// Asks until there was too much of it; who asks slower than once in a second never is refused.
pub(crate) async fn refused(ask: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..100 {
        let answer = ask().await;
        if answer.status == 429 {
            return answer;
        }
    }
    panic!("a hundred requests were let in");
}

#[tokio::test]
async fn a_body_that_does_not_come_to_its_end_is_408() {
    let house = House::new().with("ONSALE_BODY_TIMEOUT_MS", "150");
    let server = house.open();
    let mut stream = half_a_body(&server).await;
    let answer = read_answer(&rest(&mut stream).await);
    let body = body_of(&answer, 408);
    assert_eq!(body["error"]["code"], "REQUEST_TIMEOUT");
    assert_eq!(
        body["error"]["message"],
        "요청이 제시간에 도착하지 않았습니다."
    );
    assert_eq!(answer.headers["connection"], "close");
}

#[tokio::test]
async fn who_cannot_say_her_language_hears_both() {
    let house = House::new()
        .with("ONSALE_HEADER_TIMEOUT_MS", "150")
        .with("ONSALE_HEADER_BYTES_MAX", "2048");
    let server = house.open();
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(4_000));
    for (request, status, en, ko) in [
        ("GET / HTTP/1.1\r\n", 408, "took too long", "제시간에"),
        (&*long, 431, "headers are too large", "헤더가"),
    ] {
        let answer = server.raw(request.as_bytes()).await;
        let answer = read_answer(answer.as_bytes());
        let body = body_of(&answer, status);
        let message = body["error"]["message"].as_str().expect("a message");
        assert!(message.contains(en) && message.contains(ko), "{message}");
        assert_eq!(answer.headers["content-language"], "en, ko");
    }
}

#[tokio::test]
async fn requests_beyond_those_in_handling_are_turned_away_and_probes_are_not() {
    let house = House::new()
        .with("ONSALE_IN_FLIGHT_MAX", "1")
        .with("ONSALE_BODY_TIMEOUT_MS", "25000");
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 3 })).await;
    let body = reserve(event, "mina").to_string();
    // The place is taken when the server has read the head, if nobody else has it then.
    let (occupying, refused) = loop {
        let occupying = half_a_body(&server).await;
        let answer = server.ask("GET /api/events", "", "").await;
        if answer.status != 200 {
            break (occupying, answer);
        }
    };
    assert_eq!(body_of(&refused, 503)["error"]["code"], "OVERLOADED");
    assert_eq!(refused.headers["retry-after"], "1");
    body_of(&server.ask("POST /api/reservations", "", &body).await, 503);
    for probe in ["live", "ready"] {
        let answer = server
            .ask(&format!("GET /api/health/{probe}"), "", "")
            .await;
        assert_eq!(answer.status.as_u16(), 200, "{probe}");
    }
    drop(occupying);
    while server.ask("GET /api/events", "", "").await.status != 200 {}
    body_of(&server.ask("POST /api/reservations", "", &body).await, 201);
}

#[tokio::test]
async fn reservations_beyond_what_the_node_carries_are_refused_unread_and_nothing_else_is() {
    let house = House::new()
        .with("ONSALE_NODE_RESERVATIONS_PER_SEC", "1")
        .with("ONSALE_NODE_BURST_RESERVATIONS", "2");
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 9 })).await;
    let come = async |base: &str, user: &str| {
        let body = reserve(event, user).to_string();
        server
            .ask(&format!("POST {base}/reservations"), "", &body)
            .await
    };
    // All at once: some are let in, and the others are not as long as they take less than a second each.
    let users = [
        "mina", "jun", "sora", "hana", "juwon", "yuna", "taeho", "bora",
    ];
    let coming = users.iter().enumerate().map(|(index, user)| {
        let base = ["/api", "/api/v1"][index % 2];
        come(base, user)
    });
    let answers = join_all(coming).await;
    let (sold, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert!(sold.len() >= 2 && !refused.is_empty(), "{}", sold.len());
    for refused in &refused {
        assert_eq!(body_of(refused, 503)["error"]["code"], "OVERLOADED");
        assert_eq!(refused.headers["retry-after"], "1");
    }
    let detail = server
        .ask(&format!("GET /api/events/{event}"), "", "")
        .await;
    assert_eq!(body_of(&detail, 200)["availableSeats"], 9 - sold.len());
    // What nobody reads is refused whatever it says; what is read is not JSON.
    let mut statuses = Vec::new();
    while !statuses.contains(&503) && statuses.len() < 100 {
        let nonsense = server.ask("POST /api/reservations", "", "{").await;
        statuses.push(nonsense.status.as_u16());
    }
    assert!(statuses.contains(&503), "{statuses:?}");
    // She comes back, as she was told to, until it is her turn.
    let mut again = come("/api", "sora").await;
    while again.status == 503 {
        again = come("/api", "sora").await;
    }
    body_of(&again, 201);
}

#[tokio::test]
async fn a_client_that_floods_is_told_to_wait_and_others_are_not() {
    let house = House::new()
        .with("ONSALE_CLIENT_REQUESTS_PER_SEC", "1")
        .with("ONSALE_CLIENT_BURST_REQUESTS", "2")
        .with("ONSALE_FORWARDED_HOPS", "1");
    let server = house.open();
    let ask = async |path: &str, client: &str| {
        let headers = format!("x-forwarded-for: 192.0.2.1, {client}\r\naccept-language: ko\r\n");
        server.ask(&format!("GET {path}"), &headers, "").await
    };
    for _ in 0..2 {
        assert_eq!(ask("/api/events", "203.0.113.7").await.status.as_u16(), 200);
    }
    // Every second one more is let in, however slow the asking is.
    let answer = refused(async || ask("/api/events", "203.0.113.7").await).await;
    let body = body_of(&answer, 429);
    assert_eq!(body["error"]["code"], "RATE_LIMITED");
    assert!(
        body["error"]["message"]
            .as_str()
            .expect("a message")
            .contains("같은 주소")
    );
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(ask("/api/events", "203.0.113.8").await.status.as_u16(), 200);
    assert_eq!(
        ask("/api/health/live", "203.0.113.7").await.status.as_u16(),
        200
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ask("/api/events", "203.0.113.7").await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_node_that_is_closing_says_that_it_is_not_ready() {
    let house = House::new().with("ONSALE_BODY_TIMEOUT_MS", "25000");
    let mut server = house.open();
    let event = server.event(json!({ "totalSeats": 3 })).await;
    // Somebody who is still being answered keeps the server from ending.
    let occupying = half_a_body(&server).await;
    // Who has begun to speak is heard to her end, and tells when the server closes.
    let mut asking = server.connect().await;
    let (begun, rest_of_it) = ("GET /api/health/ready HTTP/1.1\r\n", "host: x\r\n\r\n");
    asking.write_all(begun.as_bytes()).await.expect("sent");
    // Accepted after the others, so that they are accepted by now.
    let (_, watcher) = Watcher::begin(&server, event, "").await;
    server.terminate();
    // Streams end when the server begins to close.
    watcher.rest().await;
    asking.write_all(rest_of_it.as_bytes()).await.expect("sent");
    let answer = read_answer(&rest(&mut asking).await);
    assert_eq!(
        body_of(&answer, 503)["error"]["code"],
        "SERVICE_UNAVAILABLE"
    );
    drop(occupying);
    assert!(server.wait().success());
}

#[tokio::test]
async fn a_first_byte_that_does_not_come_costs_the_connection_only() {
    let house = House::new()
        .with("ONSALE_FIRST_BYTE_TIMEOUT_MS", "150")
        .with("ONSALE_IDLE_TIMEOUT_MS", LONG);
    let server = house.open();
    let mut silent = server.connect().await;
    assert_eq!(rest(&mut silent).await, b"");
    assert_eq!(
        server.ask("GET /api/events", "", "").await.status.as_u16(),
        200
    );
}
