//! Rows of events and grades.

use std::sync::Arc;

use boxoffice::event::{Event, EventSnapshot, Venue};
use boxoffice::grade::{Grade, SeatLabel, Seating, Stock};
use boxoffice::ids::{EventId, Version};
use boxoffice::reservation::ReservationStatus;
use boxoffice::seats::SeatMaps;
use boxoffice::store::StoreError;

use super::columns::{BadColumn, Cells, Columns};
use crate::names;
use crate::shape::claimed;

/// The columns of `events e`, as [`snapshots`] reads them.
pub(crate) const EVENT_COLUMNS: &str = "e.id, e.organizer_id, e.production_id, e.name, \
    e.description, e.venue_name, e.venue_address, e.venue_capacity, e.starts_at, e.zone, \
    e.currency, e.sale_opens_at, e.sale_closes_at, e.hold_secs, e.buyer_tickets_max, e.state, \
    e.deleted_at, e.version, e.last_now, e.created_at, e.updated_at";

/// The columns of `grades g`, as [`snapshots`] reads them.
pub(crate) const GRADE_COLUMNS: &str = "g.seat_type AS g_seat_type, g.price AS g_price, \
    g.seating AS g_seating, g.seat_rows AS g_seat_rows, g.seats_per_row AS g_seats_per_row, \
    g.total AS g_total, g.available AS g_available, g.held AS g_held, g.sold AS g_sold";

/// Every claimed seat, with the status of the reservation that has it.
pub(crate) const CLAIMS: &str = "SELECT c.seat, r.status FROM seat_claims c \
    LEFT JOIN reservations r ON r.reservation_id = c.reservation_id WHERE c.event_id = ?";

/// A live reservation is held or sold stock; the grades tell it without a look at any reservation
/// but those that are being paid, which are few and wait for their provider.
pub(crate) const CANCELLED_LIVE: &str = "SELECT e.id FROM events e WHERE e.state = 'CANCELLED' \
    AND (SELECT SUM(g.held + g.sold) FROM grades g WHERE g.event_id = e.id) > \
        (SELECT COALESCE(SUM(r.quantity), 0) FROM reservations r \
            WHERE r.status = 'PAYING' AND +r.event_id = e.id) \
    ORDER BY e.id LIMIT ?";

/// Events after one, deleted ones included.
pub(crate) const IDS: &str = "SELECT id FROM events WHERE id > ? ORDER BY id LIMIT ?";

/// Events with their grades, from rows of one grade each, those of an event side by side.
pub(crate) fn snapshots<R: Cells>(rows: &[R]) -> Result<Vec<EventSnapshot>, StoreError> {
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

/// The seats of an event's assigned grades, from rows of [`CLAIMS`]. A claim of a seat that no grade
/// has is left to the audit.
pub(crate) fn seat_maps<R: Cells>(
    snapshot: &EventSnapshot,
    rows: &[R],
) -> Result<SeatMaps, StoreError> {
    let mut maps = SeatMaps::of(&snapshot.grades);
    for row in rows {
        let columns = Columns::new(row, "seat_claims", "");
        let read = || -> Result<(SeatLabel, Option<ReservationStatus>), BadColumn> {
            let status: Option<&str> = columns.get("status")?;
            let seat: &str = columns.get("seat")?;
            Ok((
                SeatLabel(seat.into()),
                status.and_then(ReservationStatus::from_name),
            ))
        };
        let (seat, status) = read().map_err(|bad| bad.of(snapshot.event.id))?;
        maps.set(&[seat], claimed(status));
    }
    Ok(maps)
}
