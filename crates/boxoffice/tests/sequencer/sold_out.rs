//! Refusals are answered from memory, and only from a memory that is young enough.

use std::sync::atomic::Ordering;

use boxoffice::command::ReserveError;
use boxoffice::limits::Limits;
use futures_util::future::join_all;

use crate::house::{Booked, House, later, ms};
use crate::sale::{ask, event};

const SOLD_OUT: Booked = Err(ReserveError::InsufficientSeats {
    requested: 1,
    available: 0,
});

/// A house whose one seat is sold, and how often its facts were asked for by then.
async fn sold_out() -> (House, boxoffice::box_office::BoxOffice, usize) {
    let house = House::selling(event().with_grade("R", 1).sold_at_once()).await;
    let node = house.node("a");
    house.reserved(&node, ask("mina", 1)).await;
    let asked = house.store.facts_asked.load(Ordering::SeqCst);
    (house, node, asked)
}

#[tokio::test(start_paused = true)]
async fn a_refusal_commits_nothing() {
    let (house, node, _) = sold_out().await;
    let asks = (0..100).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    assert!(booked.iter().all(|booked| *booked == SOLD_OUT));
    assert_eq!(house.store.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_young_memory_answers_without_the_database() {
    let (house, node, asked) = sold_out().await;
    // As old as a memory may be, to the moment.
    later(ms(100)).await;
    assert_eq!(house.reserve(&node, ask("jun", 1)).await, SOLD_OUT);
    assert_eq!(house.store.facts_asked.load(Ordering::SeqCst), asked);
}

#[tokio::test(start_paused = true)]
async fn an_old_memory_asks_the_database_for_its_version() {
    let (house, node, asked) = sold_out().await;
    later(ms(101)).await;
    let loads = house.store.loads.load(Ordering::SeqCst);
    assert_eq!(house.reserve(&node, ask("jun", 1)).await, SOLD_OUT);
    assert_eq!(house.store.facts_asked.load(Ordering::SeqCst), asked + 1);
    let loads_after = house.store.loads.load(Ordering::SeqCst);
    assert_eq!(loads_after, loads, "what was confirmed is not read again");
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_was_confirmed_is_young_again() {
    let (house, node, asked) = sold_out().await;
    later(ms(150)).await;
    assert_eq!(house.reserve(&node, ask("jun", 1)).await, SOLD_OUT);
    later(ms(90)).await;
    assert_eq!(house.reserve(&node, ask("sora", 1)).await, SOLD_OUT);
    assert_eq!(house.store.facts_asked.load(Ordering::SeqCst), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn a_seat_that_another_node_took_back_is_seen() {
    let (house, node, _) = sold_out().await;
    let other = house.node("b");
    assert_eq!(house.reserve(&node, ask("jun", 1)).await, SOLD_OUT);
    let sold = house.reserve(&other, ask("mina", 1).keyed("k")).await;
    assert_eq!(sold, SOLD_OUT);
    let id = house.store.last_group().changes.reservations[0]
        .reservation
        .id;
    other.cancel(id, None).await.expect("a cancellation");
    later(ms(101)).await;
    assert!(house.reserve(&node, ask("jun", 1)).await.is_ok());
}

/// This node heard that the event is sold out before the other sold under the key.
#[tokio::test(start_paused = true)]
async fn a_key_is_looked_up_before_sold_out_is_said() {
    let house = House::selling(event().with_grade("R", 1).sold_at_once()).await;
    let (one, two) = (house.node("a"), house.node("b"));
    assert!(house.reserve(&one, ask("warm", 2)).await.is_err());
    let asked = ask("mina", 1).keyed("k");
    house.reserved(&two, asked.clone()).await;
    let again = house.reserve(&one, asked.again()).await.expect("the seat");
    assert!(again.replayed);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_is_not_answered_for_from_an_old_memory() {
    let (house, node, _) = sold_out().await;
    later(ms(200)).await;
    house.store.down.store(true, Ordering::SeqCst);
    let refused = house.reserve(&node, ask("jun", 1)).await;
    assert!(matches!(refused, Err(ReserveError::Unserved(_))));
}

#[tokio::test(start_paused = true)]
async fn with_no_age_allowed_every_refusal_is_confirmed() {
    let house = House::selling(event().with_grade("R", 1).sold_at_once()).await;
    let limits = Limits {
        sold_out_age_ms_max: 0,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    house.reserved(&node, ask("mina", 1)).await;
    later(ms(1)).await;
    assert_eq!(house.reserve(&node, ask("jun", 1)).await, SOLD_OUT);
    assert_eq!(house.store.facts_asked.load(Ordering::SeqCst), 1);
}

/// Another node has taken the seat back, and what this one looks up for the key is younger than that.
#[tokio::test(start_paused = true)]
async fn facts_of_a_later_version_are_not_decided_upon_with_an_older_memory() {
    let (house, node, _) = sold_out().await;
    let sold = house.store.last_group().changes.reservations.remove(0);
    let other = house.node("b");
    let cancelled = other.cancel(sold.reservation.id, None).await;
    cancelled.expect("a cancellation");
    let booked = house.reserve(&node, ask("jun", 1).keyed("k")).await;
    assert!(booked.is_ok(), "{booked:?}");
}
