//! Constant answers: what HTTP costs, and nothing else.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Args;

use super::{Order, json_of, serve};

/// How long the answers are, in bytes.
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_field_names)] // The unit is part of each name.
pub(crate) struct Arguments {
    /// An event's.
    #[arg(long)]
    pub(crate) event_bytes: usize,
    /// A page of events'.
    #[arg(long)]
    pub(crate) events_bytes: usize,
    /// A new reservation's.
    #[arg(long)]
    pub(crate) reservation_bytes: usize,
}

impl Arguments {
    pub(crate) fn only_reservations(reservation_bytes: usize) -> Self {
        Self {
            event_bytes: 0,
            events_bytes: 0,
            reservation_bytes,
        }
    }

    /// How this program is told to be this server.
    pub(crate) fn as_command(&self) -> Vec<String> {
        vec![
            "serve-bare".to_owned(),
            format!("--event-bytes={}", self.event_bytes),
            format!("--events-bytes={}", self.events_bytes),
            format!("--reservation-bytes={}", self.reservation_bytes),
        ]
    }
}

type Constant = State<&'static str>;

fn constant(length: usize) -> &'static str {
    json_of(length).leak()
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let event = get(read).with_state(constant(arguments.event_bytes));
    let events = get(read).with_state(constant(arguments.events_bytes));
    let reservations = post(reserve).with_state(constant(arguments.reservation_bytes));
    let router = Router::new()
        .route("/api/events/{id}", event)
        .route("/api/events", events)
        .route("/api/reservations", reservations);
    serve(router).await
}

async fn read(State(body): Constant) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], body)
}

async fn reserve(State(body): Constant, Json(order): Json<Order>) -> impl IntoResponse {
    std::hint::black_box(order);
    (
        StatusCode::CREATED,
        [(header::CONTENT_TYPE, "application/json")],
        body,
    )
}
