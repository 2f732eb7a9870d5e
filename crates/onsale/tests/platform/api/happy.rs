//! What every endpoint that has no story of its own answers when all is well.

use serde_json::{Value, json};

use super::{get, hide_what_varies, open, post, until_up};
use crate::server::body_of;

/// Hides also what the clock and the machine say.
fn still(mut answer: Value) -> Value {
    hide_what_varies(&mut answer);
    hide(&mut answer);
    answer
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_disk = fields.contains_key("threshold");
            for (name, value) in fields {
                let varies = ["createdAt", "updatedAt", "ttl"].contains(&name.as_str());
                if varies || (is_disk && name != "threshold") {
                    *value = json!(format!("[{name}]"));
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => {}
    }
}

#[tokio::test]
async fn every_endpoint_answers_in_its_shape() {
    let (_house, server, mut client) = open().await;
    let event = server
        .event(json!({
            "venue": "Hall", "seatTypes": [
                { "seatType": "VIP", "price": 5, "seating": "ASSIGNED", "rows": 2, "seatsPerRow": 3 },
                { "seatType": "R", "price": 3, "total": 10 },
            ],
        }))
        .await;
    let body =
        json!({ "eventId": event, "userId": "mina", "seats": ["VIP-A-2"], "seatType": "VIP" });
    post(&mut client, "/api/reservations", body, 201).await;
    let profile = json!({ "userId": "mina", "username": "Mina", "email": "mina@example.com" });
    let profile = post(&mut client, "/api/users", profile, 201).await;
    insta::assert_json_snapshot!("profile_made", still(profile));
    for (name, path) in [
        ("events", "/api/events"),
        ("events_upcoming", "/api/events/upcoming"),
        ("events_available", "/api/events/available"),
        ("event", &*format!("/api/events/{event}")),
        ("event_seats", &*format!("/api/events/{event}/seats")),
        ("reservations", "/api/reservations"),
        ("reservations_of_user", "/api/reservations/user/mina"),
        ("health", "/api/health"),
        ("health_live", "/api/health/live"),
        ("health_ready", "/api/health/ready"),
    ] {
        let mut answer = get(&mut client, path, 200).await;
        if name == "health" {
            answer = until_up(&mut client).await;
            // Beside Redis it is another one.
            let mode = answer["components"]["redis"]["details"]["mode"].take();
            assert!(mode == "embedded" || mode == "shared", "{mode}");
        }
        insta::assert_json_snapshot!(name, still(answer));
    }
    let change = json!({ "eventName": "IU, encore", "price": { "R": 4 } });
    let changed = client.put(&format!("/api/events/{event}"), &change).await;
    let changed = body_of(&changed.expect("an answer"), 200);
    insta::assert_json_snapshot!("event_changed", still(changed));
}
