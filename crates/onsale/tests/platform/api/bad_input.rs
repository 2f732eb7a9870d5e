//! Bad input gets the right refusal, names every field, and changes nothing.

use serde_json::{Value, json};

use super::{get, header, open, refusal};
use crate::server::body_of;

/// Values that no field takes, beside those of a wrong type for it.
fn never_right() -> Vec<Value> {
    vec![
        json!([]),
        json!({}),
        json!([[[[[]]]]]),
        json!(true),
        json!(-1),
        json!(1e300),
        json!("\u{0}"),
    ]
}

#[tokio::test]
async fn every_bad_field_of_a_reservation_is_named_at_once() {
    let (_house, _server, mut client) = open().await;
    let body =
        json!({ "eventId": "x", "userId": "no spaces please", "quantity": 11, "seatType": "" });
    let answer = client
        .post("/api/reservations", None, &body)
        .await
        .expect("an answer");
    let details = refusal(&answer, 400, "INVALID_REQUEST");
    for field in ["eventId", "userId", "quantity", "seatType"] {
        assert!(details[field].is_string(), "{field}: {details}");
    }
}

#[tokio::test]
async fn each_field_of_a_reservation_refuses_what_it_cannot_be() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let good = json!({ "eventId": event, "userId": "mina", "quantity": 1, "seatType": "GENERAL" });
    for field in ["eventId", "userId", "quantity", "seatType", "seats"] {
        let mut wrongs = never_right();
        match field {
            "eventId" => wrongs.extend([json!(0), json!("1"), json!(1.5), Value::Null]),
            "userId" => wrongs.extend([
                json!(""),
                json!(7),
                json!("a".repeat(65)),
                json!("민아"),
                Value::Null,
            ]),
            "quantity" => {
                wrongs.extend([json!(0), json!(11), json!("1"), json!(1.5), json!(u64::MAX)]);
            }
            "seatType" => wrongs.extend([json!("x".repeat(99)), json!(5)]),
            _ => wrongs.retain(|wrong| *wrong != json!([])),
        }
        for wrong in wrongs {
            let mut body = good.clone();
            body[field] = wrong.clone();
            let answer = client
                .post("/api/reservations", None, &body)
                .await
                .expect("an answer");
            let details = refusal(&answer, 400, "INVALID_REQUEST");
            let named = details
                .as_object()
                .is_some_and(|details| details.keys().any(|key| key.starts_with(field)));
            assert!(named, "{field} = {wrong}: {details}");
        }
    }
    let found = get(&mut client, &format!("/api/events/{event}"), 200).await;
    assert_eq!(found["availableSeats"], 10);
}

#[tokio::test]
async fn each_field_of_an_event_refuses_what_it_cannot_be() {
    let (_house, _server, mut client) = open().await;
    let good = json!({ "eventName": "IU", "totalSeats": 10, "eventDate": "2099-01-01T19:00:00" });
    let mut cases: Vec<(&str, Value)> = Vec::new();
    for field in [
        "eventName",
        "totalSeats",
        "eventDate",
        "timeZone",
        "currency",
        "maxPerBuyer",
        "holdSeconds",
        "description",
        "saleOpensAt",
        "saleClosesAt",
    ] {
        cases.extend(never_right().into_iter().map(|wrong| (field, wrong)));
    }
    cases.extend([
        ("eventName", json!("")),
        ("eventName", json!("x".repeat(201))),
        ("eventName", Value::Null),
        ("totalSeats", json!(0)),
        ("totalSeats", json!(10_000_001)),
        ("totalSeats", json!("10")),
        ("eventDate", json!("tomorrow")),
        ("eventDate", json!("2099-02-30T00:00:00")),
        ("eventDate", json!("99999-01-01T00:00:00")),
        ("timeZone", json!("Mars/Olympus")),
        ("currency", json!("WON!")),
        ("holdSeconds", json!(86_401)),
        ("maxPerBuyer", json!(0)),
        ("price", json!({ "a b-c": 5 })),
        ("price", json!({ "a": -5 })),
        ("price", json!({ "a": 1_000_000_000_001_i64 })),
        ("price", json!({ "vip": 1, "VIP": 2 })),
        ("seatTypes", json!([{ "seatType": "A", "price": 1 }])),
        (
            "seatTypes",
            json!([{ "seatType": "A", "price": 1, "total": 5, "seating": "STANDING" }]),
        ),
    ]);
    for (field, wrong) in cases {
        let mut body = good.clone();
        body[field] = wrong.clone();
        let answer = client
            .post("/api/events", None, &body)
            .await
            .expect("an answer");
        let details = refusal(&answer, 400, "INVALID_REQUEST");
        let named = details
            .as_object()
            .is_some_and(|details| details.keys().any(|key| key.starts_with(field)));
        assert!(named, "{field} = {wrong}: {details}");
    }
    assert_eq!(
        get(&mut client, "/api/events", 200).await["totalElements"],
        0
    );
}

#[tokio::test]
async fn a_missing_body_field_is_named_in_both_languages() {
    let (_house, server, _client) = open().await;
    let ask = async |language: &str| {
        let request = format!(
            "POST /api/reservations HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept-language: {language}\r\n\
             content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        server.raw(request.as_bytes()).await
    };
    let (english, korean) = (
        ask("en-US,en;q=0.9").await,
        ask("ko-KR,ko;q=0.9,en;q=0.1").await,
    );
    for answer in [&english, &korean] {
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(
            answer.contains("\"eventId\"") && answer.contains("\"quantity\""),
            "{answer}"
        );
    }
    assert!(
        korean.chars().any(|c| ('가'..='힣').contains(&c)),
        "{korean}"
    );
    assert!(
        !english.chars().any(|c| ('가'..='힣').contains(&c)),
        "{english}"
    );
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let (_house, server, _client) = open().await;
    let deep = "[".repeat(100_000);
    let bodies: [(&[u8], &str); 7] = [
        (b"", "400"),
        (b"{", "400"),
        (b"[]", "400"),
        (b"null", "400"),
        (b"{\"eventId\": 1e999}", "400"),
        (b"{\"userId\": \"\xff\xfe\"}", "400"),
        (deep.as_bytes(), "413"),
    ];
    for (body, status) in bodies {
        let mut request = format!(
            "POST /api/reservations HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        let answer = server.raw(&request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{body:?}: {answer}"
        );
        assert!(answer.contains("\"success\":false"), "{answer}");
    }
}

#[tokio::test]
async fn the_envelope_is_the_same_for_what_no_endpoint_saw() {
    let (_house, server, mut client) = open().await;
    let answer = client.delete("/api/events", None).await.expect("an answer");
    let body = body_of(&answer, 405);
    assert_eq!(body["success"], false);
    assert!(header(&answer, "allow").contains("GET"));
    let text = "POST /api/reservations HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{}";
    let answer = server.raw(text.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 415") && answer.contains("\"success\":false"),
        "{answer}"
    );
    let long = format!(
        "GET /api/events HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n",
        "y".repeat(70_000)
    );
    let answer = server.raw(long.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 431") && answer.contains("\"success\":false"),
        "{answer}"
    );
    for path in [
        "/api/events/abc",
        "/api/events/99999999999999999999",
        "/api/events/0",
        "/api/events?page=-1",
        "/api/events?size=101",
        "/api/events?sort=price",
        "/api/events?status=OPEN",
        "/api/events?size=%ff",
    ] {
        refusal(
            &client.get(path).await.expect("an answer"),
            400,
            "INVALID_REQUEST",
        );
    }
    let body = json!({ "eventId": 1, "userId": "mina", "quantity": 1 });
    let long_key = "k".repeat(256);
    let answer = client
        .post("/api/reservations", Some(&long_key), &body)
        .await
        .expect("an answer");
    refusal(&answer, 400, "INVALID_REQUEST");
}
