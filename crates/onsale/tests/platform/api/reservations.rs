//! Reservations: taken, looked at, listed, given back.

use serde_json::json;

use super::{get, header, hide_what_varies, open, post, refusal};
use crate::server::body_of;

#[tokio::test]
async fn a_reservation_tells_all_about_itself() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({
        "totalSeats": 10, "price": { "r": 100_000 }, "venue": { "name": "Seoul Olympic Stadium" },
    })).await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 2, "seatType": "r" });
    let answer = client
        .post("/api/reservations", None, &body)
        .await
        .expect("an answer");
    let mut made = body_of(&answer, 201);
    let id = made["reservationId"].as_str().expect("an id").to_owned();
    assert_eq!(
        header(&answer, "location"),
        format!("/api/reservations/{id}")
    );
    assert!(made["queueTimeMs"].is_number() && made["lockAcquisitionTimeMs"].is_number());
    hide_what_varies(&mut made);
    insta::assert_json_snapshot!("made", made);

    let mut found = get(&mut client, &format!("/api/reservations/{id}"), 200).await;
    hide_what_varies(&mut found);
    insta::assert_json_snapshot!("found", found);
}

#[tokio::test]
async fn a_code_finds_its_reservation_beside_its_buyer_only() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 });
    let made = post(&mut client, "/api/reservations", body, 201).await;
    let code = made["reservationCode"]
        .as_str()
        .expect("a code")
        .to_lowercase()
        .replace('-', "");
    let found = get(
        &mut client,
        &format!("/api/reservations/{code}?userId=mina"),
        200,
    )
    .await;
    assert_eq!(found["reservationId"], made["reservationId"]);
    let other = client
        .get(&format!("/api/reservations/{code}?userId=jun"))
        .await
        .expect("an answer");
    refusal(&other, 404, "RESERVATION_NOT_FOUND");
    let nobody = client
        .get(&format!("/api/reservations/{code}"))
        .await
        .expect("an answer");
    let details = refusal(&nobody, 400, "INVALID_REQUEST");
    assert!(details["userId"].is_string(), "{details}");
}

#[tokio::test]
async fn more_than_is_left_is_refused_and_nothing_is_taken() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 3 })).await;
    let wanted = |quantity| json!({ "eventId": event, "userId": "mina", "quantity": quantity });
    let answer = client
        .post("/api/reservations", None, &wanted(4))
        .await
        .expect("an answer");
    let details = refusal(&answer, 409, "INSUFFICIENT_SEATS");
    assert_eq!(details, json!({ "requested": 4, "available": 3 }));
    post(&mut client, "/api/reservations", wanted(3), 201).await;
}

#[tokio::test]
async fn a_buyer_has_at_most_what_the_event_allows() {
    let (_house, server, mut client) = open().await;
    let event = server
        .event(json!({ "totalSeats": 10, "maxPerBuyer": 3 }))
        .await;
    let wanted = |quantity| json!({ "eventId": event, "userId": "mina", "quantity": quantity });
    let made = post(&mut client, "/api/reservations", wanted(2), 201).await;
    let answer = client
        .post("/api/reservations", None, &wanted(2))
        .await
        .expect("an answer");
    refusal(&answer, 409, "ALREADY_RESERVED");
    let id = made["reservationId"].as_str().expect("an id");
    client
        .delete(&format!("/api/reservations/{id}"), None)
        .await
        .expect("an answer");
    post(&mut client, "/api/reservations", wanted(3), 201).await;
}

#[tokio::test]
async fn a_cancelled_reservation_gives_its_seats_back_at_once() {
    let (_house, server, mut client) = open().await;
    let event = server
        .event(json!({ "totalSeats": 2, "price": { "r": 7 } }))
        .await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 2 });
    let made = post(&mut client, "/api/reservations", body.clone(), 201).await;
    let path = format!(
        "/api/reservations/{}",
        made["reservationId"].as_str().expect("an id")
    );
    let mut given_back = body_of(&client.delete(&path, None).await.expect("an answer"), 200);
    given_back["reservationId"] = json!("[id]");
    given_back["cancelledAt"] = json!("[time]");
    insta::assert_json_snapshot!(given_back);

    post(&mut client, "/api/reservations", body, 201).await;
    let again = client.delete(&path, None).await.expect("an answer");
    let details = refusal(&again, 409, "ALREADY_CANCELLED");
    assert!(details["cancelledAt"].is_string(), "{details}");
    let found = get(&mut client, &path, 200).await;
    assert_eq!(found["status"], "CANCELLED");
    assert!(
        found["tickets"]
            .as_array()
            .expect("tickets")
            .iter()
            .all(|ticket| ticket["status"] == "CANCELLED")
    );
}

#[tokio::test]
async fn a_sale_has_a_beginning_and_an_end() {
    let (_house, server, mut client) = open().await;
    let early = server
        .event(json!({ "totalSeats": 2, "saleOpensAt": "2098-01-01T10:00:00" }))
        .await;
    let over = server
        .event(json!({ "totalSeats": 2, "eventDate": "2020-01-01T10:00:00" }))
        .await;
    for (event, code) in [(early, "SALE_NOT_OPEN"), (over, "SALE_CLOSED")] {
        let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 });
        let answer = client
            .post("/api/reservations", None, &body)
            .await
            .expect("an answer");
        refusal(&answer, 409, code);
    }
}

#[tokio::test]
async fn a_hold_ends_by_itself_and_its_seats_are_sold_again() {
    let (_house, server, mut client) = open().await;
    let event = server
        .event(json!({ "totalSeats": 1, "holdSeconds": 1 }))
        .await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 });
    let held = post(&mut client, "/api/reservations", body.clone(), 201).await;
    assert_eq!(held["status"], "HELD");
    assert!(held["expiresAt"].is_string());
    loop {
        let answer = client
            .post("/api/reservations", None, &body)
            .await
            .expect("an answer");
        if answer.status == 201 {
            break;
        }
        refusal(&answer, 409, "INSUFFICIENT_SEATS");
    }
    let path = format!(
        "/api/reservations/{}",
        held["reservationId"].as_str().expect("an id")
    );
    assert_eq!(get(&mut client, &path, 200).await["status"], "EXPIRED");
    refusal(
        &client.delete(&path, None).await.expect("an answer"),
        410,
        "HOLD_EXPIRED",
    );
}

#[tokio::test]
async fn a_buyer_finds_her_reservations() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let mut ids = Vec::new();
    for user in ["mina", "mina", "jun"] {
        let body = json!({ "eventId": event, "userId": user, "quantity": 1 });
        ids.push(post(&mut client, "/api/reservations", body, 201).await["reservationId"].clone());
    }
    let id = ids[0].as_str().expect("an id");
    client
        .delete(&format!("/api/reservations/{id}"), None)
        .await
        .expect("an answer");
    let all = get(&mut client, "/api/reservations/user/mina", 200).await;
    assert_eq!(all["totalElements"], 2);
    let live = get(
        &mut client,
        "/api/reservations/user/mina?status=CONFIRMED",
        200,
    )
    .await;
    assert_eq!(live["content"][0]["reservationId"], ids[1]);
    assert_eq!(live["totalElements"], 1);
    let nobody = get(&mut client, "/api/reservations/user/nobody", 200).await;
    assert_eq!(nobody["totalElements"], 0);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_house, _server, mut client) = open().await;
    let nowhere = "/api/reservations/0190a0a0-0000-7000-8000-000000000000";
    refusal(
        &client.get(nowhere).await.expect("an answer"),
        404,
        "RESERVATION_NOT_FOUND",
    );
    refusal(
        &client.delete(nowhere, None).await.expect("an answer"),
        404,
        "RESERVATION_NOT_FOUND",
    );
    refusal(
        &client.get("/api/events/77").await.expect("an answer"),
        404,
        "EVENT_NOT_FOUND",
    );
    refusal(
        &client.get("/api/users/nobody").await.expect("an answer"),
        404,
        "USER_NOT_FOUND",
    );
    refusal(
        &client.get("/api/nothing").await.expect("an answer"),
        404,
        "NOT_FOUND",
    );
    let body = json!({ "eventId": 77, "userId": "mina", "quantity": 1 });
    let answer = client
        .post("/api/reservations", None, &body)
        .await
        .expect("an answer");
    refusal(&answer, 404, "EVENT_NOT_FOUND");
}
