//! Giving a reservation back.

use boxoffice::command::{CancelError, Verdict};
use boxoffice::grade::Stock;
use boxoffice::money::Money;
use boxoffice::payment::{PaymentState, RefundState};
use boxoffice::reservation::{ReservationState, ReservationStatus, TicketState};

use crate::sale::{ask, at, event, new_id};
use crate::story::{Story, cancel, cancelled};

fn story() -> Story {
    event().with_priced_grade("R", 9, 50_000).on_sale()
}

#[test]
fn a_cancelled_hold_gives_its_seats_back() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.cancel(held.id).expect("a cancellation");
    assert_eq!(story.stock("R"), Stock::of(9));
}

#[test]
fn a_cancelled_hold_refunds_nothing() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let cancelled = story.at(9).cancel(held.id).expect("a cancellation").value;
    let expected = ReservationState::Cancelled {
        at: at(9),
        payment: None,
        refund: None,
    };
    assert_eq!(cancelled.state, expected);
}

#[test]
fn a_cancelled_sale_gives_its_seats_back() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.pay(held.id);
    story.cancel(held.id).expect("a cancellation");
    assert_eq!(story.stock("R"), Stock::of(9));
}

#[test]
fn a_cancelled_sale_cancels_its_tickets() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.pay(held.id);
    let cancelled = story.cancel(held.id).expect("a cancellation").value;
    let states: Vec<_> = cancelled.tickets.iter().map(|t| t.state).collect();
    assert_eq!(states, [TicketState::Cancelled, TicketState::Cancelled]);
}

#[test]
fn what_was_paid_is_refunded_in_full() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.at(5).pay(held.id);
    let cancelled = story.at(9).cancel(held.id).expect("a cancellation").value;
    let ReservationState::Cancelled {
        payment: Some(payment),
        refund: Some(refund),
        ..
    } = &cancelled.state
    else {
        panic!("no refund: {cancelled:?}");
    };
    assert_eq!(
        (refund.payment, refund.amount),
        (payment.id, Money(100_000))
    );
    assert_eq!(
        (refund.method.as_str(), refund.state),
        ("CARD", RefundState::Pending)
    );
    assert_eq!(payment.state, PaymentState::Refunded { paid_at: at(5) });
}

#[test]
fn a_refund_is_expected_within_five_days() {
    let mut story = story();
    let held = story.reserved(ask("mina", 1));
    story.pay(held.id);
    let cancelled = story.at(9).cancel(held.id).expect("a cancellation").value;
    let ReservationState::Cancelled { refund, .. } = &cancelled.state else {
        panic!("not cancelled: {cancelled:?}");
    };
    let expected = refund.as_ref().map(|refund| refund.expected_at);
    assert_eq!(expected, Some(at(9 + 5 * 24 * 3_600)));
}

#[test]
fn what_was_sold_without_payment_refunds_nothing() {
    let mut story = event().with_grade("R", 9).sold_at_once().on_sale();
    let sold = story.reserved(ask("mina", 2));
    let cancelled = story.cancel(sold.id).expect("a cancellation").value;
    assert!(matches!(
        cancelled.state,
        ReservationState::Cancelled { refund: None, .. }
    ));
}

#[test]
fn an_unknown_reservation_is_not_found() {
    assert_eq!(story().cancel(new_id()), Err(CancelError::NotFound));
}

#[test]
fn a_second_cancellation_is_answered_with_the_first() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let first = story.at(9).cancel(held.id).expect("a cancellation").value;
    assert_eq!(
        story.at(10).cancel(held.id),
        Err(CancelError::AlreadyCancelled(Box::new((*first).clone())))
    );
}

#[test]
fn a_second_cancellation_in_the_same_group_gives_nothing_more_back() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let [_, second] = story.group(&[cancel(held.id), cancel(held.id)]);
    assert!(matches!(
        cancelled(second),
        Err(CancelError::AlreadyCancelled(_))
    ));
    assert_eq!(story.available("R"), 9);
}

#[test]
fn a_hold_whose_time_is_over_has_expired() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    assert_eq!(story.at(600).cancel(held.id), Err(CancelError::HoldExpired));
}

#[test]
fn a_hold_can_be_cancelled_until_its_last_moment() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    assert!(story.at(599).cancel(held.id).is_ok());
}

#[test]
fn while_a_payment_is_under_way_nothing_is_cancelled() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.begin(held.id).expect("a hold");
    assert_eq!(story.cancel(held.id), Err(CancelError::PaymentInProgress));
}

#[test]
fn after_a_declined_payment_the_hold_can_be_cancelled() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    story
        .settle(held.id, payment, Verdict::Declined)
        .expect("a verdict");
    assert!(story.cancel(held.id).is_ok());
}

#[test]
fn once_the_event_has_begun_nothing_is_cancelled() {
    let mut story = event().with_grade("R", 9).starting_at(100).on_sale();
    let held = story.reserved(ask("mina", 2));
    assert_eq!(story.at(100).cancel(held.id), Err(CancelError::SaleClosed));
    assert_eq!(story.written(held.id).status(), ReservationStatus::Held);
}

#[test]
fn after_the_sale_and_before_the_event_a_reservation_can_be_cancelled() {
    let sale = event().with_grade("R", 9).closing_at(50).starting_at(100);
    let mut story = sale.on_sale();
    let held = story.reserved(ask("mina", 2));
    assert!(story.at(99).cancel(held.id).is_ok());
}

#[test]
fn a_reservation_can_be_made_and_cancelled_in_one_group() {
    let mut story = story();
    let asked = ask("mina", 2);
    let decision = story.decide(&[asked.clone().into(), cancel(asked.0.id)]);
    let touched = &decision.changes.reservations;
    assert_eq!(touched.len(), 1);
    assert!(touched[0].new);
    assert_eq!(
        touched[0].reservation.status(),
        ReservationStatus::Cancelled
    );
}
