//! The two groups of a payment.

use boxoffice::command::{Outcome, PayError, Verdict};
use boxoffice::grade::Stock;
use boxoffice::money::Money;
use boxoffice::payment::{PaymentState, RefundState};
use boxoffice::reservation::{ReservationState, ReservationStatus};

use crate::sale::{ask, at, event, new_id, new_payment};
use crate::story::{self, Story, begin, paid, settle};

fn story() -> Story {
    let sale = event().with_priced_grade("R", 9, 50_000);
    sale.held_for_secs(600).on_sale()
}

#[test]
fn a_payment_begins_on_a_hold() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.at(9).begin(held.id).expect("a hold");
    let paying = story.written(held.id);
    let ReservationState::Paying {
        payment: pending, ..
    } = &paying.state
    else {
        panic!("not paying: {paying:?}");
    };
    assert_eq!((pending.id, pending.amount), (payment, Money(100_000)));
    assert_eq!(
        (pending.started_at, pending.state),
        (at(9), PaymentState::Pending)
    );
}

#[test]
fn while_it_is_paid_a_hold_does_not_expire() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.begin(held.id).expect("a hold");
    story.at(5_000).sweep_all();
    assert_eq!(story.written(held.id).status(), ReservationStatus::Paying);
    assert_eq!(story.stock("R").held, 2);
}

#[test]
fn a_paid_hold_is_confirmed_and_sold() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let confirmed = story.at(9).pay(held.id);
    let ReservationState::Confirmed {
        payment: Some(payment),
    } = &confirmed.state
    else {
        panic!("not confirmed: {confirmed:?}");
    };
    assert_eq!(payment.state, PaymentState::Paid { at: at(9) });
    assert_eq!(confirmed.tickets.len(), 2);
    let expected = Stock {
        total: 9,
        available: 7,
        held: 0,
        sold: 2,
    };
    assert_eq!(story.stock("R"), expected);
}

#[test]
fn what_is_paid_after_the_hold_would_have_ended_is_confirmed() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.at(599).begin(held.id).expect("a hold");
    let settled = story.at(700).settle(held.id, payment, Verdict::Paid);
    assert_eq!(
        settled.expect("a verdict").status(),
        ReservationStatus::Confirmed
    );
}

#[test]
fn a_declined_payment_leaves_the_hold_as_it_was() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    let declined = story.settle(held.id, payment, Verdict::Declined);
    assert_eq!(declined.expect("a verdict").state, held.state);
    assert_eq!(story.stock("R").held, 2);
}

#[test]
fn a_declined_payment_is_kept_as_declined() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    story
        .at(9)
        .settle(held.id, payment, Verdict::Declined)
        .expect("a verdict");
    let (_, kept) = &story.table.payments[&payment];
    assert_eq!(kept.state, PaymentState::Declined { at: at(9) });
}

#[test]
fn after_a_declined_payment_another_may_begin() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    story
        .settle(held.id, payment, Verdict::Declined)
        .expect("a verdict");
    assert_eq!(story.pay(held.id).status(), ReservationStatus::Confirmed);
}

#[test]
fn a_payment_declined_after_the_end_of_its_hold_lets_it_expire() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    story
        .at(700)
        .settle(held.id, payment, Verdict::Declined)
        .expect("a verdict");
    story.sweep_all();
    assert_eq!(story.written(held.id).status(), ReservationStatus::Expired);
    assert_eq!(story.available("R"), 9);
}

#[test]
fn one_payment_is_under_way_at_a_time() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    story.begin(held.id).expect("a hold");
    assert_eq!(story.begin(held.id), Err(PayError::PaymentInProgress));
}

#[test]
fn one_payment_of_a_group_begins() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let [first, second] =
        story.group(&[begin(held.id, new_payment()), begin(held.id, new_payment())]);
    assert!(paid(first).is_ok());
    assert_eq!(paid(second), Err(PayError::PaymentInProgress));
}

#[test]
fn a_payment_can_begin_and_settle_in_one_group() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = new_payment();
    let decision = story.decide(&[
        begin(held.id, payment),
        settle(held.id, payment, Verdict::Paid),
    ]);
    assert_eq!(decision.changes.payments.len(), 1);
    assert_eq!(
        story.written(held.id).status(),
        ReservationStatus::Confirmed
    );
}

#[test]
fn beginning_to_pay_what_is_confirmed_answers_it_as_it_is() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let confirmed = story.pay(held.id);
    let decision = story.decide(&[begin(held.id, new_payment())]);
    assert!(decision.changes.is_empty());
    let [outcome] = <[_; 1]>::try_from(decision.outcomes).expect("one outcome");
    assert_eq!(paid(outcome), Ok(confirmed));
}

#[test]
fn settling_twice_changes_nothing() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    let settle = settle(held.id, payment, Verdict::Paid);
    story.decide(std::slice::from_ref(&settle));
    assert!(story.decide(&[settle]).changes.is_empty());
}

#[test]
fn settling_twice_in_a_group_counts_once() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    let settle = || settle(held.id, payment, Verdict::Paid);
    let [first, second] = story.group(&[settle(), settle()]);
    assert_eq!(paid(first), paid(second));
    assert_eq!(story.stock("R").sold, 2);
}

#[test]
fn a_verdict_on_an_earlier_attempt_does_not_touch_the_one_under_way() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let first = story.begin(held.id).expect("a hold");
    story
        .settle(held.id, first, Verdict::Declined)
        .expect("a verdict");
    story.begin(held.id).expect("a hold");
    let late = settle(held.id, first, Verdict::Declined);
    assert!(story.decide(&[late]).changes.is_empty());
    assert_eq!(story.written(held.id).status(), ReservationStatus::Paying);
}

#[test]
fn an_unknown_reservation_is_not_found() {
    let mut story = story();
    assert_eq!(story.begin(new_id()), Err(PayError::NotFound));
    assert_eq!(
        story.settle(new_id(), new_payment(), Verdict::Paid),
        Err(PayError::NotFound)
    );
}

#[test]
fn no_payment_begins_once_the_hold_has_ended() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    assert_eq!(story.at(600).begin(held.id), Err(PayError::HoldExpired));
    assert_eq!(story.available("R"), 9);
}

#[test]
fn no_payment_begins_on_what_was_cancelled() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let cancelled = story.cancel(held.id).expect("a cancellation").value;
    assert_eq!(
        story.begin(held.id),
        Err(PayError::AlreadyCancelled(Box::new((*cancelled).clone())))
    );
}

#[test]
fn a_hold_can_be_paid_after_the_sale_is_closed() {
    let sale = event().with_grade("R", 9).closing_at(100);
    let mut story = sale.held_for_secs(600).on_sale();
    let held = story.at(99).reserved(ask("mina", 2));
    assert_eq!(
        story.at(300).pay(held.id).status(),
        ReservationStatus::Confirmed
    );
}

#[test]
fn money_for_an_attempt_that_counted_as_declined_goes_back_once() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let late = story.begin(held.id).expect("a hold");
    story
        .settle(held.id, late, Verdict::Declined)
        .expect("a verdict");
    let decision = story.decide(&[
        settle(held.id, late, Verdict::Paid),
        settle(held.id, late, Verdict::Paid),
    ]);
    let [refund] = &decision.changes.refunds[..] else {
        panic!("not one refund: {:?}", decision.changes.refunds);
    };
    assert_eq!((refund.payment, refund.amount), (late, Money(100_000)));
    assert_eq!(story.written(held.id).state, held.state);

    let done = || story::complete_refund(held.id, late);
    let [first, again] = story.group(&[done(), done()]);
    assert_eq!(first, Outcome::CompleteRefund(Ok(true)));
    assert_eq!(again, Outcome::CompleteRefund(Ok(false)));
}

#[test]
fn a_refund_that_went_back_is_kept_as_done() {
    let mut story = story();
    let held = story.reserved(ask("mina", 2));
    let payment = story.begin(held.id).expect("a hold");
    story
        .settle(held.id, payment, Verdict::Paid)
        .expect("a verdict");
    story.cancel(held.id).expect("a cancellation");
    story
        .at(9)
        .decide(&[story::complete_refund(held.id, payment)]);
    let ReservationState::Cancelled {
        refund: Some(refund),
        ..
    } = &story.written(held.id).state
    else {
        panic!("no refund");
    };
    assert_eq!(refund.state, RefundState::Done { at: at(9) });
}

#[test]
fn what_costs_nothing_is_confirmed_without_a_payment() {
    let mut story = event().with_priced_grade("R", 9, 0).on_sale();
    let held = story.reserved(ask("mina", 2));
    story.begin(held.id).expect("a confirmation");
    let confirmed = story.written(held.id);
    assert_eq!(
        confirmed.state,
        ReservationState::Confirmed { payment: None }
    );
    assert_eq!(confirmed.tickets.len(), 2);
}
