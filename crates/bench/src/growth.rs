//! A million reservations later: what everything costs while the tables grow.
//!
//! Servers with few and with many reservations stand side by side and are measured in turns.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use clap::Args;
use load::closed::{self, Options, Until};

use crate::Plan;
use crate::child::{Node, Server};
use crate::contender::{Contender, Organizer, TICKETS};
use crate::report::Report;
use crate::rounds::{self, TIMEOUT};
use crate::section::{Section, grouped};

/// How far to grow.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// Reservations in each server's tables; the first is what the others are compared with.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000, 1_000_000])]
    sizes: Vec<u64>,
    /// Events in each server's tables.
    #[arg(long, default_value_t = 10_000)]
    events: u64,
    #[command(flatten)]
    plan: Plan,
}

/// Events that the reservations are spread over.
const SOLD_EVENTS: u64 = 10;

/// Reservations of each buyer.
const PER_BUYER: u64 = 10;

/// Connections over which tables are filled.
const FILLING: usize = 512;

/// Holds that end at once.
const HOLDS: u64 = 1_000;

/// How long they last, in seconds: on a slow machine, too, all are seen to be held before the first ends.
const HOLD_SECS: u64 = 10;

const HOW_TO_READ: &str = "\
How to read it: servers with as many reservations as are named, ten of each buyer, and as many events, stand \
side by side on SQLite; each request is measured on each of them in turns, and the ratio is of the same \
round. Above 1 is faster than on the smallest.";

/// A server whose tables are filled.
struct Grown {
    size: u64,
    server: Server,
    hot: u64,
    expiry_ms: f64,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let quick = arguments.plan.quick;
    let plan = arguments.plan.complete(&[8])?;
    let (sizes, events) = if quick {
        (vec![100, 1_000], 20)
    } else {
        (arguments.sizes, arguments.events)
    };
    ensure!(!sizes.is_empty(), "nothing grows");
    let directory = tempfile::tempdir()?;
    let mut servers = Vec::new();
    for size in sizes {
        let folder = directory.path().join(size.to_string());
        std::fs::create_dir(&folder)?;
        servers.push(fill(&Node::on_sqlite(&folder), size, events).await?);
    }
    let contenders = contenders(&servers);
    let results = rounds::run(&plan, &contenders).await?;
    let mut words = HOW_TO_READ.to_owned();
    for grown in servers {
        let _ = write!(
            words,
            " With {} reservations, {HOLDS} holds that nobody paid for had ended, and their seats were back, \
             {:.0} ms after their time.",
            grouped(grown.size as f64),
            grown.expiry_ms
        );
        grown.server.stop().await?;
    }
    let section = Section {
        name: "growth".to_owned(),
        words,
        ..Section::default()
    };
    Report::new("growth", &plan, results).publish(&plan, section)
}

fn contenders(servers: &[Grown]) -> Vec<Contender> {
    let mut contenders = Vec::new();
    for what in ["reserve", "detail", "list", "a buyer's list"] {
        let name = |size: u64| format!("{what} at {}", grouped(size as f64));
        let first = name(servers[0].size);
        for grown in servers {
            let (name, url) = (name(grown.size), grown.server.url());
            let contender = match what {
                "reserve" => {
                    Contender::reserving(&name, vec![url.to_owned()], vec![grown.hot], TICKETS)
                }
                "detail" => Contender::reading(&name, url, format!("/api/events/{}", grown.hot)),
                "list" => Contender::reading(&name, url, "/api/events".to_owned()),
                _ => {
                    let buyers = (grown.size / PER_BUYER).max(1);
                    let path = move |number| {
                        format!("/api/reservations/user/filled-{}", number * 7_919 % buyers)
                    };
                    Contender::reading_each(&name, url, Arc::new(path))
                }
            };
            contenders.push(if name == first {
                contender
            } else {
                contender.compared_with(&[&first])
            });
        }
    }
    contenders
}

async fn fill(node: &Node, size: u64, events: u64) -> anyhow::Result<Grown> {
    eprintln!("filling the tables with {size} reservations and {events} events");
    let server = Server::start_onsale(node).await?;
    let url = server.url();
    let mut organizer = Organizer::of(url).await?;
    let hot = organizer.create_event("Hot").await?;
    let mut sold = Vec::new();
    for number in 1..=SOLD_EVENTS.min(events) {
        sold.push(organizer.create_event(&format!("Sold {number}")).await?);
    }
    let others = events - sold.len() as u64;
    ask(url, others, |number, writer| {
        writer.begin("POST", "/api/events").body(format_args!(
            r#"{{"eventName":"Other {number}","eventDate":"2099-12-31T19:00:00","totalSeats":100}}"#
        ));
    })
    .await?;
    ask(url, size, move |number, writer| {
        let event_id = sold[usize::try_from(number % sold.len() as u64).unwrap_or_default()];
        let buyer = number / PER_BUYER;
        writer
            .begin("POST", "/api/reservations")
            .header("idempotency-key", format_args!("filled-{number}"))
            .body(format_args!(
                r#"{{"eventId":{event_id},"userId":"filled-{buyer}","quantity":1,"seatType":"R"}}"#
            ));
    })
    .await?;
    let expiry_ms = expire(url, &mut organizer, HOLD_SECS).await?;
    Ok(Grown {
        size,
        server,
        hot,
        expiry_ms,
    })
}

/// Sends so many requests, all of which have to succeed.
async fn ask<F>(url: &str, requests: u64, build: F) -> anyhow::Result<()>
where
    F: Fn(u64, &mut closed::RequestWriter<'_>) + Send + Sync + 'static,
{
    if requests == 0 {
        return Ok(());
    }
    let connections = FILLING.min(usize::try_from(requests)?);
    let options = Options {
        urls: vec![url.to_owned()],
        connections,
        until: Until::Requests(requests),
        warm_up: Duration::ZERO,
        timeout: TIMEOUT,
    };
    let report = closed::run(options, build).await?;
    ensure!(
        report.is_clean(),
        "filling: {:?} {:?}",
        report.statuses,
        report.example
    );
    Ok(())
}

/// How long after their time so many holds have ended, in milliseconds.
async fn expire(url: &str, organizer: &mut Organizer, hold_secs: u64) -> anyhow::Result<f64> {
    let event_id = organizer.create_holding_event("Held", hold_secs).await?;
    ask(url, HOLDS, move |number, writer| {
        writer
            .begin("POST", "/api/reservations")
            .header("idempotency-key", format_args!("held-{number}"))
            .body(format_args!(
                r#"{{"eventId":{event_id},"userId":"held-{number}","quantity":1,"seatType":"R"}}"#
            ));
    })
    .await?;
    let due = Instant::now() + Duration::from_secs(hold_secs);
    let path = format!("/api/events/{event_id}/seats");
    // What was never seen to be held has not ended when it is not held.
    stock_comes_to(organizer, &path, HOLDS, due).await?;
    stock_comes_to(organizer, &path, 0, due + TIMEOUT).await?;
    let late = Instant::now().saturating_duration_since(due);
    Ok(late.as_secs_f64() * 1e3)
}

/// Waits until so many seats are held, and all others can be had.
async fn stock_comes_to(
    organizer: &mut Organizer,
    path: &str,
    held: u64,
    by: Instant,
) -> anyhow::Result<()> {
    loop {
        let seats = organizer.read(path).await?;
        let grade = &seats["seatTypes"][0];
        let stock = ["held", "available"].map(|what| grade[what].as_u64());
        if stock == [Some(held), Some(u64::from(TICKETS) - held)] {
            return Ok(());
        }
        if Instant::now() > by {
            bail!("{held} held seats were never seen; at last it was {grade}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use axum::routing::{get, post};
    use axum::{Json, Router};
    use serde_json::json;

    use super::*;

    /// A server that takes every order, and shows these numbers of held seats one after the other,
    /// the last for ever.
    async fn showing(held: &'static [u64]) -> String {
        let asked = Arc::new(AtomicU64::new(0));
        let seats = move || {
            let turn = usize::try_from(asked.fetch_add(1, Ordering::Relaxed)).unwrap_or_default();
            let held = held[turn.min(held.len() - 1)];
            let grade = json!({ "held": held, "available": u64::from(TICKETS) - held });
            std::future::ready(Json(json!({ "seatTypes": [grade] })))
        };
        let create = || async { Json(json!({ "eventId": 7 })) };
        let router = Router::new()
            .route("/api/events", post(create))
            .route("/api/events/7/seats", get(seats))
            .route("/api/reservations", post(|| async { "yours" }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    async fn expiry_ms(held: &'static [u64], hold_secs: u64) -> anyhow::Result<f64> {
        let url = showing(held).await;
        let mut organizer = Organizer::of(&url).await?;
        expire(&url, &mut organizer, hold_secs).await
    }

    #[tokio::test]
    async fn holds_that_were_seen_have_ended_when_none_is_left() {
        assert!(expiry_ms(&[999, HOLDS, 1, 0], 60).await.unwrap() < 1e3);
    }

    #[tokio::test]
    async fn holds_that_were_never_seen_have_not_ended() {
        let error = expiry_ms(&[0], 1).await.unwrap_err().to_string();

        assert!(error.contains("1000 held seats were never seen"), "{error}");
    }
}
