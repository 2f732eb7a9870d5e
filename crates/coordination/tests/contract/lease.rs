//! Leases: exclusive for a while, waited for in line and not for ever.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Nodes;
use crate::building::{EVENT, LEASE_TTL, OTHER_EVENT, settle};

const AT_ONCE: Duration = Duration::ZERO;
const A_WHILE: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_mins(1);

pub(crate) async fn a_free_lease_is_given_at_once(nodes: Nodes) {
    let lease = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    assert_eq!(lease.event, EVENT);
    assert!(!lease.was_waited_for);
    assert!(!nodes.here.is_wanted(&lease).await);
}

pub(crate) async fn a_held_lease_is_given_to_nobody_else(nodes: Nodes) {
    let _held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    assert_eq!(nodes.here.acquire(EVENT, AT_ONCE).await, None);
    assert_eq!(nodes.there.acquire(EVENT, A_WHILE).await, None);
}

pub(crate) async fn a_released_lease_is_given_again(nodes: Nodes) {
    let first = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    nodes.here.release(first.clone()).await;
    let second = nodes.there.acquire(EVENT, AT_ONCE).await.expect("a lease");
    assert_ne!(first.token, second.token);
}

pub(crate) async fn each_event_has_its_own_lease(nodes: Nodes) {
    let _held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    assert!(nodes.there.acquire(OTHER_EVENT, AT_ONCE).await.is_some());
}

pub(crate) async fn waiters_are_served_in_the_order_they_came(nodes: Nodes) {
    let held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut waiters = Vec::new();
    for number in 0..10 {
        let node = if number % 2 == 0 {
            nodes.here.clone()
        } else {
            nodes.there.clone()
        };
        let served = Arc::clone(&served);
        waiters.push(tokio::spawn(async move {
            let lease = node.acquire(EVENT, LONG).await.expect("a lease");
            assert!(lease.was_waited_for);
            served.lock().expect("no panic").push(number);
            node.release(lease).await;
        }));
        settle().await;
    }

    nodes.here.release(held).await;
    for waiter in waiters {
        waiter.await.expect("a waiter that was served");
    }
    assert_eq!(
        *served.lock().expect("no panic"),
        (0..10).collect::<Vec<_>>()
    );
}

pub(crate) async fn waiting_ends_at_its_bound(nodes: Nodes) {
    let held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let began = Instant::now();
    assert_eq!(nodes.there.acquire(EVENT, A_WHILE).await, None);
    let waited = began.elapsed();
    assert!(waited >= A_WHILE && waited < A_WHILE * 2, "{waited:?}");

    nodes.here.release(held).await;
    let after = nodes.here.acquire(EVENT, AT_ONCE).await;
    assert!(after.is_some(), "who gave up waiting holds nothing");
}

pub(crate) async fn a_lease_is_wanted_while_somebody_waits(nodes: Nodes) {
    let held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let there = nodes.there.clone();
    let waiter = tokio::spawn(async move { there.acquire(EVENT, A_WHILE).await });
    settle().await;
    assert!(nodes.here.is_wanted(&held).await);

    assert_eq!(waiter.await.expect("no panic"), None);
    assert!(!nodes.here.is_wanted(&held).await);
}

pub(crate) async fn a_waiter_who_goes_away_is_passed_over(nodes: Nodes) {
    let held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let node = nodes.there.clone();
    let gone = tokio::spawn(async move { node.acquire(EVENT, LONG).await });
    settle().await;
    let node = nodes.there.clone();
    let patient = tokio::spawn(async move { node.acquire(EVENT, LONG).await });
    settle().await;

    gone.abort();
    settle().await;
    nodes.here.release(held).await;
    let began = Instant::now();
    assert!(patient.await.expect("no panic").is_some());
    assert!(
        began.elapsed() < LEASE_TTL,
        "the lease went by who had gone away"
    );
}

pub(crate) async fn a_lease_that_is_never_released_runs_out(nodes: Nodes) {
    let _held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    sleep(LEASE_TTL + A_WHILE).await;
    assert!(nodes.there.acquire(EVENT, AT_ONCE).await.is_some());
}

pub(crate) async fn a_waiter_gets_the_lease_that_runs_out(nodes: Nodes) {
    let began = Instant::now();
    let _held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let lease = nodes.there.acquire(EVENT, LONG).await;
    let waited = began.elapsed();
    assert!(lease.is_some());
    assert!(
        waited >= LEASE_TTL && waited < LEASE_TTL + A_WHILE,
        "{waited:?}"
    );
}

pub(crate) async fn a_stale_release_takes_nothing_away(nodes: Nodes) {
    let stale = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let current = nodes
        .there
        .acquire(EVENT, LONG)
        .await
        .expect("the lease that ran out");

    nodes.here.release(stale).await;
    assert_eq!(nodes.here.acquire(EVENT, AT_ONCE).await, None);
    nodes.there.release(current).await;
    assert!(nodes.here.acquire(EVENT, AT_ONCE).await.is_some());
}

pub(crate) async fn a_lost_lease_is_wanted_by_its_new_holder(nodes: Nodes) {
    let stale = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let _current = nodes
        .there
        .acquire(EVENT, LONG)
        .await
        .expect("the lease that ran out");
    assert!(nodes.here.is_wanted(&stale).await);
}
