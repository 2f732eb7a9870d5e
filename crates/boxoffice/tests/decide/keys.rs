//! Requests that were sent twice and count once.

use boxoffice::command::{CancelError, EventPatch, ReserveError};
use boxoffice::event::SaleState;
use boxoffice::reservation::ReservationStatus;

use crate::sale::{ask, event};
use crate::story::{booked, cancel_keyed, cancelled, update};

#[test]
fn a_retry_gets_the_reservation_that_its_key_led_to() {
    let mut story = event().with_grade("R", 9).on_sale();
    let asked = ask("mina", 2).keyed("k");
    let held = story.reserved(asked.clone());
    let retry = story.reserve(asked.again()).expect("the same again");
    assert_eq!((retry.value, retry.replayed), (held, true));
}

#[test]
fn a_retry_takes_no_more_seats() {
    let mut story = event().with_grade("R", 9).on_sale();
    let asked = ask("mina", 2).keyed("k");
    story.reserved(asked.clone());
    let decision = story.decide(&[asked.again().into()]);
    assert!(decision.changes.is_empty());
    assert_eq!(story.available("R"), 7);
}

#[test]
fn a_first_use_is_not_a_replay() {
    let mut story = event().with_grade("R", 9).on_sale();
    let first = story.reserve(ask("mina", 2).keyed("k")).expect("seats");
    assert!(!first.replayed);
}

#[test]
fn a_retry_in_the_same_group_gets_the_same_reservation() {
    let mut story = event().with_grade("R", 9).on_sale();
    let asked = ask("mina", 2).keyed("k");
    let [first, second] = story.group(&[asked.clone().into(), asked.again().into()]);
    let (first, second) = (booked(first).expect("seats"), booked(second).expect("them"));
    assert_eq!((first.value, true), (second.value, second.replayed));
    assert_eq!(story.available("R"), 7);
}

#[test]
fn a_replay_tells_the_reservation_as_it_is_now() {
    let mut story = event().with_grade("R", 9).on_sale();
    let asked = ask("mina", 2).keyed("k");
    let held = story.reserved(asked.clone());
    story.pay(held.id);
    let retry = story.reserve(asked.again()).expect("the same again");
    assert_eq!(retry.value.status(), ReservationStatus::Confirmed);
}

#[test]
fn a_replay_is_answered_although_the_sale_is_closed_by_now() {
    let mut story = event().with_grade("R", 9).closing_at(100).on_sale();
    let asked = ask("mina", 2).keyed("k");
    story.reserved(asked.clone());
    assert!(story.at(200).reserve(asked.again()).is_ok());
}

#[test]
fn another_request_under_the_same_key_is_refused() {
    let mut story = event().with_grade("R", 9).on_sale();
    story.reserved(ask("mina", 2).keyed_for("k", "two"));
    assert_eq!(
        story.reserve(ask("mina", 3).keyed_for("k", "three")),
        Err(ReserveError::KeyReused)
    );
}

#[test]
fn another_request_under_the_same_key_is_refused_within_a_group() {
    let mut story = event().with_grade("R", 9).on_sale();
    let [first, second] = story.group(&[
        ask("mina", 2).keyed_for("k", "two").into(),
        ask("mina", 3).keyed_for("k", "three").into(),
    ]);
    assert!(booked(first).is_ok());
    assert_eq!(booked(second), Err(ReserveError::KeyReused));
}

#[test]
fn a_key_is_its_buyers_own() {
    let mut story = event().with_grade("R", 9).on_sale();
    story.reserved(ask("mina", 2).keyed("k"));
    let other = story.reserve(ask("jun", 2).keyed("k")).expect("seats");
    assert!(!other.replayed);
}

#[test]
fn a_refusal_leaves_the_key_free() {
    let mut story = event().with_grade("R", 1).opening_at(100).on_sale();
    let asked = ask("mina", 1).keyed("k");
    assert!(story.reserve(asked.again()).is_err());
    let later = story.at(100).reserve(asked.again()).expect("the seat");
    assert!(!later.replayed);
}

#[test]
fn a_cancellation_is_replayed_under_its_key() {
    let mut story = event().with_grade("R", 9).on_sale();
    let held = story.reserved(ask("mina", 2));
    let [first] = story.group(&[cancel_keyed(held.id, "c", "it")]);
    let [second] = story.group(&[cancel_keyed(held.id, "c", "it")]);
    let (first, second) = (
        cancelled(first).expect("it"),
        cancelled(second).expect("it"),
    );
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.value, second.value);
}

#[test]
fn a_cancellation_is_replayed_within_a_group() {
    let mut story = event().with_grade("R", 9).on_sale();
    let held = story.reserved(ask("mina", 2));
    let cancel = || cancel_keyed(held.id, "c", "it");
    let [_, second] = story.group(&[cancel(), cancel()]);
    assert!(cancelled(second).expect("it").replayed);
    assert_eq!(story.available("R"), 9);
}

#[test]
fn a_cancellation_under_the_key_of_its_reservation_is_refused() {
    let mut story = event().with_grade("R", 9).on_sale();
    let held = story.reserved(ask("mina", 2).keyed_for("k", "reserve"));
    let [refused] = story.group(&[cancel_keyed(held.id, "k", "cancel")]);
    assert_eq!(cancelled(refused), Err(CancelError::KeyReused));
}

#[test]
fn a_reservation_made_and_cancelled_in_one_group_replays_as_cancelled() {
    let mut story = event().with_grade("R", 9).on_sale();
    let asked = ask("mina", 2).keyed_for("k", "reserve");
    let [_, _, third] = story.group(&[
        asked.clone().into(),
        cancel_keyed(asked.0.id, "c", "cancel"),
        asked.again().into(),
    ]);
    let third = booked(third).expect("a replay");
    assert_eq!(third.value.status(), ReservationStatus::Cancelled);
}

#[test]
fn a_replay_comes_before_every_refusal() {
    let mut story = event().with_grade("R", 1).limited_to(1).on_sale();
    let asked = ask("mina", 1).keyed("k");
    let [_, _, third] = story.group(&[
        asked.clone().into(),
        update(EventPatch {
            state: Some(SaleState::Cancelled),
            ..EventPatch::default()
        }),
        asked.again().into(),
    ]);
    assert!(booked(third).expect("a replay").replayed);
}

#[test]
fn a_used_key_is_known_although_its_reservation_is_new_in_the_group() {
    let mut story = event().with_grade("R", 9).on_sale();
    story.reserved(ask("mina", 1).keyed_for("k", "reserve"));
    let asked = ask("mina", 2);
    let cancel = cancel_keyed(asked.0.id, "k", "cancel");
    let [_, refused] = story.group(&[asked.into(), cancel]);
    assert_eq!(cancelled(refused), Err(CancelError::KeyReused));
}
