//! Which reservations a list holds, as conditions of a statement, and who was let in.

use boxoffice::ids::EventId;
use boxoffice::money::Money;
use boxoffice::reservation::ReservationStatus;
use boxoffice::store::{ReservationListQuery, StoreError};

use super::columns::{Cells, Columns};

/// The ids of a part of an event's reservations.
pub(crate) const OF_EVENT_IDS: &str = "SELECT l.reservation_id FROM reservations l \
    WHERE l.event_id = ? AND l.reservation_id > ? ORDER BY l.reservation_id LIMIT ?";

/// Reservations by their ids, each with its tickets.
pub(crate) const IN_ORDER: &str = "ORDER BY r.reservation_id, t.number";

/// Those who were let in to an event.
pub(crate) const ADMITTED: &str =
    "SELECT COUNT(*) AS admitted FROM tickets WHERE used_event_id = ?";

/// How many, in the row of [`ADMITTED`].
pub(crate) fn count_admitted(event: EventId, row: &dyn Cells) -> Result<u64, StoreError> {
    let admitted = |count: i64| u64::try_from(count).ok();
    let found = Columns::new(row, "tickets", "").map("admitted", admitted);
    found.map_err(|bad| bad.of(event))
}

/// What an event has taken.
pub(crate) const TAKINGS: &str = "SELECT CAST(COALESCE(SUM(total_price), 0) AS SIGNED) AS takings \
    FROM reservations WHERE event_id = ? AND status = 'CONFIRMED'";

/// How much, in the row of [`TAKINGS`].
pub(crate) fn takings_of(event: EventId, row: &dyn Cells) -> Result<Money, StoreError> {
    let takings = Columns::new(row, "reservations", "").get("takings");
    takings.map(Money).map_err(|bad| bad.of(event))
}

/// Those who reserved after somebody.
pub(crate) const SINCE: &str = "SELECT COUNT(*) AS reserved FROM reservations \
    WHERE event_id = ? AND reservation_id > ?";

/// How many, in the row of [`SINCE`].
pub(crate) fn count_since(event: EventId, row: &dyn Cells) -> Result<u64, StoreError> {
    let reserved = |count: i64| u64::try_from(count).ok();
    let found = Columns::new(row, "reservations", "").map("reserved", reserved);
    found.map_err(|bad| bad.of(event))
}

/// The condition of a list. The status is written out, so that partial indexes can be used.
pub(crate) fn chosen(query: &ReservationListQuery) -> String {
    let conditions: Vec<String> = [
        // A plus takes the event's index out of the choice: a buyer's own is always shorter.
        query.event.map(|_| {
            format!(
                "{}l.event_id = ?",
                if query.user.is_some() { "+" } else { "" }
            )
        }),
        query.user.as_ref().map(|_| "l.user_id = ?".to_owned()),
        query
            .status
            .map(|status| format!("l.status = '{}'", ReservationStatus::as_str(status))),
    ]
    .into_iter()
    .flatten()
    .collect();
    if conditions.is_empty() {
        return String::new();
    }
    format!("WHERE {}", conditions.join(" AND "))
}
