//! Holds: paid for, held longer, and lost.

use load::client::Client;
use serde_json::{Value, json};

use super::tongues::{Ask, Tongues};
use super::{get, header, hide_what_varies, open, refusal};
use crate::server::{House, Server, body_of};

/// A payment whose answer stays open for as long as a test lasts.
const FOR_EVER: (&str, &str) = ("ONSALE_SANDBOX_SETTLE_MS", "3600000");

fn card(token: &str) -> Value {
    json!({ "method": "CARD", "token": token })
}

/// An event whose tickets cost 50,000 and are held for so long.
async fn event(server: &Server, hold_secs: u32) -> i64 {
    let fields = json!({ "totalSeats": 10, "price": { "r": 50_000 }, "holdSeconds": hold_secs });
    server.event(fields).await
}

/// Two tickets, held; gives the reservation's path.
async fn held(client: &mut Client, event: i64) -> String {
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 2 });
    let made = client.post("/api/reservations", None, &body).await;
    let made = body_of(&made.expect("an answer"), 201);
    assert_eq!(made["status"], "HELD");
    format!(
        "/api/reservations/{}",
        made["reservationId"].as_str().expect("an id")
    )
}

async fn pay(client: &mut Client, path: &str, token: &str, status: u16) -> Value {
    let path = format!("{path}/payment");
    let answer = client.post(&path, None, &card(token)).await;
    body_of(&answer.expect("an answer"), status)
}

/// Asks until the reservation has this status.
async fn until(client: &mut Client, path: &str, status: &str) -> Value {
    loop {
        let found = get(client, path, 200).await;
        if found["status"] == status {
            return found;
        }
    }
}

#[tokio::test]
async fn a_held_reservation_is_paid_for_once_and_may_be_asked_for_again() {
    let (house, server, mut client) = open().await;
    let event = event(&server, 600).await;
    let path = held(&mut client, event).await;
    let paid = pay(&mut client, &path, "tok_ok", 200).await;
    assert_eq!(pay(&mut client, &path, "tok_ok", 200).await, paid);
    assert_eq!(get(&mut client, &path, 200).await, paid);
    let mut told = paid;
    hide_what_varies(&mut told);
    insta::assert_json_snapshot!(told);
    let (books, right) = house.audit();
    assert!(right, "{books}");
}

#[tokio::test]
async fn a_declined_card_keeps_the_seats() {
    let (_house, server, mut client) = open().await;
    let path = held(&mut client, event(&server, 600).await).await;
    let payment = format!("{path}/payment");
    let mut tongues = Tongues::of(&server).await;
    let body = card("tok_declined");
    let refused = tongues.refused(Ask::Post(&payment, &body), 402, "PAYMENT_DECLINED");
    let details = refused.await;
    assert_eq!(details["status"], "HELD");
    assert!(details["expiresAt"].is_string(), "{details}");
    assert_eq!(get(&mut client, &path, 200).await["status"], "HELD");
    let paid = pay(&mut client, &path, "tok_ok", 200).await;
    assert_eq!(paid["status"], "CONFIRMED");
}

#[tokio::test]
async fn an_answer_that_is_not_known_yet_is_told_as_such_and_found_out() {
    let house = House::new().with("ONSALE_SANDBOX_SETTLE_MS", "300");
    let server = house.open();
    let mut client = server.client().await;
    let path = held(&mut client, event(&server, 600).await).await;
    let mut pending = pay(&mut client, &path, "tok_timeout", 202).await;
    assert_eq!(pending["status"], "PAYING");
    hide_what_varies(&mut pending);
    insta::assert_json_snapshot!("pending", pending["payment"]);
    let found = until(&mut client, &path, "CONFIRMED").await;
    assert_eq!(found["payment"]["status"], "PAID");
    assert_eq!(found["tickets"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn while_a_payment_is_open_nothing_else_is_done_to_its_reservation() {
    let house = House::new().with(FOR_EVER.0, FOR_EVER.1);
    let server = house.open();
    let mut client = server.client().await;
    let path = held(&mut client, event(&server, 600).await).await;
    pay(&mut client, &path, "tok_timeout", 202).await;
    let mut tongues = Tongues::of(&server).await;
    let (payment, extension) = (format!("{path}/payment"), format!("{path}/extension"));
    let body = card("tok_ok");
    for ask in [
        Ask::Post(&payment, &body),
        Ask::Post(&extension, &body),
        Ask::Delete(&path),
    ] {
        tongues.refused(ask, 409, "PAYMENT_IN_PROGRESS").await;
    }
}

#[tokio::test]
async fn an_open_payment_outlives_its_server() {
    let house = House::new().with(FOR_EVER.0, FOR_EVER.1);
    let mut server = house.open();
    let mut client = server.client().await;
    let path = held(&mut client, event(&server, 600).await).await;
    pay(&mut client, &path, "tok_timeout", 202).await;
    server.kill();
    // The sandbox forgets with its process: what nobody has ever seen is given up in time.
    let house = house
        .with("ONSALE_PAYMENT_UNSEEN_SECS", "1")
        .with("ONSALE_PAYMENT_TIMEOUT_MS", "100");
    let server = house.open();
    let mut client = server.client().await;
    until(&mut client, &path, "HELD").await;
    let paid = pay(&mut client, &path, "tok_ok", 200).await;
    assert_eq!(paid["status"], "CONFIRMED");
    let (books, right) = house.audit();
    assert!(right, "{books}");
}

#[tokio::test]
async fn a_provider_that_is_down_costs_nobody_her_seats() {
    let house = House::new().with("ONSALE_SANDBOX_DOWN", "true");
    let server = house.open();
    let mut client = server.client().await;
    let path = held(&mut client, event(&server, 600).await).await;
    let payment = format!("{path}/payment");
    let answer = client.post(&payment, None, &card("tok_ok")).await;
    let answer = answer.expect("an answer");
    refusal(&answer, 503, "SERVICE_UNAVAILABLE");
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(get(&mut client, &path, 200).await["status"], "HELD");
    let mut tongues = Tongues::of(&server).await;
    let body = card("tok_ok");
    let ask = Ask::Post(&payment, &body);
    tongues.refused(ask, 503, "SERVICE_UNAVAILABLE").await;
}

#[tokio::test]
async fn a_retry_under_its_key_is_the_same_payment() {
    let (_house, server, mut client) = open().await;
    let path = held(&mut client, event(&server, 600).await).await;
    let payment = format!("{path}/payment");
    let mut payments = Vec::new();
    for replayed in ["", "true"] {
        let answer = client.post(&payment, Some("k"), &card("tok_ok")).await;
        let answer = answer.expect("an answer");
        assert_eq!(header(&answer, "idempotency-replayed"), replayed);
        payments.push(body_of(&answer, 200)["payment"].clone());
    }
    assert_eq!(payments[0], payments[1]);
    let other = client
        .post(&payment, Some("k"), &card("tok_declined"))
        .await;
    refusal(&other.expect("an answer"), 422, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn what_is_over_can_be_neither_paid_nor_held_longer() {
    let (_house, server, mut client) = open().await;
    let mut tongues = Tongues::of(&server).await;
    let body = card("tok_ok");

    let late = held(&mut client, event(&server, 1).await).await;
    until(&mut client, &late, "EXPIRED").await;
    let gone = held(&mut client, event(&server, 600).await).await;
    body_of(&client.delete(&gone, None).await.expect("an answer"), 200);
    let nowhere = "/api/reservations/0190a0a0-0000-7000-8000-000000000000".to_owned();
    for (path, status, code) in [
        (late, 410, "HOLD_EXPIRED"),
        (gone, 409, "ALREADY_CANCELLED"),
        (nowhere, 404, "RESERVATION_NOT_FOUND"),
    ] {
        for what in ["payment", "extension"] {
            let path = format!("{path}/{what}");
            tongues.refused(Ask::Post(&path, &body), status, code).await;
        }
    }
}

#[tokio::test]
async fn a_hold_is_held_longer_once() {
    let (_house, server, mut client) = open().await;
    let path = held(&mut client, event(&server, 600).await).await;
    let before = get(&mut client, &path, 200).await;
    let extension = format!("{path}/extension");
    for replayed in ["", "true"] {
        let answer = client.post(&extension, Some("k"), &json!({})).await;
        let answer = answer.expect("an answer");
        assert_eq!(header(&answer, "idempotency-replayed"), replayed);
        let mut extended = body_of(&answer, 200);
        let ends = |told: &Value| told["expiresAt"].as_str().map(str::to_owned);
        assert!(ends(&extended) > ends(&before), "{extended}");
        hide_what_varies(&mut extended);
        insta::assert_json_snapshot!("extended", extended);
    }
    let mut tongues = Tongues::of(&server).await;
    let body = json!({});
    let ask = Ask::Post(&extension, &body);
    tongues.refused(ask, 409, "EXTENSION_USED").await;
    pay(&mut client, &path, "tok_ok", 200).await;
    tongues.refused(ask, 409, "ALREADY_CONFIRMED").await;
}

#[tokio::test]
async fn a_cancelled_payment_goes_back() {
    let (house, server, mut client) = open().await;
    let path = held(&mut client, event(&server, 600).await).await;
    pay(&mut client, &path, "tok_ok", 200).await;
    let answer = client.delete(&path, None).await.expect("an answer");
    let mut cancelled = body_of(&answer, 200);
    hide_what_varies(&mut cancelled);
    insta::assert_json_snapshot!("refunded", cancelled);
    loop {
        let again = client.delete(&path, None).await.expect("an answer");
        let details = refusal(&again, 409, "ALREADY_CANCELLED");
        assert_eq!(details["refund"]["refundAmount"], 100_000);
        if details["refund"]["refundStatus"] == "COMPLETED" {
            break;
        }
    }
    let found = get(&mut client, &path, 200).await;
    assert_eq!(found["payment"]["status"], "REFUNDED");
    let (books, right) = house.audit();
    assert!(right, "{books}");
}

#[tokio::test]
async fn every_bad_field_of_a_payment_is_told() {
    let (_house, server, mut client) = open().await;
    let path = held(&mut client, event(&server, 600).await).await;
    let payment = format!("{path}/payment");
    let mut tongues = Tongues::of(&server).await;
    let body = json!({ "method": "", "token": 7 });
    let refused = tongues.refused(Ask::Post(&payment, &body), 400, "INVALID_REQUEST");
    let details = refused.await;
    assert!(
        details["method"].is_string() && details["token"].is_string(),
        "{details}"
    );
    let body = card("tok_ok");
    for what in ["payment", "extension"] {
        let path = format!("/api/reservations/nonsense/{what}");
        let refused = tongues.refused(Ask::Post(&path, &body), 400, "INVALID_REQUEST");
        assert!(refused.await["id"].is_string());
    }
}

#[tokio::test]
async fn a_hold_outlives_its_server_and_still_ends() {
    let (house, mut server, mut client) = open().await;
    let long = held(&mut client, event(&server, 600).await).await;
    let short = held(&mut client, event(&server, 1).await).await;
    server.kill();
    let server = house.open();
    let mut client = server.client().await;
    until(&mut client, &short, "EXPIRED").await;
    let paid = pay(&mut client, &long, "tok_ok", 200).await;
    assert_eq!(paid["status"], "CONFIRMED");
    let (books, right) = house.audit();
    assert!(right, "{books}");
}
