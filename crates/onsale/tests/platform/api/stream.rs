//! An event that is watched while it sells.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{open, post, refusal};
use crate::server::{House, Server};

/// Somebody who looks at an event.
pub(crate) struct Watcher(BufReader<TcpStream>);

/// One thing that a stream says.
#[derive(PartialEq, Debug)]
enum Said {
    Stock { id: String, data: Value },
    Comment,
    End,
}

impl Watcher {
    /// Opens a stream; gives its head too.
    pub(crate) async fn begin(server: &Server, event: i64, headers: &str) -> (String, Self) {
        let address = server.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request =
            format!("GET /api/events/{event}/stream HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut watcher = Self(BufReader::new(stream));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = watcher.0.read_line(&mut head).await.expect("no reset");
            assert_ne!(read, 0, "the head ends: {head}");
        }
        (head, watcher)
    }

    /// What it says next. Lines that frame chunks are neither.
    async fn next(&mut self) -> Said {
        let mut id = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await.expect("no reset") == 0 {
                return Said::End;
            }
            match line.trim_end().split_once(": ") {
                Some(("id", found)) => found.clone_into(&mut id),
                Some(("data", data)) => {
                    let data = serde_json::from_str(data).expect("JSON");
                    return Said::Stock { id, data };
                }
                Some(("", _)) => return Said::Comment,
                _ => {}
            }
        }
    }

    /// The next state, past comments.
    pub(crate) async fn state(&mut self) -> Option<Value> {
        loop {
            match self.next().await {
                Said::Stock { data, .. } => return Some(data),
                Said::Comment => {}
                Said::End => return None,
            }
        }
    }

    /// Reads until the stream ends; gives what was left to read, in bytes.
    pub(crate) async fn rest(mut self) -> usize {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
        rest.len()
    }
}

fn reserve(event: i64, quantity: u32) -> Value {
    json!({ "eventId": event, "userId": "mina", "quantity": quantity })
}

#[tokio::test]
async fn a_stream_begins_with_the_whole_state_and_follows_the_stock() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let (head, mut watcher) = Watcher::begin(&server, event, "accept-encoding: gzip\r\n").await;
    assert!(!head.contains("content-encoding"), "{head}");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for line in [
        "content-type: text/event-stream",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.contains(line), "{line} is not in {head}");
    }
    let Said::Stock { id, mut data } = watcher.next().await else {
        panic!("the first thing is the stock");
    };
    assert_eq!(id, "1-ACTIVE");
    data["eventId"] = json!("[id]");
    insta::assert_json_snapshot!("stock", data);

    for (quantity, left) in [(3, 7), (7, 0)] {
        post(
            &mut client,
            "/api/reservations",
            reserve(event, quantity),
            201,
        )
        .await;
        let seen = watcher.state().await.expect("a state");
        assert_eq!(seen["availableSeats"], left, "{seen}");
    }
}

#[tokio::test]
async fn who_comes_back_hears_the_whole_state_whatever_she_saw_last() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    post(&mut client, "/api/reservations", reserve(event, 4), 201).await;
    for last in [
        "",
        "last-event-id: 2-ACTIVE\r\n",
        "last-event-id: \u{1f3ab}?\r\n",
    ] {
        let (_, mut watcher) = Watcher::begin(&server, event, last).await;
        let seen = watcher.state().await.expect("a state");
        assert_eq!(seen["availableSeats"], 6, "{last}");
    }
}

#[tokio::test]
async fn a_rush_is_told_in_few_words_and_its_last_state_always() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 400 })).await;
    let (_, mut watcher) = Watcher::begin(&server, event, "").await;
    let reading = tokio::spawn(async move {
        let mut states = 0;
        loop {
            let seen = watcher.state().await.expect("a state");
            states += 1;
            if seen["availableSeats"] == 0 {
                return (states, seen);
            }
        }
    });
    let began = std::time::Instant::now();
    for _ in 0..400 {
        post(&mut client, "/api/reservations", reserve(event, 1), 201).await;
    }
    let (states, last) = reading.await.expect("the end of the sale");
    assert_eq!(last["status"], "SOLD_OUT");
    let promised = 3 + began.elapsed().as_millis() / 100;
    assert!(
        states <= promised,
        "{states} states where {promised} would do"
    );
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_is_alive() {
    let house = House::new().with("ONSALE_STREAM_HEARTBEAT_MS", "100");
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let (_, mut watcher) = Watcher::begin(&server, event, "").await;
    watcher.state().await.expect("the first state");
    for _ in 0..3 {
        assert_eq!(watcher.next().await, Said::Comment);
    }
}

#[tokio::test]
async fn a_sale_that_opens_is_told_although_nobody_bought() {
    let house = House::new().with("ONSALE_STREAM_HEARTBEAT_MS", "100");
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 1 })).await;
    let (_, mut watcher) = Watcher::begin(&server, event, "").await;
    assert_eq!(watcher.state().await.expect("a state")["status"], "ACTIVE");
    // Closed by time alone: the clock passes the end of the sale.
    let closes_at = std::time::SystemTime::now() + std::time::Duration::from_millis(1_500);
    let secs = closes_at
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let moment = rfc3339(secs.as_secs(), secs.subsec_millis());
    let change = json!({ "saleClosesAt": moment });
    let mut client = server.client().await;
    let path = format!("/api/events/{event}");
    let answer = client.put(&path, &change).await.expect("an answer");
    assert_eq!(answer.status.as_u16(), 200, "{:?}", answer.body);
    loop {
        let seen = watcher.state().await.expect("a state");
        if seen["status"] == "CLOSED" {
            break;
        }
    }
}

/// Seconds since 1970 as a date-time of today's or tomorrow's date in UTC.
fn rfc3339(secs: u64, millis: u32) -> String {
    let output = std::process::Command::new("date")
        .args([
            "-u",
            "-d",
            &format!("@{secs}.{millis:03}"),
            "+%Y-%m-%dT%H:%M:%S.%3NZ",
        ])
        .output()
        .expect("date runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn a_deleted_event_ends_its_streams_and_takes_no_more() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let (_, mut watcher) = Watcher::begin(&server, event, "").await;
    watcher.state().await.expect("the first state");
    let path = format!("/api/events/{event}");
    client.delete(&path, None).await.expect("an answer");
    assert_eq!(watcher.state().await, None);
    let answer = client.get(&format!("{path}/stream")).await;
    refusal(&answer.expect("an answer"), 404, "EVENT_NOT_FOUND");
}

#[tokio::test]
async fn streams_beyond_the_cap_are_refused_and_buyers_are_not() {
    let house = House::new().with("ONSALE_STREAMS_MAX", "2");
    let server = house.open();
    let mut client = server.client().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let (_, first) = Watcher::begin(&server, event, "").await;
    let (_, mut second) = Watcher::begin(&server, event, "").await;
    let path = format!("/api/events/{event}/stream");
    let answer = client.get(&path).await.expect("an answer");
    refusal(&answer, 503, "OVERLOADED");
    assert!(answer.headers.contains_key("retry-after"));
    post(&mut client, "/api/reservations", reserve(event, 1), 201).await;
    drop(first);
    // The place is free when the server has seen her leave.
    loop {
        let (head, _) = Watcher::begin(&server, event, "").await;
        if head.starts_with("HTTP/1.1 200") {
            break;
        }
    }
    second.state().await.expect("the others go on");
}

#[tokio::test]
async fn a_stream_does_not_hold_up_a_shutdown() {
    let (_house, mut server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let (_, mut watcher) = Watcher::begin(&server, event, "").await;
    let (_, unread) = Watcher::begin(&server, event, "").await;
    watcher.state().await.expect("the first state");
    post(&mut client, "/api/reservations", reserve(event, 1), 201).await;
    let asked = std::time::Instant::now();
    server.terminate();
    assert!(server.wait().success());
    assert!(asked.elapsed().as_secs() < 25, "{:?}", asked.elapsed());
    while watcher.state().await.is_some() {}
    unread.rest().await;
}

#[tokio::test]
async fn a_reader_who_takes_nothing_is_dropped_and_holds_nobody_up() {
    let house = House::new()
        .with("ONSALE_STREAM_STALL_MS_MAX", "300")
        .with("ONSALE_STREAM_HEARTBEAT_MS", "100");
    let server = house.open();
    let mut client = server.client().await;
    // Many grades make long states, so that little time fills what the kernel keeps.
    let grades: Vec<Value> = (0..50)
        .map(|grade| json!({ "seatType": format!("GRADE_{grade:02}"), "price": 1, "total": 1_000 }))
        .collect();
    let event = server.event(json!({ "seatTypes": grades })).await;
    let (_, slow) = Watcher::begin(&server, event, "").await;
    let (_, mut quick) = Watcher::begin(&server, event, "").await;
    let open_streams = async |client: &mut load::client::Client| {
        let metrics = client.get("/metrics").await.expect("an answer");
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        text.lines()
            .find_map(|line| line.strip_prefix("onsale_http_streams "))
            .and_then(|count| count.parse::<f64>().ok())
            .expect("the gauge")
    };
    assert!(open_streams(&mut client).await > 1.5);
    let mut sold = 0;
    while open_streams(&mut client).await > 1.5 {
        let mut body = reserve(event, 1);
        body["seatType"] = json!(format!("GRADE_{:02}", sold % 50));
        post(&mut client, "/api/reservations", body, 201).await;
        sold += 1;
        quick.state().await.expect("the quick one hears of it");
    }
    assert!(slow.rest().await > 0);
}

#[tokio::test]
async fn of_numbered_seats_a_stream_tells_all_rows_once_and_then_those_that_change() {
    let (_house, server, mut client) = open().await;
    let grade =
        json!({ "seatType": "R", "price": 1, "seating": "ASSIGNED", "rows": 3, "seatsPerRow": 4 });
    let event = server.event(json!({ "seatTypes": [grade] })).await;
    let (_, mut watcher) = Watcher::begin(&server, event, "").await;
    let first = watcher.state().await.expect("the first state");
    let rows = first["seatTypes"][0]["seats"].as_array().expect("rows");
    assert_eq!(rows.len(), 3, "{first}");
    let mut body = reserve(event, 1);
    body["seats"] = json!(["R-B-2"]);
    post(&mut client, "/api/reservations", body, 201).await;
    let next = watcher.state().await.expect("a state");
    let grade = &next["seatTypes"][0];
    assert_eq!(grade["available"], 11, "{next}");
    assert_eq!(grade["seats"], json!([{ "row": "B", "states": "ASAA" }]));
}
