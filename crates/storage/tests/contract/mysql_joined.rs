//! Groups of several events in one transaction of a database server, and questions in one statement.

use std::time::Duration;

use boxoffice::buyer::UserId;
use boxoffice::event::EventSnapshot;
use boxoffice::group::{Facts, FactsQuery, Group};
use boxoffice::idempotency::IdempotencyKey;
use boxoffice::ids::{EventId, Version};
use boxoffice::store::{CommitError, StoreError};
use futures_util::future::{join, join_all};
use storage::DatabaseLimits;

use crate::fixture::{Shared, buyer, concert, create, group, reload, request, sale};
use crate::mysql_server::{Database, Holder, limits};

/// As many tasks write at a time, and as many ask.
const TASKS: usize = 4;

/// How the statement begins that waits for an event's row.
const UPDATE_EVENTS: &str = "UPDATE (SELECT";

/// How the statement begins that reads versions and keys.
const SELECT_KEYS: &str = "SELECT id AS event_id";

async fn events(store: &Shared, count: usize) -> Vec<EventSnapshot> {
    let mut events = Vec::new();
    for _ in 0..count {
        events.push(create(store, concert()).await);
    }
    events
}

fn sales(events: &[EventSnapshot]) -> Vec<Group> {
    let groups = events.iter();
    let groups = groups.map(|event| group(event).make(&sale(event, "mina")).build());
    groups.collect()
}

/// Which of the groups that [`sales`] makes are in the log.
async fn written(store: &Shared, groups: &[Group]) -> Vec<bool> {
    let mut written = Vec::new();
    for group in groups {
        let found = store.group_at(group.event, group.base.next()).await;
        written.push(found.expect("a working store") == Some(group.id));
    }
    written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_that_come_together_share_a_transaction() {
    let database = Database::new().await;
    let store = database.open_within(limits()).await;
    let events = events(&store, 3).await;
    let groups = sales(&events);

    let mut holder = Holder::of_events(&database, &[events[2].event.id]).await;
    let task = {
        let (store, groups) = (Shared::clone(&store), groups.clone());
        tokio::spawn(async move { store.commit(groups).await })
    };
    holder.until_working(1, UPDATE_EVENTS).await;
    assert_eq!(written(&store, &groups).await, [false; 3]);
    holder.let_go().await;

    let results = task.await.expect("no panic");
    assert_eq!(results, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(written(&store, &groups).await, [true; 3]);
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_leaves_every_group_of_its_transaction_unknown() {
    let database = Database::new().await;
    let store = database.open_within(limits()).await;
    let soon = DatabaseLimits {
        database_answer_ms_max: 300,
        ..limits()
    };
    let impatient = database.open_within(soon).await;
    let events = events(&store, 3).await;
    let groups = sales(&events);

    let mut holder = Holder::of_events(&database, &[events[1].event.id]).await;
    let results = impatient.commit(groups.clone()).await;
    let unknown = |result: &Result<(), CommitError>| matches!(result, Err(CommitError::Unknown(_)));
    assert!(results.iter().all(unknown), "{results:?}");
    holder.let_go().await;
    holder.until_working(0, "").await;

    let written = written(&store, &groups).await;
    let whole_or_not_at_all = [[true; 3], [false; 3]];
    assert!(
        whole_or_not_at_all.contains(&[written[0], written[1], written[2]]),
        "{written:?}"
    );
    for (event, written) in events.iter().zip(written) {
        let event = reload(&store, event.event.id).await;
        assert_eq!(event.version, Version(1 + i64::from(written)));
        assert_eq!(event.stock().sold, u32::from(written));
        group(&event)
            .make(&sale(&event, "jun"))
            .commit(&store)
            .await;
    }
    impatient.close().await;
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_nobody_writes_in_time_is_given_back() {
    let database = Database::new().await;
    let patient = DatabaseLimits {
        database_wait_ms_max: 1_000,
        database_answer_ms_max: 60_000,
        database_lock_wait_secs: 50,
        ..limits()
    };
    let store = database.open_within(patient).await;
    let events = events(&store, TASKS + 1).await;
    let (stuck, late) = events.split_at(TASKS);

    let ids: Vec<EventId> = stuck.iter().map(|event| event.event.id).collect();
    let mut holder = Holder::of_events(&database, &ids).await;
    let mut tasks = Vec::new();
    for (busy, group) in (1..).zip(sales(stuck)) {
        let store = Shared::clone(&store);
        tasks.push(tokio::spawn(async move { store.commit(vec![group]).await }));
        holder.until_working(busy, UPDATE_EVENTS).await;
    }
    let results = store.commit(sales(late)).await;
    assert!(
        matches!(results[..], [Err(CommitError::Unavailable(_))]),
        "{results:?}"
    );
    holder.let_go().await;

    for task in tasks {
        assert_eq!(task.await.expect("no panic"), [Ok(())]);
    }
    let late = reload(&store, late[0].event.id).await;
    assert_eq!(late.version, Version(1), "what was given back was written");
    group(&late).make(&sale(&late, "mina")).commit(&store).await;
    store.close().await;
    database.drop().await;
}

/// A key of mina's.
fn key(event: &EventSnapshot) -> (UserId, IdempotencyKey) {
    let name = format!("key-{}", event.event.id);
    (buyer("mina"), request(&name, 7).key)
}

/// What a batch with that key asks, in an event where buyers have limits.
fn question(event: &EventSnapshot) -> FactsQuery {
    FactsQuery {
        keys: vec![key(event)],
        buyers: vec![buyer("mina"), buyer("jun")],
        ..FactsQuery::default()
    }
}

#[tokio::test]
async fn batches_that_ask_together_are_each_told_what_is_theirs() {
    let database = Database::new().await;
    let patient = DatabaseLimits {
        database_answer_ms_max: 60_000,
        ..limits()
    };
    let store = database.open_within(patient).await;
    let mut events = events(&store, TASKS + 2).await;
    let gone = EventId(999);
    for event in &mut events {
        let held = sale(event, "mina");
        let request = request(key(event).1.as_str(), 7);
        let bought = group(event).make(&held).key("mina", request, held.id);
        *event = bought.commit(&store).await;
    }

    let mut holder = Holder::of_keys(&database).await;
    let asked = events.iter().map(|event| (event.event.id, question(event)));
    let asked: Vec<_> = asked.chain([(gone, question(&events[0]))]).collect();
    let answers = asked
        .iter()
        .map(|(event, query)| store.facts(*event, query));
    let watched = async {
        holder.until_working(1, SELECT_KEYS).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let working = holder.working(SELECT_KEYS).await;
        holder.let_go().await;
        working
    };
    let (answers, working) = join(join_all(answers), watched).await;

    assert_eq!(working, 1, "one statement asks for all");
    for (event, facts) in events.iter().zip(&answers) {
        let facts = facts.as_ref().expect("a working store");
        assert_eq!(facts.version, Some(event.version));
        let led_to = facts.keys[&key(event)].reservation;
        assert_eq!((facts.keys.len(), facts.reservations.len()), (1, 1));
        assert_eq!(facts.reservations[&led_to].event, event.event.id);
        assert_eq!(facts.holdings, [(buyer("mina"), 1)].into());
    }
    assert_eq!(answers.last(), Some(&Ok(Facts::default())));
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_nobody_asks_for_in_time_hears_so() {
    let database = Database::new().await;
    let patient = DatabaseLimits {
        database_wait_ms_max: 1_000,
        database_answer_ms_max: 60_000,
        ..limits()
    };
    let store = database.open_within(patient).await;
    let events = events(&store, TASKS + 1).await;
    let (stuck, late) = events.split_at(TASKS);

    let mut holder = Holder::of_keys(&database).await;
    let mut tasks = Vec::new();
    for (busy, event) in (1..).zip(stuck) {
        let (store, id, query) = (Shared::clone(&store), event.event.id, question(event));
        tasks.push(tokio::spawn(async move { store.facts(id, &query).await }));
        holder.until_working(busy, SELECT_KEYS).await;
    }
    let answer = store.facts(late[0].event.id, &question(&late[0])).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );
    holder.let_go().await;

    for task in tasks {
        let facts = task.await.expect("no panic").expect("a working store");
        assert_eq!(facts.version, Some(Version(1)));
    }
    store.close().await;
    database.drop().await;
}
