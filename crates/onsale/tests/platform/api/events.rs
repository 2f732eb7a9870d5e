//! Events: created, found, changed, deleted.

use serde_json::json;
use serde_json::value::RawValue;

use super::{get, header, open, post, refusal};
use crate::server::body_of;

#[tokio::test]
async fn three_fields_put_an_event_on_sale() {
    let (_house, _server, mut client) = open().await;
    let body =
        json!({ "eventName": "IU", "totalSeats": 10_000, "eventDate": "2030-12-31T19:00:00" });
    let answer = client
        .post("/api/events", None, &body)
        .await
        .expect("an answer");
    assert_eq!(header(&answer, "location"), "/api/events/1");
    let mut event = body_of(&answer, 201);
    event["createdAt"] = json!("[time]");
    event["updatedAt"] = json!("[time]");
    insta::assert_json_snapshot!(event);
}

#[tokio::test]
async fn seats_are_shared_equally_among_grades_and_the_first_takes_the_rest() {
    let (_house, _server, mut client) = open().await;
    // As text: the order of the grades counts.
    let body = r#"{
        "eventName": "IU", "totalSeats": 10000, "eventDate": "2030-12-31T19:00:00+09:00",
        "price": { "vip": 150000, "r": 100000, "s": 70000 }
    }"#;
    let body = RawValue::from_string(body.to_owned()).expect("JSON");
    let answer = client.post("/api/events", None, &body).await;
    let event = body_of(&answer.expect("an answer"), 201);
    let grades: Vec<_> = event["seatTypes"]
        .as_array()
        .expect("grades")
        .iter()
        .map(|grade| json!([grade["seatType"], grade["price"], grade["total"]]))
        .collect();
    assert_eq!(
        json!(grades),
        json!([
            ["VIP", 150_000, 3_334],
            ["R", 100_000, 3_333],
            ["S", 70_000, 3_333]
        ])
    );
}

#[tokio::test]
async fn an_event_is_told_from_the_cache_with_its_newest_stock() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 5 })).await;
    let path = format!("/api/events/{event}");
    get(&mut client, &path, 200).await;
    post(
        &mut client,
        "/api/reservations",
        json!({ "eventId": event, "userId": "mina", "quantity": 2 }),
        201,
    )
    .await;
    let answer = client.get(&path).await.expect("an answer");
    let found = body_of(&answer, 200);
    assert_eq!(found["availableSeats"], 3);
    assert_eq!(found["metadata"]["cacheHit"], true);
    assert_eq!(header(&answer, "x-cache-hit"), "true");
    let ttl: u64 = header(&answer, "x-cache-ttl").parse().expect("seconds");
    assert!((1..=300).contains(&ttl), "{ttl}");
    assert!(!header(&answer, "etag").is_empty());
}

#[tokio::test]
async fn both_base_paths_are_the_same_api() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 5 })).await;
    let old = get(&mut client, &format!("/api/events/{event}/seats"), 200).await;
    let new = get(&mut client, &format!("/api/v1/events/{event}/seats"), 200).await;
    assert_eq!(old["seatTypes"], new["seatTypes"]);
}

#[tokio::test]
async fn the_stock_is_told_by_grade() {
    let (_house, server, mut client) = open().await;
    let event = server
        .event(json!({ "totalSeats": 10, "price": { "a": 5, "b": 3 } }))
        .await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 2, "seatType": "b" });
    post(&mut client, "/api/reservations", body, 201).await;
    let seats = get(&mut client, &format!("/api/events/{event}/seats"), 200).await;
    assert_eq!(
        seats["seatTypes"],
        json!([
            { "seatType": "A", "price": 5, "seating": "GENERAL", "total": 5, "available": 5, "held": 0, "sold": 0 },
            { "seatType": "B", "price": 3, "seating": "GENERAL", "total": 5, "available": 3, "held": 0, "sold": 2 },
        ])
    );
}

#[tokio::test]
async fn a_list_is_paged_sorted_and_searched() {
    let (_house, server, mut client) = open().await;
    for (name, date) in [
        ("Gamma", "2031-01-01T19:00:00"),
        ("alpha", "2033-01-01T19:00:00"),
        ("베타 100%", "2032-01-01T19:00:00"),
    ] {
        server
            .event(json!({ "eventName": name, "eventDate": date, "totalSeats": 5 }))
            .await;
    }
    let page = get(&mut client, "/api/events?size=2", 200).await;
    assert_eq!(page["totalElements"], 3);
    assert_eq!(page["totalPages"], 2);
    assert_eq!(page["last"], false);
    assert_eq!(
        page["pageable"],
        json!({ "pageNumber": 0, "pageSize": 2, "sort": { "sorted": true, "unsorted": false } })
    );
    assert_eq!(page["content"][0]["eventName"], "Gamma");
    assert_eq!(page["content"][1]["eventName"], "베타 100%");

    let last = get(&mut client, "/api/events?size=2&page=1", 200).await;
    assert_eq!(last["content"][0]["eventName"], "alpha");
    assert_eq!(last["last"], true);
    let backwards = get(&mut client, "/api/events?sort=eventDate,desc", 200).await;
    assert_eq!(backwards["content"][0]["eventName"], "alpha");
    let found = get(&mut client, "/api/events?q=100%25", 200).await;
    assert_eq!(found["totalElements"], 1);
    let found = get(&mut client, "/api/events?q=ALPHA", 200).await;
    assert_eq!(found["totalElements"], 1);
}

#[tokio::test]
async fn only_what_sells_is_available_and_only_what_has_not_begun_is_upcoming() {
    let (_house, server, mut client) = open().await;
    server
        .event(json!({ "eventName": "past", "totalSeats": 5, "eventDate": "2020-01-01T19:00:00" }))
        .await;
    server
        .event(
            json!({ "eventName": "later", "totalSeats": 5, "saleOpensAt": "2098-01-01T00:00:00" }),
        )
        .await;
    let now = server
        .event(json!({ "eventName": "now", "totalSeats": 1 }))
        .await;
    let names = |page: serde_json::Value| -> Vec<String> {
        page["content"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|event| event["eventName"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(
        names(get(&mut client, "/api/events/available", 200).await),
        ["now"]
    );
    assert_eq!(
        names(get(&mut client, "/api/events/upcoming?sort=eventName", 200).await),
        ["later", "now"]
    );
    assert_eq!(
        names(get(&mut client, "/api/events?status=CLOSED", 200).await),
        ["past"]
    );
    post(
        &mut client,
        "/api/reservations",
        json!({ "eventId": now, "userId": "mina", "quantity": 1 }),
        201,
    )
    .await;
    let found = get(&mut client, &format!("/api/events/{now}"), 200).await;
    assert_eq!(found["status"], "SOLD_OUT");
}

#[tokio::test]
async fn an_event_changes_while_it_sells() {
    let (_house, server, mut client) = open().await;
    let event = server
        .event(json!({ "totalSeats": 10, "price": { "r": 100 } }))
        .await;
    let path = format!("/api/events/{event}");
    let bought = json!({ "eventId": event, "userId": "mina", "quantity": 3 });
    post(&mut client, "/api/reservations", bought, 201).await;

    let change = json!({ "eventName": "IU, encore", "totalSeats": 12, "price": { "R": 200 } });
    let changed = body_of(&client.put(&path, &change).await.expect("an answer"), 200);
    assert_eq!(changed["eventName"], "IU, encore");
    assert_eq!(changed["availableSeats"], 9);
    assert_eq!(changed["price"]["R"], 200);

    let answer = client
        .put(&path, &json!({ "totalSeats": 2 }))
        .await
        .expect("an answer");
    refusal(&answer, 409, "INSUFFICIENT_SEATS");
    let closed = client
        .put(&path, &json!({ "status": "CLOSED" }))
        .await
        .expect("an answer");
    assert_eq!(body_of(&closed, 200)["status"], "CLOSED");
    let late = json!({ "eventId": event, "userId": "jun", "quantity": 1 });
    let answer = client
        .post("/api/reservations", None, &late)
        .await
        .expect("an answer");
    refusal(&answer, 409, "SALE_CLOSED");
}

#[tokio::test]
async fn an_event_with_live_reservations_is_not_deleted() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let path = format!("/api/events/{event}");
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 2 });
    let reservation = post(&mut client, "/api/reservations", body, 201).await;
    let answer = client.delete(&path, None).await.expect("an answer");
    let details = refusal(&answer, 409, "CANNOT_DELETE_EVENT");
    assert_eq!(details, json!({ "tickets": 2, "reservations": 1 }));

    let id = reservation["reservationId"].as_str().expect("an id");
    client
        .delete(&format!("/api/reservations/{id}"), None)
        .await
        .expect("an answer");
    let answer = client.delete(&path, None).await.expect("an answer");
    assert_eq!(answer.status.as_u16(), 204);
    refusal(
        &client.get(&path).await.expect("an answer"),
        404,
        "EVENT_NOT_FOUND",
    );
}

#[tokio::test]
async fn a_cancelled_event_gives_everything_back() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 1_000 })).await;
    for buyer in 0..300 {
        let body = json!({ "eventId": event, "userId": format!("b{buyer}"), "quantity": 2 });
        post(&mut client, "/api/reservations", body, 201).await;
    }
    let path = format!("/api/events/{event}");
    let change = json!({ "status": "CANCELLED" });
    let changed = body_of(&client.put(&path, &change).await.expect("an answer"), 200);
    assert_eq!(changed["status"], "CANCELLED");
    let body = json!({ "eventId": event, "userId": "late", "quantity": 1 });
    let answer = client
        .post("/api/reservations", None, &body)
        .await
        .expect("an answer");
    refusal(&answer, 409, "EVENT_CANCELLED");
    loop {
        let list = format!("/api/reservations?eventId={event}&status=CONFIRMED");
        if get(&mut client, &list, 200).await["totalElements"] == 0 {
            break;
        }
    }
    let cancelled = get(
        &mut client,
        &format!("/api/reservations?eventId={event}&status=CANCELLED"),
        200,
    )
    .await;
    assert_eq!(cancelled["totalElements"], 300);
}
