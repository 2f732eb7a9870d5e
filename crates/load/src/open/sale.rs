//! The organizer's side: puts events on sale, and compares the ledger with the answers.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::Context as _;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::Tally;
use crate::client::Client;
use crate::scenario::Sale;

/// How long reads may lag behind the sale before they are held against the server.
const SETTLE_MAX: Duration = Duration::from_secs(3);

/// How often they are looked at meanwhile.
const SETTLE_INTERVAL: Duration = Duration::from_millis(100);

pub(super) struct Organizer(Client);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    total_elements: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seats {
    seat_types: Vec<Grade>,
}

#[derive(Clone, Copy, Default, Deserialize)]
struct Grade {
    total: u64,
    available: u64,
    held: u64,
    sold: u64,
}

/// What the stock has to come to when everything is over.
struct Books {
    sold: RangeInclusive<u64>,
    /// Payments whose outcome nobody has been told hold their tickets until it is known.
    held_max: u64,
    /// By when it has to have come to that.
    settle_max: Duration,
    /// What the figure of sold tickets is compared with, in words.
    by: String,
}

impl Books {
    fn of(sale: &Sale, tally: &Tally, listed: u64) -> Self {
        if sale.hold_seconds == 0 {
            return Self {
                sold: listed..=listed,
                held_max: 0,
                settle_max: SETTLE_MAX,
                by: format!("the ledger {listed}"),
            };
        }
        let (paid, maybe) = (tally.paid, tally.maybe_paid);
        Self {
            sold: paid..=paid + maybe,
            held_max: maybe,
            settle_max: Duration::from_secs(sale.hold_seconds.into()) + SETTLE_MAX,
            by: format!("{paid} buyers were told that they paid and {maybe} may have"),
        }
    }

    fn contradictions(&self, stock: &Grade) -> Vec<String> {
        let mut all = Vec::new();
        if !self.sold.contains(&stock.sold) {
            all.push(format!("the stock has {} sold, {}", stock.sold, self.by));
        }
        if stock.held > self.held_max {
            all.push(format!(
                "{} tickets are still held after every hold's time",
                stock.held
            ));
        }
        all
    }
}

impl Organizer {
    pub(super) const fn new(client: Client) -> Self {
        Self(client)
    }

    /// The ids of new events.
    pub(super) async fn put_on_sale(&mut self, sale: &Sale) -> anyhow::Result<Vec<u64>> {
        let mut events = Vec::new();
        for number in 1..=sale.events {
            let event = json!({
                "eventName": format!("Load {number}"),
                "eventDate": "2099-12-31T19:00:00",
                "seatTypes": [{ "seatType": "R", "price": 100_000, "total": sale.tickets }],
                "holdSeconds": sale.hold_seconds,
            });
            let answer = self.0.post("/api/events", None, &event).await?;
            let event: Event = answer
                .expect(StatusCode::CREATED)
                .context("putting an event on sale")?;
            events.push(event.event_id);
        }
        Ok(events)
    }

    /// Every way in which the server contradicts what it answered.
    pub(super) async fn compare(
        &mut self,
        events: &[u64],
        sale: &Sale,
        tally: &Tally,
    ) -> anyhow::Result<Vec<String>> {
        let mut violations = Vec::new();
        let mut listed = 0;
        for event in events {
            listed += self.reservations(*event).await?;
        }
        let (told, unknown) = (tally.reserved, tally.unknown);
        if !(told..=told + unknown).contains(&listed) {
            violations.push(format!(
                "{told} buyers were told of a reservation and {unknown} may have one, the ledger has {listed}"
            ));
        }
        let books = Books::of(sale, tally, listed);
        let stock = self.stock(events, &books).await?;
        let all = u64::from(sale.events) * u64::from(sale.tickets);
        if stock.total != all || stock.available + stock.held + stock.sold != all {
            violations.push(format!(
                "{} available, {} held and {} sold do not add up to the {all} on sale",
                stock.available, stock.held, stock.sold
            ));
        }
        violations.extend(books.contradictions(&stock));
        Ok(violations)
    }

    /// The stock of all events, once holds have ended and caches have heard of the last sale.
    async fn stock(&mut self, events: &[u64], books: &Books) -> anyhow::Result<Grade> {
        let began = tokio::time::Instant::now();
        loop {
            let mut sum = Grade::default();
            for event in events {
                let answer = self.0.get(&format!("/api/events/{event}/seats")).await?;
                let seats: Seats = answer.expect(StatusCode::OK)?;
                for grade in seats.seat_types {
                    sum.total += grade.total;
                    sum.available += grade.available;
                    sum.held += grade.held;
                    sum.sold += grade.sold;
                }
            }
            let is_settled = sum.held == 0 && books.contradictions(&sum).is_empty();
            if is_settled || began.elapsed() > books.settle_max {
                return Ok(sum);
            }
            tokio::time::sleep(SETTLE_INTERVAL).await;
        }
    }

    async fn reservations(&mut self, event: u64) -> anyhow::Result<u64> {
        let path = format!("/api/reservations?eventId={event}&page=0&size=1");
        let page: Page = self.0.get(&path).await?.expect(StatusCode::OK)?;
        Ok(page.total_elements)
    }
}
