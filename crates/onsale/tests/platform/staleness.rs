//! How old the stock may be that a node shows while another sells: told by versions, under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use load::client::Client;
use serde_json::{Value, json};
use sqlx::{Connection, MySqlConnection};

use crate::redis::{beside, redis, until_redis_is};
use crate::server::{House, Server, body_of};

/// How old the stock may be that a node shows.
const STALENESS_MAX: Duration = Duration::from_secs(1);

/// Buyers at the node that sells, one after the other on each connection.
const CONNECTIONS: u32 = 8;
const BUYERS_EACH: u32 = 60;

/// A version, and when it was seen: in the database, or asked for at a node.
type Seen = Vec<(Instant, u64)>;

async fn sell(mut client: Client, event: i64, connection: u32) {
    for buyer in 0..BUYERS_EACH {
        let body =
            json!({ "eventId": event, "userId": format!("b{connection}-{buyer}"), "quantity": 1 });
        let answer = client.post("/api/reservations", None, &body).await;
        body_of(&answer.expect("an answer"), 201);
    }
}

/// The versions that the database has, until the sale is over.
async fn committed(url: String, event: i64, is_over: Arc<AtomicBool>) -> Seen {
    let mut connection = MySqlConnection::connect(&url).await.expect("the server");
    let mut seen = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let version: i64 = sqlx::query_scalar("SELECT version FROM events WHERE id = ?")
            .bind(event)
            .fetch_one(&mut connection)
            .await
            .expect("the event");
        seen.push((Instant::now(), u64::try_from(version).expect("a version")));
    }
    seen
}

/// The versions that a node shows, each with the instant at which it was asked for.
async fn shown(mut client: Client, event: i64, is_over: Arc<AtomicBool>) -> Seen {
    let mut seen = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let answer = client.get(&format!("/api/events/{event}")).await;
        let body: Value = body_of(&answer.expect("an answer"), 200);
        seen.push((asked, body["version"].as_u64().expect("a version")));
    }
    seen
}

/// How long before it was asked for the oldest answer had been overtaken by a commit.
fn stalest(shown: &[(Instant, u64)], committed: &[(Instant, u64)]) -> Duration {
    let age = |(asked, version): &(Instant, u64)| {
        let overtaken = committed.partition_point(|(_, known)| known <= version);
        let (since, _) = committed.get(overtaken)?;
        Some(asked.saturating_duration_since(*since))
    };
    shown.iter().filter_map(age).max().unwrap_or_default()
}

async fn open(house: &House) -> (Server, Client) {
    let server = house.open();
    let mut client = server.client().await;
    until_redis_is(&mut client, "UP").await;
    (server, client)
}

#[tokio::test]
async fn while_one_node_sells_no_node_shows_a_version_overtaken_a_second_ago() {
    let redis = redis(&[]);
    let house = beside(House::on_server(), &redis);
    let (one, at_one) = open(&house).await;
    let (_two, at_two) = open(&house).await;
    let event = one.event(json!({ "totalSeats": 10_000 })).await;
    let is_over = Arc::new(AtomicBool::new(false));

    let known = tokio::spawn(committed(house.database_url(), event, Arc::clone(&is_over)));
    let nodes =
        [at_one, at_two].map(|client| tokio::spawn(shown(client, event, Arc::clone(&is_over))));
    let mut sales = Vec::new();
    for connection in 0..CONNECTIONS {
        sales.push(tokio::spawn(sell(one.client().await, event, connection)));
    }
    for sale in sales {
        sale.await.expect("a sale");
    }
    is_over.store(true, Ordering::Relaxed);

    let known = known.await.expect("what was committed");
    assert!(known.last().map(|(_, version)| *version) > known.first().map(|(_, version)| *version));
    for node in nodes {
        let seen = node.await.expect("what was shown");
        let stalest = stalest(&seen, &known);
        assert!(stalest < STALENESS_MAX, "{stalest:?}");
    }
}

#[test]
fn an_answer_is_as_stale_as_the_commit_that_overtook_it_is_old() {
    let began = Instant::now();
    let at = |ms| began + Duration::from_millis(ms);
    let committed = [(at(0), 1), (at(100), 2), (at(200), 3)];

    assert_eq!(
        stalest(&[(at(150), 1)], &committed),
        Duration::from_millis(50)
    );
    assert_eq!(
        stalest(&[(at(150), 2), (at(900), 3)], &committed),
        Duration::ZERO
    );
    assert_eq!(
        stalest(&[(at(700), 2)], &committed),
        Duration::from_millis(500)
    );
}
