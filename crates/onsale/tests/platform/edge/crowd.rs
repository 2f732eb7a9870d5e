//! Those who come to be in the way, all at once, while others buy.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::LONG;
use crate::api::stream::Watcher;
use crate::server::{House, Server, body_of};

/// Of each kind: who says nothing, who never finishes a body, who watches.
const EACH: usize = 1_000;

const SEATS: u32 = 100;

/// The test holds one end of each connection too.
const DESCRIPTORS: u64 = 8_192;

async fn silent(server: &Server) -> TcpStream {
    server.connect().await
}

async fn slow(server: &Server) -> TcpStream {
    let mut stream = server.connect().await;
    let head = "POST /api/reservations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// Buys until the event is sold out; gives how many tickets she got.
async fn buy(server_url: String, event: i64, buyer: usize) -> u32 {
    let target = load::target::Target::resolve(&server_url).await;
    let target = target.expect("an address");
    let mut client = load::client::Client::new(target, Duration::from_mins(1));
    let body = json!({ "eventId": event, "userId": format!("buyer-{buyer}"), "quantity": 1 });
    let mut bought = 0;
    loop {
        let answer = client.post("/api/reservations", None, &body).await;
        let answer = answer.expect("every buyer is answered");
        match answer.status.as_u16() {
            201 => bought += 1,
            409 => return bought,
            other => panic!("{other}: {:?}", answer.body),
        }
    }
}

#[tokio::test]
async fn a_crowd_in_the_way_spoils_no_sale_and_holds_up_no_shutdown() {
    let nofile = rustix::process::Rlimit {
        current: Some(DESCRIPTORS),
        maximum: Some(DESCRIPTORS),
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, nofile).expect("descriptors");
    let house = House::new()
        .with("ONSALE_FIRST_BYTE_TIMEOUT_MS", LONG)
        .with("ONSALE_SHUTDOWN_GRACE_MS", "3000");
    let mut server = house.open();
    let event = server.event(json!({ "totalSeats": SEATS })).await;
    let (mut idle, mut watchers) = (Vec::new(), Vec::new());
    for _ in 0..EACH {
        idle.push(silent(&server).await);
        idle.push(slow(&server).await);
        watchers.push(Watcher::begin(&server, event, "").await.1);
    }

    let mut buyers = JoinSet::new();
    for buyer in 0..50 {
        buyers.spawn(buy(server.url.clone(), event, buyer));
    }
    let bought: u32 = buyers.join_all().await.iter().sum();
    assert_eq!(bought, SEATS);
    let mut client = server.client().await;
    let path = format!("/api/events/{event}");
    let seen = body_of(&client.get(&path).await.expect("an answer"), 200);
    assert_eq!(seen["status"], "SOLD_OUT");
    for watcher in &mut watchers {
        while watcher.state().await.expect("a state")["availableSeats"] != 0 {}
    }
    let metrics = client.get("/metrics").await.expect("an answer");
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    let everybody = format!("onsale_http_streams {EACH}\n");
    assert!(metrics.contains(&everybody), "{metrics}");

    let asked = Instant::now();
    server.terminate();
    assert!(server.wait().success());
    // The grace, and time to let go of thousands of connections.
    assert!(
        asked.elapsed() < Duration::from_secs(30),
        "{:?}",
        asked.elapsed()
    );
    for mut stream in idle {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    let (printed, clean) = house.audit();
    assert!(clean, "{printed}");
}
