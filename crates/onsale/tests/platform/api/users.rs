//! Profiles and what buyers have done.

use serde_json::json;

use super::{get, open, post, refusal};

#[tokio::test]
async fn a_profile_tells_what_its_buyer_has_done() {
    let (_house, server, mut client) = open().await;
    let body = json!({ "userId": "mina", "username": "김미나", "email": "mina@example.com", "phoneNumber": "010-1234-5678" });
    post(&mut client, "/api/users", body, 201).await;
    let event = server
        .event(json!({ "totalSeats": 10, "price": { "r": 70_000 } }))
        .await;
    let wanted = json!({ "eventId": event, "userId": "mina", "quantity": 2 });
    let made = post(&mut client, "/api/reservations", wanted.clone(), 201).await;
    post(&mut client, "/api/reservations", wanted, 201).await;
    let id = made["reservationId"].as_str().expect("an id");
    client
        .delete(&format!("/api/reservations/{id}"), None)
        .await
        .expect("an answer");
    let mut profile = get(&mut client, "/api/users/mina", 200).await;
    profile["createdAt"] = json!("[time]");
    insta::assert_json_snapshot!(profile);
}

#[tokio::test]
async fn a_user_id_is_taken_once() {
    let (_house, _server, mut client) = open().await;
    let body = json!({ "userId": "mina", "username": "Mina" });
    post(&mut client, "/api/users", body.clone(), 201).await;
    let answer = client
        .post("/api/users", None, &body)
        .await
        .expect("an answer");
    refusal(&answer, 409, "USER_EXISTS");
}
