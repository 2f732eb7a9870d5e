//! Payments: two groups with a provider between them, and whoever is alive to settle them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use boxoffice::box_office::{BoxOffice, PayRequest};
use boxoffice::command::{Answer, PayError, Verdict};
use boxoffice::ids::ReservationId;
use boxoffice::limits::Limits;
use boxoffice::money::Money;
use boxoffice::payment::RefundState;
use boxoffice::reservation::{Reservation, ReservationState, ReservationStatus as Is};
use boxoffice::runtime::{self, JoinHandle};
use boxoffice::store::Store;

use crate::house::{House, later, ms, secs, settle};
use crate::sale::{PRICE, ask, event, keyed};
use crate::till::Mood;

type Paid = Result<Answer<Arc<Reservation>>, PayError>;

/// A house whose one grade has ten seats and ten minutes to pay, and its only node.
async fn house() -> (House, BoxOffice) {
    let house = House::selling(event().with_grade("R", 10)).await;
    let node = house.node("a");
    (house, node)
}

fn card(id: ReservationId) -> PayRequest {
    PayRequest {
        reservation: id,
        method: "CARD".parse().expect("a method"),
        token: "tok".parse().expect("a token"),
        key: None,
    }
}

fn pay(node: &BoxOffice, id: ReservationId) -> JoinHandle<Paid> {
    let node = node.clone();
    runtime::spawn(async move { node.pay(card(id)).await })
}

async fn written(house: &House, id: ReservationId) -> Reservation {
    let found = house.store.kept.reservation(id).await;
    found.expect("an answer").expect("a reservation")
}

async fn status(house: &House, id: ReservationId) -> Is {
    written(house, id).await.status()
}

fn refund_state(reservation: &Reservation) -> Option<RefundState> {
    match &reservation.state {
        ReservationState::Cancelled { refund, .. } => refund.as_ref().map(|refund| refund.state),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_good_card_confirms_the_reservation() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 2)).await;
    let paid = node.pay(card(held.id)).await.expect("a confirmation").value;
    assert_eq!((paid.status(), paid.tickets.len()), (Is::Confirmed, 2));
    assert_eq!(house.till.keeps(), Money(2 * PRICE));
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_declined_card_keeps_the_seats_and_another_may_follow() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 2)).await;
    house.till.next_charges(&[Mood::Declines]);
    let declined = node.pay(card(held.id)).await;
    assert!(matches!(declined, Err(PayError::Declined(r)) if r.status() == Is::Held));
    assert_eq!(house.stock().await.held, 2);
    let paid = node.pay(card(held.id)).await.expect("a confirmation");
    assert_eq!(paid.value.status(), Is::Confirmed);
    assert_eq!(house.till.keeps(), Money(2 * PRICE));
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn paying_twice_answers_the_confirmation_and_charges_once() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    node.pay(card(held.id)).await.expect("a confirmation");
    let again = node.pay(card(held.id)).await.expect("the same");
    assert_eq!(again.value.status(), Is::Confirmed);
    assert_eq!(house.till.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_costs_nothing_is_nobodys_to_charge() {
    let house = House::selling(event().with_priced_grade("R", 10, 0)).await;
    let node = house.node("a");
    let held = house.reserved(&node, ask("mina", 1)).await;
    let paid = node.pay(card(held.id)).await.expect("a confirmation");
    assert_eq!(paid.value.status(), Is::Confirmed);
    assert_eq!(house.till.asked(), 0);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_answer_is_found_out_by_itself() {
    for (mood, found) in [
        (Mood::PaysAndLosesTheAnswer, Is::Confirmed),
        (Mood::DeclinesAndLosesTheAnswer, Is::Held),
    ] {
        let (house, node) = house().await;
        let held = house.reserved(&node, ask("mina", 1)).await;
        house.till.next_charges(&[mood]);
        let pending = node.pay(card(held.id)).await.expect("an open outcome");
        assert_eq!(pending.value.status(), Is::Paying, "{mood:?}");

        let _background = node.start_background();
        later(secs(2)).await;
        assert_eq!(status(&house, held.id).await, found, "{mood:?}");
        house.audit().await;
    }
}

#[tokio::test(start_paused = true)]
async fn any_node_settles_what_a_dead_one_began() {
    let (house, dead) = house().await;
    let held = house.reserved(&dead, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::PaysAndLosesTheAnswer]);
    dead.pay(card(held.id)).await.expect("an open outcome");

    let other = house.node("b");
    let _background = other.start_background();
    later(secs(2)).await;
    assert_eq!(status(&house, held.id).await, Is::Confirmed);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_takes_too_long_leaves_the_outcome_open() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::Thinks(secs(3_600))]);
    let pending = node.pay(card(held.id)).await.expect("an open outcome");
    assert_eq!(pending.value.status(), Is::Paying);
    // While the provider thinks, nothing expires and nothing is settled.
    let _background = node.start_background();
    later(secs(700)).await;
    assert_eq!(status(&house, held.id).await, Is::Paying);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_was_not_asked_leaves_the_hold_as_it_was() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::IsNotAsked]);
    assert_eq!(
        node.pay(card(held.id)).await,
        Err(PayError::ProviderUnavailable)
    );
    assert_eq!(written(&house, held.id).await.state, held.state);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_charge_that_never_arrived_is_given_up_in_time() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::NeverArrives]);
    node.pay(card(held.id)).await.expect("an open outcome");
    let _background = node.start_background();
    later(secs(50)).await;
    assert_eq!(status(&house, held.id).await, Is::Paying);
    later(secs(12)).await;
    assert_eq!(status(&house, held.id).await, Is::Held);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_charge_that_is_on_its_way_is_not_given_up_because_a_clock_steps() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::NeverArrives]);
    let pending = node.pay(card(held.id)).await.expect("an open outcome");
    let ReservationState::Paying { payment, .. } = &pending.value.state else {
        panic!("not paying: {pending:?}");
    };
    let _background = node.start_background();
    later(secs(5)).await;
    house.clock.jump_secs(3_600);
    later(secs(5)).await;
    assert_eq!(status(&house, held.id).await, Is::Paying);
    house.till.arrives(payment.id, payment.amount);
    later(secs(5)).await;
    assert_eq!(status(&house, held.id).await, Is::Confirmed);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn money_that_comes_after_it_was_given_up_goes_back() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::NeverArrives]);
    let pending = node
        .pay(card(held.id))
        .await
        .expect("an open outcome")
        .value;
    let ReservationState::Paying { payment, .. } = &pending.state else {
        panic!("not paying: {pending:?}");
    };
    let _background = node.start_background();
    later(secs(62)).await;
    assert_eq!(
        node.pay(card(held.id)).await.expect("paid").value.status(),
        Is::Confirmed
    );

    house.till.arrives(payment.id, payment.amount);
    for _ in 0..2 {
        let told = node
            .provider_says(house.event, held.id, payment.id, Verdict::Paid)
            .await;
        assert_eq!(told.expect("a reservation").status(), Is::Confirmed);
    }
    assert_eq!(house.till.keeps(), Money(2 * PRICE));
    house.audit().await;
    later(secs(2)).await;
    assert_eq!(house.till.keeps(), Money(PRICE));
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_has_still_paid() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::Thinks(ms(500))]);
    let paying = pay(&node, held.id);
    later(ms(100)).await;
    paying.abort();
    later(ms(500)).await;
    assert_eq!(status(&house, held.id).await, Is::Confirmed);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_under_its_key_waits_for_the_first_and_is_charged_once() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    let keyed = PayRequest {
        key: Some(keyed("k", "pay")),
        ..card(held.id)
    };
    house.till.next_charges(&[Mood::Thinks(ms(500))]);
    let send = || {
        let (node, keyed) = (node.clone(), keyed.clone());
        runtime::spawn(async move { node.pay(keyed).await })
    };
    let (first, second) = (send(), send());
    settle().await;
    assert!(!second.is_finished());
    let mut replays = 0;
    for sent in [first, second] {
        let answer = sent.await.expect("no panic").expect("a confirmation");
        assert_eq!(answer.value.status(), Is::Confirmed);
        replays += u32::from(answer.replayed);
    }
    assert_eq!((replays, house.till.asked()), (1, 1));
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_declined_attempt_its_key_may_try_again() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    let request = PayRequest {
        key: Some(keyed("k", "pay")),
        ..card(held.id)
    };
    house.till.next_charges(&[Mood::Declines]);
    let declined = node.pay(request.clone()).await;
    assert!(
        matches!(declined, Err(PayError::Declined(_))),
        "{declined:?}"
    );
    let paid = node.pay(request.clone()).await.expect("a confirmation");
    assert!(!paid.replayed);
    assert!(node.pay(request).await.expect("the same").replayed);
    assert_eq!(house.till.asked(), 2);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_paid_while_the_event_is_called_off_goes_back() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::Thinks(secs(1))]);
    let paying = pay(&node, held.id);
    later(ms(100)).await;
    house.call_off(&node).await.expect("called off");
    let answer = paying.await.expect("no panic");
    assert!(
        matches!(answer, Err(PayError::AlreadyCancelled(_))),
        "{answer:?}"
    );
    let _background = node.start_background();
    later(secs(2)).await;
    assert_eq!(house.till.keeps(), Money::ZERO);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_with_nothing_but_open_payments_is_left_alone() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.till.next_charges(&[Mood::Thinks(secs(3_600))]);
    node.pay(card(held.id)).await.expect("an open outcome");
    house.call_off(&node).await.expect("called off");
    let _background = node.start_background();
    later(secs(2)).await;
    let facts = house.store.facts_asked.load(Ordering::SeqCst);
    later(secs(30)).await;
    assert_eq!(house.store.facts_asked.load(Ordering::SeqCst), facts);
    assert_eq!(status(&house, held.id).await, Is::Paying);
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_asked_for_until_it_is_done_and_then_no_more() {
    let (house, node) = house().await;
    let held = house.reserved(&node, ask("mina", 1)).await;
    node.pay(card(held.id)).await.expect("a confirmation");
    let cancelled = node.cancel(held.id, None).await.expect("a cancellation");
    assert_eq!(refund_state(&cancelled.value), Some(RefundState::Pending));

    house.till.down.store(true, Ordering::SeqCst);
    let _background = node.start_background();
    later(secs(5)).await;
    assert_eq!(house.till.keeps(), Money(PRICE));
    house.till.down.store(false, Ordering::SeqCst);
    house.till.holds_refunds.store(true, Ordering::SeqCst);
    later(secs(5)).await;
    let waiting = written(&house, held.id).await;
    assert_eq!(refund_state(&waiting), Some(RefundState::Pending));

    house.till.holds_refunds.store(false, Ordering::SeqCst);
    later(secs(5)).await;
    let done = written(&house, held.id).await;
    assert!(
        matches!(refund_state(&done), Some(RefundState::Done { .. })),
        "{done:?}"
    );
    assert_eq!(house.till.keeps(), Money::ZERO);
    let groups = house.store.groups();
    later(secs(5)).await;
    assert_eq!(house.store.groups(), groups);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn payments_that_stay_open_hold_up_no_other() {
    let (house, _) = house().await;
    let limits = Limits {
        reconcile_len_max: 1,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    let moods = [Mood::Thinks(secs(3_600)), Mood::PaysAndLosesTheAnswer];
    house.till.next_charges(&moods);
    let mut ids = Vec::new();
    for name in ["mina", "jun"] {
        let held = house.reserved(&node, ask(name, 1)).await;
        node.pay(card(held.id)).await.expect("an open outcome");
        ids.push(held.id);
    }
    let _background = node.start_background();
    later(secs(5)).await;
    assert_eq!(status(&house, ids[0]).await, Is::Paying);
    assert_eq!(status(&house, ids[1]).await, Is::Confirmed);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_reservation_is_not_found() {
    let (_house, node) = house().await;
    let nobody = ReservationId::from_slice(&[9; 16]).expect("an id");
    assert_eq!(node.pay(card(nobody)).await, Err(PayError::NotFound));
}
