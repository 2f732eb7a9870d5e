//! The event that this crate's tests tell their stories about.

use std::sync::Arc;

use boxoffice::event::{DEFAULT_ORGANIZER, Event, EventSnapshot, SaleState, Venue};
use boxoffice::ids::{EventId, Version};
use boxoffice::money::Currency;
use boxoffice::seats::SeatMaps;
use boxoffice::time::Timestamp;

/// An event without grades at this version.
pub(crate) fn snapshot(event: EventId, version: i64) -> Arc<EventSnapshot> {
    let moment = Timestamp::from_micros(1_800_000_000_000_000);
    let event = Event {
        id: event,
        organizer: DEFAULT_ORGANIZER,
        production: None,
        name: "Opening night".to_owned(),
        description: None,
        venue: Venue::default(),
        starts_at: moment,
        zone: "Asia/Seoul".to_owned(),
        currency: Currency::KRW,
        sale_opens_at: None,
        sale_closes_at: None,
        hold_secs: 600,
        buyer_tickets_max: None,
        state: SaleState::Active,
        deleted_at: None,
        created_at: moment,
        updated_at: moment,
    };
    Arc::new(EventSnapshot {
        event: Arc::new(event),
        grades: Vec::new(),
        version: Version(version),
        last_now: moment,
        next_due: None,
        seats: SeatMaps::default(),
    })
}
