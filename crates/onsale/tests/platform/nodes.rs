//! Two nodes over one database, with Redis beside it: real processes, real servers.

use std::time::{Duration, Instant};

use load::client::Client;
use serde_json::json;

use crate::api::stream::Watcher;
use crate::pages::desk::{TOKEN, sign_in, sold_at};
use crate::redis::{beside, redis, until_redis_is};
use crate::server::{House, Server, body_of};

/// How old the stock may be that a node shows.
const STALENESS_MAX: Duration = Duration::from_secs(1);

/// Two nodes that hear each other, and a client of each.
async fn two_nodes(house: &House) -> [(Server, Client); 2] {
    let (one, two) = (house.open(), house.open());
    let (mut at_one, mut at_two) = (one.client().await, two.client().await);
    until_redis_is(&mut at_one, "UP").await;
    until_redis_is(&mut at_two, "UP").await;
    [(one, at_one), (two, at_two)]
}

async fn reserve(client: &mut Client, event: i64, user: &str) {
    let body = json!({ "eventId": event, "userId": user, "quantity": 1 });
    let answer = client.post("/api/reservations", None, &body).await;
    body_of(&answer.expect("an answer"), 201);
}

/// Waits until a node shows so many seats; says how long after the beginning the last answer was
/// asked for that did not.
async fn until_shown(client: &mut Client, event: i64, left: u64) -> Duration {
    let began = Instant::now();
    let mut oldest = Duration::ZERO;
    loop {
        let asked = began.elapsed();
        let answer = client.get(&format!("/api/events/{event}")).await;
        let shown = body_of(&answer.expect("an answer"), 200);
        if shown["availableSeats"] == left {
            return oldest;
        }
        oldest = asked;
        assert!(began.elapsed() < STALENESS_MAX * 10, "{shown}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn what_one_node_sells_the_other_shows_within_a_second() {
    let redis = redis(&[]);
    let house = beside(House::on_server(), &redis);
    let [(one, mut at_one), (two, mut at_two)] = two_nodes(&house).await;
    let event = one.event(json!({ "totalSeats": 100 })).await;
    until_shown(&mut at_two, event, 100).await;
    let (_, mut watcher) = Watcher::begin(&two, event, "").await;
    watcher.state().await.expect("the whole state");

    let mut waits = Vec::new();
    for sold in 1..=20 {
        reserve(&mut at_one, event, &format!("buyer{sold}")).await;
        let committed = Instant::now();
        let oldest = until_shown(&mut at_two, event, 100 - sold).await;
        assert!(oldest < STALENESS_MAX, "{oldest:?}");
        while watcher.state().await.expect("a state")["availableSeats"] != 100 - sold {}
        waits.push(committed.elapsed());
    }
    // Who watches does not ask: one late state may be the machine's, most of them are ours.
    waits.sort();
    let median = waits[waits.len() / 2];
    assert!(median < STALENESS_MAX, "{median:?}");
}

#[tokio::test]
async fn two_nodes_share_one_sale_and_nothing_is_sold_twice() {
    let redis = redis(&[]);
    let house = beside(House::on_server(), &redis);
    let [(one, at_one), (_two, at_two)] = two_nodes(&house).await;
    let event = one.event(json!({ "totalSeats": 100 })).await;
    let mut buyers = Vec::new();
    for (node, mut client) in [at_one, at_two].into_iter().enumerate() {
        buyers.push(tokio::spawn(async move {
            let mut sold = 0;
            for number in 0..80 {
                let user = format!("buyer{node}-{number}");
                let body = json!({ "eventId": event, "userId": user, "quantity": 1 });
                let answer = client.post("/api/reservations", None, &body).await;
                let answer = answer.expect("an answer");
                if answer.status.as_u16() == 201 {
                    sold += 1;
                } else {
                    let refused = body_of(&answer, 409);
                    assert_eq!(refused["error"]["code"], "INSUFFICIENT_SEATS", "{refused}");
                }
            }
            sold
        }));
    }
    let mut sold = 0;
    for buyer in buyers {
        sold += buyer.await.expect("no panic");
    }
    assert_eq!(sold, 100);
    let (audit, is_clean) = house.audit();
    assert!(is_clean, "{audit}");
}

#[tokio::test]
async fn what_is_held_at_a_node_that_dies_the_other_ends_once() {
    let redis = redis(&[]);
    let house = beside(House::on_server(), &redis);
    let [(mut one, mut at_one), (_two, mut at_two)] = two_nodes(&house).await;
    let event = one
        .event(json!({ "totalSeats": 10, "holdSeconds": 1 }))
        .await;
    for number in 0..10 {
        reserve(&mut at_one, event, &format!("buyer{number}")).await;
    }
    one.kill();
    until_shown(&mut at_two, event, 10).await;
    for number in 0..10 {
        reserve(&mut at_two, event, &format!("later{number}")).await;
    }
    let (audit, is_clean) = house.audit();
    assert!(is_clean, "{audit}");
}

#[tokio::test]
async fn a_form_that_is_sent_to_one_node_and_again_to_the_other_reserves_once() {
    let redis = redis(&[]);
    let house = beside(House::on_server(), &redis);
    let [(one, _), (two, mut at_two)] = two_nodes(&house).await;
    let event = one.held_event(json!({})).await;
    until_shown(&mut at_two, event, 20).await;
    let key = one.page(&format!("/events/{event}")).await.field("key");
    let sent = [
        ("user", "mina"),
        ("seatType", "R"),
        ("quantity", "2"),
        ("key", &key),
    ];
    let path = format!("/events/{event}/reservations");
    let first = one.submit(&path, &sent).await.leads_to();
    let again = two.submit(&path, &sent).await.leads_to();
    assert_eq!(first, again);
    until_shown(&mut at_two, event, 18).await;
}

#[tokio::test]
async fn who_signs_in_at_one_node_sits_at_the_desk_of_the_other() {
    let redis = redis(&[]);
    let house = beside(House::on_server(), &redis).with("ONSALE_ADMIN_TOKEN", TOKEN);
    let [(one, _), (two, _)] = two_nodes(&house).await;
    let session = sign_in(&one).await;
    let page = two.open_page("/admin", &session).await;
    page.says("New event").says("Sign out");
}

#[tokio::test]
async fn who_is_let_in_at_one_node_is_counted_at_the_other() {
    let redis = redis(&[]);
    let house = beside(House::on_server(), &redis).with("ONSALE_ADMIN_TOKEN", TOKEN);
    let [(one, _), (two, mut at_two)] = two_nodes(&house).await;
    let sold = sold_at(one).await;
    let event = sold.event.parse().expect("a number");
    until_shown(&mut at_two, event, 118).await;
    let count = format!("/admin/door/count?event={event}");
    let counted = async || two.open_page(&count, &sold.session).await.html();
    assert!(counted().await.contains("\"told\":\"0 of 2\""));

    let shown = [("event", sold.event.as_str()), ("code", &sold.codes[0])];
    let door = "/admin/door";
    let welcome = sold.server.submit_with(door, &shown, &sold.session).await;
    welcome.says("Welcome");
    let began = Instant::now();
    while !counted().await.contains("\"told\":\"1 of 2\"") {
        assert!(began.elapsed() < STALENESS_MAX * 10);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // The other node knows that it was used, too.
    let again = two.submit_with(door, &shown, &sold.session).await;
    again.says("Used at ");
}
