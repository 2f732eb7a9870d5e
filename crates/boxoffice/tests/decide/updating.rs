//! What an organizer changes while the sale goes on.

use boxoffice::command::{Command, EventPatch, Update, UpdateError};
use boxoffice::decide::shares;
use boxoffice::event::SaleState;
use boxoffice::grade::Stock;
use boxoffice::ids::Version;
use boxoffice::money::Money;

use crate::sale::{ask, at, event, grade};
use crate::story::{Story, update, updated};

fn totals(totals: &[(&str, u32)]) -> EventPatch {
    EventPatch {
        totals: totals.iter().map(|(name, n)| (grade(name), *n)).collect(),
        ..EventPatch::default()
    }
}

fn total_seats(total: u32) -> EventPatch {
    EventPatch {
        total_seats: Some(total),
        ..EventPatch::default()
    }
}

fn state(state: SaleState) -> EventPatch {
    EventPatch {
        state: Some(state),
        ..EventPatch::default()
    }
}

fn stocks(story: &Story) -> Vec<u32> {
    let grades = story.snapshot.grades.iter();
    grades.map(|grade| grade.stock.total).collect()
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let mut story = event().with_grade("R", 9).on_sale();
    let before = story.snapshot.event.clone();
    let patch = EventPatch {
        name: Some("Another concert".to_owned()),
        ..EventPatch::default()
    };
    story.at(7).update(patch).expect("an update");
    let mut expected = (*before).clone();
    expected.name = "Another concert".to_owned();
    expected.updated_at = at(7);
    assert_eq!(*story.snapshot.event, expected);
}

#[test]
fn every_field_can_be_changed() {
    let mut story = event().with_grade("R", 9).on_sale();
    let patch = EventPatch {
        name: Some("B".to_owned()),
        description: Some(Some("text".to_owned())),
        venue_name: Some(Some("hall".to_owned())),
        venue_address: Some(Some("street".to_owned())),
        venue_capacity: Some(Some(99)),
        starts_at: Some(at(500)),
        zone: Some("UTC".to_owned()),
        sale_opens_at: Some(Some(at(1))),
        sale_closes_at: Some(Some(at(400))),
        buyer_tickets_max: Some(Some(3)),
        hold_secs: Some(60),
        state: Some(SaleState::Closed),
        ..EventPatch::default()
    };
    story.update(patch).expect("an update");
    let event = &*story.snapshot.event;
    assert_eq!((event.name.as_str(), event.zone.as_str()), ("B", "UTC"));
    assert_eq!(event.description.as_deref(), Some("text"));
    assert_eq!(event.venue.name.as_deref(), Some("hall"));
    assert_eq!(event.venue.address.as_deref(), Some("street"));
    assert_eq!(event.venue.capacity, Some(99));
    assert_eq!(event.starts_at, at(500));
    assert_eq!(
        (event.sale_opens_at, event.sale_closes_at),
        (Some(at(1)), Some(at(400)))
    );
    assert_eq!((event.buyer_tickets_max, event.hold_secs), (Some(3), 60));
    assert_eq!(event.state, SaleState::Closed);
}

#[test]
fn what_may_be_missing_can_be_removed() {
    let sale = event().with_grade("R", 9).opening_at(50).limited_to(2);
    let mut story = sale.closing_at(90).on_sale();
    let patch = EventPatch {
        sale_opens_at: Some(None),
        sale_closes_at: Some(None),
        buyer_tickets_max: Some(None),
        ..EventPatch::default()
    };
    story.update(patch).expect("an update");
    let event = &*story.snapshot.event;
    assert_eq!((event.sale_opens_at, event.sale_closes_at), (None, None));
    assert_eq!(event.buyer_tickets_max, None);
}

#[test]
fn a_patch_that_changes_nothing_writes_nothing() {
    let mut story = event().with_grade("R", 9).on_sale();
    let version = story.snapshot.version;
    let decision = story.at(7).decide(&[update(totals(&[("R", 9)]))]);
    assert!(decision.changes.is_empty());
    assert_eq!(story.snapshot.version, version);
}

#[test]
fn the_answer_is_the_event_after_the_update() {
    let mut story = event().with_grade("R", 9).on_sale();
    let answer = story.update(totals(&[("R", 20)])).expect("an update");
    assert_eq!(*answer, story.snapshot);
}

#[test]
fn a_larger_total_frees_seats() {
    let mut story = event().with_grade("R", 9).on_sale();
    story.reserved(ask("mina", 4));
    story.update(totals(&[("R", 20)])).expect("an update");
    let expected = Stock {
        total: 20,
        available: 16,
        held: 4,
        sold: 0,
    };
    assert_eq!(story.stock("R"), expected);
}

#[test]
fn a_total_can_shrink_to_what_is_held_and_sold() {
    let mut story = event().with_grade("R", 9).on_sale();
    story.reserved(ask("mina", 4));
    story.update(totals(&[("R", 4)])).expect("an update");
    assert_eq!((story.available("R"), story.stock("R").total), (0, 4));
}

#[test]
fn a_total_below_what_is_held_and_sold_is_refused() {
    let mut story = event().with_grade("R", 9).on_sale();
    story.reserved(ask("mina", 4));
    let refused = Err(UpdateError::TotalTooSmall {
        seat_type: grade("R"),
        requested: 3,
        taken: 4,
    });
    assert_eq!(story.update(totals(&[("R", 3)])), refused);
}

#[test]
fn a_refused_patch_changes_nothing_of_what_it_names() {
    let mut story = event().with_grade("VIP", 9).with_grade("R", 9).on_sale();
    story.reserved(ask("mina", 4).of("R"));
    let patch = EventPatch {
        name: Some("Another concert".to_owned()),
        ..totals(&[("VIP", 20), ("R", 3)])
    };
    let decision = story.decide(&[update(patch)]);
    assert!(decision.changes.is_empty());
}

#[test]
fn freed_seats_are_sold_in_the_same_group() {
    let mut story = event().with_grade("R", 1).on_sale();
    story.reserved(ask("mina", 1));
    let [_, outcome] = story.group(&[update(totals(&[("R", 2)])), ask("jun", 1).into()]);
    assert!(crate::story::booked(outcome).is_ok());
}

#[test]
fn a_total_over_all_grades_is_shared_equally_and_the_first_has_the_rest() {
    let mut story = event()
        .with_grade("VIP", 1)
        .with_grade("R", 1)
        .with_grade("S", 1)
        .on_sale();
    story.update(total_seats(11)).expect("an update");
    assert_eq!(stocks(&story), [5, 3, 3]);
}

#[test]
fn a_grades_own_total_counts_more_than_its_share() {
    let mut story = event().with_grade("VIP", 1).with_grade("R", 1).on_sale();
    let patch = EventPatch {
        total_seats: Some(10),
        ..totals(&[("R", 8)])
    };
    story.update(patch).expect("an update");
    assert_eq!(stocks(&story), [5, 8]);
}

#[test]
fn shares_add_up() {
    for total in 0..40 {
        for count in 1..8 {
            assert_eq!(shares(total, count).iter().sum::<u32>(), total);
            assert_eq!(shares(total, count).len(), count);
        }
    }
    assert_eq!(shares(7, 0), []);
}

#[test]
fn an_assigned_grades_total_cannot_be_changed() {
    let mut story = event().with_assigned_grade("R", 2, 5).on_sale();
    let seat_type = grade("R");
    assert_eq!(
        story.update(totals(&[("R", 11)])),
        Err(UpdateError::TotalAssigned { seat_type })
    );
    assert!(story.update(totals(&[("R", 10)])).is_ok());
}

#[test]
fn an_unknown_grade_is_answered_with_the_known_ones() {
    let mut story = event().with_grade("VIP", 5).with_grade("R", 5).on_sale();
    let unknown = || UpdateError::UnknownSeatType {
        known: vec![grade("VIP"), grade("R")],
    };
    assert_eq!(story.update(totals(&[("S", 3)])), Err(unknown()));
    let prices = EventPatch {
        prices: vec![(grade("S"), Money(1))],
        ..EventPatch::default()
    };
    assert_eq!(story.update(prices), Err(unknown()));
}

#[test]
fn a_window_that_closes_before_it_opens_is_refused() {
    let mut story = event().with_grade("R", 5).on_sale();
    let window = |opens, closes| EventPatch {
        sale_opens_at: Some(Some(at(opens))),
        sale_closes_at: Some(Some(at(closes))),
        ..EventPatch::default()
    };
    let inverted = Err(UpdateError::SaleWindowInverted);
    assert_eq!(story.update(window(100, 99)), inverted);
    assert_eq!(story.update(window(100, 100)), inverted);
    assert!(story.update(window(100, 101)).is_ok());
}

#[test]
fn a_closed_event_can_be_opened_again() {
    let mut story = event().with_grade("R", 5).on_sale();
    story.update(state(SaleState::Closed)).expect("an update");
    story.update(state(SaleState::Active)).expect("an update");
    assert!(story.reserve(ask("mina", 1)).is_ok());
}

#[test]
fn a_cancelled_event_stays_cancelled() {
    let mut story = event().with_grade("R", 5).on_sale();
    let call_off = state(SaleState::Cancelled);
    let [_, second] = story.group(&[update(call_off), update(state(SaleState::Active))]);
    assert_eq!(updated(second), Err(UpdateError::EventCancelled));
    assert_eq!(
        story.update(state(SaleState::Active)),
        Err(UpdateError::EventCancelled)
    );
    assert_eq!(story.snapshot.event.state, SaleState::Cancelled);
}

#[test]
fn a_deleted_event_is_not_found() {
    let mut story = event().with_grade("R", 5).on_sale();
    story.delete().expect("a deletion");
    assert_eq!(
        story.update(state(SaleState::Closed)),
        Err(UpdateError::EventNotFound)
    );
}

fn insisting(patch: EventPatch, version: Version) -> Command {
    Command::Update(Box::new(Update {
        patch,
        if_version: Some(version),
    }))
}

#[test]
fn an_update_of_the_version_that_was_seen_is_made() {
    let mut story = event().with_grade("R", 5).on_sale();
    let seen = story.snapshot.version;
    let [outcome] = story.group(&[insisting(total_seats(9), seen)]);
    assert!(updated(outcome).is_ok());
}

#[test]
fn an_update_of_an_older_version_is_told_the_current_one() {
    let mut story = event().with_grade("R", 5).on_sale();
    let seen = story.snapshot.version;
    story.reserved(ask("mina", 1));
    let [outcome] = story.group(&[insisting(total_seats(9), seen)]);
    let current = seen.next();
    assert_eq!(
        updated(outcome),
        Err(UpdateError::VersionConflict { current })
    );
}

#[test]
fn what_the_same_group_changed_before_counts_as_another_version() {
    let mut story = event().with_grade("R", 5).on_sale();
    let seen = story.snapshot.version;
    let [_, outcome] = story.group(&[ask("mina", 1).into(), insisting(total_seats(9), seen)]);
    let current = seen.next();
    assert_eq!(
        updated(outcome),
        Err(UpdateError::VersionConflict { current })
    );
}

#[test]
fn another_time_to_pay_is_for_reservations_to_come() {
    let mut story = event().with_grade("R", 5).held_for_secs(600).on_sale();
    let held = story.reserved(ask("mina", 1));
    let shorter = EventPatch {
        hold_secs: Some(60),
        ..EventPatch::default()
    };
    story.update(shorter).expect("an update");
    assert_eq!(story.written(held.id).due_at(), Some(at(600)));
    assert_eq!(story.reserved(ask("jun", 1)).due_at(), Some(at(60)));
}
