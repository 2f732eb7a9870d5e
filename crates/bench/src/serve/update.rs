//! One transaction per request on a database server, as durable as ours.
//!
//! Twenty connections: `START TRANSACTION`, the stock if enough is left, the reservation, `COMMIT`.
//! Requests wait for a connection in a line. The row of the stock is locked from the update to the
//! end of the commit, so that its syncs follow each other. With a lock in Redis before it, the same
//! under the lock.

use std::time::Duration;

use anyhow::Context as _;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use clap::Args;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use sqlx::mysql::MySqlPoolOptions;

use super::lock::{Locks, Losers};
use super::{Order, json_of, serve};
use crate::contender::TICKETS;

/// Connections, as many as ours has.
const CONNECTIONS: u32 = 20;

/// Where to sell from, and how much to say.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// An empty database: `mysql://...`.
    #[arg(long)]
    pub(crate) database_url: String,
    /// How long an answer is, in bytes.
    #[arg(long)]
    pub(crate) answer_bytes: usize,
    /// Redis, if the event is locked there first.
    #[arg(long, requires = "losers")]
    pub(crate) redis_url: Option<String>,
    /// What who does not get the lock does.
    #[arg(long)]
    pub(crate) losers: Option<Losers>,
}

impl Arguments {
    /// How this program is told to be this server.
    pub(crate) fn as_command(&self) -> Vec<String> {
        let mut command = vec![
            "serve-update".to_owned(),
            format!("--database-url={}", self.database_url),
            format!("--answer-bytes={}", self.answer_bytes),
        ];
        command.extend(
            self.redis_url
                .iter()
                .map(|url| format!("--redis-url={url}")),
        );
        command.extend(self.losers.map(|losers| {
            let losers = match losers {
                Losers::Fail => "fail",
                Losers::Wait => "wait",
            };
            format!("--losers={losers}")
        }));
        command
    }
}

#[derive(Clone)]
struct Shop {
    pool: MySqlPool,
    answer: &'static str,
    locks: Option<Locks>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let pool = open(&arguments.database_url, TICKETS).await?;
    let locks = match arguments.redis_url.zip(arguments.losers) {
        Some((url, losers)) => Some(Locks::at(&url, losers).await?),
        None => None,
    };
    let shop = Shop {
        pool,
        locks,
        answer: json_of(arguments.answer_bytes).leak(),
    };
    let routes = post(reserve).get(count);
    serve(
        Router::new()
            .route("/api/reservations", routes)
            .with_state(shop),
    )
    .await
}

async fn open(url: &str, tickets: u32) -> anyhow::Result<MySqlPool> {
    let pool = MySqlPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_mins(1))
        .test_before_acquire(false)
        .connect(url)
        .await
        .context("opening the database")?;
    for statement in [
        "CREATE TABLE stock (event_id BIGINT, grade VARCHAR(32), available BIGINT NOT NULL \
         CHECK (available >= 0), PRIMARY KEY (event_id, grade)) ENGINE = InnoDB",
        "CREATE TABLE reservations (id BIGINT AUTO_INCREMENT PRIMARY KEY, event_id BIGINT NOT NULL, \
         grade VARCHAR(32) NOT NULL, user_id VARCHAR(64) NOT NULL, quantity BIGINT NOT NULL, \
         reserved_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE = InnoDB",
    ] {
        sqlx::query(statement).execute(&pool).await?;
    }
    sqlx::query("INSERT INTO stock VALUES (1, 'R', ?)")
        .bind(tickets)
        .execute(&pool)
        .await?;
    Ok(pool)
}

/// Whether the order could be served.
async fn sell(pool: &MySqlPool, order: &Order) -> sqlx::Result<bool> {
    let mut transaction = pool.begin().await?;
    let taken = sqlx::query(
        "UPDATE stock SET available = available - ? \
         WHERE event_id = ? AND grade = ? AND available >= ?",
    )
    .bind(order.quantity)
    .bind(order.event_id)
    .bind(&order.seat_type)
    .bind(order.quantity)
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
    match sell_locked(&shop, &order).await {
        Ok(Some(true)) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::CREATED, json, shop.answer).into_response()
        }
        Ok(Some(false)) => StatusCode::CONFLICT.into_response(),
        Ok(None) => (StatusCode::LOCKED, "somebody else is buying").into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Whether the order could be served; `None`: somebody else has the lock.
async fn sell_locked(shop: &Shop, order: &Order) -> anyhow::Result<Option<bool>> {
    let Some(locks) = &shop.locks else {
        return Ok(Some(sell(&shop.pool, order).await?));
    };
    let Some(held) = locks.take(order.event_id, &order.user_id).await? else {
        return Ok(None);
    };
    let sold = sell(&shop.pool, order).await;
    locks.give_back(&held).await?;
    Ok(Some(sold?))
}

async fn count(State(shop): State<Shop>) -> Result<Json<Value>, (StatusCode, String)> {
    let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM reservations");
    match count.fetch_one(&shop.pool).await {
        Ok(count) => Ok(Json(json!({ "totalElements": count }))),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
