//! A database that is slow, damaged or full: what is told, and that nothing is half done.

use std::process::Command;

use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use super::reserve;
use crate::server::{House, body_of};

/// Holds the database's lock for writers, until it is dropped or released.
pub(crate) struct Lock(SqliteConnection);

impl Lock {
    pub(crate) async fn take(house: &House) -> Self {
        let url = format!("sqlite:{}", house.file().display());
        let mut connection = SqliteConnection::connect(&url).await.expect("a connection");
        sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut connection)
            .await
            .expect("the lock");
        Self(connection)
    }

    pub(crate) async fn release(mut self) {
        sqlx::query("ROLLBACK")
            .execute(&mut self.0)
            .await
            .expect("released");
        self.0.close().await.expect("closed");
    }
}

#[tokio::test]
async fn an_outcome_that_is_not_known_in_time_is_504_with_the_id_to_ask_about() {
    let house = House::on_file().with("ONSALE_REQUEST_DEADLINE_MS", "2000");
    let server = house.open();
    let event = server.event(json!({ "totalSeats": 3 })).await;
    let lock = Lock::take(&house).await;
    let body = reserve(event, "mina").to_string();
    let answer = server.ask("POST /api/reservations", "", &body).await;
    let told = body_of(&answer, 504);
    assert_eq!(told["error"]["code"], "OUTCOME_UNKNOWN");
    let id = told["error"]["details"]["reservationId"].as_str();
    let request = format!("GET /api/reservations/{}", id.expect("the id to ask about"));
    lock.release().await;
    let found = loop {
        let answer = server.ask(&request, "", "").await;
        if answer.status == 200 {
            break body_of(&answer, 200);
        }
        assert_eq!(answer.status.as_u16(), 404);
    };
    assert_eq!(found["userId"], "mina");
}

#[tokio::test]
async fn a_write_that_outlasts_its_time_is_504_and_not_called_undone() {
    let house = House::on_file()
        .with("ONSALE_REQUEST_DEADLINE_MS", "1000")
        .with("ONSALE_LEASE_WAIT_MS_MAX", "50")
        .with("ONSALE_BODY_TIMEOUT_MS", "1000")
        .with("ONSALE_HANDLING_TIMEOUT_MS", "2000");
    let server = house.open();
    let lock = Lock::take(&house).await;
    let body = json!({ "userId": "mina", "username": "Mina" }).to_string();
    let answer = server
        .ask("POST /api/users", "accept-language: ko\r\n", &body)
        .await;
    let told = body_of(&answer, 504);
    assert_eq!(told["error"]["code"], "OUTCOME_UNKNOWN");
    assert!(
        told["error"]["message"]
            .as_str()
            .expect("text")
            .starts_with("아직")
    );
    lock.release().await;
}

#[tokio::test]
async fn a_damaged_row_is_500_with_an_id_to_quote_and_nothing_internal() {
    let house = House::on_file();
    let mut server = house.open();
    let event = server.event(json!({ "totalSeats": 3 })).await;
    server.terminate();
    assert!(server.wait().success());
    house.break_with("UPDATE events SET currency = '€€€'").await;
    let server = house.open();
    let request = format!("GET /api/events/{event}");
    let answer = server.ask(&request, "x-request-id: quote-me\r\n", "").await;
    let told = body_of(&answer, 500);
    assert_eq!(told["error"]["code"], "INTERNAL_SERVER_ERROR");
    assert_eq!(answer.headers["x-request-id"], "quote-me");
    let text = told.to_string();
    for internal in ["currency", "events", "sqlite", "Corrupt", "row"] {
        assert!(!text.contains(internal), "{internal} is in {text}");
    }
}

/// Fills the disk from the server's point of view: no file of its may grow beyond this.
const FILE_KIB_MAX: u32 = 640;

#[tokio::test]
async fn a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing() {
    let house = House::on_file();
    let server = house.open_by(|serve| {
        let mut limited = Command::new("sh");
        // The shell counts in blocks of 512 bytes. Without the trap the signal would end the server.
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", FILE_KIB_MAX * 2);
        limited.args(["-c", &script, "sh"]).arg(serve.get_program());
        limited.args(serve.get_args());
        for (name, value) in serve.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        limited
    });
    let event = server.event(json!({ "totalSeats": 100_000 })).await;
    let mut client = server.client().await;
    let mut kept: Vec<Value> = Vec::new();
    let refused = loop {
        let body = reserve(event, &format!("buyer-{}", kept.len()));
        let answer = client
            .post("/api/reservations", None, &body)
            .await
            .expect("an answer");
        if answer.status != 201 {
            break answer;
        }
        kept.push(body_of(&answer, 201)["reservationId"].clone());
        assert!(kept.len() < 50_000, "the disk is never full");
    };
    assert_eq!(
        body_of(&refused, 503)["error"]["code"],
        "SERVICE_UNAVAILABLE"
    );
    assert!(refused.headers.contains_key("retry-after"));
    let path = format!("/api/events/{event}");
    let seen = body_of(&client.get(&path).await.expect("an answer"), 200);
    assert_eq!(seen["availableSeats"], 100_000 - kept.len());
    drop(server);

    let server = house.open();
    let mut client = server.client().await;
    let seen = body_of(&client.get(&path).await.expect("an answer"), 200);
    assert_eq!(seen["availableSeats"], 100_000 - kept.len());
    for id in kept.iter().rev().take(50) {
        let path = format!("/api/reservations/{}", id.as_str().expect("an id"));
        body_of(&client.get(&path).await.expect("an answer"), 200);
    }
    let body = reserve(event, "after-all");
    body_of(
        &client
            .post("/api/reservations", None, &body)
            .await
            .expect("an answer"),
        201,
    );
    let (printed, clean) = house.audit();
    assert!(clean, "{printed}");
}
