//! Leases: exclusive for a while, waited for in line and not for ever.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxoffice::coordinator::{Coordinator, Lease};
use tokio::time::{Instant, sleep};

use crate::Nodes;
use crate::building::{EVENT, OTHER_EVENT, settle};

const AT_ONCE: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_mins(1);

/// Returns when whatever was asked of this node before has been heard where the lines are kept.
async fn is_heard(node: &Arc<dyn Coordinator>) {
    settle().await;
    let lease = node.acquire(OTHER_EVENT, AT_ONCE).await;
    node.release(lease.expect("nobody else asks for it")).await;
}

/// Waits until a lease is wanted, or not wanted any more.
async fn until_wanted(node: &Arc<dyn Coordinator>, lease: &Lease, wanted: bool) {
    let began = Instant::now();
    while node.is_wanted(lease).await != wanted {
        assert!(began.elapsed() < LONG, "not in {LONG:?}: wanted {wanted}");
        settle().await;
    }
}

pub(crate) async fn a_free_lease_is_given_at_once(nodes: Nodes) {
    let lease = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    assert_eq!(lease.event, EVENT);
    assert!(!lease.was_waited_for);
    assert!(!nodes.here.is_wanted(&lease).await);
}

pub(crate) async fn a_held_lease_is_given_to_nobody_else(nodes: Nodes) {
    let _held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    assert_eq!(nodes.here.acquire(EVENT, AT_ONCE).await, None);
    assert_eq!(nodes.there.acquire(EVENT, nodes.pace.a_while).await, None);
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
        let (served, asked) = (Arc::clone(&served), node.clone());
        waiters.push(tokio::spawn(async move {
            let lease = node.acquire(EVENT, LONG).await.expect("a lease");
            assert!(lease.was_waited_for);
            served.lock().expect("no panic").push(number);
            node.release(lease).await;
        }));
        is_heard(&asked).await;
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
    let (began, a_while) = (Instant::now(), nodes.pace.a_while);
    assert_eq!(nodes.there.acquire(EVENT, a_while).await, None);
    let waited = began.elapsed();
    assert!(waited >= a_while, "{waited:?}");
    assert!(!nodes.pace.is_stopped || waited < a_while * 2, "{waited:?}");

    nodes.here.release(held).await;
    let after = nodes.here.acquire(EVENT, AT_ONCE).await;
    assert!(after.is_some(), "who gave up waiting holds nothing");
}

pub(crate) async fn a_lease_is_wanted_while_somebody_waits(nodes: Nodes) {
    let held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let there = nodes.there.clone();
    let waiter = tokio::spawn(async move { there.acquire(EVENT, LONG).await });
    until_wanted(&nodes.here, &held, true).await;
    waiter.abort();
    until_wanted(&nodes.here, &held, false).await;

    assert_eq!(nodes.there.acquire(EVENT, nodes.pace.a_while).await, None);
    assert!(!nodes.here.is_wanted(&held).await);
}

pub(crate) async fn a_waiter_who_goes_away_is_passed_over(nodes: Nodes) {
    let mut least = LONG;
    for _ in 0..3 {
        least = least.min(wait_behind_one_who_goes_away(&nodes).await);
    }
    assert!(
        least < nodes.pace.lease_ttl(),
        "the lease went by who had gone away: {least:?}"
    );
}

/// How long the second in line waited once the lease was given back and the first was gone.
async fn wait_behind_one_who_goes_away(nodes: &Nodes) -> Duration {
    let held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let node = nodes.there.clone();
    let gone = tokio::spawn(async move { node.acquire(EVENT, LONG).await });
    is_heard(&nodes.there).await;
    let node = nodes.there.clone();
    let patient = tokio::spawn(async move { node.acquire(EVENT, LONG).await });
    is_heard(&nodes.there).await;

    gone.abort();
    is_heard(&nodes.there).await;
    nodes.here.release(held).await;
    let began = Instant::now();
    let lease = patient.await.expect("no panic").expect("a lease");
    let waited = began.elapsed();
    nodes.there.release(lease).await;
    waited
}

pub(crate) async fn a_lease_that_is_never_released_runs_out(nodes: Nodes) {
    let _held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    sleep(nodes.pace.lease_ttl() + nodes.pace.a_while).await;
    assert!(nodes.there.acquire(EVENT, AT_ONCE).await.is_some());
}

pub(crate) async fn a_waiter_gets_the_lease_that_runs_out(nodes: Nodes) {
    let began = Instant::now();
    let _held = nodes.here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    let lease = nodes.there.acquire(EVENT, LONG).await;
    let waited = began.elapsed();
    assert!(lease.is_some());
    let lease_ttl = nodes.pace.lease_ttl();
    assert!(waited >= lease_ttl, "{waited:?}");
    assert!(
        !nodes.pace.is_stopped || waited < lease_ttl + nodes.pace.a_while,
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
