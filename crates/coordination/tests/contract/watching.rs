//! Live watching: the newest state, ten times a second at most, and the last one always.

use std::sync::Arc;
use std::time::Duration;

use boxoffice::event::EventSnapshot;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep, timeout};

use crate::Nodes;
use crate::building::{EVENT, OTHER_EVENT, event_key, event_view, load, snapshot};

/// Longer than two states are apart.
const A_TURN: Duration = Duration::from_millis(150);

type Watch = Receiver<Option<Arc<EventSnapshot>>>;

fn shown(watch: &mut Watch) -> Option<i64> {
    watch
        .borrow_and_update()
        .as_ref()
        .map(|snapshot| snapshot.version.0)
}

/// Waits until this version is shown.
async fn shows(watch: &mut Watch, version: i64) {
    let is_it = |shown: &Option<Arc<EventSnapshot>>| {
        shown
            .as_ref()
            .is_some_and(|shown| shown.version.0 == version)
    };
    let shown = timeout(Duration::from_mins(1), watch.wait_for(is_it)).await;
    shown
        .unwrap_or_else(|_| panic!("version {version} is not shown"))
        .expect("the channel is open");
}

pub(crate) async fn nothing_is_shown_until_something_is_known(nodes: Nodes) {
    let mut watch = nodes.here.watch(EVENT);
    assert_eq!(shown(&mut watch), None);
    nodes.here.publish(snapshot(EVENT, 1));
    watch.changed().await.expect("the channel is open");
    assert_eq!(shown(&mut watch), Some(1));
}

pub(crate) async fn what_is_known_is_shown_at_once(nodes: Nodes) {
    nodes.here.publish(snapshot(EVENT, 5));
    assert_eq!(shown(&mut nodes.here.watch(EVENT)), Some(5));
}

pub(crate) async fn a_publication_is_shown_at_once(nodes: Nodes) {
    let mut watch = nodes.here.watch(EVENT);
    nodes.here.publish(snapshot(EVENT, 1));
    assert_eq!(shown(&mut watch), Some(1));
}

pub(crate) async fn what_a_load_brings_is_shown_too(nodes: Nodes) {
    let mut watch = nodes.here.watch(EVENT);
    let loaded = nodes
        .here
        .view(event_key(), load(Ok(Some(event_view(2)))))
        .await;
    assert!(loaded.is_ok());
    assert_eq!(shown(&mut watch), Some(2));
}

pub(crate) async fn at_most_ten_states_a_second_are_shown(nodes: Nodes) {
    let mut watch = nodes.here.watch(EVENT);
    let mut eyes = watch.clone();
    let counting = tokio::spawn(async move {
        let mut seen = Vec::new();
        while eyes.changed().await.is_ok() {
            seen.push((Instant::now(), shown(&mut eyes)));
        }
        seen
    });
    let began = Instant::now();
    for version in 1..=2_000 {
        nodes.here.publish(snapshot(EVENT, version));
        sleep(Duration::from_millis(1)).await;
    }
    shows(&mut watch, 2_000).await;
    let lasted = began.elapsed();

    nodes.here.forget(EVENT);
    let seen = counting.await.expect("no panic");
    assert!(
        seen.len() as f64 <= lasted.as_secs_f64() * 10.0 + 1.0,
        "{} states in {lasted:?}",
        seen.len()
    );
    // Where the clock goes on, who looks late at one state may look in time at the next ten.
    let exact = if nodes.pace.is_stopped {
        &seen[..]
    } else {
        &[]
    };
    for (i, (at, _)) in exact.iter().enumerate() {
        let within = exact[i..]
            .iter()
            .take_while(|(t, _)| *t < *at + Duration::from_millis(990));
        assert!(within.count() <= 10, "more than ten states in a second");
    }
    assert!(seen.len() >= 15, "{} states in two seconds", seen.len());
    assert!(seen.is_sorted_by_key(|(_, version)| *version));
}

pub(crate) async fn the_last_state_of_a_burst_is_always_shown(nodes: Nodes) {
    let mut watch = nodes.here.watch(EVENT);
    for version in 1..=50 {
        nodes.here.publish(snapshot(EVENT, version));
    }
    shows(&mut watch, 50).await;

    sleep(A_TURN).await;
    assert!(
        !watch.has_changed().expect("the channel is open"),
        "the last one is shown once"
    );
}

pub(crate) async fn nothing_older_is_ever_shown(nodes: Nodes) {
    let mut watch = nodes.here.watch(EVENT);
    nodes.here.publish(snapshot(EVENT, 2));
    nodes.here.publish(snapshot(EVENT, 4));
    nodes.here.publish(snapshot(EVENT, 3));
    shows(&mut watch, 4).await;
    nodes.here.publish(snapshot(EVENT, 1));
    sleep(A_TURN).await;
    assert_eq!(shown(&mut watch), Some(4));
}

pub(crate) async fn every_watcher_sees_the_same(nodes: Nodes) {
    let mut watches = [nodes.here.watch(EVENT), nodes.here.watch(EVENT)];
    nodes.here.publish(snapshot(EVENT, 1));
    assert_eq!(watches.each_mut().map(shown), [Some(1), Some(1)]);

    let [gone, mut left] = watches;
    drop(gone);
    nodes.here.publish(snapshot(EVENT, 2));
    shows(&mut left, 2).await;
}

pub(crate) async fn events_do_not_slow_each_other_down(nodes: Nodes) {
    let (mut one, mut other) = (nodes.here.watch(EVENT), nodes.here.watch(OTHER_EVENT));
    nodes.here.publish(snapshot(EVENT, 1));
    nodes.here.publish(snapshot(OTHER_EVENT, 1));
    assert_eq!((shown(&mut one), shown(&mut other)), (Some(1), Some(1)));
}

pub(crate) async fn a_deletion_ends_the_watching_after_the_last_state(nodes: Nodes) {
    let mut watch = nodes.here.watch(EVENT);
    nodes.here.publish(snapshot(EVENT, 1));
    nodes.here.publish(snapshot(EVENT, 2));
    nodes.here.forget(EVENT);
    assert_eq!(shown(&mut watch), Some(2));
    assert!(watch.changed().await.is_err());
}
