//! An event that is called off gives everything back.

use boxoffice::command::{Command, EventPatch, PayError, Verdict};
use boxoffice::decide::facts_needed;
use boxoffice::event::SaleState;
use boxoffice::grade::Stock;
use boxoffice::payment::PaymentState;
use boxoffice::reservation::{ReservationState, ReservationStatus, TicketState};

use crate::sale::{ask, event, new_payment};
use crate::story::{Story, begin, cancel, cancelled, extend, paid, update};

fn story() -> Story {
    event().with_grade("R", 9).held_for_secs(600).on_sale()
}

fn call_off() -> Command {
    update(EventPatch {
        state: Some(SaleState::Cancelled),
        ..EventPatch::default()
    })
}

#[test]
fn calling_off_an_event_makes_what_is_taken_due() {
    let mut story = story();
    story.reserved(ask("mina", 1));
    assert!(story.decide(&[call_off()]).more_due);
}

#[test]
fn calling_off_an_event_that_nobody_has_tickets_of_makes_nothing_due() {
    assert!(!story().decide(&[call_off()]).more_due);
}

#[test]
fn what_is_left_to_give_back_is_looked_for_until_nothing_is() {
    let mut story = story();
    story.reserved(ask("mina", 2));
    story.group(&[call_off()]);
    let looks = |story: &Story| facts_needed(&story.snapshot, &[], story.now, 1).live;
    assert!(looks(&story));
    story.sweep_all();
    assert!(!looks(&story));
}

#[test]
fn holds_and_sales_are_given_back() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let sold = story.reserved(ask("jun", 3));
    story.pay(sold.id);
    story.group(&[call_off()]);
    story.sweep_all();
    for id in [held.id, sold.id] {
        assert_eq!(story.written(id).status(), ReservationStatus::Cancelled);
    }
    assert_eq!(story.stock("R"), Stock::of(9));
}

#[test]
fn what_was_paid_for_it_is_refunded() {
    let mut story = story();
    let sold = story.reserved(ask("jun", 3));
    story.pay(sold.id);
    story.group(&[call_off()]);
    story.sweep_all();
    let given_back = story.written(sold.id);
    assert!(matches!(
        &given_back.state,
        ReservationState::Cancelled { refund: Some(refund), .. } if refund.amount == sold.total_price
    ));
    let all = given_back.tickets.iter();
    assert!(
        all.map(|ticket| ticket.state)
            .eq([TicketState::Cancelled; 3])
    );
}

#[test]
fn it_gives_back_so_many_in_a_group() {
    let mut story = story().ending_at_most(2);
    for name in ["a", "b", "c", "d", "e"] {
        story.reserved(ask(name, 1));
    }
    story.group(&[call_off()]);
    let mut given_back = Vec::new();
    for _ in 0..3 {
        let decision = story.decide(&[Command::Sweep]);
        given_back.push((decision.changes.reservations.len(), decision.more_due));
    }
    assert_eq!(given_back, [(2, true), (2, true), (1, false)]);
    assert!(story.table.is_given_back());
}

#[test]
fn holds_that_end_meanwhile_expire_and_go_back_once() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.group(&[call_off()]);
    story.at(600).sweep_all();
    assert_eq!(story.written(held.id).status(), ReservationStatus::Expired);
    assert_eq!(story.available("R"), 9);
}

#[test]
fn what_is_being_paid_waits_for_its_verdict() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.begin(held.id).expect("a hold");
    story.group(&[call_off()]);
    let groups = story.sweep_all();
    assert!(groups <= 2, "it does not look again and again");
    assert_eq!(story.written(held.id).status(), ReservationStatus::Paying);
}

#[test]
fn money_that_comes_after_it_goes_back() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    story.group(&[call_off()]);
    let settled = story.settle(held.id, payment, Verdict::Paid);
    let settled = settled.expect("a verdict");
    assert!(matches!(
        &settled.state,
        ReservationState::Cancelled { payment: Some(paid), refund: Some(_), .. }
            if matches!(paid.state, PaymentState::Refunded { .. })
    ));
    assert_eq!(story.stock("R"), Stock::of(9));
}

#[test]
fn a_payment_declined_after_it_gives_the_hold_back() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    story.group(&[call_off()]);
    let settled = story.settle(held.id, payment, Verdict::Declined);
    assert!(matches!(
        settled.expect("a verdict").state,
        ReservationState::Cancelled { refund: None, .. }
    ));
    assert_eq!(story.stock("R"), Stock::of(9));
}

#[test]
fn no_payment_begins_on_it() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let [_, outcome] = story.group(&[call_off(), begin(held.id, new_payment())]);
    assert!(matches!(paid(outcome), Err(PayError::AlreadyCancelled(_))));
    assert_eq!(story.stock("R"), Stock::of(9));
}

#[test]
fn no_hold_of_it_is_extended() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let [_, _] = story.group(&[call_off(), extend(held.id)]);
    assert_eq!(
        story.written(held.id).status(),
        ReservationStatus::Cancelled
    );
}

#[test]
fn cancelling_what_it_owes_is_answered_with_the_cancellation() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let [_, outcome] = story.group(&[call_off(), cancel(held.id)]);
    assert!(cancelled(outcome).is_err());
    assert_eq!(
        story.written(held.id).status(),
        ReservationStatus::Cancelled
    );
}

#[test]
fn even_after_its_date_it_gives_back() {
    let sale = event().with_grade("R", 9).sold_at_once();
    let mut story = sale.starting_at(100).on_sale();
    let sold = story.reserved(ask("mina", 2));
    story.at(200).group(&[call_off()]);
    story.sweep_all();
    assert_eq!(
        story.written(sold.id).status(),
        ReservationStatus::Cancelled
    );
}

#[test]
fn once_everything_is_given_back_it_can_be_deleted() {
    let mut story = story();
    story.reserved(ask("mina", 2));
    story.group(&[call_off()]);
    assert!(story.delete().is_ok());
}
