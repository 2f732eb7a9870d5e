//! Which events a list holds, as conditions of a statement.

use boxoffice::page::Direction;
use boxoffice::store::{EventFilter, EventSort};

/// The condition of a list of `events e` at the moment `now`, where `text` is looked for; both as
/// they are written in the statement.
pub(crate) fn chosen(filter: EventFilter, now: &str, text: Option<&str>) -> String {
    const LEFT: &str =
        "EXISTS (SELECT 1 FROM grades s WHERE s.event_id = e.id AND s.available > 0)";
    let selling = format!(
        "e.state = 'ACTIVE' AND e.starts_at > {now} \
         AND (e.sale_closes_at IS NULL OR e.sale_closes_at > {now})"
    );
    let filter = match filter {
        EventFilter::All => "1 = 1".to_owned(),
        EventFilter::Active => format!("{selling} AND {LEFT}"),
        EventFilter::SoldOut => format!("{selling} AND NOT {LEFT}"),
        EventFilter::Closed => format!("e.state <> 'CANCELLED' AND NOT ({selling})"),
        EventFilter::Cancelled => "e.state = 'CANCELLED'".to_owned(),
        EventFilter::Upcoming => format!("e.state <> 'CANCELLED' AND e.starts_at > {now}"),
        EventFilter::Available => {
            format!(
                "{selling} AND {LEFT} AND (e.sale_opens_at IS NULL OR e.sale_opens_at <= {now})"
            )
        }
    };
    let text = text.map_or_else(String::new, |text| {
        format!(" AND INSTR(e.search_text, {text}) > 0")
    });
    format!("e.deleted_at IS NULL AND {filter}{text}")
}

/// The column that a list is sorted by, and which way.
pub(crate) const fn order(sort: EventSort, direction: Direction) -> (&'static str, &'static str) {
    let column = match sort {
        EventSort::EventDate => "starts_at",
        EventSort::EventName => "name",
        EventSort::CreatedAt => "created_at",
    };
    let way = match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    (column, way)
}
