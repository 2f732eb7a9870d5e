//! The organizer's side: puts events on sale, and compares the ledger with the answers.

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
        let stock = self.stock(events, sale, listed).await?;
        let all = u64::from(sale.events) * u64::from(sale.tickets);
        if stock.total != all || stock.available + stock.held + stock.sold != all {
            violations.push(format!(
                "{} available, {} held and {} sold do not add up to the {all} on sale",
                stock.available, stock.held, stock.sold
            ));
        }
        if sale.hold_seconds == 0 && stock.sold != listed {
            violations.push(format!(
                "the stock has {} sold, the ledger {listed}",
                stock.sold
            ));
        }
        Ok(violations)
    }

    /// The stock of all events, once caches have heard of the last sale.
    async fn stock(&mut self, events: &[u64], sale: &Sale, listed: u64) -> anyhow::Result<Grade> {
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
            let is_settled = sale.hold_seconds > 0 || sum.sold == listed;
            if is_settled || began.elapsed() > SETTLE_MAX {
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
