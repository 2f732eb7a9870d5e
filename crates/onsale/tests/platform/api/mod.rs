//! The contract over HTTP, endpoint by endpoint.

mod bad_input;
mod changes;
mod events;
mod happy;
mod health;
mod idempotency;
mod organizer;
mod payments;
mod reservations;
mod seats;
pub(crate) mod stream;
mod tickets;
mod tongues;
mod users;

use load::client::{Answer, Client};
use serde_json::Value;

use crate::server::{House, Server, body_of};

/// A fresh server and a client of it.
async fn open() -> (House, Server, Client) {
    let house = House::new();
    let server = house.open();
    let client = server.client().await;
    (house, server, client)
}

async fn get(client: &mut Client, path: &str, status: u16) -> Value {
    body_of(&client.get(path).await.expect("an answer"), status)
}

async fn post(client: &mut Client, path: &str, body: Value, status: u16) -> Value {
    body_of(
        &client.post(path, None, &body).await.expect("an answer"),
        status,
    )
}

/// A refusal in the contract's envelope: its code and its details.
fn refusal(answer: &Answer, status: u16, code: &str) -> Value {
    let body = body_of(answer, status);
    assert_eq!(body["success"], false, "{body}");
    assert_eq!(body["error"]["code"], code, "{body}");
    assert!(
        body["error"]["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty()),
        "{body}"
    );
    assert!(body["timestamp"].is_string(), "{body}");
    body["error"]["details"].clone()
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer
        .headers
        .get(name)
        .map_or("", |value| value.to_str().expect("text"))
}

/// Puts a name in the place of every id, code, moment and duration.
fn hide_what_varies(value: &mut Value) {
    const VARY: [&str; 12] = [
        "reservationId",
        "reservationCode",
        "paymentId",
        "code",
        "reservedAt",
        "expiresAt",
        "cancelledAt",
        "paidAt",
        "usedAt",
        "expectedAt",
        "queueTimeMs",
        "lockAcquisitionTimeMs",
    ];
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if VARY.contains(&name.as_str()) && !value.is_null() {
                    *value = format!("[{name}]").into();
                }
                hide_what_varies(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide_what_varies),
        _ => {}
    }
}

/// Waits until the node is well in every part, as it may not be while it connects; gives its health.
async fn until_up(client: &mut Client) -> Value {
    let began = std::time::Instant::now();
    loop {
        let health = get(client, "/api/health", 200).await;
        if health["status"] == "UP" && health["components"]["redis"]["status"] == "UP" {
            return health;
        }
        assert!(began.elapsed().as_secs() < 60, "{health}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
