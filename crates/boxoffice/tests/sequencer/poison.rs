//! What cannot be carried out takes nobody else down.

use std::sync::atomic::Ordering;

use boxoffice::command::{CancelError, ReserveError, Unserved};
use boxoffice::limits::Limits;
use boxoffice::reservation::ReservationStatus;
use futures_util::future::join_all;

use crate::faulty::Fault;
use crate::house::{House, later, ms, request, secs};
use crate::sale::{ask, buyer, event};

const INTERNAL: ReserveError = ReserveError::Unserved(Unserved::Internal);

#[tokio::test(start_paused = true)]
async fn only_the_offender_of_a_group_fails() {
    let house = House::selling(event().with_grade("R", 500)).await;
    let node = house.node("a");
    house.store.refuse(buyer("buyer37"));
    let asks = (0..100).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    for (n, booked) in booked.iter().enumerate() {
        match booked {
            Err(error) => assert_eq!((n, error), (37, &INTERNAL)),
            Ok(_) => assert_ne!(n, 37),
        }
    }
    assert_eq!(house.stock().await.held, 99);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn several_offenders_of_a_group_fail() {
    let house = House::selling(event().with_grade("R", 500)).await;
    let node = house.node("a");
    for n in [0, 1, 63, 99] {
        house.store.refuse(buyer(&format!("buyer{n}")));
    }
    let asks = (0..100).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    let failed = booked
        .iter()
        .enumerate()
        .filter(|(_, booked)| booked.is_err());
    let failed: Vec<usize> = failed.map(|(n, _)| n).collect();
    assert_eq!(failed, [0, 1, 63, 99]);
}

#[tokio::test(start_paused = true)]
async fn the_innocent_keep_their_order() {
    let house = House::selling(event().with_grade("R", 5)).await;
    let node = house.node("a");
    house.store.refuse(buyer("buyer2"));
    let asks = (0..10).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    let served = booked
        .iter()
        .enumerate()
        .filter(|(_, booked)| booked.is_ok());
    let served: Vec<usize> = served.map(|(n, _)| n).collect();
    assert_eq!(served, [0, 1, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_corrupt_reservation_fails_who_asks_about_it_and_nobody_else() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    let corrupt = house.reserved(&node, ask("mina", 1)).await;
    house.store.corrupt(corrupt.id);
    let (cancelled, booked) = tokio::join!(
        node.cancel(corrupt.id, None),
        house.reserve(&node, ask("jun", 1))
    );
    assert_eq!(cancelled, Err(CancelError::Unserved(Unserved::Internal)));
    assert!(booked.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_due_and_cannot_be_done_does_not_stop_the_sale() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(60)).await;
    let node = house.node("a");
    house.reserved(&node, ask("mina", 1)).await;
    house.store.refuses_expiry.store(true, Ordering::SeqCst);
    later(secs(61)).await;
    assert!(house.reserve(&node, ask("jun", 1)).await.is_ok());
    assert!(house.reserve(&node, ask("sora", 1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_a_cancelled_event_cannot_give_back_does_not_keep_others_from_their_money() {
    let house = House::selling(event().with_grade("R", 9).sold_at_once()).await;
    let node = house.node("a");
    house.reserved(&node, ask("mina", 1)).await;
    let other = house.reserved(&node, ask("jun", 1)).await;
    house.store.refuse(buyer("mina"));
    house.call_off(&node).await.expect("an update");
    let cancelled = node.cancel(other.id, None).await;
    assert!(matches!(cancelled, Err(CancelError::AlreadyCancelled(_))));
    assert_eq!(house.stock().await.sold, 1);
}

#[tokio::test(start_paused = true)]
async fn a_corrupt_hold_that_is_due_does_not_stop_the_sale() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(60)).await;
    let node = house.node("a");
    let corrupt = house.reserved(&node, ask("mina", 1)).await;
    house.store.corrupt(corrupt.id);
    later(secs(61)).await;
    assert!(house.reserve(&node, ask("jun", 1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_was_due_and_could_not_be_done_is_done_when_it_can() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(60)).await;
    let node = house.node("a");
    let held = house.reserved(&node, ask("mina", 1)).await;
    house.store.refuses_expiry.store(true, Ordering::SeqCst);
    later(secs(61)).await;
    house.reserved(&node, ask("jun", 1)).await;
    house.store.refuses_expiry.store(false, Ordering::SeqCst);
    // No other node and no background work: the event's own task comes back to it.
    later(secs(3)).await;
    let found = node.reservation(held.id).await.expect("an answer");
    assert_eq!(found.expect("it").status(), ReservationStatus::Expired);
}

#[tokio::test(start_paused = true)]
async fn what_is_due_and_cannot_be_done_is_tried_once_a_second() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(60)).await;
    let node = house.node("a");
    house.reserved(&node, ask("mina", 1)).await;
    house.store.refuses_expiry.store(true, Ordering::SeqCst);
    later(secs(60)).await;
    house.reserved(&node, ask("jun", 1)).await;
    let before = house.store.asked().len();
    for _ in 0..20 {
        later(ms(500)).await;
        house.reserved(&node, ask("sora", 1).keyed("k")).await;
    }
    let tried = house.store.asked().len() - before;
    assert!(
        (5..=22).contains(&tried),
        "tried {tried} times in ten seconds"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_events_store_leaves_the_other_events_alone() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let other = house.also_selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.panic_for(Some(house.event));
    assert!(house.reserve(&node, ask("mina", 1)).await.is_err());
    assert!(node.reserve(request(other, ask("jun", 1))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn after_a_panic_the_event_itself_recovers() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Panic]);
    let lost = house.reserve(&node, ask("mina", 1)).await;
    assert!(matches!(
        lost,
        Err(ReserveError::Unserved(Unserved::OutcomeUnknown { .. }))
    ));
    assert!(house.reserve(&node, ask("jun", 1)).await.is_ok());
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_behind_a_panic_is_told_that_nothing_was_done() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let limits = Limits {
        batch_len_max: 1,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    house.store.next_commits(&[Fault::Panic]);
    house.store.commits_take(ms(10));
    let (lost, behind) = tokio::join!(
        house.reserve(&node, ask("mina", 1)),
        house.reserve(&node, ask("jun", 1))
    );
    assert!(lost.is_err());
    assert_eq!(behind, Err(INTERNAL));
    assert_eq!(house.stock().await.held, 0);
}
