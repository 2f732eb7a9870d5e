//! Redis killed, restarted, stopped, emptied, full, or deaf on one side.

use boxoffice::coordinator::{Coordinator, CoordinatorHealth};
use coordination::redis::RedisCoordinator;
use rustix::process::Signal;
use tokio::time::sleep;

use crate::house::{AT_ONCE, EVENT, House, given, is_up, load, ms, no_load, seen, timed, until};
use crate::testing::snapshot;

/// What a node may lose by a Redis that has just gone: a command's time, and a little.
const COST_MAX: std::time::Duration = ms(400);

/// What it may lose by a Redis that it knows to be gone: less than a single wait for one.
const COST_AFTERWARDS_MAX: std::time::Duration = ms(140);

#[tokio::test]
async fn without_redis_a_node_begins_and_serves_and_says_so() {
    let mut house = House::in_a_hurry();
    house.settings.cache.unheard_ttl_ms = 60_000;
    house.kill();
    let settings = house.settings.clone();
    let node = RedisCoordinator::open(settings).await;
    assert_eq!(node.health().await, CoordinatorHealth::Degraded);

    let serving = async {
        assert_eq!(node.acquire(EVENT, ms(150)).await, None);
        assert_eq!(seen(&node, load(1)).await, (1, false));
        node.publish(snapshot(EVENT, 2));
        assert_eq!(seen(&node, no_load()).await, (2, true));
    };
    let ((), cost) = timed(serving).await;
    assert!(cost < COST_AFTERWARDS_MAX, "{cost:?}");

    house.start_again();
    until("it is used once it is there", async || is_up(&node).await).await;
    given(&node).await;
}

#[tokio::test]
async fn a_redis_that_is_killed_costs_little_and_is_used_again_when_it_is_back() {
    let mut house = House::in_a_hurry();
    let (here, there) = (house.node().await, house.node().await);
    let held = given(&here).await;
    seen(&there, load(1)).await;
    house.kill();

    let losing = async {
        let _ = here.is_wanted(&held).await;
        here.release(held).await;
        assert_eq!(there.acquire(EVENT, ms(150)).await, None);
    };
    let ((), cost) = timed(losing).await;
    assert!(cost < COST_MAX, "{cost:?}");
    until("both know", async || {
        !is_up(&here).await && !is_up(&there).await
    })
    .await;
    let ((), cost) = timed(asks_ten_times_in_vain(&here)).await;
    assert!(cost < COST_AFTERWARDS_MAX, "{cost:?}");

    // What is committed meanwhile, nobody is told; nobody may serve the old for long either.
    here.publish(snapshot(EVENT, 2));
    sleep(ms(300)).await;
    assert_eq!(seen(&there, load(2)).await, (2, false));

    house.start_again();
    until("both use it", async || {
        is_up(&here).await && is_up(&there).await
    })
    .await;
    let lease = given(&here).await;
    assert_eq!(there.acquire(EVENT, AT_ONCE).await, None);
    here.release(lease).await;
}

async fn asks_ten_times_in_vain(node: &RedisCoordinator) {
    for _ in 0..10 {
        assert_eq!(node.acquire(EVENT, ms(150)).await, None);
    }
}

#[tokio::test]
async fn what_was_committed_while_redis_was_lost_is_told_when_it_is_back() {
    let mut house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    seen(&there, load(1)).await;
    let watch = there.watch(EVENT);
    house.kill();
    until("both know", async || {
        !is_up(&here).await && !is_up(&there).await
    })
    .await;
    for version in 2..=50 {
        here.publish(snapshot(EVENT, version));
    }
    house.start_again();
    until("the last one is shown there", async || {
        watch.borrow().as_ref().is_some_and(|s| s.version.0 == 50)
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_is_stopped_costs_one_command_and_leaves_no_lease_behind() {
    let mut house = House::in_a_hurry();
    let (here, there) = (house.node().await, house.node().await);
    house.redis.signal(Signal::STOP).expect("it stops");
    let losing = async {
        assert_eq!(here.acquire(EVENT, ms(150)).await, None);
        assert_eq!(there.acquire(EVENT, ms(150)).await, None);
    };
    let ((), cost) = timed(losing).await;
    assert!(cost < COST_MAX * 2, "{cost:?}");
    let ((), cost) = timed(asks_ten_times_in_vain(&here)).await;
    assert!(cost < COST_AFTERWARDS_MAX, "{cost:?}");
    until("both say so", async || {
        !is_up(&here).await && !is_up(&there).await
    })
    .await;

    house.redis.signal(Signal::CONT).expect("it goes on");
    until("both use it", async || {
        is_up(&here).await && is_up(&there).await
    })
    .await;
    // What was sent before is carried out now; whoever asked is long gone and has said so.
    let (_, waited) = timed(given(&here)).await;
    assert!(waited < ms(2_000), "{waited:?}");
}

#[tokio::test]
async fn a_subscription_that_breaks_lets_no_old_stock_be_shown() {
    let house = House::in_a_hurry();
    let (here, there) = (house.node().await, house.node().await);
    let mut oldest = ms(0);
    for version in 1..=40 {
        if version % 10 == 0 {
            house
                .meddle::<i64>(&["CLIENT", "KILL", "TYPE", "pubsub"])
                .await;
        }
        here.publish(snapshot(EVENT, version));
        // The database has it by now; the cache there may be behind, for less than a second.
        let shown = until("the new stock is shown there", async || {
            seen(&there, load(version)).await.0 == version
        });
        oldest = oldest.max(timed(shown).await.1);
    }
    assert!(oldest < ms(1_000), "{oldest:?}");
}

#[tokio::test]
async fn a_redis_that_is_emptied_loses_nothing_that_counts() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    let lost = here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    here.publish(snapshot(EVENT, 5));
    house.meddle::<String>(&["FLUSHALL"]).await;
    let second = there.acquire(EVENT, AT_ONCE).await;
    assert!(second.is_some(), "granted twice, which does no harm");
    here.release(lost).await;
    assert_eq!(seen(&there, load(5)).await.0, 5);
    assert!(is_up(&here).await && is_up(&there).await);
}

#[tokio::test]
async fn a_full_redis_evicts_and_everything_goes_on() {
    let house = House::with(&["--maxmemory", "2mb", "--maxmemory-policy", "allkeys-lru"]);
    let (here, there) = (house.node().await, house.node().await);
    let filler = "x".repeat(10_000);
    for round in 0..20 {
        for number in 0..40 {
            let key = format!("filler:{round}:{number}");
            house.meddle::<String>(&["SET", &key, &filler]).await;
        }
        let lease = here.acquire(EVENT, ms(500)).await.expect("a lease");
        here.publish(snapshot(EVENT, round + 1));
        here.release(lease).await;
        let lease = there.acquire(EVENT, ms(500)).await.expect("a lease");
        there.release(lease).await;
    }
    let stats: String = house.meddle(&["INFO", "stats"]).await;
    let evicted = stats.lines().find(|line| line.starts_with("evicted_keys:"));
    assert_ne!(evicted, Some("evicted_keys:0"), "nothing was evicted");
    until("the last one is known there", async || {
        seen(&there, load(20)).await.0 == 20
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_refuses_to_write_is_not_used() {
    let house = House::with(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    let settings = house.settings.clone();
    let node = RedisCoordinator::open(settings).await;
    assert_eq!(node.health().await, CoordinatorHealth::Degraded);
    assert_eq!(seen(&node, load(3)).await, (3, false));
    assert_eq!(node.acquire(EVENT, ms(150)).await, None);

    house
        .meddle::<String>(&["CONFIG", "SET", "maxmemory", "0"])
        .await;
    until("it is used when it writes", async || is_up(&node).await).await;
}
