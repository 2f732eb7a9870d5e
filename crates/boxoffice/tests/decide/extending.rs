//! Holding a reservation longer, once.

use boxoffice::command::{EventPatch, ExtendError, Verdict};
use boxoffice::reservation::{ReservationState, ReservationStatus};

use crate::sale::{ask, at, event, new_id};
use crate::story::Story;

fn story() -> Story {
    event().with_grade("R", 9).held_for_secs(600).on_sale()
}

#[test]
fn an_extension_adds_the_time_to_pay_to_the_end_of_the_hold() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let extended = story.at(100).extend(held.id).expect("an extension");
    let expected = ReservationState::Held {
        expires_at: at(1_200),
        extended: true,
    };
    assert_eq!(extended.state, expected);
}

#[test]
fn an_extended_hold_outlives_its_first_end() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.extend(held.id).expect("an extension");
    story.at(1_199).sweep_all();
    assert_eq!(story.written(held.id).status(), ReservationStatus::Held);
    story.at(1_200).sweep_all();
    assert_eq!(story.written(held.id).status(), ReservationStatus::Expired);
}

#[test]
fn a_hold_is_extended_once() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.extend(held.id).expect("an extension");
    assert_eq!(story.extend(held.id), Err(ExtendError::ExtensionUsed));
}

#[test]
fn a_declined_payment_does_not_give_the_extension_back() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.extend(held.id).expect("an extension");
    let payment = story.begin(held.id).expect("a hold");
    story
        .settle(held.id, payment, Verdict::Declined)
        .expect("a verdict");
    assert_eq!(story.extend(held.id), Err(ExtendError::ExtensionUsed));
}

#[test]
fn an_extension_keeps_the_seats_as_they_are() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let before = story.stock("R");
    story.extend(held.id).expect("an extension");
    assert_eq!(story.stock("R"), before);
}

#[test]
fn an_unknown_reservation_is_not_found() {
    assert_eq!(story().extend(new_id()), Err(ExtendError::NotFound));
}

#[test]
fn a_hold_whose_time_is_over_is_not_extended() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    assert_eq!(story.at(600).extend(held.id), Err(ExtendError::HoldExpired));
    assert_eq!(story.available("R"), 9);
}

#[test]
fn while_a_payment_is_under_way_nothing_is_extended() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.begin(held.id).expect("a hold");
    assert_eq!(story.extend(held.id), Err(ExtendError::PaymentInProgress));
}

#[test]
fn a_confirmed_reservation_has_no_hold_to_extend() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.pay(held.id);
    assert_eq!(story.extend(held.id), Err(ExtendError::AlreadyConfirmed));
}

#[test]
fn a_cancelled_reservation_is_not_extended() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let cancelled = story.cancel(held.id).expect("a cancellation").value;
    assert_eq!(
        story.extend(held.id),
        Err(ExtendError::AlreadyCancelled(Box::new(
            (*cancelled).clone()
        )))
    );
}

#[test]
fn an_extension_lasts_as_long_as_the_event_says_by_now() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let longer = EventPatch {
        hold_secs: Some(900),
        ..EventPatch::default()
    };
    story.update(longer).expect("an update");
    let extended = story.extend(held.id).expect("an extension");
    assert_eq!(extended.due_at(), Some(at(1_500)));
}
