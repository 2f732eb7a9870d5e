//! Rows of events and grades.

use std::sync::Arc;

use boxoffice::event::{Event, EventSnapshot, Venue};
use boxoffice::grade::{Grade, Seating, Stock};
use boxoffice::ids::{EventId, Version};
use boxoffice::seats::SeatMaps;
use boxoffice::store::StoreError;
use sqlx::sqlite::SqliteRow;

use super::columns::{BadColumn, Columns};
use super::statements::Values;
use crate::names;

/// The columns of `events e`, as [`snapshots`] reads them.
pub(super) const EVENT_COLUMNS: &str = "e.id, e.organizer_id, e.production_id, e.name, \
    e.description, e.venue_name, e.venue_address, e.venue_capacity, e.starts_at, e.zone, \
    e.currency, e.sale_opens_at, e.sale_closes_at, e.hold_secs, e.buyer_tickets_max, e.state, \
    e.deleted_at, e.version, e.last_now, e.created_at, e.updated_at";

/// The columns of `grades g`, as [`snapshots`] reads them.
pub(super) const GRADE_COLUMNS: &str = "g.seat_type AS g_seat_type, g.price AS g_price, \
    g.seating AS g_seating, g.seat_rows AS g_seat_rows, g.seats_per_row AS g_seats_per_row, \
    g.total AS g_total, g.available AS g_available, g.held AS g_held, g.sold AS g_sold";

/// Events with their grades, from rows of one grade each, those of an event side by side.
pub(super) fn snapshots(rows: &[SqliteRow]) -> Result<Vec<EventSnapshot>, StoreError> {
    let mut snapshots: Vec<EventSnapshot> = Vec::new();
    for row in rows {
        let columns = Columns::new(row, "events", "");
        let id = EventId(columns.get("id").map_err(|bad| bad.of("?"))?);
        if snapshots.last().is_none_or(|last| last.event.id != id) {
            snapshots.push(snapshot(columns, id).map_err(|bad| bad.of(id))?);
        }
        let grade = grade(Columns::new(row, "grades", "g_")).map_err(|bad| bad.of(id))?;
        if let (Some(snapshot), Some(grade)) = (snapshots.last_mut(), grade) {
            snapshot.grades.push(grade);
        }
    }
    Ok(snapshots)
}

fn snapshot(columns: Columns<'_>, id: EventId) -> Result<EventSnapshot, BadColumn> {
    let event = Event {
        id,
        organizer: columns.get("organizer_id")?,
        production: columns.get("production_id")?,
        name: columns.get("name")?,
        description: columns.get("description")?,
        venue: Venue {
            name: columns.get("venue_name")?,
            address: columns.get("venue_address")?,
            capacity: columns.count_or_none("venue_capacity")?,
        },
        starts_at: columns.time("starts_at")?,
        zone: columns.get("zone")?,
        currency: columns.parse("currency")?,
        sale_opens_at: columns.time_or_none("sale_opens_at")?,
        sale_closes_at: columns.time_or_none("sale_closes_at")?,
        hold_secs: columns.count("hold_secs")?,
        buyer_tickets_max: columns.count_or_none("buyer_tickets_max")?,
        state: columns.map("state", names::sale_state_from)?,
        deleted_at: columns.time_or_none("deleted_at")?,
        created_at: columns.time("created_at")?,
        updated_at: columns.time("updated_at")?,
    };
    Ok(EventSnapshot {
        event: Arc::new(event),
        grades: Vec::new(),
        version: Version(columns.get("version")?),
        last_now: columns.time("last_now")?,
        next_due: None,
        seats: SeatMaps::default(),
    })
}

fn grade(columns: Columns<'_>) -> Result<Option<Grade>, BadColumn> {
    if columns.get::<Option<&str>>("g_seat_type")?.is_none() {
        return Ok(None);
    }
    let seating = match columns.get("g_seating")? {
        "GENERAL" => Seating::General,
        "ASSIGNED" => Seating::Assigned {
            rows: columns.count("g_seat_rows")?,
            seats_per_row: columns.count("g_seats_per_row")?,
        },
        _ => return Err(columns.bad("g_seating")),
    };
    Ok(Some(Grade {
        seat_type: columns.parse("g_seat_type")?,
        price: columns.money("g_price")?,
        seating,
        stock: Stock {
            total: columns.count("g_total")?,
            available: columns.count("g_available")?,
            held: columns.count("g_held")?,
            sold: columns.count("g_sold")?,
        },
    }))
}

/// The event's columns that [`bind_event`] binds, in its order.
pub(super) const EVENT_FIELDS: [&str; 19] = [
    "organizer_id",
    "production_id",
    "name",
    "description",
    "venue_name",
    "venue_address",
    "venue_capacity",
    "starts_at",
    "zone",
    "currency",
    "sale_opens_at",
    "sale_closes_at",
    "hold_secs",
    "buyer_tickets_max",
    "state",
    "deleted_at",
    "created_at",
    "updated_at",
    "search_text",
];

/// Binds [`EVENT_FIELDS`].
pub(super) fn bind_event(values: &mut Values, event: &Event) {
    values
        .int(event.organizer)
        .int_or_null(event.production)
        .text(&event.name)
        .text_or_null(event.description.as_deref())
        .text_or_null(event.venue.name.as_deref())
        .text_or_null(event.venue.address.as_deref())
        .int_or_null(event.venue.capacity.map(i64::from))
        .int(event.starts_at.as_micros())
        .text(&event.zone)
        .text(event.currency.as_str())
        .int_or_null(
            event
                .sale_opens_at
                .map(boxoffice::time::Timestamp::as_micros),
        )
        .int_or_null(
            event
                .sale_closes_at
                .map(boxoffice::time::Timestamp::as_micros),
        )
        .int(event.hold_secs.into())
        .int_or_null(event.buyer_tickets_max.map(i64::from))
        .text(names::sale_state(event.state))
        .int_or_null(event.deleted_at.map(boxoffice::time::Timestamp::as_micros))
        .int(event.created_at.as_micros())
        .int(event.updated_at.as_micros())
        .text(&names::search_text(event));
}

/// Binds a grade's price, total, available, held and sold.
pub(super) fn bind_stock(values: &mut Values, grade: &Grade) {
    let Stock {
        total,
        available,
        held,
        sold,
    } = grade.stock;
    values.int(grade.price.0);
    for count in [total, available, held, sold] {
        values.int(count.into());
    }
}
