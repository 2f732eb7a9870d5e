//! One transaction per request, as durable as ours.
//!
//! One connection writes, since `SQLite` has one writer whatever is done: `BEGIN IMMEDIATE`, the
//! stock if enough is left, the reservation, `COMMIT` with a sync of the log. Requests wait for the
//! connection in a line, so there are no busy errors.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use clap::Args;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Order, json_of, serve};
use crate::contender::TICKETS;

/// Where to sell from, and how much to say.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// The database file, which is created.
    #[arg(long)]
    pub(crate) database: PathBuf,
    /// How long an answer is, in bytes.
    #[arg(long)]
    pub(crate) answer_bytes: usize,
}

impl Arguments {
    /// How this program is told to be this server.
    pub(crate) fn as_command(&self) -> Vec<String> {
        vec![
            "serve-plain".to_owned(),
            format!("--database={}", self.database.display()),
            format!("--answer-bytes={}", self.answer_bytes),
        ]
    }
}

#[derive(Clone)]
struct Shop {
    writer: SqlitePool,
    answer: &'static str,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let writer = open(&arguments.database, TICKETS).await?;
    let shop = Shop {
        writer,
        answer: json_of(arguments.answer_bytes).leak(),
    };
    serve(
        Router::new()
            .route("/api/reservations", post(reserve).get(count))
            .with_state(shop),
    )
    .await
}

async fn open(database: &Path, tickets: u32) -> anyhow::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_mins(1))
        .connect_with(options)
        .await
        .context("opening the database")?;
    for statement in [
        "CREATE TABLE stock (event_id INTEGER, grade TEXT, available INTEGER NOT NULL \
         CHECK (available >= 0), PRIMARY KEY (event_id, grade)) WITHOUT ROWID",
        "CREATE TABLE reservations (id INTEGER PRIMARY KEY, event_id INTEGER NOT NULL, \
         grade TEXT NOT NULL, user_id TEXT NOT NULL, quantity INTEGER NOT NULL, \
         reserved_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    ] {
        sqlx::query(statement).execute(&writer).await?;
    }
    sqlx::query("INSERT INTO stock VALUES (1, 'R', ?)")
        .bind(tickets)
        .execute(&writer)
        .await?;
    Ok(writer)
}

/// Whether the order could be served.
async fn sell(writer: &SqlitePool, order: &Order) -> sqlx::Result<bool> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let taken = sqlx::query(
        "UPDATE stock SET available = available - ?1 \
         WHERE event_id = ?2 AND grade = ?3 AND available >= ?1",
    )
    .bind(order.quantity)
    .bind(order.event_id)
    .bind(&order.seat_type)
    .execute(&mut *transaction)
    .await?;
    if taken.rows_affected() == 0 {
        transaction.rollback().await?;
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO reservations (event_id, grade, user_id, quantity) VALUES (?, ?, ?, ?)",
    )
    .bind(order.event_id)
    .bind(&order.seat_type)
    .bind(&order.user_id)
    .bind(order.quantity)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}

async fn reserve(State(shop): State<Shop>, Json(order): Json<Order>) -> Response {
    match sell(&shop.writer, &order).await {
        Ok(true) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::CREATED, json, shop.answer).into_response()
        }
        Ok(false) => StatusCode::CONFLICT.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn count(State(shop): State<Shop>) -> Result<Json<Value>, (StatusCode, String)> {
    let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM reservations");
    match count.fetch_one(&shop.writer).await {
        Ok(count) => Ok(Json(json!({ "totalElements": count }))),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_plain_way_sells_what_there_is_and_no_more() {
        let directory = tempfile::tempdir().unwrap();
        let writer = open(&directory.path().join("plain.db"), 3).await.unwrap();
        let order = |quantity| Order {
            event_id: 1,
            user_id: "mina".to_owned(),
            quantity,
            seat_type: "R".to_owned(),
        };

        assert!(sell(&writer, &order(2)).await.unwrap());
        assert!(!sell(&writer, &order(2)).await.unwrap());
        assert!(sell(&writer, &order(1)).await.unwrap());

        let sold: i64 = sqlx::query_scalar("SELECT sum(quantity) FROM reservations")
            .fetch_one(&writer)
            .await
            .unwrap();
        assert_eq!(sold, 3);
    }
}
