//! The values of events and grades, as statements take them.

use boxoffice::event::Event;
use boxoffice::grade::{Grade, Stock};

use super::statements::Values;
use crate::names;

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
