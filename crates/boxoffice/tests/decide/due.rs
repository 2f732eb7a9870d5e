//! Holds that end.

use boxoffice::command::{Command, Outcome};
use boxoffice::grade::Stock;
use boxoffice::reservation::{ReservationState, ReservationStatus};

use crate::sale::{ask, at, event};
use crate::story::{Story, booked};

fn story() -> Story {
    event().with_grade("R", 9).held_for_secs(600).on_sale()
}

#[test]
fn a_hold_that_expires_returns_its_seats_exactly_once() {
    let mut story = story();
    story.reserved(ask("mina", 2));
    story.at(600).sweep_all();
    assert_eq!(story.stock("R"), Stock::of(9));
    assert!(story.decide(&[Command::Sweep]).changes.is_empty());
}

#[test]
fn a_hold_does_not_expire_early() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.at(599).sweep_all();
    assert_eq!(story.written(held.id), held);
}

#[test]
fn an_expired_hold_tells_when_that_was_noticed() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.at(700).sweep_all();
    assert_eq!(
        story.written(held.id).state,
        ReservationState::Expired { at: at(700) }
    );
}

#[test]
fn holds_end_before_the_first_command_of_their_group() {
    let mut story = event().with_grade("R", 1).held_for_secs(600).on_sale();
    story.reserved(ask("mina", 1));
    let [outcome] = story.at(600).group(&[ask("jun", 1).into()]);
    assert!(booked(outcome).is_ok());
}

#[test]
fn holds_end_whatever_the_command_is() {
    let mut story = story();
    let held = story.reserved(ask("mina", 1));
    story.at(600).reserve(ask("jun", 9)).expect("all seats");
    assert_eq!(story.written(held.id).status(), ReservationStatus::Expired);
}

#[test]
fn a_hold_that_ends_in_the_group_that_asks_about_it_ends_once() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let decision = story.at(600).decide(&[crate::story::cancel(held.id)]);
    assert_eq!(decision.changes.reservations.len(), 1);
    assert_eq!(story.available("R"), 9);
}

#[test]
fn a_group_ends_so_many_holds_and_tells_that_more_are_due() {
    let mut story = story().ending_at_most(2);
    for name in ["mina", "jun", "sora"] {
        story.reserved(ask(name, 1));
    }
    let decision = story.at(600).decide(&[Command::Sweep]);
    assert_eq!(decision.outcomes, [Outcome::Sweep(Ok(true))]);
    assert!(decision.more_due);
    assert_eq!(story.available("R"), 8);
    let decision = story.decide(&[Command::Sweep]);
    assert_eq!(decision.outcomes, [Outcome::Sweep(Ok(false))]);
    assert_eq!(story.available("R"), 9);
}

#[test]
fn so_many_holds_as_a_group_ends_leave_nothing_due() {
    let mut story = story().ending_at_most(2);
    story.reserved(ask("mina", 1));
    story.reserved(ask("jun", 1));
    assert!(!story.at(600).decide(&[Command::Sweep]).more_due);
}

#[test]
fn the_earliest_holds_end_first() {
    let mut story = story().ending_at_most(1);
    let late = story.reserved(ask("mina", 1));
    story.extend(late.id).expect("an extension");
    let early = story.at(10).reserved(ask("jun", 1));
    story.at(1_200).decide(&[]);
    assert_eq!(story.written(early.id).status(), ReservationStatus::Expired);
    assert_eq!(story.written(late.id).status(), ReservationStatus::Held);
}

#[test]
fn a_hold_that_no_sweep_has_come_to_cannot_be_paid() {
    let mut story = story().ending_at_most(1);
    story.reserved(ask("mina", 1));
    let second = story.at(1).reserved(ask("jun", 1));
    assert!(story.at(700).begin(second.id).is_err());
    assert_eq!(
        story.written(second.id).status(),
        ReservationStatus::Expired
    );
}

#[test]
fn without_holds_nothing_falls_due() {
    let mut story = event().with_grade("R", 9).sold_at_once().on_sale();
    story.reserved(ask("mina", 1));
    assert_eq!(story.snapshot.next_due, None);
}

#[test]
fn the_earliest_end_of_a_hold_is_what_falls_due_next() {
    let mut story = story();
    story.reserved(ask("mina", 1));
    story.at(10).reserved(ask("jun", 1));
    assert_eq!(story.snapshot.next_due, Some(at(600)));
    story.at(600).sweep_all();
    assert_eq!(story.snapshot.next_due, Some(at(610)));
    story.at(610).sweep_all();
    assert_eq!(story.snapshot.next_due, None);
}

#[test]
fn a_hold_that_is_gone_by_its_end_costs_one_empty_group() {
    let mut story = story();
    let held = story.reserved(ask("mina", 1));
    story.cancel(held.id).expect("a cancellation");
    let decision = story.at(600).decide(&[]);
    assert!(decision.changes.is_empty());
    assert_eq!(decision.after.next_due, None);
}

#[test]
fn a_sweep_with_nothing_due_changes_nothing() {
    let mut story = story();
    story.reserved(ask("mina", 1));
    let decision = story.at(5).decide(&[Command::Sweep]);
    assert_eq!(decision.outcomes, [Outcome::Sweep(Ok(false))]);
    assert!(decision.changes.is_empty());
}
