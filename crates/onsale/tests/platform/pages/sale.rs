//! A sale as it is watched at the desk.

use serde_json::{Value, json};

use super::Page;
use crate::server::{House, Server, body_of};

/// A server on which counts are never old, and an event of it that takes no payment.
async fn open(house: &House) -> (Server, i64) {
    let server = house.open();
    let fields = json!({ "price": { "R": 100_000 }, "totalSeats": 20 });
    let event = server.event(fields).await;
    (server, event)
}

fn house() -> House {
    House::new().with("ONSALE_ADMITTED_TTL_MS", "0")
}

async fn take(server: &Server, event: i64, quantity: u32) -> String {
    let wanted = json!({ "eventId": event, "userId": "mina", "quantity": quantity });
    let mut client = server.client().await;
    let made = client.post("/api/reservations", None, &wanted).await;
    let made = body_of(&made.expect("an answer"), 201);
    made["reservationId"].as_str().expect("an id").to_owned()
}

async fn shown(server: &Server, event: i64) -> Page {
    server.page(&format!("/admin/events/{event}")).await
}

/// What the script of the page is told.
async fn pulse(server: &Server, event: i64, headers: &str) -> Value {
    let path = format!("/admin/pulse?event={event}");
    let told = server.open_page(&path, headers).await.html();
    serde_json::from_str(&told).expect("JSON")
}

#[tokio::test]
async fn revenue_is_what_was_paid_whatever_it_would_cost_today() {
    let house = house();
    let (server, event) = open(&house).await;
    shown(&server, event).await.says("<dd data-revenue>₩0</dd>");
    let first = take(&server, event, 2).await;
    let mut client = server.client().await;
    let dearer = json!({ "price": { "R": 150_000 } });
    let path = format!("/api/events/{event}");
    body_of(&client.put(&path, &dearer).await.expect("an answer"), 200);
    take(&server, event, 1).await;

    until(&server, event, "₩350,000").await;
    shown(&server, event)
        .await
        .says("<dd data-revenue>₩350,000</dd>");
    let korean = pulse(&server, event, "accept-language: ko\r\n").await;
    assert_eq!(korean["revenue"], "350,000원");

    let path = format!("/api/reservations/{first}");
    let back = client.delete(&path, None).await.expect("an answer");
    body_of(&back, 200);
    until(&server, event, "₩150,000").await;
}

/// Waits until the desk tells this revenue; adding up may rest for a moment.
async fn until(server: &Server, event: i64, revenue: &str) {
    while pulse(server, event, "").await["revenue"] != revenue {}
}

#[tokio::test]
async fn reservations_per_second_are_reservations_and_not_seats() {
    let house = house();
    loop {
        let (server, event) = open(&house).await;
        assert_eq!(pulse(&server, event, "").await["perSecond"], "0.0");
        let began = std::time::Instant::now();
        take(&server, event, 5).await;
        take(&server, event, 7).await;
        let rate = pulse(&server, event, "").await["perSecond"].clone();
        // The rate is that of the last five seconds; who was slower has to ask again.
        if began.elapsed().as_secs() < 4 {
            assert_eq!(rate, "0.4");
            shown(&server, event).await.says("Reservations per second");
            break;
        }
    }
}

/// The points of the chart, as the page brings them.
async fn points(server: &Server, event: i64) -> Vec<(i64, u32)> {
    let html = shown(server, event).await.html();
    let points = html.split_once("data-history=\"").expect("a history").1;
    let points = points.split_once('"').expect("its end").0;
    serde_json::from_str(points).expect("pairs")
}

#[tokio::test]
async fn the_chart_goes_on_where_nobody_has_looked_and_after_a_reload() {
    let house = house();
    let (server, event) = open(&house).await;
    // Nobody watches yet: it is followed because it sells.
    take(&server, event, 2).await;
    let taken = async || -> Vec<u32> {
        let points = points(&server, event).await;
        points.into_iter().map(|(_, taken)| taken).collect()
    };
    assert_eq!(taken().await, [2]);
    take(&server, event, 3).await;
    while taken().await != [2, 5] {}
    assert_eq!(taken().await, [2, 5]);
}

#[tokio::test]
async fn what_is_of_one_node_says_so() {
    let house = house();
    let (server, event) = open(&house).await;
    shown(&server, event)
        .await
        .says("Waiting to be decided <small>this node, all events, now</small>")
        .says("Refused <small>this node, all events, since it started</small>")
        .says("This node checks the events that sell through it.");
}
