//! What an operator meets on a bad day: a clear message and a non-zero exit.

use std::process::Output;

use serde_json::json;

use crate::server::{House, body_of};

fn refused(output: &Output, mentions: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success(),
        "it should not have started: {text}"
    );
    assert!(text.contains(mentions), "{mentions:?} is not in: {text}");
    assert!(!text.contains("panicked"), "{text}");
}

fn try_to_serve(house: &House) -> Output {
    house
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .output()
        .expect("onsale runs")
}

#[tokio::test]
async fn a_second_process_on_the_same_file_is_refused() {
    let house = House::on_file();
    let server = house.open();
    refused(&try_to_serve(&house), "another process");
    server
        .client()
        .await
        .get("/api/health")
        .await
        .expect("the first one is not disturbed");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let house = House::on_file();
    std::fs::write(
        house.file(),
        "this is a letter, not a database\n".repeat(100),
    )
    .expect("a file");
    refused(&try_to_serve(&house), "not a database");
    let left = std::fs::read_to_string(house.file()).expect("the file");
    assert!(left.starts_with("this is a letter"));
}

#[tokio::test]
async fn a_broken_book_fails_the_audit() {
    let house = House::new();
    let mut server = house.open();
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let mut client = server.client().await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 3 });
    let answer = client
        .post("/api/reservations", None, &body)
        .await
        .expect("an answer");
    body_of(&answer, 201);
    server.terminate();
    assert!(server.wait().success());
    let (printed, clean) = house.audit();
    assert!(clean, "{printed}");
    assert_eq!(
        printed
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count(),
        9,
        "{printed}"
    );

    house
        .break_with("UPDATE grades SET available = available - 1, sold = sold + 1")
        .await;
    let (printed, clean) = house.audit();
    assert!(!clean, "{printed}");
    assert!(printed.contains("VIOLATED  stock_is_reserved"), "{printed}");
}

#[tokio::test]
async fn a_stopping_server_answers_what_it_accepted_and_keeps_it() {
    let house = House::new();
    let mut server = house.open();
    let event = server.event(json!({ "totalSeats": 10_000 })).await;
    let mut buyers = Vec::new();
    for buyer in 0..50 {
        let mut client = server.client().await;
        client.connect().await.expect("a connection");
        buyers.push(tokio::spawn(async move {
            let mut sold = 0;
            loop {
                let body =
                    json!({ "eventId": event, "userId": format!("b{buyer}"), "quantity": 1 });
                match client.post("/api/reservations", None, &body).await {
                    Ok(answer) if answer.status == 201 => sold += 1,
                    Ok(answer) => {
                        assert_eq!(answer.status.as_u16(), 503, "{:?}", answer.body);
                        return sold;
                    }
                    Err(_) => return sold,
                }
            }
        }));
    }
    let mut watcher = server.client().await;
    loop {
        let path = format!("/api/events/{event}");
        let seen = body_of(&watcher.get(&path).await.expect("an answer"), 200);
        if seen["availableSeats"].as_i64() < Some(9_900) {
            break;
        }
    }
    server.terminate();
    assert!(server.wait().success());
    let mut acknowledged = 0;
    for buyer in buyers {
        acknowledged += buyer.await.expect("a buyer");
    }

    let server = house.open();
    let path = format!("/api/events/{event}");
    let seen = body_of(
        &server.client().await.get(&path).await.expect("an answer"),
        200,
    );
    assert_eq!(seen["availableSeats"], 10_000 - acknowledged);
}
