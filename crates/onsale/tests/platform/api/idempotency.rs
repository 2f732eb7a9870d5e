//! The same key twice counts once.

use serde_json::json;

use super::{get, header, open, refusal};
use crate::server::body_of;

#[tokio::test]
async fn a_retry_with_its_key_gets_the_same_reservation() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 2 });
    let first = client
        .post("/api/reservations", Some("k-1"), &body)
        .await
        .expect("an answer");
    let again = client
        .post("/api/reservations", Some("k-1"), &body)
        .await
        .expect("an answer");
    assert_eq!(
        body_of(&first, 201)["reservationId"],
        body_of(&again, 201)["reservationId"]
    );
    assert_eq!(header(&first, "idempotency-replayed"), "");
    assert_eq!(header(&again, "idempotency-replayed"), "true");
    let found = get(&mut client, &format!("/api/events/{event}"), 200).await;
    assert_eq!(found["availableSeats"], 8);
}

#[tokio::test]
async fn a_replay_tells_the_reservation_as_it_is_now() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 2 });
    let first = client
        .post("/api/reservations", Some("k-1"), &body)
        .await
        .expect("an answer");
    let id = body_of(&first, 201)["reservationId"]
        .as_str()
        .expect("an id")
        .to_owned();
    client
        .delete(&format!("/api/reservations/{id}"), None)
        .await
        .expect("an answer");
    let again = client
        .post("/api/reservations", Some("k-1"), &body)
        .await
        .expect("an answer");
    assert_eq!(body_of(&again, 201)["status"], "CANCELLED");
}

#[tokio::test]
async fn a_key_for_another_request_is_refused() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let wanted = |quantity| json!({ "eventId": event, "userId": "mina", "quantity": quantity });
    client
        .post("/api/reservations", Some("k-1"), &wanted(1))
        .await
        .expect("an answer");
    let other = client
        .post("/api/reservations", Some("k-1"), &wanted(2))
        .await
        .expect("an answer");
    refusal(&other, 422, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn keys_of_different_buyers_are_different_keys() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    for user in ["mina", "jun"] {
        let body = json!({ "eventId": event, "userId": user, "quantity": 1 });
        let answer = client
            .post("/api/reservations", Some("k-1"), &body)
            .await
            .expect("an answer");
        body_of(&answer, 201);
        assert_eq!(header(&answer, "idempotency-replayed"), "");
    }
}

#[tokio::test]
async fn a_refusal_may_be_retried_with_its_key() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 1 })).await;
    let body = |user: &str| json!({ "eventId": event, "userId": user, "quantity": 1 });
    let first = client
        .post("/api/reservations", None, &body("jun"))
        .await
        .expect("an answer");
    let refused = client
        .post("/api/reservations", Some("k-1"), &body("mina"))
        .await
        .expect("an answer");
    refusal(&refused, 409, "INSUFFICIENT_SEATS");
    let id = body_of(&first, 201)["reservationId"]
        .as_str()
        .expect("an id")
        .to_owned();
    client
        .delete(&format!("/api/reservations/{id}"), None)
        .await
        .expect("an answer");
    let again = client
        .post("/api/reservations", Some("k-1"), &body("mina"))
        .await
        .expect("an answer");
    body_of(&again, 201);
}

#[tokio::test]
async fn fifty_duplicates_at_once_make_one_reservation() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 100 })).await;
    let mut senders = Vec::new();
    for _ in 0..50 {
        let mut client = server.client().await;
        senders.push(tokio::spawn(async move {
            let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 });
            let answer = client
                .post("/api/reservations", Some("k-1"), &body)
                .await
                .expect("an answer");
            body_of(&answer, 201)["reservationId"].clone()
        }));
    }
    let mut ids = Vec::new();
    for sender in senders {
        ids.push(sender.await.expect("a sender").to_string());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let found = get(&mut client, &format!("/api/events/{event}"), 200).await;
    assert_eq!(found["availableSeats"], 99);
}

#[tokio::test]
async fn a_cancellation_and_an_event_and_a_profile_may_carry_keys_too() {
    let (_house, server, mut client) = open().await;
    let body = json!({ "eventName": "IU", "totalSeats": 5, "eventDate": "2099-01-01T00:00:00" });
    let first = client
        .post("/api/events", Some("e"), &body)
        .await
        .expect("an answer");
    let again = client
        .post("/api/events", Some("e"), &body)
        .await
        .expect("an answer");
    assert_eq!(
        body_of(&first, 201)["eventId"],
        body_of(&again, 201)["eventId"]
    );
    assert_eq!(header(&again, "idempotency-replayed"), "true");

    let user = json!({ "userId": "mina", "username": "Mina" });
    client
        .post("/api/users", Some("u"), &user)
        .await
        .expect("an answer");
    let again = client
        .post("/api/users", Some("u"), &user)
        .await
        .expect("an answer");
    body_of(&again, 201);
    assert_eq!(header(&again, "idempotency-replayed"), "true");

    let event = server.event(json!({ "totalSeats": 5 })).await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 });
    let made = client
        .post("/api/reservations", None, &body)
        .await
        .expect("an answer");
    let path = format!(
        "/api/reservations/{}",
        body_of(&made, 201)["reservationId"]
            .as_str()
            .expect("an id")
    );
    body_of(
        &client.delete(&path, Some("c")).await.expect("an answer"),
        200,
    );
    let again = client.delete(&path, Some("c")).await.expect("an answer");
    assert_eq!(body_of(&again, 200)["status"], "CANCELLED");
    assert_eq!(header(&again, "idempotency-replayed"), "true");
}
