//! Which reservations a list holds, as conditions of a statement.

use boxoffice::reservation::ReservationStatus;
use boxoffice::store::ReservationListQuery;

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
