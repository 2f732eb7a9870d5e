//! Callers who wait too long, or do not wait at all.

use std::sync::atomic::Ordering;

use boxoffice::command::{ReserveError, Unserved};
use boxoffice::ids::ReservationId;
use boxoffice::limits::Limits;

use crate::faulty::Fault;
use crate::house::{Booked, House, later, ms};
use crate::sale::{ask, event};

fn within_a_second() -> Limits {
    Limits {
        request_deadline_ms: 1_000,
        ..Limits::default()
    }
}

fn unknown_reservation(booked: Booked) -> ReservationId {
    match booked {
        Err(ReserveError::Unserved(Unserved::OutcomeUnknown {
            reservation: Some(id),
        })) => id,
        other => panic!("not an unknown outcome: {other:?}"),
    }
}

const OVERLOADED: Booked = Err(ReserveError::Unserved(Unserved::Overloaded));

#[tokio::test(start_paused = true)]
async fn whose_time_is_up_in_the_queue_is_told_that_nothing_was_done() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node_within("a", within_a_second());
    house.store.next_commits(&[Fault::Slow(ms(5_000))]);
    house.send(&node, ask("first", 1)).await;
    assert_eq!(house.reserve(&node, ask("mina", 1)).await, OVERLOADED);
}

#[tokio::test(start_paused = true)]
async fn whose_time_was_up_in_the_queue_is_never_served_later() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node_within("a", within_a_second());
    house.store.next_commits(&[Fault::Slow(ms(5_000))]);
    house.send(&node, ask("first", 1)).await;
    assert_eq!(house.reserve(&node, ask("mina", 1)).await, OVERLOADED);
    later(ms(10_000)).await;
    house.reserved(&node, ask("jun", 1)).await;
    assert_eq!(house.stock().await.held, 2);
}

#[tokio::test(start_paused = true)]
async fn whose_time_is_up_at_the_very_moment_of_the_group_is_not_served() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node_within("a", within_a_second());
    house.store.next_commits(&[Fault::Slow(ms(1_000))]);
    house.send(&node, ask("first", 1)).await;
    assert_eq!(house.reserve(&node, ask("mina", 1)).await, OVERLOADED);
    later(ms(10)).await;
    assert_eq!(house.stock().await.held, 1);
}

/// The lease is waited for from 250 to 400 ms, and she waits from 160 to 360 ms.
#[tokio::test(start_paused = true)]
async fn whose_time_is_up_while_the_lease_is_waited_for_is_told_that_nothing_was_done() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let limits = Limits {
        request_deadline_ms: 200,
        lease_wait_ms_max: 150,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    house.coordinator.deaf.store(true, Ordering::SeqCst);
    house.store.next_commits(&[Fault::Slow(ms(100))]);
    house.send(&node, ask("first", 1)).await;
    later(ms(160)).await;
    assert_eq!(house.reserve(&node, ask("mina", 1)).await, OVERLOADED);
    later(ms(1_000)).await;
    assert_eq!(house.stock().await.held, 1);
}

#[tokio::test(start_paused = true)]
async fn whose_time_is_up_during_the_commit_is_told_which_reservation_to_ask_about() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node_within("a", within_a_second());
    house.store.next_commits(&[Fault::Slow(ms(5_000))]);
    let id = unknown_reservation(house.reserve(&node, ask("mina", 1)).await);
    later(ms(10_000)).await;
    let found = node.reservation(id).await.expect("an answer");
    assert_eq!(found.expect("the reservation").id, id);
}

#[tokio::test(start_paused = true)]
async fn who_left_before_her_group_is_not_served() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    house.send(&node, ask("first", 1)).await;
    let leaving = house.send(&node, ask("mina", 1)).await;
    leaving.abort();
    later(ms(100)).await;
    assert_eq!(house.stock().await.held, 1);
}

#[tokio::test(start_paused = true)]
async fn groups_of_people_who_left_are_not_decided() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(200))]);
    house.send(&node, ask("first", 1)).await;
    let leaving = house.send(&node, ask("mina", 1)).await;
    leaving.abort();
    later(ms(10_000)).await;
    assert_eq!(house.store.asked().len(), 1);
    // What a refusal would have rested on was not looked up either.
    assert_eq!(house.store.facts_asked.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_during_the_commit_has_her_seat() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let leaving = house.send(&node, ask("mina", 1)).await;
    later(ms(10)).await;
    leaving.abort();
    later(ms(100)).await;
    assert_eq!(house.stock().await.held, 1);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn who_leaves_during_the_commit_can_ask_again_with_her_key() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let asked = ask("mina", 1).keyed("k");
    let leaving = house.send(&node, asked.clone()).await;
    later(ms(10)).await;
    leaving.abort();
    let again = house.reserve(&node, asked.again()).await.expect("the seat");
    assert!(again.replayed);
    assert_eq!(house.stock().await.held, 1);
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_that_comes_while_the_first_is_decided_waits_for_it() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let asked = ask("mina", 1).keyed("k");
    let first = house.send(&node, asked.clone()).await;
    let second = house.reserve(&node, asked.again()).await.expect("the seat");
    let first = first.await.expect("a task").expect("the seat");
    assert_eq!(first.reservation.id, second.reservation.id);
}
