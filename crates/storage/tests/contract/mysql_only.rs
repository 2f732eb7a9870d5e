//! What only a database server can do to us.

use std::sync::Arc;

use boxoffice::ids::EventId;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::store::{
    CommitError, EventFilter, EventListQuery, EventSort, Source, Store, StoreError,
};
use storage::{MySqlOpenError, MySqlStore, OpenMode};

use crate::fixture::{Shared, at, concert, create, group, hold, reload};
use crate::mysql_server::{Database, execute, limits};

fn all_events() -> EventListQuery {
    EventListQuery {
        filter: EventFilter::All,
        text: None,
        sort: EventSort::EventDate,
        direction: Direction::Ascending,
        page: PageRequest { page: 0, size: 20 },
        now: at(0),
    }
}

async fn names(store: &Shared) -> Vec<String> {
    let page = store.events(&all_events()).await.expect("a working store");
    let names = page.items.iter().map(|found| found.event.name.clone());
    names.collect()
}

/// Ends every connection to a database, as a server does that is restarted.
async fn kill_connections(database: &Database) {
    use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row};
    let url = servers::running::mysql_url("");
    let mut connection = MySqlConnection::connect(&url).await.expect("the server");
    let of_database = AssertSqlSafe(format!(
        "SELECT id FROM information_schema.processlist WHERE db = '{}'",
        database.name()
    ));
    let rows = sqlx::raw_sql(of_database)
        .fetch_all(&mut connection)
        .await
        .expect("the connections");
    assert!(!rows.is_empty(), "there is no connection to kill");
    for row in rows {
        let id: i64 = row.get("id");
        // It may have ended by itself.
        let _ = sqlx::raw_sql(AssertSqlSafe(format!("KILL {id}")))
            .execute(&mut connection)
            .await;
    }
}

#[tokio::test]
async fn a_missing_database_is_named_without_the_password() {
    let url = servers::running::mysql_url("onsale_is_not_there");
    let opened = MySqlStore::open(&url, None, limits(), OpenMode::Serve).await;
    let error = opened.err().expect("there is no such database");
    assert!(matches!(error, MySqlOpenError::Missing { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("onsale_is_not_there"), "{text}");
    assert!(!text.contains(":onsale@"), "{text}");
}

#[tokio::test]
async fn an_audit_wants_a_migrated_database() {
    let database = Database::new().await;
    let url = database.url();
    let opened = MySqlStore::open(&url, None, limits(), OpenMode::Audit).await;
    assert!(matches!(
        opened.err(),
        Some(MySqlOpenError::Older { found: 0, .. })
    ));
    database.open().await.close().await;
    let audit = MySqlStore::open(&url, None, limits(), OpenMode::Audit).await;
    let audit = audit.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(audit.ledger(EventId(1)).await, Ok(None));
    audit.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let database = Database::new().await;
    database.open().await.close().await;
    database
        .execute("UPDATE _sqlx_migrations SET version = version + 1000")
        .await;
    let opened = MySqlStore::open(&database.url(), None, limits(), OpenMode::Serve).await;
    assert!(matches!(opened.err(), Some(MySqlOpenError::Newer { .. })));
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_migrate_once() {
    let database = Database::new().await;
    let nodes = std::iter::repeat_with(|| database.open()).take(4);
    for node in futures_util::future::join_all(nodes).await {
        node.close().await;
    }
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_are_replaced() {
    let database = Database::new().await;
    let store: Shared = Arc::new(database.open().await);
    let event = create(&store, concert()).await;
    for round in 0..3 {
        kill_connections(&database).await;
        let found = store.event(event.event.id, Source::Writer).await;
        assert!(matches!(found, Ok(Some(_))), "round {round}: {found:?}");
    }

    kill_connections(&database).await;
    let first = hold(&event, "mina");
    let id = group(&event).make(&first).build();
    let (group_id, version) = (id.id, id.base.next());
    let result = store.commit(vec![id]).await.pop().expect("a result");
    let landed = store.group_at(event.event.id, version).await;
    match result {
        Ok(()) => assert_eq!(landed, Ok(Some(group_id))),
        Err(CommitError::Unknown(_) | CommitError::Unavailable(_)) => assert_eq!(landed, Ok(None)),
        Err(error) => panic!("{error}"),
    }
    let event = reload(&store, event.event.id).await;
    group(&event)
        .make(&hold(&event, "joon"))
        .commit(&store)
        .await;
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_write_any_more_is_told_from_a_refusal() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let packages = servers::running::folder();
    let server = servers::mariadb::start_volatile_in(folder.path(), "deposed", &packages)
        .expect("a server")
        .guarded();
    let admin = |database: &str| servers::mariadb::admin_url(&server, database);
    execute(&admin(""), "CREATE DATABASE onsale").await;
    let url = servers::mariadb::url(&server, "onsale");
    let opened = MySqlStore::open(&url, None, limits(), OpenMode::Serve).await;
    let store: Shared = Arc::new(opened.unwrap_or_else(|error| panic!("{error}")));
    let event = create(&store, concert()).await;

    execute(&admin(""), "SET GLOBAL read_only = 1").await;
    let refused = group(&event).make(&hold(&event, "mina")).try_commit(&store);
    let refused = refused.await;
    assert!(
        matches!(refused, Err(CommitError::Unavailable(_))),
        "{refused:?}"
    );
    let read = store.event(event.event.id, Source::Writer).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");

    execute(&admin(""), "SET GLOBAL read_only = 0").await;
    let event = reload(&store, event.event.id).await;
    assert_eq!(event.version.0, 1, "the refused group left something");
    group(&event)
        .make(&hold(&event, "mina"))
        .commit(&store)
        .await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_keeps_up_serves_lists_and_nothing_of_a_buyers_own() {
    let (writer, reader) = (Database::new().await, Database::new().await);
    let copy: Shared = Arc::new(reader.open().await);
    let mut elsewhere = concert();
    elsewhere.event.name = "On the reader".to_owned();
    create(&copy, elsewhere).await;
    // What replication would bring, from far ahead: this reader never lags.
    reader
        .execute("UPDATE beats SET beat_at = 9000000000000000000")
        .await;

    let store: Shared = Arc::new(writer.open_with(Some(&reader.url())).await);
    let event = create(&store, concert()).await;
    while names(&store).await != ["On the reader"] {
        tokio::task::yield_now().await;
    }
    let detail = store.event(EventId(1), Source::Reader).await;
    assert_eq!(
        detail.expect("it answers").expect("an event").event.name,
        "On the reader"
    );
    assert_eq!(reload(&store, event.event.id).await.event.name, "Concert");

    reader.execute("UPDATE beats SET beat_at = 1").await;
    while names(&store).await != ["Concert"] {
        tokio::task::yield_now().await;
    }
    store.close().await;
    copy.close().await;
    writer.drop().await;
    reader.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_gone_is_done_without() {
    let database = Database::new().await;
    let nobody = "mysql://onsale:onsale@127.0.0.1:1/onsale";
    let store: Shared = Arc::new(database.open_with(Some(nobody)).await);
    create(&store, concert()).await;
    assert_eq!(names(&store).await, ["Concert"]);
    store.close().await;
    database.drop().await;
}
