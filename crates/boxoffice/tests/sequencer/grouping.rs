//! While one group commits, the next gathers.

use std::sync::atomic::Ordering;

use boxoffice::command::{ReserveError, Unserved};
use boxoffice::limits::Limits;
use futures_util::future::join_all;

use crate::faulty::Fault;
use crate::house::{House, ms};
use crate::sale::{ask, event};

#[tokio::test(start_paused = true)]
async fn buyers_who_come_together_share_a_group() {
    let house = House::selling(event().with_grade("R", 500)).await;
    let node = house.node("a");
    let asks = (0..100).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    assert!(booked.iter().all(Result::is_ok));
    assert_eq!(house.store.group_sizes(), [100]);
}

#[tokio::test(start_paused = true)]
async fn while_a_group_commits_the_next_gathers() {
    let house = House::selling(event().with_grade("R", 500)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let first = house.send(&node, ask("first", 1)).await;
    let asks = (0..99).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    join_all(asks).await;
    assert!(first.await.expect("a task").is_ok());
    assert_eq!(house.store.group_sizes(), [1, 99]);
}

#[tokio::test(start_paused = true)]
async fn a_group_has_at_most_so_many_commands() {
    let house = House::selling(event().with_grade("R", 500)).await;
    let limits = Limits {
        batch_len_max: 40,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    let asks = (0..100).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    join_all(asks).await;
    assert_eq!(house.store.group_sizes(), [40, 40, 20]);
}

#[tokio::test(start_paused = true)]
async fn who_came_first_is_served_first() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    let asks = (0..10).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    let served: Vec<bool> = booked.iter().map(Result::is_ok).collect();
    assert_eq!(served[..4], [true, true, true, false]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_the_lease_is_waited_for_joins_the_group() {
    let house = House::selling(event().with_grade("R", 9)).await;
    house.coordinator.deaf.store(true, Ordering::SeqCst);
    let node = house.node("a");
    let first = house.send(&node, ask("mina", 1)).await;
    crate::house::later(ms(100)).await;
    let second = house.send(&node, ask("jun", 1)).await;
    assert!(first.await.expect("a task").is_ok());
    assert!(second.await.expect("a task").is_ok());
    assert_eq!(house.store.group_sizes(), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_turns_buyers_away_at_once() {
    let house = House::selling(event().with_grade("R", 500)).await;
    let limits = Limits {
        queue_len_max: 10,
        batch_len_max: 10,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let first = house.send(&node, ask("first", 1)).await;
    let asks = (0..15).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    let overloaded = Err(ReserveError::Unserved(Unserved::Overloaded));
    let turned_away = booked.iter().filter(|booked| **booked == overloaded);
    assert_eq!(turned_away.count(), 5);
    assert!(first.await.expect("a task").is_ok());
}

#[tokio::test(start_paused = true)]
async fn for_who_is_turned_away_nothing_is_done() {
    let house = House::selling(event().with_grade("R", 500)).await;
    let limits = Limits {
        queue_len_max: 1,
        batch_len_max: 1,
        ..Limits::default()
    };
    let node = house.node_within("a", limits);
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let first = house.send(&node, ask("first", 1)).await;
    let second = house.send(&node, ask("second", 1)).await;
    assert!(house.reserve(&node, ask("third", 1)).await.is_err());
    first.await.expect("a task").expect("a seat");
    second.await.expect("a task").expect("a seat");
    assert_eq!(house.stock().await.held, 2);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_tells_how_long_it_waited_in_the_queue() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    house.send(&node, ask("mina", 1)).await;
    let second = house.reserve(&node, ask("jun", 1)).await.expect("a seat");
    assert_eq!(second.queue_time, ms(50));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_event_is_not_found() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let mut request = house.request(ask("mina", 1));
    request.event.0 += 99;
    let refused = house.node("a").reserve(request).await;
    assert_eq!(refused, Err(ReserveError::EventNotFound));
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_who_decided_and_what_became_of_it() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    let asks = (0..5).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    join_all(asks).await;
    let group = house.store.last_group();
    assert_eq!(group.actor, "a");
    assert_eq!(group.brief, r#"{"reserve":{"done":3,"refused":2}}"#);
}
