//! The limit of tickets per buyer.

use boxoffice::command::{EventPatch, ReserveError};

use crate::sale::{ask, event};
use crate::story::{booked, cancel, update};

fn reached(limit: u32, holding: u32) -> ReserveError {
    ReserveError::AlreadyReserved { limit, holding }
}

#[test]
fn a_buyer_may_have_as_many_as_the_limit() {
    let mut story = event().with_grade("R", 9).limited_to(4).on_sale();
    story.reserved(ask("mina", 2));
    story.reserved(ask("mina", 2));
    assert_eq!(story.reserve(ask("mina", 1)), Err(reached(4, 4)));
}

#[test]
fn a_request_that_would_pass_the_limit_is_refused_whole() {
    let mut story = event().with_grade("R", 9).limited_to(4).on_sale();
    story.reserved(ask("mina", 3));
    assert_eq!(story.reserve(ask("mina", 2)), Err(reached(4, 3)));
    assert_eq!(story.available("R"), 6);
}

#[test]
fn the_limit_counts_what_the_same_group_gave() {
    let mut story = event().with_grade("R", 9).limited_to(4).on_sale();
    let [first, second] = story.group(&[ask("mina", 3).into(), ask("mina", 2).into()]);
    assert!(booked(first).is_ok());
    assert_eq!(booked(second), Err(reached(4, 3)));
}

#[test]
fn the_limit_counts_every_grade() {
    let sale = event().with_grade("VIP", 9).with_grade("R", 9);
    let mut story = sale.limited_to(4).on_sale();
    story.reserved(ask("mina", 4).of("VIP"));
    assert_eq!(story.reserve(ask("mina", 1).of("R")), Err(reached(4, 4)));
}

#[test]
fn the_limit_is_each_buyers_own() {
    let mut story = event().with_grade("R", 9).limited_to(4).on_sale();
    story.reserved(ask("mina", 4));
    assert!(story.reserve(ask("jun", 4)).is_ok());
}

#[test]
fn what_was_given_back_does_not_count() {
    let mut story = event().with_grade("R", 9).limited_to(4).on_sale();
    let held = story.reserved(ask("mina", 4));
    let [_, again] = story.group(&[cancel(held.id), ask("mina", 4).into()]);
    assert!(booked(again).is_ok());
}

#[test]
fn what_expired_does_not_count() {
    let sale = event().with_grade("R", 9).limited_to(4);
    let mut story = sale.held_for_secs(60).on_sale();
    story.reserved(ask("mina", 4));
    assert!(story.at(60).reserve(ask("mina", 4)).is_ok());
}

#[test]
fn what_is_being_paid_and_what_is_paid_counts() {
    let mut story = event().with_grade("R", 9).limited_to(4).on_sale();
    let paid = story.reserved(ask("mina", 1));
    story.pay(paid.id);
    let paying = story.reserved(ask("mina", 1));
    story.begin(paying.id).expect("a hold");
    assert_eq!(story.reserve(ask("mina", 3)), Err(reached(4, 2)));
}

#[test]
fn a_limit_that_is_set_counts_at_once_in_the_same_group() {
    let mut story = event().with_grade("R", 9).on_sale();
    story.reserved(ask("mina", 3));
    let limit = EventPatch {
        buyer_tickets_max: Some(Some(4)),
        ..EventPatch::default()
    };
    let [_, second] = story.group(&[update(limit), ask("mina", 2).into()]);
    assert_eq!(booked(second), Err(reached(4, 3)));
}

#[test]
fn a_limit_below_what_a_buyer_has_takes_nothing_away() {
    let mut story = event().with_grade("R", 9).on_sale();
    let held = story.reserved(ask("mina", 5));
    let limit = EventPatch {
        buyer_tickets_max: Some(Some(2)),
        ..EventPatch::default()
    };
    story.update(limit).expect("an update");
    assert_eq!(story.written(held.id), held);
    assert_eq!(story.reserve(ask("mina", 1)), Err(reached(2, 5)));
}

#[test]
fn a_limit_that_is_lifted_holds_nobody_back() {
    let mut story = event().with_grade("R", 9).limited_to(1).on_sale();
    story.reserved(ask("mina", 1));
    let lift = EventPatch {
        buyer_tickets_max: Some(None),
        ..EventPatch::default()
    };
    story.update(lift).expect("an update");
    assert!(story.reserve(ask("mina", 5)).is_ok());
}

#[test]
fn the_limit_is_told_before_the_shortage() {
    let mut story = event().with_grade("R", 2).limited_to(2).on_sale();
    story.reserved(ask("mina", 2));
    assert_eq!(story.reserve(ask("mina", 1)), Err(reached(2, 2)));
}
