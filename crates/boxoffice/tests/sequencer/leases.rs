//! The lease saves work between nodes, and decides nothing. What is committed is told.

use std::sync::atomic::Ordering;

use boxoffice::limits::Limits;
use futures_util::future::join_all;

use crate::faulty::Fault;
use crate::house::{House, later, ms, settle};
use crate::sale::{ask, event};
use crate::witness::Asked;

const GIVEN: Asked = Asked::Acquire { given: true };

#[tokio::test(start_paused = true)]
async fn a_group_takes_the_lease_and_gives_it_back() {
    let house = House::selling(event().with_grade("R", 9)).await;
    house.reserved(&house.node("a"), ask("mina", 1)).await;
    settle().await;
    let version = house.snapshot().await.version;
    let expected = [GIVEN, Asked::Publish(version), Asked::Release];
    assert_eq!(house.coordinator.asked(), expected);
}

async fn sell_in_groups_of_one(house: &House, limits: Limits, buyers: u32) {
    let limits = Limits {
        batch_len_max: 1,
        ..limits
    };
    let node = house.node_within("a", limits);
    let asks = (0..buyers).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    assert!(join_all(asks).await.iter().all(Result::is_ok));
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn while_there_is_work_the_lease_is_kept() {
    let house = House::selling(event().with_grade("R", 99)).await;
    sell_in_groups_of_one(&house, Limits::default(), 10).await;
    assert_eq!(house.store.groups(), 10);
    assert_eq!(house.coordinator.count(&GIVEN), 1);
    assert_eq!(house.coordinator.count(&Asked::Release), 1);
}

#[tokio::test(start_paused = true)]
async fn when_somebody_else_waits_the_lease_is_given_back_after_each_group() {
    let house = House::selling(event().with_grade("R", 99)).await;
    house.coordinator.wanted.store(true, Ordering::SeqCst);
    sell_in_groups_of_one(&house, Limits::default(), 10).await;
    assert_eq!(house.coordinator.count(&GIVEN), 10);
    assert_eq!(house.coordinator.count(&Asked::Release), 10);
}

#[tokio::test(start_paused = true)]
async fn a_lease_serves_so_many_groups() {
    let house = House::selling(event().with_grade("R", 99)).await;
    let limits = Limits {
        lease_groups_max: 4,
        ..Limits::default()
    };
    sell_in_groups_of_one(&house, limits, 10).await;
    assert_eq!(house.coordinator.count(&GIVEN), 3);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_not_to_be_had_is_gone_without() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let (one, two) = (house.node("a"), house.node("b"));
    house.store.next_commits(&[Fault::Slow(ms(5_000))]);
    let slow = house.send(&one, ask("mina", 1)).await;
    let booked = house.reserve(&two, ask("jun", 1)).await.expect("a seat");
    assert_eq!(booked.lease_time, ms(150));
    assert!(slow.await.expect("a task").is_ok());
    assert_eq!(house.stock().await.held, 2);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn who_waited_for_anothers_group_decides_on_what_it_left() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let (one, two) = (house.node("a"), house.node("b"));
    house.reserved(&two, ask("warm", 1)).await;
    settle().await;
    house.store.commits_take(ms(20));
    let first = house.send(&one, ask("mina", 1)).await;
    later(ms(1)).await;
    let second = house.reserve(&two, ask("jun", 1)).await.expect("a seat");
    assert!(first.await.expect("a task").is_ok());
    assert!(second.lease_time >= ms(15), "{:?}", second.lease_time);
    assert_eq!(house.store.asked().len(), 3, "nothing was decided in vain");
    assert_eq!(house.store.groups(), 3);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn who_waited_for_a_lease_that_nobody_had_knows_what_she_knew() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.reserved(&node, ask("warm", 1)).await;
    settle().await;
    let loads = house.store.loads.load(Ordering::SeqCst);
    house.coordinator.slow.store(true, Ordering::SeqCst);
    let booked = house.reserve(&node, ask("mina", 1)).await.expect("a seat");
    assert_eq!(booked.lease_time, ms(20));
    assert_eq!(house.store.loads.load(Ordering::SeqCst), loads);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_node_without_a_lease_lets_another_go_first_now_and_then() {
    let house = House::selling(event().with_grade("R", 300)).await;
    house.coordinator.gone.store(true, Ordering::SeqCst);
    house.store.commits_take(ms(5));
    let limits = Limits {
        batch_len_max: 1,
        conflicts_max: 5,
        ..Limits::default()
    };
    let nodes = [
        house.node_within("a", limits.clone()),
        house.node_within("b", limits),
    ];
    let busy = (0..200).map(|n| house.reserve(&nodes[0], ask(&format!("buyer{n}"), 1)));
    let other = async {
        later(ms(7)).await;
        house.reserve(&nodes[1], ask("mina", 1)).await
    };
    let (busy, other) = tokio::join!(join_all(busy), other);
    assert!(other.is_ok(), "{other:?}");
    assert!(busy.iter().all(Result::is_ok));
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_node_without_a_lease_rests_twice_as_long_as_its_group_took() {
    let house = House::selling(event().with_grade("R", 9)).await;
    house.coordinator.gone.store(true, Ordering::SeqCst);
    house.store.commits_take(ms(5));
    let limits = Limits {
        batch_len_max: 1,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    let asks = ["mina", "jun"].map(|name| house.reserve(&node, ask(name, 1)));
    let booked = join_all(asks).await.into_iter();
    let waited: Vec<_> = booked.map(|b| b.expect("a seat").queue_time).collect();
    assert_eq!(waited, [ms(0), ms(15)]);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_given_twice_does_no_harm() {
    let house = House::selling(event().with_grade("R", 10)).await;
    house.coordinator.generous.store(true, Ordering::SeqCst);
    house.store.commits_take(ms(5));
    let nodes = [house.node("a"), house.node("b")];
    let asks = (0..20_usize).map(|n| house.reserve(&nodes[n % 2], ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    assert_eq!(booked.iter().flatten().count(), 10);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_never_answers_does_not_stop_the_sale() {
    let house = House::selling(event().with_grade("R", 9)).await;
    house.coordinator.deaf.store(true, Ordering::SeqCst);
    let node = house.node("a");
    for name in ["mina", "jun", "sora"] {
        assert!(house.reserve(&node, ask(name, 1)).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_falls_silent_with_the_lease_does_not_stop_the_sale() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let first = house.send(&node, ask("mina", 1)).await;
    house.coordinator.deaf.store(true, Ordering::SeqCst);
    assert!(house.reserve(&node, ask("jun", 1)).await.is_ok());
    assert!(first.await.expect("a task").is_ok());
}

#[tokio::test(start_paused = true)]
async fn every_commit_is_published() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.reserved(&node, ask("mina", 1)).await;
    house.reserved(&node, ask("jun", 1)).await;
    assert_eq!(house.coordinator.published(), [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_answer_was_lost_is_published_once_it_is_found() {
    let house = House::selling(event().with_grade("R", 9)).await;
    house.store.next_commits(&[Fault::LostAfter]);
    house.reserved(&house.node("a"), ask("mina", 1)).await;
    assert_eq!(house.coordinator.published(), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_published() {
    let house = House::selling(event().with_grade("R", 1)).await;
    let refused = house.reserve(&house.node("a"), ask("mina", 2)).await;
    assert!(refused.is_err());
    assert_eq!(house.coordinator.published(), Vec::<i64>::new());
}

#[tokio::test(start_paused = true)]
async fn what_was_not_committed_is_not_published() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let limits = Limits {
        conflicts_max: 1,
        ..Limits::default()
    };
    house.store.next_commits(&[Fault::Taken]);
    let node = house.node_within("a", limits);
    assert!(house.reserve(&node, ask("mina", 1)).await.is_err());
    assert_eq!(house.coordinator.published(), Vec::<i64>::new());
}

#[tokio::test(start_paused = true)]
async fn a_deleted_event_is_forgotten_and_not_published() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let deleted = house.node("a").delete_event(house.event).await;
    assert_eq!(deleted, Ok(()));
    assert_eq!(house.coordinator.count(&Asked::Forget), 1);
    assert_eq!(house.coordinator.published(), Vec::<i64>::new());
}

#[tokio::test(start_paused = true)]
async fn the_published_state_is_the_committed_one() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    node.event(house.event).await.expect("an answer");
    house.reserved(&node, ask("mina", 2)).await;
    later(ms(200)).await;
    let cached = node.event(house.event).await.expect("an answer");
    let cached = cached.expect("the event");
    assert!(cached.hit);
    assert_eq!(*cached.snapshot, house.snapshot().await);
}
