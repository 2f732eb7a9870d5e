//! Several nodes sell one event.

use std::collections::HashSet;
use std::time::Duration;

use boxoffice::command::{ReserveError, Unserved};
use boxoffice::limits::Limits;
use futures_util::future::join_all;

use crate::faulty::Fault;
use crate::house::{House, ms};
use crate::sale::{ask, event};

#[tokio::test(start_paused = true)]
async fn a_version_that_another_node_has_is_decided_again() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let (one, two) = (house.node("a"), house.node("b"));
    house.reserved(&one, ask("mina", 1)).await;
    house.reserved(&two, ask("jun", 1)).await;
    house.reserved(&one, ask("sora", 1)).await;
    assert_eq!(house.stock().await.held, 3);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_seat_that_another_node_sold_meanwhile_is_not_sold_again() {
    let house = House::selling(event().with_grade("R", 1)).await;
    let (one, two) = (house.node("a"), house.node("b"));
    assert!(house.reserve(&one, ask("warm", 2)).await.is_err());
    house.reserved(&two, ask("jun", 1)).await;
    let refused = house.reserve(&one, ask("mina", 1)).await;
    let sold_out = ReserveError::InsufficientSeats {
        requested: 1,
        available: 0,
    };
    assert_eq!(refused, Err(sold_out));
}

#[tokio::test(start_paused = true)]
async fn a_key_counts_once_over_all_nodes() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let (one, two) = (house.node("a"), house.node("b"));
    let asked = ask("mina", 1).keyed("k");
    let (first, second) = tokio::join!(
        house.reserve(&one, asked.clone()),
        house.reserve(&two, asked.again())
    );
    let (first, second) = (first.expect("a seat"), second.expect("a seat"));
    assert_eq!(first.reservation.id, second.reservation.id);
    assert_eq!(house.stock().await.held, 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_buyers_at_two_nodes_get_a_hundred_tickets_together() {
    let house = House::selling(event().with_grade("R", 100).sold_at_once()).await;
    // Without a lease that keeps them in line, both decide at the same time.
    let store = &house.store;
    store.commits_take(ms(3));
    house
        .coordinator
        .generous
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let limits = Limits {
        batch_len_max: 7,
        ..Limits::default()
    };
    let nodes = [
        house.node_within("a", limits.clone()),
        house.node_within("b", limits),
    ];
    let asks = (0..1_000_usize).map(|n| house.reserve(&nodes[n % 2], ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    let ids: HashSet<_> = booked
        .iter()
        .flatten()
        .map(|booked| booked.reservation.id)
        .collect();
    assert_eq!(ids.len(), 100);
    assert_eq!(
        (house.stock().await.sold, house.stock().await.available),
        (100, 0)
    );
    let refused = booked
        .iter()
        .filter(|booked| matches!(booked, Err(ReserveError::InsufficientSeats { .. })));
    assert_eq!(refused.count(), 900);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn who_is_never_first_is_told_that_nothing_was_done() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let limits = Limits {
        conflicts_max: 3,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    house.store.next_commits(&[Fault::Taken; 3]);
    assert_eq!(
        house.reserve(&node, ask("mina", 1)).await,
        Err(ReserveError::Unserved(Unserved::Overloaded))
    );
    assert_eq!(house.stock().await.held, 0);
}

#[tokio::test(start_paused = true)]
async fn who_is_first_at_the_last_attempt_is_served() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let limits = Limits {
        conflicts_max: 3,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    house.store.next_commits(&[Fault::Taken; 2]);
    assert!(house.reserve(&node, ask("mina", 1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_loses_for_a_while_as_nodes_without_leases_do_is_served() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Taken; 100]);
    assert!(house.reserve(&node, ask("mina", 1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_loses_for_too_long_hears_it_before_the_deadline() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    // Three quarters of the deadline are over after the eighth.
    house.store.commits_take(Duration::from_secs(1));
    house.store.next_commits(&[Fault::Taken; 20]);
    assert_eq!(
        house.reserve(&node, ask("mina", 1)).await,
        Err(ReserveError::Unserved(Unserved::Overloaded))
    );
}

#[tokio::test(start_paused = true)]
async fn time_never_runs_backwards_although_a_nodes_clock_does() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.clock.jump_secs(100);
    let ahead = house.reserved(&node, ask("mina", 1)).await;
    house.clock.jump_secs(-100);
    let behind = house.reserved(&node, ask("jun", 1)).await;
    assert!(behind.reserved_at >= ahead.reserved_at);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn when_the_time_for_losing_is_up_to_the_moment_nothing_is_tried_again() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    // Three quarters of the deadline, exactly.
    house.store.commits_take(ms(7_500));
    house.store.next_commits(&[Fault::Taken]);
    assert_eq!(
        house.reserve(&node, ask("mina", 1)).await,
        Err(ReserveError::Unserved(Unserved::Overloaded))
    );
    assert_eq!(house.store.asked().len(), 1);
}
