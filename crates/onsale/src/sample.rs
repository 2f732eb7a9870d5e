//! One event to try things on.

use std::sync::Arc;

use boxoffice::box_office::BoxOffice;
use boxoffice::decide::shares;
use boxoffice::event::{DEFAULT_ORGANIZER, Event, EventSnapshot, NewEvent, SaleState, Venue};
use boxoffice::grade::{Grade, Seating, Stock};
use boxoffice::ids::EventId;
use boxoffice::money::{Currency, Money};
use boxoffice::page::{Direction, PageRequest};
use boxoffice::store::{EventFilter, EventListQuery, EventSort};
use boxoffice::time::Timestamp;

/// How far ahead the sample concert is: thirty days.
const STARTS_IN_SECS: u32 = 30 * 24 * 3_600;

/// People begin on the hour.
const HOUR_MICROS: i64 = 3_600_000_000;

const SEATS: u32 = 10_000;

/// Puts a concert on sale if there is no event yet; gives the first event there is.
pub async fn put_on_sale(
    box_office: &BoxOffice,
    zone: &str,
) -> anyhow::Result<Option<Arc<EventSnapshot>>> {
    let first = EventListQuery {
        filter: EventFilter::All,
        text: None,
        sort: EventSort::CreatedAt,
        direction: Direction::Ascending,
        page: PageRequest { page: 0, size: 1 },
        now: box_office.now(),
    };
    if let Some(event) = box_office.events(first).await?.items.first() {
        return Ok(Some(Arc::clone(event)));
    }
    let created = box_office
        .create_event(concert(box_office, zone)?, None)
        .await?;
    Ok(Some(created.value))
}

fn concert(box_office: &BoxOffice, zone: &str) -> anyhow::Result<NewEvent> {
    let now = box_office.now();
    let starts_at = now.plus_secs(STARTS_IN_SECS).as_micros();
    let event = Event {
        id: EventId(0),
        organizer: DEFAULT_ORGANIZER,
        production: None,
        name: "아이유 콘서트".to_owned(),
        description: Some("A sample event, to try things on.".to_owned()),
        venue: Venue {
            name: Some("Seoul Olympic Stadium".to_owned()),
            address: Some("25 Olympic-ro, Songpa-gu, Seoul".to_owned()),
            capacity: Some(SEATS),
        },
        starts_at: Timestamp::from_micros(starts_at - starts_at.rem_euclid(HOUR_MICROS)),
        zone: zone.to_owned(),
        currency: Currency::KRW,
        sale_opens_at: None,
        sale_closes_at: None,
        hold_secs: 0,
        buyer_tickets_max: None,
        state: SaleState::Active,
        deleted_at: None,
        created_at: now,
        updated_at: now,
    };
    let prices = [("VIP", 150_000), ("R", 100_000), ("S", 70_000)];
    let mut grades = Vec::new();
    for ((name, price), total) in prices.into_iter().zip(shares(SEATS, prices.len())) {
        grades.push(Grade {
            seat_type: name.parse()?,
            price: Money(price),
            seating: Seating::General,
            stock: Stock::of(total),
        });
    }
    Ok(NewEvent { event, grades })
}
