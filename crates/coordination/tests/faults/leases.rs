//! Leases between nodes that die, wait and are robbed.

use std::time::Duration;

use boxoffice::coordinator::Coordinator;
use coordination::redis::RedisCoordinator;
use tokio::time::{Instant, sleep};

use crate::house::{AT_ONCE, EVENT, House, ms, timed, until};

#[tokio::test]
async fn a_lease_that_is_deleted_under_its_owner_is_noticed_and_nothing_is_stuck() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    let robbed = here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    house.meddle::<i64>(&["DEL", "onsale:{7}:lease"]).await;

    let taken = there.acquire(EVENT, AT_ONCE).await.expect("a free lease");
    until("the owner notices", async || here.is_wanted(&robbed).await).await;
    here.release(robbed).await;
    assert_eq!(here.acquire(EVENT, AT_ONCE).await, None, "it is not ours");
    there.release(taken).await;
    assert!(here.acquire(EVENT, AT_ONCE).await.is_some());
}

#[tokio::test]
async fn a_lease_that_is_used_outlives_its_time() {
    let mut house = House::new();
    house.settings.cache.lease_ttl_ms = 3_000;
    let (here, there) = (house.node().await, house.node().await);
    let lease = here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let began = Instant::now();
    while began.elapsed() < ms(9_000) {
        assert!(!here.is_wanted(&lease).await, "after {:?}", began.elapsed());
        assert_eq!(there.acquire(EVENT, AT_ONCE).await, None);
        sleep(ms(20)).await;
    }
}

#[tokio::test]
async fn a_node_that_dies_in_line_holds_nobody_up_for_long() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    let mut least = ms(60_000);
    for round in 0..3 {
        least = least.min(wait_behind_a_dead_node(&house, &here, &there, round).await);
    }
    assert!(least < ms(400), "{least:?}");
}

/// How long the second in line waits when the first has died.
async fn wait_behind_a_dead_node(
    house: &House,
    here: &RedisCoordinator,
    there: &RedisCoordinator,
    round: u32,
) -> Duration {
    let held = here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    // A waiter of a node that is no more: nobody hears its call.
    let gone = format!("00000000000000aa{round:016x}/150");
    let now: (i64, i64) = house.meddle(&["TIME"]).await;
    let arrived = (now.0 * 1_000_000 + now.1).to_string();
    house
        .meddle::<i64>(&["ZADD", "onsale:{7}:line", &arrived, &gone])
        .await;
    here.release(held).await;

    let (lease, waited) = timed(there.acquire(EVENT, ms(60_000))).await;
    there.release(lease.expect("a lease")).await;
    waited
}

#[tokio::test]
async fn a_line_that_is_evicted_is_formed_again() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    let held = here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let waiter = {
        let there = there.clone();
        tokio::spawn(async move { there.acquire(EVENT, ms(60_000)).await })
    };
    until("it is wanted", async || here.is_wanted(&held).await).await;
    house.meddle::<i64>(&["DEL", "onsale:{7}:line"]).await;
    here.release(held).await;
    assert!(waiter.await.expect("no panic").is_some());
}

#[tokio::test]
async fn nothing_is_left_of_leases_that_were_given_back() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    for _ in 0..20 {
        let lease = here.acquire(EVENT, ms(60_000)).await.expect("a lease");
        let there = there.clone();
        let next = tokio::spawn(async move {
            let lease = there.acquire(EVENT, ms(60_000)).await.expect("a lease");
            there.release(lease).await;
        });
        here.release(lease).await;
        next.await.expect("no panic");
    }
    let left: Vec<String> = house.meddle(&["KEYS", "onsale:{7}:*"]).await;
    assert_eq!(left, Vec::<String>::new());
}
