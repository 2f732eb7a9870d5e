//! Events that change while they sell.

use std::time::Duration;

use load::client::Client;
use load::target::Target;
use serde_json::{Value, json};

use super::tongues::{Ask, Tongues};
use super::{get, header, open, refusal};
use crate::server::{Server, body_of};

async fn reserve(client: &mut Client, event: i64, quantity: u32) -> Value {
    let body = json!({ "eventId": event, "userId": "mina", "quantity": quantity });
    let made = client.post("/api/reservations", None, &body).await;
    body_of(&made.expect("an answer"), 201)
}

fn path_of(reservation: &Value) -> String {
    let id = reservation["reservationId"].as_str().expect("an id");
    format!("/api/reservations/{id}")
}

async fn change(client: &mut Client, event: i64, change: Value) -> Value {
    let answer = client.put(&format!("/api/events/{event}"), &change).await;
    body_of(&answer.expect("an answer"), 200)
}

async fn event(server: &Server, hold_secs: u32) -> i64 {
    let fields = json!({ "totalSeats": 10, "price": { "r": 50_000 }, "holdSeconds": hold_secs });
    server.event(fields).await
}

#[tokio::test]
async fn totals_go_up_and_down_but_not_below_what_is_taken() {
    let (house, server, mut client) = open().await;
    let event = event(&server, 600).await;
    reserve(&mut client, event, 4).await;
    let more = change(&mut client, event, json!({ "totalSeats": 20 })).await;
    assert_eq!(
        (&more["totalSeats"], &more["availableSeats"]),
        (&json!(20), &json!(16))
    );
    let fewer = change(&mut client, event, json!({ "totalSeats": 4 })).await;
    assert_eq!(
        (&fewer["totalSeats"], &fewer["status"]),
        (&json!(4), &json!("SOLD_OUT"))
    );
    let mut tongues = Tongues::of(&server).await;
    let (path, body) = (format!("/api/events/{event}"), json!({ "totalSeats": 3 }));
    let refused = tongues.refused(Ask::Put(&path, &body), 409, "INSUFFICIENT_SEATS");
    assert_eq!(refused.await["taken"], 4);
    let (books, right) = house.audit();
    assert!(right, "{books}");
}

#[tokio::test]
async fn a_held_reservation_keeps_its_price() {
    let (_house, server, mut client) = open().await;
    let event = event(&server, 600).await;
    let before = reserve(&mut client, event, 1).await;
    change(&mut client, event, json!({ "price": { "r": 90_000 } })).await;
    let after = reserve(&mut client, event, 1).await;
    assert_eq!(
        (&before["totalPrice"], &after["totalPrice"]),
        (&json!(50_000), &json!(90_000))
    );
    let path = format!("{}/payment", path_of(&before));
    let card = json!({ "method": "CARD", "token": "tok_ok" });
    let paid = client.post(&path, None, &card).await.expect("an answer");
    assert_eq!(body_of(&paid, 200)["payment"]["amount"], 50_000);
}

#[tokio::test]
async fn a_sale_window_that_closes_stops_sales_and_leaves_holds_alone() {
    let (_house, server, mut client) = open().await;
    let event = event(&server, 600).await;
    let held = reserve(&mut client, event, 1).await;
    let over = json!({ "saleClosesAt": "2020-01-01T00:00:00" });
    assert_eq!(change(&mut client, event, over).await["status"], "CLOSED");
    let mut tongues = Tongues::of(&server).await;
    let body = json!({ "eventId": event, "userId": "jun", "quantity": 1 });
    tongues
        .refused(Ask::Post("/api/reservations", &body), 409, "SALE_CLOSED")
        .await;
    let path = format!("{}/payment", path_of(&held));
    let card = json!({ "method": "CARD", "token": "tok_ok" });
    let paid = client.post(&path, None, &card).await.expect("an answer");
    assert_eq!(body_of(&paid, 200)["status"], "CONFIRMED");

    let again = json!({ "saleClosesAt": null, "holdSeconds": 0 });
    assert_eq!(change(&mut client, event, again).await["status"], "ACTIVE");
    assert_eq!(reserve(&mut client, event, 1).await["status"], "CONFIRMED");
}

#[tokio::test]
async fn a_change_of_what_was_not_seen_is_refused() {
    let (_house, server, mut client) = open().await;
    let event = event(&server, 600).await;
    let path = format!("/api/events/{event}");
    let seen = client.get(&path).await.expect("an answer");
    let seen = header(&seen, "etag").to_owned();
    let target = Target::resolve(&server.url).await.expect("an address");
    let mut insistent = Client::new(target, Duration::from_secs(30))
        .with_header("if-match", &seen)
        .expect("a header");
    let renamed = json!({ "eventName": "Renamed" });
    body_of(
        &insistent.put(&path, &renamed).await.expect("an answer"),
        200,
    );
    let refused = insistent.put(&path, &renamed).await.expect("an answer");
    let details = refusal(&refused, 409, "VERSION_CONFLICT");
    assert_eq!(details["version"], 2);
    body_of(&client.put(&path, &renamed).await.expect("an answer"), 200);
}

#[tokio::test]
async fn a_called_off_event_refunds_everybody() {
    let (house, server, mut client) = open().await;
    let event = event(&server, 600).await;
    let card = json!({ "method": "CARD", "token": "tok_ok" });
    let mut paths = Vec::new();
    for paid in [true, true, false] {
        let path = path_of(&reserve(&mut client, event, 2).await);
        if paid {
            let answer = client.post(&format!("{path}/payment"), None, &card).await;
            body_of(&answer.expect("an answer"), 200);
        }
        paths.push((path, paid));
    }
    let cancelled = change(&mut client, event, json!({ "status": "CANCELLED" })).await;
    assert_eq!(cancelled["status"], "CANCELLED");
    for (path, paid) in &paths {
        loop {
            let found = get(&mut client, path, 200).await;
            if found["status"] == "CANCELLED" {
                let expected = if *paid {
                    json!("REFUNDED")
                } else {
                    Value::Null
                };
                assert_eq!(found["payment"]["status"], expected);
                break;
            }
        }
    }
    let mut tongues = Tongues::of(&server).await;
    let body = json!({ "eventId": event, "userId": "jun", "quantity": 1 });
    tongues
        .refused(
            Ask::Post("/api/reservations", &body),
            409,
            "EVENT_CANCELLED",
        )
        .await;
    let path = format!("/api/events/{event}");
    let body = json!({ "status": "ACTIVE" });
    tongues
        .refused(Ask::Put(&path, &body), 409, "EVENT_CANCELLED")
        .await;
    let (books, right) = house.audit();
    assert!(right, "{books}");
}

#[tokio::test]
async fn an_event_that_has_begun_takes_nothing_back() {
    let (_house, server, mut client) = open().await;
    let event = event(&server, 0).await;
    let path = path_of(&reserve(&mut client, event, 1).await);
    change(
        &mut client,
        event,
        json!({ "eventDate": "2020-01-01T00:00:00" }),
    )
    .await;
    let mut tongues = Tongues::of(&server).await;
    tongues
        .refused(Ask::Delete(&path), 409, "SALE_CLOSED")
        .await;
    tongues
        .refused(Ask::Get("/api/events/999"), 404, "EVENT_NOT_FOUND")
        .await;
}
