//! A box office small enough to be obviously right, and able to lie on purpose.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

/// How a server betrays its buyers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    None,
    /// Sells five tickets more than there are, and shows a stock that adds up.
    SellsTwice,
    /// Gives the last two buyers the same reservation.
    SharesAReservation,
    /// Acknowledges every tenth reservation and forgets it.
    LosesATicket,
    /// Is "sold out" while five are left.
    RefusesTooEarly,
    /// Says that a reservation is cancelled and keeps it.
    KeepsCancelled,
    /// Answers every tenth buyer 503, doing nothing, which is no lie.
    Overloaded,
    /// Sells to every tenth buyer and hangs up, which is no lie either.
    HangsUp,
    /// Takes the money and leaves the ticket to the end of its hold.
    TakesMoneyForNothing,
    /// Never ends a hold that nobody pays for.
    HoldsForEver,
    /// Sells honestly, and takes [`SLOW`] for it.
    Slow,
}

/// How long a [`Lie::Slow`] server takes to answer a reservation, at least.
pub(crate) const SLOW: Duration = Duration::from_millis(2);

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reserve {
    user_id: String,
    quantity: u32,
}

struct Office {
    lie: Lie,
    token: Option<&'static str>,
    total: u32,
    available: u32,
    requests: u32,
    reservations: Vec<(Reserve, &'static str)>,
    hold: Duration,
    /// When the last hold ends, and with it all.
    holds_end: Option<Instant>,
}

type Shared = State<Arc<Mutex<Office>>>;
type Reply = (StatusCode, Json<Value>);

/// Starts a server that lives as long as the test's runtime, and says where it is.
pub(crate) async fn start(lie: Lie, token: Option<&'static str>) -> String {
    let office = Office {
        lie,
        token,
        total: 0,
        available: 0,
        requests: 0,
        reservations: Vec::new(),
        hold: Duration::ZERO,
        holds_end: None,
    };
    let router = Router::new()
        .route("/api/events", post(create))
        .route("/api/events/{id}", get(event))
        .route("/api/events/{id}/seats", get(seats))
        .route("/api/reservations", post(reserve).get(list))
        .route("/api/reservations/{id}", delete(cancel))
        .route("/api/reservations/{id}/payment", post(pay))
        .with_state(Arc::new(Mutex::new(office)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn enter(office: &Arc<Mutex<Office>>) -> MutexGuard<'_, Office> {
    office
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn failure(status: StatusCode, code: &str, details: &Value) -> Reply {
    let error = json!({ "code": code, "message": "No.", "details": details });
    (
        status,
        Json(json!({ "success": false, "error": error, "timestamp": "" })),
    )
}

fn page(items: &[Value], number: usize, size: usize) -> Json<Value> {
    let content: Vec<_> = items.iter().skip(number * size).take(size).collect();
    let last = (number + 1) * size >= items.len();
    Json(json!({ "content": content, "last": last, "totalElements": items.len() }))
}

impl Office {
    fn event(&self) -> Value {
        json!({ "eventId": 7, "totalSeats": self.total, "availableSeats": self.available })
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        self.token
            .is_none_or(|token| given == Some(&format!("Bearer {token}")))
    }

    fn held(&self) -> impl Iterator<Item = usize> {
        let all = self.reservations.iter().enumerate();
        all.filter(|(_, reservation)| reservation.1 == "HELD")
            .map(|(index, _)| index)
    }

    fn end_holds(&mut self) {
        let is_over = self.holds_end.is_some_and(|end| end <= Instant::now());
        if !is_over || self.lie == Lie::HoldsForEver {
            return;
        }
        for index in self.held().collect::<Vec<_>>() {
            self.reservations[index].1 = "EXPIRED";
            self.available += self.reservations[index].0.quantity;
        }
    }

    fn reservation(&self, index: usize) -> Value {
        let (order, status) = &self.reservations[index];
        json!({ "reservationId": format!("r{index}"), "eventId": 7, "userId": order.user_id,
                "quantity": order.quantity, "status": status })
    }
}

async fn create(State(office): Shared, headers: HeaderMap, Json(event): Json<Value>) -> Reply {
    let mut office = enter(&office);
    if !office.admits(&headers) {
        return failure(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", &Value::Null);
    }
    office.hold = Duration::from_secs(event["holdSeconds"].as_u64().unwrap());
    office.total = serde_json::from_value(event["seatTypes"][0]["total"].clone()).unwrap();
    office.available = office.total;
    (StatusCode::CREATED, Json(office.event()))
}

async fn event(State(office): Shared) -> Json<Value> {
    Json(enter(&office).event())
}

async fn seats(State(office): Shared) -> Json<Value> {
    let mut office = enter(&office);
    office.end_holds();
    let (total, available, held) = (office.total, office.available, office.held().count());
    let held = u32::try_from(held).unwrap();
    let grade = json!({ "seatType": "R", "total": total, "available": available, "held": held,
                        "sold": total - available - held });
    Json(json!({ "eventId": 7, "seatTypes": [grade] }))
}

async fn reserve(State(office): Shared, headers: HeaderMap, Json(order): Json<Reserve>) -> Reply {
    if enter(&office).lie == Lie::Slow {
        tokio::time::sleep(SLOW).await;
    }
    let mut office = enter(&office);
    assert!(headers.contains_key("idempotency-key"));
    office.requests += 1;
    let tenth = office.requests.is_multiple_of(10);
    if office.lie == Lie::Overloaded && tenth {
        return failure(StatusCode::SERVICE_UNAVAILABLE, "OVERLOADED", &Value::Null);
    }
    let sold_live: u32 = office
        .reservations
        .iter()
        .filter(|r| r.1 == "CONFIRMED")
        .map(|r| r.0.quantity)
        .sum();
    let left = match office.lie {
        Lie::SellsTwice => (office.total + 5).saturating_sub(sold_live),
        Lie::RefusesTooEarly => office.available.saturating_sub(5),
        _ => office.available,
    };
    if left < order.quantity {
        if office.lie == Lie::SharesAReservation && office.requests == office.total + 1 {
            let mut shared = office.reservation(0);
            shared["userId"] = json!(order.user_id);
            return (StatusCode::CREATED, Json(shared));
        }
        let details = json!({ "requested": order.quantity, "available": left });
        return failure(StatusCode::CONFLICT, "INSUFFICIENT_SEATS", &details);
    }
    office.available = office.available.saturating_sub(order.quantity);
    let status = if office.hold.is_zero() {
        "CONFIRMED"
    } else {
        office.holds_end = Some(Instant::now() + office.hold);
        "HELD"
    };
    office.reservations.push((order, status));
    let index = office.reservations.len() - 1;
    let answer = office.reservation(index);
    match office.lie {
        // Quietly, unlike `panic!`: the connection is dropped without an answer.
        Lie::HangsUp if tenth => std::panic::resume_unwind(Box::new("hangs up")),
        Lie::LosesATicket if tenth => {
            office.reservations[index].1 = "FORGOTTEN";
        }
        _ => {}
    }
    (StatusCode::CREATED, Json(answer))
}

async fn cancel(State(office): Shared, Path(id): Path<String>) -> Reply {
    let mut office = enter(&office);
    let index: usize = id.trim_start_matches('r').parse().unwrap();
    if office.lie != Lie::KeepsCancelled {
        office.available += office.reservations[index].0.quantity;
        office.reservations[index].1 = "CANCELLED";
    }
    (
        StatusCode::OK,
        Json(json!({ "reservationId": id, "status": "CANCELLED" })),
    )
}

async fn pay(State(office): Shared, Path(id): Path<String>, Json(card): Json<Value>) -> Reply {
    let mut office = enter(&office);
    let index: usize = id.trim_start_matches('r').parse().unwrap();
    if card["token"] == "tok_declined" {
        return failure(
            StatusCode::PAYMENT_REQUIRED,
            "PAYMENT_DECLINED",
            &Value::Null,
        );
    }
    if office.lie != Lie::TakesMoneyForNothing {
        office.reservations[index].1 = "CONFIRMED";
    }
    (StatusCode::OK, Json(json!({ "status": "CONFIRMED" })))
}

#[derive(Deserialize)]
struct Paging {
    page: usize,
    size: usize,
}

async fn list(
    State(office): Shared,
    headers: HeaderMap,
    Query(paging): Query<Paging>,
) -> Result<Json<Value>, Reply> {
    let office = enter(&office);
    if !office.admits(&headers) {
        return Err(failure(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            &Value::Null,
        ));
    }
    let all: Vec<Value> = (0..office.reservations.len())
        .filter(|index| office.reservations[*index].1 != "FORGOTTEN")
        .map(|index| office.reservation(index))
        .collect();
    Ok(page(&all, paging.page, paging.size))
}
