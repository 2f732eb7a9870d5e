//! What one node commits, the others know.

use std::sync::Arc;

use boxoffice::coordinator::{Coordinator, View, ViewKey};
use boxoffice::event::EventSnapshot;
use futures_util::StreamExt;
use redis::Client;
use tokio::time::{Instant, sleep};

use crate::house::{EVENT, House, load, ms, no_load, seen, timed, until};
use crate::testing::snapshot;

/// How old the stock may be that a node shows.
const STALENESS_MAX: std::time::Duration = ms(1_000);

fn shown(watch: &tokio::sync::watch::Receiver<Option<Arc<EventSnapshot>>>) -> i64 {
    watch.borrow().as_ref().map_or(0, |shown| shown.version.0)
}

#[tokio::test]
async fn a_commit_here_is_shown_there_within_a_second() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    seen(&there, load(1)).await;
    let watch = there.watch(EVENT);
    let mut slowest = ms(0);
    for version in 2..=100 {
        here.publish(snapshot(EVENT, version));
        if version % 20 == 0 {
            let there_too = until("the new stock is served and shown there", async || {
                seen(&there, load(1)).await.0 >= version && shown(&watch) >= version
            });
            slowest = slowest.max(timed(there_too).await.1);
        } else {
            sleep(ms(5)).await;
        }
    }
    assert!(slowest < STALENESS_MAX, "{slowest:?}");
}

#[tokio::test]
async fn what_one_node_loaded_the_others_need_not() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    assert_eq!(seen(&here, load(3)).await, (3, false));
    until("it is in the shared level", async || {
        let kept: i64 = house.meddle(&["EXISTS", "onsale:{7}:seats:1"]).await;
        kept == 1
    })
    .await;
    assert_eq!(seen(&there, no_load()).await, (3, true));
}

#[tokio::test]
async fn an_older_load_overwrites_nothing_that_is_shared() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    here.publish(snapshot(EVENT, 9));
    here.close().await;
    // Before the level is asked, the load of a reader that lags is put there.
    assert_eq!(seen(&there, load(4)).await, (9, true));
    house.meddle::<i64>(&["DEL", "onsale:{7}:seats:1"]).await;
    let late = house.node().await;
    assert_eq!(seen(&late, load(4)).await.0, 4);
    here.publish(snapshot(EVENT, 10));
    here.close().await;
    until("the newer one has come through", async || {
        seen(&late, load(4)).await.0 == 10
    })
    .await;
    let newest = house.node().await;
    assert_eq!(seen(&newest, no_load()).await, (10, true));
}

#[tokio::test]
async fn a_new_description_reaches_those_who_watch_elsewhere() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    seen(&there, load(1)).await;
    let watch = there.watch(EVENT);
    let mut renamed = (*snapshot(EVENT, 2)).clone();
    Arc::make_mut(&mut renamed.event).name = "Closing night".to_owned();
    here.publish(Arc::new(renamed));
    until("the new name is shown", async || {
        let shown = watch.borrow().clone();
        shown.is_some_and(|shown| shown.event.name == "Closing night")
    })
    .await;
    assert_eq!(seen(&there, no_load()).await, (2, true));
}

#[tokio::test]
async fn a_deleted_event_is_gone_everywhere() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    seen(&there, load(1)).await;
    let watch = there.watch(EVENT);
    here.forget(EVENT);
    until("who watches there sees the end", async || {
        watch.has_changed().is_err()
    })
    .await;
    let answer = there.view(ViewKey::Event(EVENT), load(1)).await;
    assert_eq!(answer, Ok(None));
    let late = house.node().await;
    let answer = late.view(ViewKey::Event(EVENT), load(1)).await;
    assert_eq!(answer, Ok(None), "not brought back by a load from before");
}

#[tokio::test]
async fn at_most_ten_publications_a_second_are_sent_and_the_last_one_always() {
    let house = House::new();
    let here = house.node().await;
    let client = Client::open(servers::redis::url(&house.redis)).expect("a client");
    let mut ear = client.get_async_pubsub().await.expect("a subscription");
    ear.subscribe("onsale:news:1").await.expect("subscribed");
    let counting = tokio::spawn(async move {
        let mut heard = Vec::new();
        let mut messages = ear.on_message();
        while let Some(message) = messages.next().await {
            if message.get_payload_bytes() == b"end" {
                break;
            }
            heard.push(Instant::now());
        }
        heard
    });
    let began = Instant::now();
    for version in 1..=1_000 {
        here.publish(snapshot(EVENT, version));
        sleep(ms(1)).await;
    }
    here.close().await;
    let seconds = began.elapsed().as_secs_f64();
    house
        .meddle::<i64>(&["PUBLISH", "onsale:news:1", "end"])
        .await;
    let heard = counting.await.expect("no panic").len();
    assert!(
        heard as f64 <= seconds * 10.0 + 1.0,
        "{heard} in {seconds} s"
    );
    assert!(heard >= 5, "{heard} in {seconds} s");
    let late = house.node().await;
    assert_eq!(seen(&late, no_load()).await.0, 1_000);
}

#[tokio::test]
async fn publications_that_come_twice_late_or_out_of_order_do_no_harm() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    let client = Client::open(servers::redis::url(&house.redis)).expect("a client");
    let mut ear = client.get_async_pubsub().await.expect("a subscription");
    ear.subscribe("onsale:news:1").await.expect("subscribed");
    let mut notes = Vec::new();
    {
        let mut messages = ear.on_message();
        for version in 1..=5 {
            here.publish(snapshot(EVENT, version));
            let message = messages.next().await.expect("a publication");
            notes.push(message.get_payload_bytes().to_vec());
        }
    }
    seen(&there, load(1)).await;
    let watch = there.watch(EVENT);
    let mut raw = crate::house::raw(&house.redis).await;
    for note in [&notes[4], &notes[1], &notes[4], &notes[0], &notes[3]] {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg("onsale:news:1").arg(&note[..]);
        publish
            .query_async::<i64>(&mut raw)
            .await
            .expect("published");
    }
    house
        .meddle::<i64>(&["PUBLISH", "onsale:news:1", "not a note"])
        .await;
    until("the newest is shown", async || shown(&watch) == 5).await;
    // What came after it has been taken in when a later publication has.
    here.publish(snapshot(EVENT, 6));
    until("the next one is shown", async || shown(&watch) == 6).await;
    assert_eq!(seen(&there, no_load()).await, (6, true));
}

#[tokio::test]
async fn profiles_are_shared_too() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    let mina = boxoffice::buyer::User {
        id: "mina".parse().expect("a user id"),
        username: "Mina".to_owned(),
        email: Some("mina@example.org".to_owned()),
        phone_number: None,
        created_at: boxoffice::time::Timestamp::from_micros(7),
    };
    let key = ViewKey::User(mina.id.clone());
    let view = View::User(Arc::new(mina));
    let found = view.clone();
    here.view(key.clone(), Box::pin(async move { Ok(Some(found)) }))
        .await
        .expect("no error");
    until("it is shared", async || {
        let kept: i64 = house.meddle(&["EXISTS", "onsale:user:1:mina"]).await;
        kept == 1
    })
    .await;
    let there = there.view(key, no_load()).await.expect("no error");
    let there = there.expect("a profile");
    assert_eq!((there.view, there.hit), (view, true));
}
