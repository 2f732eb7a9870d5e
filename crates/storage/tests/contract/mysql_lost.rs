//! What is created while the server's answer is lost: nobody may call it undone.

use boxoffice::ids::EventId;
use boxoffice::store::{Created, StoreError, UserCreated};
use storage::DatabaseLimits;

use crate::fixture::{Shared, at, concert, group_id, profile, request};
use crate::mysql_server::{Database, Holder, limits};

/// A store that gives up an answer soon.
async fn impatient(database: &Database) -> Shared {
    let soon = DatabaseLimits {
        database_answer_ms_max: 300,
        ..limits()
    };
    database.open_within(soon).await
}

/// How many events there are.
async fn count_events(store: &Shared) -> usize {
    let ids = store.event_ids(EventId(0), 100).await;
    ids.expect("a working store").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_whose_creation_is_not_answered_may_be_there_and_its_key_finds_it() {
    let database = Database::new().await;
    let store = database.open_within(limits()).await;
    let soon = impatient(&database).await;
    let statements = format!(
        "START TRANSACTION; INSERT INTO {}.idempotency \
         (event_id, user_id, request_key, body_hash, made_at) VALUES (0, '', 'k', '', {})",
        database.name(),
        at(0).as_micros()
    );
    let mut holder = Holder::of(&database, &statements).await;
    let key = || Some(request("k", 1));
    let made = soon.create_event(concert(), group_id(), key()).await;
    assert!(matches!(made, Err(StoreError::Unknown(_))), "{made:?}");
    holder.let_go().await;
    holder.until_working(0, "").await;

    let was_there = count_events(&store).await == 1;
    let again = store.create_event(concert(), group_id(), key()).await;
    let is_replayed = match again.expect("a working store") {
        Created::New(_) => false,
        Created::Replayed(_) => true,
        Created::KeyReused => panic!("it is the same request"),
    };
    assert_eq!(is_replayed, was_there);
    assert_eq!(count_events(&store).await, 1);
    soon.close().await;
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_whose_creation_is_not_answered_may_be_there_and_its_key_finds_it() {
    let database = Database::new().await;
    let store = database.open_within(limits()).await;
    let soon = impatient(&database).await;
    let statements = format!(
        "START TRANSACTION; INSERT INTO {}.users (user_id, username, created_at) VALUES ('mina', 'x', 0)",
        database.name()
    );
    let mut holder = Holder::of(&database, &statements).await;
    let mina = profile("mina");
    let key = || Some(request("k", 1));
    let made = soon.create_user(mina.clone(), key()).await;
    assert!(matches!(made, Err(StoreError::Unknown(_))), "{made:?}");
    holder.let_go().await;
    holder.until_working(0, "").await;

    let was_there = store
        .user(&mina.id)
        .await
        .expect("a working store")
        .is_some();
    let again = store.create_user(mina.clone(), key()).await;
    let expected = if was_there {
        UserCreated::Replayed(mina)
    } else {
        UserCreated::New(mina)
    };
    assert_eq!(again, Ok(expected));
    soon.close().await;
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_look_whether_it_was_created_does_not_say_that_it_was_not() {
    let database = Database::new().await;
    let soon = impatient(&database).await;
    let name = database.name();
    let tables = format!("LOCK TABLES {name}.events WRITE");
    let mut holder = Holder::of(&database, &tables).await;
    let made = soon.create_event(concert(), group_id(), None).await;
    assert!(matches!(made, Err(StoreError::Unknown(_))), "{made:?}");
    holder.let_go().await;
    soon.close().await;
    database.drop().await;
}
