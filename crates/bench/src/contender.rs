//! One server under one kind of request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use load::client::Client;
use load::closed::RequestWriter;
use load::target::Target;
use serde::Serialize;
use serde_json::{Value, json};

use anyhow::{Context as _, ensure};

use crate::rounds::TIMEOUT;

/// Writes the request of a number that is never used twice.
type Request = Arc<dyn Fn(u64, &mut RequestWriter<'_>) + Send + Sync>;

/// Something to measure.
#[derive(Clone)]
pub(crate) struct Contender {
    /// What it is called in the results.
    pub(crate) name: String,
    /// Where its nodes are.
    pub(crate) urls: Vec<String>,
    /// What it is asked.
    pub(crate) request: Request,
    /// The contenders that it is compared with, by name.
    pub(crate) compared_with: Vec<String>,
    /// A status, beside successes, that is its way and no failure.
    pub(crate) refuses_with: Option<u16>,
    /// Whether its nodes count groups.
    pub(crate) counts_groups: bool,
}

impl Contender {
    /// Reads of one path.
    pub(crate) fn reading(name: &str, url: &str, path: String) -> Self {
        let request = move |_, writer: &mut RequestWriter<'_>| {
            writer.begin("GET", &path).no_body();
        };
        Self::new(name, vec![url.to_owned()], Arc::new(request))
    }

    /// Reads of a path of its own for each number.
    pub(crate) fn reading_each(
        name: &str,
        url: &str,
        path: Arc<dyn Fn(u64) -> String + Send + Sync>,
    ) -> Self {
        let request = move |number, writer: &mut RequestWriter<'_>| {
            writer.begin("GET", path(number)).no_body();
        };
        Self::new(name, vec![url.to_owned()], Arc::new(request))
    }

    /// Reservations of one ticket, of events that are wanted by Zipf's law, the first the most.
    pub(crate) fn reserving_by_demand(name: &str, urls: Vec<String>, events: Vec<u64>) -> Self {
        let mut sum = 0.0;
        let shares: Vec<f64> = (1..=events.len())
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        let request = move |number: u64, writer: &mut RequestWriter<'_>| {
            // Fibonacci hashing (Knuth, volume 3, 6.4): consecutive numbers, spread evenly.
            let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11;
            let draw = spread as f64 / (1_u64 << 53) as f64 * sum;
            let rank = shares.partition_point(|share| *share <= draw);
            write_reservation(writer, events[rank.min(events.len() - 1)], number);
        };
        Self::new(name, urls, Arc::new(request))
    }

    /// Reservations of one ticket of one event, each by another buyer with a key of her own. When
    /// an event's tickets are asked for, it is the turn of the next event.
    pub(crate) fn reserving(name: &str, urls: Vec<String>, events: Vec<u64>, tickets: u32) -> Self {
        let asked = AtomicUsize::new(0);
        let request = move |number, writer: &mut RequestWriter<'_>| {
            let turn = asked.fetch_add(1, Ordering::Relaxed) / tickets as usize;
            let event_id = events[turn.min(events.len() - 1)];
            write_reservation(writer, event_id, number);
        };
        Self::new(name, urls, Arc::new(request))
    }

    fn new(name: &str, urls: Vec<String>, request: Request) -> Self {
        Self {
            name: name.to_owned(),
            urls,
            request,
            compared_with: Vec::new(),
            refuses_with: None,
            counts_groups: false,
        }
    }

    pub(crate) fn compared_with(mut self, others: &[&str]) -> Self {
        self.compared_with
            .extend(others.iter().map(|&other| other.to_owned()));
        self
    }
}

fn write_reservation(writer: &mut RequestWriter<'_>, event_id: u64, number: u64) {
    writer
        .begin("POST", "/api/reservations")
        .header("idempotency-key", format_args!("bench-{number}"))
        .body(format_args!(
            r#"{{"eventId":{event_id},"userId":"buyer-{number}","quantity":1,"seatType":"R"}}"#
        ));
}

/// The organizer's side of a server that speaks our API.
pub(crate) struct Organizer(Client);

/// How many tickets an event has that must not sell out; the most that onsale puts on sale.
pub(crate) const TICKETS: u32 = 10_000_000;

/// How many numbered seats a hall has.
pub(crate) const HALL_SEATS: u32 = HALL_ROWS * HALL_SEATS_PER_ROW;
const HALL_ROWS: u32 = 200;
const HALL_SEATS_PER_ROW: u32 = 100;

#[derive(Serialize)]
struct Order {
    #[serde(rename = "eventId")]
    event_id: u64,
    #[serde(rename = "userId")]
    user_id: &'static str,
    quantity: u32,
    #[serde(rename = "seatType")]
    seat_type: &'static str,
}

fn general_admission() -> Value {
    json!({ "seatType": "R", "price": 100_000, "total": TICKETS })
}

impl Organizer {
    pub(crate) async fn of(url: &str) -> anyhow::Result<Self> {
        Ok(Self(Client::new(Target::resolve(url).await?, TIMEOUT)))
    }

    /// Puts an event of general admission on sale and returns its id.
    pub(crate) async fn create_event(&mut self, name: &str) -> anyhow::Result<u64> {
        self.create(name, general_admission(), 0).await
    }

    /// The same, with reservations that are held for payment.
    pub(crate) async fn create_holding_event(
        &mut self,
        name: &str,
        hold_secs: u64,
    ) -> anyhow::Result<u64> {
        self.create(name, general_admission(), hold_secs).await
    }

    /// Puts an event with numbered seats on sale and returns its id.
    pub(crate) async fn create_hall(&mut self, name: &str) -> anyhow::Result<u64> {
        let grade = json!({
            "seatType": "R", "price": 100_000, "seating": "ASSIGNED",
            "rows": HALL_ROWS, "seatsPerRow": HALL_SEATS_PER_ROW,
        });
        self.create(name, grade, 0).await
    }

    async fn create(&mut self, name: &str, grade: Value, hold_secs: u64) -> anyhow::Result<u64> {
        let event = json!({
            "eventName": name,
            "eventDate": "2099-12-31T19:00:00",
            "seatTypes": [grade],
            "holdSeconds": hold_secs,
        });
        let answer = self.0.post("/api/events", None, &event).await?;
        ensure!(answer.status.is_success(), "creating an event: {answer:?}");
        answer.json::<Value>()?["eventId"]
            .as_u64()
            .context("an event without an id")
    }

    /// What a path answers.
    pub(crate) async fn read(&mut self, path: &str) -> anyhow::Result<Value> {
        self.0.get(path).await?.expect(StatusCode::OK)
    }

    /// How long the answer to a read is, in bytes.
    pub(crate) async fn body_len(&mut self, path: &str) -> anyhow::Result<usize> {
        let answer = self.0.get(path).await?;
        ensure!(answer.status.is_success(), "reading {path}: {answer:?}");
        Ok(answer.body.len())
    }

    /// Buys a ticket, and says how long the answer is, in bytes.
    pub(crate) async fn reservation_len(&mut self, event_id: u64) -> anyhow::Result<usize> {
        let order = Order {
            event_id,
            user_id: "buyer-first",
            quantity: 1,
            seat_type: "R",
        };
        let answer = self
            .0
            .post("/api/reservations", Some("bench-first"), &order)
            .await?;
        ensure!(answer.status.is_success(), "reserving: {answer:?}");
        Ok(answer.body.len())
    }

    /// How many reservations the server's ledger has.
    pub(crate) async fn reservations(&mut self, event_id: u64) -> anyhow::Result<u64> {
        let path = format!("/api/reservations?eventId={event_id}&size=1");
        let answer = self.0.get(&path).await?;
        ensure!(
            answer.status.is_success(),
            "counting reservations: {answer:?}"
        );
        answer.json::<Value>()?["totalElements"]
            .as_u64()
            .context("a page without a count")
    }
}
