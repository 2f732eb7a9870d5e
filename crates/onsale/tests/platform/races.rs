//! Two things that cannot both happen, asked for at the same moment, a thousand times each.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use load::client::{Answer, Client};
use serde_json::{Value, json};

use crate::server::{House, Server, body_of};

/// How often each race is run: a thousand times, or as the runner of the tests asks.
static ROUNDS: LazyLock<usize> = LazyLock::new(|| {
    let asked = std::env::var("RACE_ROUNDS").ok();
    asked.map_or(1_000, |rounds| rounds.parse().expect("a number"))
});

/// Pairs of connections that run races side by side.
const PAIRS: usize = 10;

/// How long a hold of a second is at least, once it is extended by another.
const HOLD_EXTENDED: Duration = Duration::from_secs(2);

/// Who asks for the one thing, and who for the other.
struct Pair {
    one: Client,
    other: Client,
    /// How many races were run before this one; each is started by the other side.
    round: usize,
    /// Before its reservation was asked for.
    since: Instant,
}

impl Pair {
    /// Asks for both at once, and gives both answers.
    async fn race(&mut self, one: Ask<'_>, other: Ask<'_>) -> (Told, Told) {
        let (left, right) = (one.of(&mut self.one), other.of(&mut self.other));
        if self.round.is_multiple_of(2) {
            tokio::join!(left, right)
        } else {
            let (right, left) = tokio::join!(right, left);
            (left, right)
        }
    }

    async fn ask(&mut self, ask: Ask<'_>, status: u16) -> Value {
        let told = ask.of(&mut self.one).await;
        assert_eq!(told.status, status, "{}", told.body);
        told.body
    }

    /// Two tickets of this event, held or confirmed; gives the path of the reservation.
    async fn reserve(&mut self, event: i64) -> String {
        let body = tickets(event, 2);
        let made = self.ask(Ask::Post("/api/reservations", &body), 201).await;
        path_of(&made)
    }

    /// Asks until the reservation is in one of these states.
    async fn settled(&mut self, path: &str, states: &[&str]) -> Value {
        loop {
            let found = self.ask(Ask::Get(path), 200).await;
            if states.contains(&status_of(&found)) {
                return found;
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Ask<'a> {
    Get(&'a str),
    Post(&'a str, &'a Value),
    Put(&'a str, &'a Value),
    Delete(&'a str),
}

impl Ask<'_> {
    async fn of(self, client: &mut Client) -> Told {
        let answer = match self {
            Ask::Get(path) => client.get(path).await,
            Ask::Post(path, body) => client.post(path, None, body).await,
            Ask::Put(path, body) => client.put(path, body).await,
            Ask::Delete(path) => client.delete(path, None).await,
        };
        Told::from(answer.expect("an answer"))
    }
}

/// An answer: its status, and its code where it is a refusal.
struct Told {
    status: u16,
    body: Value,
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Self {
        let status = answer.status.as_u16();
        let body = body_of(&answer, status);
        Self { status, body }
    }
}

impl Told {
    fn code(&self) -> (u16, &str) {
        (
            self.status,
            self.body["error"]["code"].as_str().unwrap_or(""),
        )
    }
}

fn tickets(event: i64, quantity: u32) -> Value {
    json!({ "eventId": event, "userId": "mina", "quantity": quantity })
}

fn card() -> Value {
    json!({ "method": "CARD", "token": "tok_ok" })
}

fn path_of(reservation: &Value) -> String {
    let id = reservation["reservationId"].as_str().expect("an id");
    format!("/api/reservations/{id}")
}

fn status_of(reservation: &Value) -> &str {
    reservation["status"].as_str().expect("a status")
}

/// Runs a race on every pair, as often as was asked for in all, and audits the books.
async fn again_and_again(house: &House, server: &Server, race: impl AsyncFn(&mut Pair)) {
    let lanes = (0..PAIRS).map(|_| async {
        let mut pair = Pair {
            one: server.client().await,
            other: server.client().await,
            round: 0,
            since: Instant::now(),
        };
        while pair.round < *ROUNDS / PAIRS {
            race(&mut pair).await;
            pair.round += 1;
        }
    });
    join_all(lanes).await;
    let (books, right) = house.audit();
    assert!(right, "{books}");
}

/// A server with an event of enough tickets, held for so long.
async fn on_sale(hold_secs: u32) -> (House, Server, i64) {
    let house = House::new();
    let server = house.open();
    let fields = json!({
        "totalSeats": 10 * *ROUNDS, "price": { "r": 50_000 }, "holdSeconds": hold_secs,
    });
    let event = server.event(fields).await;
    (house, server, event)
}

#[tokio::test]
async fn cancel_against_pay() {
    let (house, server, event) = on_sale(600).await;
    again_and_again(&house, &server, async |pair| {
        let path = pair.reserve(event).await;
        let (payment, card) = (format!("{path}/payment"), card());
        let (cancelled, paid) = pair
            .race(Ask::Delete(&path), Ask::Post(&payment, &card))
            .await;
        let found = pair.settled(&path, &["CONFIRMED", "CANCELLED"]).await;
        let refund = &cancelled.body["refund"]["refundAmount"];
        let truth = (cancelled.code(), paid.code(), status_of(&found));
        match truth {
            // Given back first: there was nothing to pay for.
            ((200, _), (409, "ALREADY_CANCELLED"), "CANCELLED") => assert_eq!(refund, 0),
            // Paid and given back then: the money goes back.
            ((200, _), (200, _), "CANCELLED") => assert_eq!(refund, 100_000),
            ((409, "PAYMENT_IN_PROGRESS"), (200, _), "CONFIRMED") => {}
            other => panic!("{other:?}"),
        }
    })
    .await;
}

#[tokio::test]
async fn two_payments() {
    let (house, server, event) = on_sale(600).await;
    again_and_again(&house, &server, async |pair| {
        let path = pair.reserve(event).await;
        let (payment, card) = (format!("{path}/payment"), card());
        let pay = Ask::Post(&payment, &card);
        let (one, other) = pair.race(pay, pay).await;
        let found = pair.settled(&path, &["CONFIRMED"]).await;
        for told in [&one, &other] {
            match told.code() {
                (200, _) => assert_eq!(told.body["payment"], found["payment"]),
                (409, "PAYMENT_IN_PROGRESS") => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(one.status == 200 || other.status == 200);
    })
    .await;
}

#[tokio::test]
async fn cancel_twice() {
    let (house, server, event) = on_sale(0).await;
    again_and_again(&house, &server, async |pair| {
        let path = pair.reserve(event).await;
        let (one, other) = pair.race(Ask::Delete(&path), Ask::Delete(&path)).await;
        let mut codes = [one.code(), other.code()];
        codes.sort_unstable();
        assert_eq!(codes, [(200, ""), (409, "ALREADY_CANCELLED")]);
    })
    .await;
}

#[tokio::test]
async fn check_in_twice() {
    let (house, server, event) = on_sale(0).await;
    again_and_again(&house, &server, async |pair| {
        let path = pair.reserve(event).await;
        let bought = pair.ask(Ask::Get(&path), 200).await;
        let code = bought["tickets"][0]["code"].as_str().expect("a code");
        let (door, body) = (format!("/api/tickets/{code}/check-in"), json!({}));
        let ask = Ask::Post(&door, &body);
        let (one, other) = pair.race(ask, ask).await;
        let mut codes = [one.code(), other.code()];
        codes.sort_unstable();
        assert_eq!(codes, [(200, ""), (409, "TICKET_USED")]);
    })
    .await;
}

#[tokio::test]
async fn total_lowered_against_reserve() {
    let (house, server, _) = on_sale(0).await;
    again_and_again(&house, &server, async |pair| {
        let new = json!({ "eventName": "IU", "eventDate": "2099-12-31T19:00:00", "totalSeats": 2 });
        let made = pair.ask(Ask::Post("/api/events", &new), 201).await;
        let event = made["eventId"].as_i64().expect("an id");
        let (path, lower) = (format!("/api/events/{event}"), json!({ "totalSeats": 1 }));
        let wanted = tickets(event, 2);
        let (lowered, reserved) = pair
            .race(
                Ask::Put(&path, &lower),
                Ask::Post("/api/reservations", &wanted),
            )
            .await;
        let (left, available) = match (lowered.code(), reserved.code()) {
            ((200, _), (409, "INSUFFICIENT_SEATS")) => (1, 1),
            ((409, "INSUFFICIENT_SEATS"), (201, _)) => (2, 0),
            other => panic!("{other:?}"),
        };
        // The page comes from a cache that is told a little later.
        loop {
            let found = pair.ask(Ask::Get(&path), 200).await;
            if found["totalSeats"] == left && found["availableSeats"] == available {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn event_cancelled_against_reserve() {
    let (house, server, _) = on_sale(0).await;
    again_and_again(&house, &server, async |pair| {
        let new = json!({ "eventName": "IU", "eventDate": "2099-12-31T19:00:00", "totalSeats": 2 });
        let made = pair.ask(Ask::Post("/api/events", &new), 201).await;
        let event = made["eventId"].as_i64().expect("an id");
        let (path, call_off) = (
            format!("/api/events/{event}"),
            json!({ "status": "CANCELLED" }),
        );
        let wanted = tickets(event, 2);
        let (cancelled, reserved) = pair
            .race(
                Ask::Put(&path, &call_off),
                Ask::Post("/api/reservations", &wanted),
            )
            .await;
        assert_eq!(cancelled.status, 200, "{}", cancelled.body);
        match reserved.code() {
            (201, _) => {
                let path = path_of(&reserved.body);
                pair.settled(&path, &["CANCELLED"]).await;
            }
            (409, "EVENT_CANCELLED") => {}
            other => panic!("{other:?}"),
        }
    })
    .await;
}

/// Reserves on every pair, and runs a race for each reservation around the end of its hold.
async fn at_the_end_of_each_hold(
    house: &House,
    server: &Server,
    event: i64,
    race: impl AsyncFn(&mut Pair, &str),
) {
    let lanes = (0..PAIRS).map(|_| async {
        let mut pair = Pair {
            one: server.client().await,
            other: server.client().await,
            round: 0,
            since: Instant::now(),
        };
        let mut held = Vec::new();
        for _ in 0..*ROUNDS / PAIRS {
            let since = Instant::now();
            held.push((pair.reserve(event).await, since, Instant::now()));
        }
        for (path, since, answered) in held {
            pair.since = since;
            // From a little before the end to a little after it.
            let ends = answered + Duration::from_millis(1_000 - pair.round as u64 % 8);
            tokio::time::sleep_until(ends.into()).await;
            race(&mut pair, &path).await;
            pair.round += 1;
        }
    });
    join_all(lanes).await;
    let (books, right) = house.audit();
    assert!(right, "{books}");
}

#[tokio::test]
async fn pay_against_expiry() {
    let (house, server, event) = on_sale(1).await;
    at_the_end_of_each_hold(&house, &server, event, async |pair, path| {
        let (payment, card) = (format!("{path}/payment"), card());
        let paid = Ask::Post(&payment, &card).of(&mut pair.one).await;
        let truth = match paid.code() {
            (200, _) => "CONFIRMED",
            (410, "HOLD_EXPIRED") => "EXPIRED",
            other => panic!("{other:?}"),
        };
        let found = pair.ask(Ask::Get(path), 200).await;
        assert_eq!(status_of(&found), truth);
        assert_eq!(found["payment"].is_null(), truth == "EXPIRED");
    })
    .await;
}

#[tokio::test]
async fn extend_against_expiry() {
    let (house, server, event) = on_sale(1).await;
    at_the_end_of_each_hold(&house, &server, event, async |pair, path| {
        let (extension, body) = (format!("{path}/extension"), json!({}));
        let extended = Ask::Post(&extension, &body).of(&mut pair.one).await;
        let (payment, card) = (format!("{path}/payment"), card());
        let paid = Ask::Post(&payment, &card).of(&mut pair.other).await;
        match (extended.code(), paid.code()) {
            ((200, _), (200, _)) | ((410, "HOLD_EXPIRED"), (410, "HOLD_EXPIRED")) => {}
            // The extension is over as well by then.
            ((200, _), (410, "HOLD_EXPIRED")) if pair.since.elapsed() >= HOLD_EXTENDED => {}
            other => panic!("{other:?}"),
        }
    })
    .await;
}
