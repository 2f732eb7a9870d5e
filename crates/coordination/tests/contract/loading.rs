//! Cache-aside: what is not known is loaded once, and what fails is not kept.

use std::time::Duration;

use boxoffice::coordinator::{View, ViewKey};
use boxoffice::page::Page;
use boxoffice::store::StoreError;
use boxoffice::takings::Takings;
use futures_util::FutureExt;
use futures_util::future::{join_all, pending};
use tokio::time::sleep;

use crate::Nodes;
use crate::building::{
    Database, EVENT, event_key, event_view, first_page, held_load, load, no_database, no_load,
    settle, snapshot, user, version_of,
};

pub(crate) async fn a_hundred_askers_load_once(nodes: Nodes) {
    let database = Database::default();
    let asked = (0..100).map(|_| {
        let (node, load) = (nodes.here.clone(), database.load(Ok(Some(event_view(1)))));
        tokio::spawn(async move { node.view(event_key(), load).await })
    });
    for answer in join_all(asked).await {
        assert_eq!(version_of(&answer.expect("no panic")), 1);
    }
    assert_eq!(database.loads(), 1);
}

pub(crate) async fn a_hit_tells_how_long_it_may_still_be_served(nodes: Nodes) {
    let first = nodes
        .here
        .view(event_key(), load(Ok(Some(event_view(1)))))
        .await;
    let first = first.expect("no error").expect("an event");
    assert!(!first.hit);

    sleep(Duration::from_millis(50)).await;
    let second = nodes
        .here
        .view(event_key(), no_load())
        .await
        .expect("no error");
    let second = second.expect("an event");
    assert!(second.hit);
    assert_eq!(second.view, first.view);
    assert!(
        second.ttl + Duration::from_millis(50) <= first.ttl,
        "{:?}",
        second.ttl
    );
    assert!(second.ttl > Duration::ZERO);
}

pub(crate) async fn a_page_is_loaded_again_when_its_time_is_up(nodes: Nodes) {
    let database = Database::default();
    let page = |total| {
        View::Events(
            Page {
                items: vec![snapshot(EVENT, 1)],
                total,
            }
            .into(),
        )
    };
    let key = || ViewKey::Events(first_page());
    let first = nodes
        .here
        .view(key(), database.load(Ok(Some(page(1)))))
        .await;
    assert_eq!(first.expect("no error").expect("a page").view, page(1));

    sleep(nodes.pace.page_ttl() + Duration::from_millis(20)).await;
    let second = nodes
        .here
        .view(key(), database.load(Ok(Some(page(2)))))
        .await;
    assert_eq!(second.expect("no error").expect("a page").view, page(2));
    assert_eq!(database.loads(), 2);
}

pub(crate) async fn each_kind_of_view_is_kept(nodes: Nodes) {
    let mina = user("mina");
    let page = Page {
        items: vec![snapshot(EVENT, 1)],
        total: 1,
    };
    let views = [
        (event_key(), event_view(1)),
        (ViewKey::User(mina.id.clone()), View::User(mina)),
        (ViewKey::Events(first_page()), View::Events(page.into())),
        (ViewKey::Admitted(EVENT), View::Admitted(7)),
        (ViewKey::Takings(EVENT), View::Takings(Takings::default())),
    ];
    for (key, view) in &views {
        let loaded = nodes
            .here
            .view(key.clone(), load(Ok(Some(view.clone()))))
            .await;
        assert_eq!(loaded.expect("no error").expect("a view").view, *view);
    }
    for (key, view) in &views {
        let kept = nodes.here.view(key.clone(), no_load()).await;
        let kept = kept.expect("no error").expect("a view");
        assert_eq!((&kept.view, kept.hit), (view, true));
    }
}

pub(crate) async fn the_first_asker_may_go_away_while_others_wait(nodes: Nodes) {
    let (mut held, load) = held_load(event_view(1));
    let node = nodes.here.clone();
    let first = tokio::spawn(async move { node.view(event_key(), load).await });
    held.has_begun().await;
    let node = nodes.here.clone();
    let second = tokio::spawn(async move { node.view(event_key(), no_load()).await });
    settle().await;

    first.abort();
    settle().await;
    held.end();
    assert_eq!(version_of(&second.await.expect("no panic")), 1);
}

pub(crate) async fn an_error_reaches_every_asker_and_is_not_kept(nodes: Nodes) {
    let database = Database::default();
    let asked = (0..10).map(|_| {
        nodes
            .here
            .view(event_key(), database.load(Err(no_database())))
    });
    for answer in join_all(asked).await {
        assert_eq!(answer, Err(no_database()));
    }
    assert_eq!(database.loads(), 1);

    let again = nodes
        .here
        .view(event_key(), database.load(Ok(Some(event_view(1)))))
        .await;
    assert_eq!(version_of(&again), 1);
}

pub(crate) async fn nothing_is_not_kept(nodes: Nodes) {
    let nothing = nodes.here.view(event_key(), load(Ok(None))).await;
    assert_eq!(nothing, Ok(None));
    let created = nodes
        .here
        .view(event_key(), load(Ok(Some(event_view(1)))))
        .await;
    assert_eq!(version_of(&created), 1);
}

pub(crate) async fn a_load_that_panics_is_told_and_the_next_one_tried(nodes: Nodes) {
    let panics = async { panic!("a bug in a loader") }.boxed();
    let answer = nodes.here.view(event_key(), panics).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );

    let again = nodes
        .here
        .view(event_key(), load(Ok(Some(event_view(1)))))
        .await;
    assert_eq!(version_of(&again), 1);
}

pub(crate) async fn a_load_that_never_ends_is_given_up(nodes: Nodes) {
    let began = tokio::time::Instant::now();
    let answer = nodes.here.view(event_key(), pending().boxed()).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );
    let waited = began.elapsed();
    assert!(waited >= nodes.pace.load_max(), "{waited:?}");
    assert!(
        !nodes.pace.is_stopped || waited < nodes.pace.load_max() * 2,
        "{waited:?}"
    );

    let again = nodes
        .here
        .view(event_key(), load(Ok(Some(event_view(1)))))
        .await;
    assert_eq!(version_of(&again), 1);
}
