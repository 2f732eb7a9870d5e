//! An event as its organizer describes it.

use boxoffice::event::{DEFAULT_ORGANIZER, Event, NewEvent, SaleState, Venue};
use boxoffice::grade::{Grade, SeatType, Seating, Stock};
use boxoffice::ids::EventId;
use boxoffice::money::{Currency, Money};
use boxoffice::time::Timestamp;

use crate::scenario::{EventPlan, GradePlan};
use crate::world::DAWN_MICROS;

/// What a seat of an event's grade costs, by the grade's place.
pub(crate) fn price(grade: usize) -> i64 {
    1_000 * (i64::try_from(grade).unwrap_or(0) + 1)
}

/// The names of an event's grades.
pub(crate) fn grade_names(plan: &EventPlan) -> Vec<SeatType> {
    let names = ["A", "B", "C"].into_iter().take(plan.grades.len());
    names.filter_map(|name| name.parse().ok()).collect()
}

/// What is put on sale.
pub(crate) fn new_event(plan: &EventPlan) -> NewEvent {
    let dawn = Timestamp::from_micros(DAWN_MICROS);
    let grade = |(index, (plan, name)): (usize, (&GradePlan, SeatType))| Grade {
        seat_type: name,
        price: Money(price(index)),
        seating: plan
            .seats_per_row
            .map_or(Seating::General, |seats_per_row| Seating::Assigned {
                rows: plan.total / seats_per_row,
                seats_per_row,
            }),
        stock: Stock::of(plan.total),
    };
    let grades = plan.grades.iter().zip(grade_names(plan)).enumerate();
    NewEvent {
        event: Event {
            id: EventId(0),
            organizer: DEFAULT_ORGANIZER,
            production: None,
            name: "Simulated".to_owned(),
            description: None,
            venue: Venue::default(),
            starts_at: dawn.plus_secs(86_400),
            zone: "UTC".to_owned(),
            currency: Currency::KRW,
            sale_opens_at: None,
            sale_closes_at: None,
            hold_secs: plan.hold_secs,
            buyer_tickets_max: plan.buyer_tickets_max,
            state: SaleState::Active,
            deleted_at: None,
            created_at: dawn,
            updated_at: dawn,
        },
        grades: grades.map(grade).collect(),
    }
}
