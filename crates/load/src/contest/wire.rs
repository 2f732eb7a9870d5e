//! The JSON of the contest, as far as it looks at it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::{Entry, Paid, Stock};

/// What a ticket costs, in minor units.
pub(super) const PRICE: u32 = 100_000;

/// The one grade that a contest sells.
pub(super) const GRADE: &str = "R";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewEvent {
    pub(super) event_name: String,
    pub(super) event_date: &'static str,
    pub(super) seat_types: [NewGrade; 1],
    pub(super) hold_seconds: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewGrade {
    pub(super) seat_type: &'static str,
    pub(super) price: u32,
    pub(super) total: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seating: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seats_per_row: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventBody {
    pub(super) event_id: u64,
    pub(super) total_seats: u32,
    pub(super) available_seats: u32,
    #[serde(flatten)]
    pub(super) rules: Option<Rules>,
}

/// What an event says of itself that a contest on it has to know.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rules {
    pub(super) hold_seconds: u32,
    pub(super) version: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seats {
    pub(super) seat_types: Vec<Grade>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grade {
    pub(super) seat_type: String,
    /// What a ticket costs, in minor units.
    pub(super) price: Option<u64>,
    total: u32,
    available: u32,
    held: u32,
    sold: u32,
    seats: Option<Vec<Row>>,
}

/// A row of numbered seats: a letter for each, `A` where it is left.
#[derive(Deserialize)]
struct Row {
    row: String,
    states: String,
}

impl Grade {
    /// How many seats each row has; `None` where seats have no numbers.
    pub(super) fn rows(&self) -> Option<impl Iterator<Item = usize>> {
        let rows = self.seats.as_ref()?;
        Some(rows.iter().map(|row| row.states.len()))
    }

    /// Every numbered seat, and whether it is taken; `None` where seats have no numbers.
    pub(super) fn seats(&self) -> Option<BTreeMap<String, bool>> {
        let label = |row: &Row, number: usize| format!("{}-{}-{number}", self.seat_type, row.row);
        let of_row = |row| {
            let states = Row::states(row).zip(1..);
            states.map(move |(taken, number)| (label(row, number), taken))
        };
        self.seats
            .as_ref()
            .map(|rows| rows.iter().flat_map(of_row).collect())
    }
}

impl Row {
    fn states(&self) -> impl Iterator<Item = bool> {
        self.states.chars().map(|letter| letter != 'A')
    }
}

impl From<Grade> for Stock {
    fn from(grade: Grade) -> Self {
        let Grade {
            total,
            available,
            held,
            sold,
            ..
        } = grade;
        Self {
            total,
            available,
            held,
            sold,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reserve<'a> {
    pub(super) event_id: u64,
    pub(super) user_id: &'a str,
    pub(super) quantity: u32,
    pub(super) seat_type: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) seats: &'a [String],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReservationBody {
    reservation_id: String,
    user_id: String,
    quantity: u32,
    status: String,
    #[serde(default)]
    seats: Vec<String>,
    #[serde(default)]
    payment: Option<PaymentBody>,
}

#[derive(Deserialize)]
struct PaymentBody {
    status: String,
    amount: u64,
}

/// What a buyer pays with.
#[derive(Serialize)]
pub(super) struct Card {
    pub(super) method: &'static str,
    pub(super) token: &'static str,
}

impl From<ReservationBody> for Entry {
    fn from(reservation: ReservationBody) -> Self {
        let ReservationBody {
            reservation_id,
            user_id,
            quantity,
            status,
            seats,
            payment,
        } = reservation;
        let payment = payment.map(|PaymentBody { status, amount }| Paid { status, amount });
        Self {
            reservation_id,
            user_id,
            quantity,
            status,
            seats,
            payment,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Cancelled {
    pub(super) status: String,
}

#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) content: Vec<ReservationBody>,
    pub(super) last: bool,
}

#[derive(Deserialize)]
pub(super) struct Failure {
    pub(super) error: ErrorBody,
}

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub(super) code: String,
    #[serde(default)]
    pub(super) details: serde_json::Value,
}

impl ErrorBody {
    /// The seats among the details.
    pub(super) fn seats(&self) -> Vec<String> {
        let seats = self.details.get("seats").cloned().unwrap_or_default();
        serde_json::from_value(seats).unwrap_or_default()
    }

    /// A number among the details, such as how many tickets are left.
    pub(super) fn figure(&self, name: &str) -> Option<u32> {
        self.details.get(name)?.as_u64()?.try_into().ok()
    }
}
