//! Which of two states of an event stays, whatever the order they come in.

use std::sync::Arc;

use boxoffice::coordinator::{Cached, Coordinator, View};
use boxoffice::store::StoreError;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::Nodes;
use crate::building::{
    EVENT, HeldLoad, event_key, event_view, held_load, load, no_load, snapshot, version_of,
};

type Answer = Result<Option<Cached>, StoreError>;

/// An asker whose load has read the database and not yet come back.
async fn asks(node: &Arc<dyn Coordinator>, found: View) -> (HeldLoad, JoinHandle<Answer>) {
    let (mut held, load) = held_load(found);
    let node = Arc::clone(node);
    let asker = tokio::spawn(async move { node.view(event_key(), load).await });
    held.has_begun().await;
    (held, asker)
}

pub(crate) async fn a_publication_is_seen_at_once(nodes: Nodes) {
    nodes.here.publish(snapshot(EVENT, 3));
    let seen = nodes.here.view(event_key(), no_load()).await;
    assert_eq!(version_of(&seen), 3);
    assert!(seen.expect("no error").expect("an event").hit);
}

pub(crate) async fn an_older_publication_never_overwrites_a_newer_one(nodes: Nodes) {
    nodes.here.publish(snapshot(EVENT, 3));
    nodes.here.publish(snapshot(EVENT, 2));
    assert_eq!(
        version_of(&nodes.here.view(event_key(), no_load()).await),
        3
    );
}

pub(crate) async fn a_load_that_was_overtaken_yields_the_newer_state(nodes: Nodes) {
    let (held, asker) = asks(&nodes.here, event_view(1)).await;
    nodes.here.publish(snapshot(EVENT, 2));
    assert_eq!(
        version_of(&nodes.here.view(event_key(), no_load()).await),
        2
    );

    held.end();
    assert_eq!(version_of(&asker.await.expect("no panic")), 2);
    assert_eq!(
        version_of(&nodes.here.view(event_key(), no_load()).await),
        2
    );
}

pub(crate) async fn a_load_that_is_newer_than_a_publication_stays(nodes: Nodes) {
    let (held, asker) = asks(&nodes.here, event_view(3)).await;
    nodes.here.publish(snapshot(EVENT, 2));
    held.end();
    assert_eq!(version_of(&asker.await.expect("no panic")), 3);
    assert_eq!(
        version_of(&nodes.here.view(event_key(), no_load()).await),
        3
    );
}

pub(crate) async fn publications_in_any_order_leave_the_newest(nodes: Nodes) {
    let publishers = (0..100).map(|i| {
        let node = Arc::clone(&nodes.here);
        tokio::spawn(async move { node.publish(snapshot(EVENT, 1 + (i * 37) % 100)) })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        publisher.await.expect("no panic");
    }
    assert_eq!(
        version_of(&nodes.here.view(event_key(), no_load()).await),
        100
    );
}

pub(crate) async fn a_deleted_event_is_not_there_any_more(nodes: Nodes) {
    nodes.here.publish(snapshot(EVENT, 1));
    nodes.here.forget(EVENT);
    assert_eq!(nodes.here.view(event_key(), load(Ok(None))).await, Ok(None));
}

pub(crate) async fn a_load_from_before_a_deletion_does_not_bring_the_event_back(nodes: Nodes) {
    let (held, asker) = asks(&nodes.here, event_view(1)).await;
    nodes.here.forget(EVENT);
    assert_eq!(nodes.here.view(event_key(), load(Ok(None))).await, Ok(None));

    held.end();
    assert_eq!(asker.await.expect("no panic"), Ok(None));
    assert_eq!(nodes.here.view(event_key(), load(Ok(None))).await, Ok(None));
}

pub(crate) async fn a_late_publication_does_not_bring_a_deleted_event_back(nodes: Nodes) {
    nodes.here.publish(snapshot(EVENT, 1));
    nodes.here.forget(EVENT);
    nodes.here.publish(snapshot(EVENT, 2));
    assert_eq!(nodes.here.view(event_key(), load(Ok(None))).await, Ok(None));
    assert_eq!(*nodes.here.watch(EVENT).borrow(), None);
}

pub(crate) async fn a_deletion_is_remembered_for_a_while_only(nodes: Nodes) {
    nodes.here.forget(EVENT);
    sleep(nodes.pace.forgotten() * 11 / 10).await;
    let asked = nodes
        .here
        .view(event_key(), load(Ok(Some(event_view(4)))))
        .await;
    assert_eq!(version_of(&asked), 4);
}
