//! Events and their seats, as they are told.

use boxoffice::event::{Event, EventSnapshot, EventStatus, Venue};
use boxoffice::grade::{Grade, Seating};
use boxoffice::seats::{SeatMap, SeatState, row_name};
use boxoffice::time::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::zone::{Moment, Zone};

/// What a visitor is told about an event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = EventStatus)]
#[expect(dead_code, reason = "describes the names; `status_name` writes them")]
pub(crate) enum EventStatusName {
    /// Seats are left.
    Active,
    /// No seat is left at the moment.
    SoldOut,
    /// Closed by the organizer, its sale window or its date.
    Closed,
    /// Called off.
    Cancelled,
}

/// The name of a status.
pub(crate) const fn status_name(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Active => "ACTIVE",
        EventStatus::SoldOut => "SOLD_OUT",
        EventStatus::Closed => "CLOSED",
        EventStatus::Cancelled => "CANCELLED",
    }
}

/// An event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub(crate) struct EventBody<'a> {
    event_id: i64,
    event_name: &'a str,
    #[schema(required)]
    description: Option<&'a str>,
    venue: VenueBody<'a>,
    #[schema(value_type = String, format = DateTime)]
    event_date: Moment,
    /// The IANA zone that the event's times are told in.
    time_zone: &'a str,
    /// Null: at once.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    sale_opens_at: Option<Moment>,
    /// Null: when the event begins.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    sale_closes_at: Option<Moment>,
    #[schema(value_type = EventStatusName)]
    status: &'static str,
    /// ISO 4217.
    currency: &'a str,
    /// The price of each grade in minor units.
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    price: Prices<'a>,
    total_seats: u32,
    available_seats: u32,
    #[schema(value_type = Vec<SeatTypeBody>)]
    seat_types: SeatTypes<'a>,
    /// Null: no limit.
    #[schema(required)]
    max_per_buyer: Option<u32>,
    /// How long a reservation is held for payment; 0: confirmed at once.
    hold_seconds: u32,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Moment,
}

impl<'a> EventBody<'a> {
    /// The event as it is at `now`.
    pub(crate) fn tell(snapshot: &'a EventSnapshot, now: Timestamp) -> Self {
        let event = &*snapshot.event;
        let zone = Zone::named_or_utc(&event.zone);
        let stock = snapshot.stock();
        Self {
            event_id: event.id.0,
            event_name: &event.name,
            description: event.description.as_deref(),
            venue: VenueBody::tell(&event.venue),
            event_date: zone.tell(event.starts_at),
            time_zone: &event.zone,
            sale_opens_at: event.sale_opens_at.map(|at| zone.tell(at)),
            sale_closes_at: event.sale_closes_at.map(|at| zone.tell(at)),
            status: status_name(snapshot.status(now)),
            currency: event.currency.as_str(),
            price: Prices(&snapshot.grades),
            total_seats: stock.total,
            available_seats: stock.available,
            seat_types: SeatTypes(&snapshot.grades),
            max_per_buyer: event.buyer_tickets_max,
            hold_seconds: event.hold_secs,
            version: snapshot.version.0,
            created_at: zone.tell(event.created_at),
            updated_at: zone.tell(event.updated_at),
        }
    }
}

/// Where it takes place.
#[derive(Serialize, ToSchema)]
#[schema(as = Venue)]
pub(crate) struct VenueBody<'a> {
    #[schema(required)]
    name: Option<&'a str>,
    #[schema(required)]
    address: Option<&'a str>,
    #[schema(required)]
    capacity: Option<u32>,
}

impl<'a> VenueBody<'a> {
    fn tell(venue: &'a Venue) -> Self {
        Self {
            name: venue.name.as_deref(),
            address: venue.address.as_deref(),
            capacity: venue.capacity,
        }
    }
}

/// A grade and its seats. `available + held + sold = total`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SeatType)]
pub(crate) struct SeatTypeBody<'a> {
    seat_type: &'a str,
    /// In minor units.
    price: i64,
    /// `GENERAL`: first come, best place. `ASSIGNED`: each ticket names its seat.
    seating: &'static str,
    /// Of assigned seating: rows A, B and so on, from the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rows: Option<u32>,
    /// Of assigned seating: seats 1 and so on in each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seats_per_row: Option<u32>,
    total: u32,
    available: u32,
    held: u32,
    sold: u32,
}

impl<'a> SeatTypeBody<'a> {
    fn tell(grade: &'a Grade) -> Self {
        let (seating, layout) = match grade.seating {
            Seating::General => ("GENERAL", None),
            Seating::Assigned {
                rows,
                seats_per_row,
            } => ("ASSIGNED", Some((rows, seats_per_row))),
        };
        let (rows, seats_per_row) = layout.unzip();
        Self {
            seat_type: grade.seat_type.as_str(),
            price: grade.price.0,
            seating,
            rows,
            seats_per_row,
            total: grade.stock.total,
            available: grade.stock.available,
            held: grade.stock.held,
            sold: grade.stock.sold,
        }
    }
}

/// The seats of an event, by grade.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Seats)]
pub(crate) struct SeatsBody<'a> {
    event_id: i64,
    version: i64,
    #[schema(value_type = EventStatusName)]
    status: &'static str,
    total_seats: u32,
    available_seats: u32,
    #[schema(value_type = Vec<SeatTypeSeats>)]
    seat_types: SeatTypesWithSeats<'a>,
}

/// A grade and, where its seats have numbers, where each of them stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct SeatTypeSeats<'a> {
    #[serde(flatten)]
    grade: SeatTypeBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<SeatRow>, required = false, nullable = false)]
    seats: Option<Rows<'a>>,
}

/// The seats of one row. Seat 3 of row B of grade R is `R-B-3`: the third letter.
#[derive(Serialize, ToSchema)]
pub(crate) struct SeatRow {
    /// A to Z, AA and so on, from the stage.
    row: String,
    /// A letter for each seat, from number 1: `A` available, `H` held, `S` sold.
    #[schema(pattern = "^[AHS]+$")]
    states: String,
}

impl SeatRow {
    fn tell(map: &SeatMap, row: u32) -> Self {
        let letter = |state| match state {
            SeatState::Available => 'A',
            SeatState::Held => 'H',
            SeatState::Sold => 'S',
        };
        Self {
            row: row_name(row),
            states: map.row(row).map(letter).collect(),
        }
    }
}

impl<'a> SeatsBody<'a> {
    /// The seats as they are at `now`.
    pub(crate) fn tell(snapshot: &'a EventSnapshot, now: Timestamp) -> Self {
        let stock = snapshot.stock();
        Self {
            event_id: snapshot.event.id.0,
            version: snapshot.version.0,
            status: status_name(snapshot.status(now)),
            total_seats: stock.total,
            available_seats: stock.available,
            seat_types: SeatTypesWithSeats {
                snapshot,
                since: None,
            },
        }
    }

    /// The same, of the numbered seats only the rows that are not as they were in `older`.
    pub(crate) fn tell_changes(
        snapshot: &'a EventSnapshot,
        older: &'a EventSnapshot,
        now: Timestamp,
    ) -> Self {
        let mut body = Self::tell(snapshot, now);
        body.seat_types.since = Some(older);
        body
    }
}

/// What a reservation tells of its event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventBrief<'a> {
    event_id: i64,
    event_name: &'a str,
    #[schema(value_type = String, format = DateTime)]
    event_date: Moment,
    time_zone: &'a str,
    venue: VenueBody<'a>,
    currency: &'a str,
}

impl<'a> EventBrief<'a> {
    /// The event, told in its own zone.
    pub(crate) fn tell(event: &'a Event, zone: &Zone) -> Self {
        Self {
            event_id: event.id.0,
            event_name: &event.name,
            event_date: zone.tell(event.starts_at),
            time_zone: &event.zone,
            venue: VenueBody::tell(&event.venue),
            currency: event.currency.as_str(),
        }
    }
}

struct Prices<'a>(&'a [Grade]);

impl Serialize for Prices<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for grade in self.0 {
            map.serialize_entry(grade.seat_type.as_str(), &grade.price.0)?;
        }
        map.end()
    }
}

struct SeatTypes<'a>(&'a [Grade]);

impl Serialize for SeatTypes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(SeatTypeBody::tell))
    }
}

struct SeatTypesWithSeats<'a> {
    snapshot: &'a EventSnapshot,
    /// What the reader knows, if anything.
    since: Option<&'a EventSnapshot>,
}

impl<'a> Serialize for SeatTypesWithSeats<'a> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tell = |grade: &'a Grade| SeatTypeSeats {
            grade: SeatTypeBody::tell(grade),
            seats: self.rows(grade),
        };
        serializer.collect_seq(self.snapshot.grades.iter().map(tell))
    }
}

impl<'a> SeatTypesWithSeats<'a> {
    fn rows(&self, grade: &Grade) -> Option<Rows<'a>> {
        let known = self
            .since
            .and_then(|older| older.seats.of_grade(&grade.seat_type));
        Some(Rows {
            map: self.snapshot.seats.of_grade(&grade.seat_type)?,
            known: known.map(|map| &**map),
        })
    }
}

struct Rows<'a> {
    map: &'a SeatMap,
    /// What the reader knows; rows that are still so are left out.
    known: Option<&'a SeatMap>,
}

impl Rows<'_> {
    fn is_known(&self, row: u32) -> bool {
        self.known.is_some_and(|known| {
            std::ptr::eq(known, self.map)
                || (row < known.layout().rows() && known.row(row).eq(self.map.row(row)))
        })
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = (0..self.map.layout().rows()).filter(|row| !self.is_known(*row));
        serializer.collect_seq(rows.map(|row| SeatRow::tell(self.map, row)))
    }
}
