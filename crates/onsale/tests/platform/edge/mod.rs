//! What the server does before and after a request is looked at: its guard.

pub(crate) mod bounds;
mod crowd;
mod dress;
mod log;
pub(crate) mod unwell;

use serde_json::{Value, json};

/// A long time, so that only the bound that is tested can ring.
const LONG: &str = "60000";

fn reserve(event: i64, user: &str) -> Value {
    json!({ "eventId": event, "userId": user, "quantity": 1 })
}
