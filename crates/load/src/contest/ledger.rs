//! What the server says afterwards.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hyper::StatusCode;

use super::Options;
use super::check::{Attempt, Entry, Ledger, violations};
use super::stage::Stage;
use super::violation::Violation;
use super::wire::{EventBody, Page, Seats};
use crate::client::Client;

/// How long to wait between two readings.
const SETTLE_PAUSE: Duration = Duration::from_millis(50);

/// The most reservations on a page.
const PAGE_SIZE: usize = 100;

/// Reads the ledger until it agrees with the answers, or has had its time to do so.
pub(super) async fn settled(
    client: &mut Client,
    stage: &Stage,
    options: &Options,
    attempts: &[Attempt],
) -> anyhow::Result<(Ledger, Vec<Violation>)> {
    let began = Instant::now();
    let ends = options.settle_max + stage.hold_left(options);
    loop {
        let ledger = read(client, stage, options).await?;
        let found = violations(stage.tickets, attempts, &ledger);
        if found.is_empty() || began.elapsed() >= ends {
            return Ok((ledger, found));
        }
        tokio::time::sleep(SETTLE_PAUSE).await;
    }
}

async fn read(client: &mut Client, stage: &Stage, options: &Options) -> anyhow::Result<Ledger> {
    let event_id = stage.event_id;
    let event = client.get(&format!("/api/events/{event_id}")).await?;
    let event: EventBody = event.expect(StatusCode::OK).context("reading the event")?;
    let seats = client.get(&format!("/api/events/{event_id}/seats")).await?;
    let seats: Seats = seats.expect(StatusCode::OK).context("reading the stock")?;
    let grade = seats
        .seat_types
        .into_iter()
        .find(|grade| grade.seat_type == stage.grade)
        .context("the event has lost its grade")?;
    let mut entries: Vec<Entry> = Vec::new();
    for page in 0.. {
        let path = format!("/api/reservations?eventId={event_id}&page={page}&size={PAGE_SIZE}");
        let answer = client.get(&path).await?;
        let answer: Page = answer
            .expect(StatusCode::OK)
            .context("reading the reservations")?;
        ensure!(
            answer.last || !answer.content.is_empty(),
            "an empty page is not the last"
        );
        entries.extend(answer.content.into_iter().map(Into::into));
        if answer.last {
            break;
        }
    }
    // Of an event of the contest's own everybody's reservation must be one that a buyer was told of.
    let is_own = |entry: &Entry| !stage.is_shared || stage.is_buyer(&entry.user_id);
    let (entries, others) = entries.into_iter().partition(is_own);
    Ok(Ledger {
        seats: grade.seats(),
        price: options.pays.then_some(stage.price),
        stock: grade.into(),
        event: (event.total_seats, event.available_seats),
        entries,
        others,
    })
}
