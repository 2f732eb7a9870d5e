//! `kill -9` at any moment of a rush: what was acknowledged is there, and nothing else is twice.

use std::collections::BTreeMap;
use std::time::Duration;

use load::client::Client;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::server::{House, body_of};

const SEATS: i64 = 400;
const BUYERS: u32 = 32;

/// What a buyer was told before the lights went out.
enum Heard {
    Reserved { id: String, cancelled: Cancelled },
    Refused,
    Nothing,
}

enum Cancelled {
    No,
    Yes,
    Unanswered,
}

struct Attempt {
    /// Her user id, and her idempotency key too.
    user: String,
    quantity: u32,
    heard: Heard,
}

#[tokio::test]
async fn a_killed_server_keeps_what_it_acknowledged_and_does_nothing_twice() {
    let moments = setting("CRASH_TEST_MOMENTS").unwrap_or(2);
    let seed = setting("CRASH_TEST_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("CRASH_TEST_SEED={seed} repeats these {moments} moments, as far as a machine can");
    let mut rng = StdRng::seed_from_u64(seed);
    for moment in 0..moments {
        let millis = rng.random_range(5..900);
        println!("moment {moment}: after {millis} ms");
        crash_after(Duration::from_millis(millis), rng.random()).await;
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

async fn crash_after(moment: Duration, seed: u64) {
    let house = House::new();
    let mut server = house.open();
    let event = server.event(json!({ "totalSeats": SEATS })).await;
    let mut buyers = Vec::new();
    for buyer in 0..BUYERS {
        let rng = StdRng::seed_from_u64(seed ^ u64::from(buyer));
        buyers.push(tokio::spawn(buy(server.client().await, event, buyer, rng)));
    }
    // The moment itself is what is tested; no condition could stand for it.
    tokio::time::sleep(moment).await;
    server.kill();
    let mut attempts = Vec::new();
    for buyer in buyers {
        attempts.extend(buyer.await.expect("a buyer"));
    }

    let mut server = house.open();
    let mut client = server.client().await;
    for attempt in &attempts {
        check(&mut client, event, attempt).await;
    }
    check_ledger(&mut client, event, &attempts).await;
    server.terminate();
    assert!(server.wait().success());
    let (printed, clean) = house.audit();
    assert!(clean, "{printed}");
}

/// Buys and sometimes gives back, until nobody answers.
async fn buy(mut client: Client, event: i64, buyer: u32, mut rng: StdRng) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for turn in 0.. {
        let user = format!("buyer-{buyer}-{turn}");
        let quantity = rng.random_range(1..=4);
        let heard = reserve(&mut client, event, &user, quantity).await;
        let heard = match heard {
            Heard::Reserved { id, .. } if rng.random_bool(0.5) => {
                let cancelled = cancel(&mut client, &id).await;
                Heard::Reserved { id, cancelled }
            }
            other => other,
        };
        let over = matches!(
            heard,
            Heard::Nothing
                | Heard::Reserved {
                    cancelled: Cancelled::Unanswered,
                    ..
                }
        );
        attempts.push(Attempt {
            user,
            quantity,
            heard,
        });
        if over {
            break;
        }
    }
    attempts
}

async fn reserve(client: &mut Client, event: i64, user: &str, quantity: u32) -> Heard {
    let body = json!({ "eventId": event, "userId": user, "quantity": quantity });
    let Ok(answer) = client.post("/api/reservations", Some(user), &body).await else {
        return Heard::Nothing;
    };
    if answer.status == 409 {
        assert_eq!(body_of(&answer, 409)["error"]["code"], "INSUFFICIENT_SEATS");
        return Heard::Refused;
    }
    let id = body_of(&answer, 201)["reservationId"]
        .as_str()
        .expect("an id")
        .to_owned();
    Heard::Reserved {
        id,
        cancelled: Cancelled::No,
    }
}

async fn cancel(client: &mut Client, id: &str) -> Cancelled {
    match client
        .delete(&format!("/api/reservations/{id}"), None)
        .await
    {
        Ok(answer) => {
            assert_eq!(body_of(&answer, 200)["status"], "CANCELLED");
            Cancelled::Yes
        }
        Err(_) => Cancelled::Unanswered,
    }
}

/// What a buyer was told is so; what she was not told happened once or not at all, and her key
/// says which.
async fn check(client: &mut Client, event: i64, attempt: &Attempt) {
    let user = &attempt.user;
    let before = of_user(client, user).await;
    match &attempt.heard {
        Heard::Reserved { id, cancelled } => {
            assert_eq!(before.len(), 1, "{user} has {before:?}");
            assert_eq!(before[0]["reservationId"], *id);
            assert_eq!(before[0]["quantity"], attempt.quantity);
            match (cancelled, before[0]["status"].as_str()) {
                (Cancelled::No, Some("CONFIRMED"))
                | (Cancelled::Yes, Some("CANCELLED"))
                | (Cancelled::Unanswered, Some("CONFIRMED" | "CANCELLED")) => {}
                (_, status) => panic!("{user}: {status:?}"),
            }
        }
        Heard::Refused => assert!(before.is_empty(), "{user} was refused and has {before:?}"),
        Heard::Nothing => {
            assert!(before.len() <= 1, "{user} has {before:?}");
            let body = json!({ "eventId": event, "userId": user, "quantity": attempt.quantity });
            let answer = client
                .post("/api/reservations", Some(user), &body)
                .await
                .expect("an answer");
            let after = of_user(client, user).await;
            match before.first() {
                Some(reservation) => {
                    let replayed = body_of(&answer, 201);
                    assert_eq!(replayed["reservationId"], reservation["reservationId"]);
                    assert_eq!(answer.headers["idempotency-replayed"], "true");
                    assert_eq!(after.len(), 1);
                }
                None if answer.status == 409 => assert!(after.is_empty()),
                None => {
                    body_of(&answer, 201);
                    assert_eq!(after.len(), 1);
                }
            }
        }
    }
}

async fn of_user(client: &mut Client, user: &str) -> Vec<Value> {
    let path = format!("/api/reservations/user/{user}?size=100");
    let answer = client.get(&path).await.expect("an answer");
    body_of(&answer, 200)["content"]
        .as_array()
        .expect("a list")
        .clone()
}

/// Nobody else is in the ledger, and it adds up.
async fn check_ledger(client: &mut Client, event: i64, attempts: &[Attempt]) {
    let mut sold = 0;
    let mut users = BTreeMap::<String, u32>::new();
    for page in 0.. {
        let path = format!("/api/reservations?eventId={event}&size=100&page={page}");
        let list = body_of(&client.get(&path).await.expect("an answer"), 200);
        for reservation in list["content"].as_array().expect("a list") {
            if reservation["status"] == "CONFIRMED" {
                sold += reservation["quantity"].as_i64().expect("a number");
            }
            let user = reservation["userId"].as_str().expect("a user").to_owned();
            *users.entry(user).or_default() += 1;
        }
        if list["last"] == true {
            break;
        }
    }
    assert!(users.values().all(|count| *count == 1), "twice: {users:?}");
    assert!(
        users
            .keys()
            .all(|user| attempts.iter().any(|attempt| attempt.user == *user))
    );
    assert!(sold <= SEATS);

    let found = body_of(
        &client
            .get(&format!("/api/events/{event}"))
            .await
            .expect("an answer"),
        200,
    );
    assert_eq!(found["totalSeats"], SEATS);
    assert_eq!(found["availableSeats"], SEATS - sold);
}
