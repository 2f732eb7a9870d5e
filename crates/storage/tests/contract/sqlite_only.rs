//! What only a file can suffer: locks, damage, a full disk, a restart, rows broken on purpose.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use boxoffice::event::EventSnapshot;
use boxoffice::ids::{EventId, Version};
use boxoffice::invariants::{Invariant, check};
use boxoffice::store::{CommitError, Source, Store, StoreError};
use futures_util::future::join_all;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use storage::{OpenError, OpenMode, SqliteStore};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::fixture::{
    Shared, Tailor, at, commit_one, concert, create, grade, group, hold, numbered, profile, reload,
    request, sale, sqlite, url,
};
use crate::ledger::broken;

async fn serve(folder: &TempDir) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(&url(folder), OpenMode::Serve).await
}

/// Runs a statement on the file behind the store's back, with no regard for its checks.
async fn tamper(folder: &TempDir, sql: &str) {
    let file = folder.path().join("data/onsale.db");
    let options = SqliteConnectOptions::new()
        .filename(file)
        .foreign_keys(false);
    let mut connection = options
        .pragma("ignore_check_constraints", "ON")
        .connect()
        .await
        .expect("the file");
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .expect("a statement");
    connection.close().await.expect("closed");
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let folder = TempDir::new().expect("a folder");
    let store: Shared = Arc::new(serve(&folder).await.expect("a new database"));
    let event = create(&store, concert()).await;
    let held = hold(&event, "mina");
    let key = request("k", 1);
    let event = group(&event)
        .make(&held)
        .key("mina", key, held.id)
        .commit(&store)
        .await;
    let made = store.create_user(profile("mina"), None).await;
    made.expect("a working store");
    store.close().await;

    let store: Shared = Arc::new(serve(&folder).await.expect("the same database"));

    assert_eq!(reload(&store, event.event.id).await, event);
    assert_eq!(store.reservation(held.id).await, Ok(Some(held.clone())));
    assert_eq!(store.user(&held.user).await, Ok(Some(profile("mina"))));
    assert_eq!(broken(&store, &event).await, []);
    group(&event)
        .make(&sale(&event, "jun"))
        .commit(&store)
        .await;
}

#[tokio::test]
async fn a_store_that_is_only_dropped_lets_go_of_the_file() {
    let folder = TempDir::new().expect("a folder");
    drop(serve(&folder).await.expect("a new database"));
    let opened_again = async {
        loop {
            match serve(&folder).await {
                Ok(store) => return store,
                // The threads that hold the file end by themselves: as soon as they get a core.
                Err(OpenError::Locked { .. }) => sleep(Duration::from_millis(1)).await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let store = timeout(Duration::from_mins(1), opened_again).await;
    store.expect("still locked").close().await;
}

#[tokio::test]
async fn a_second_server_is_refused_and_an_audit_is_not() {
    let bench = sqlite().await;
    let folder = bench.folder.as_ref().expect("a folder");
    let event = create(&bench.store, concert()).await;

    for mode in [OpenMode::Serve, OpenMode::Migrate] {
        let second = SqliteStore::open(&url(folder), mode).await;
        assert!(
            matches!(second, Err(OpenError::Locked { .. })),
            "{second:?}"
        );
    }
    let audit = SqliteStore::open(&url(folder), OpenMode::Audit)
        .await
        .expect("readable");
    group(&event)
        .make(&sale(&event, "mina"))
        .commit(&bench.store)
        .await;
    let books = audit
        .ledger(event.event.id)
        .await
        .expect("readable")
        .expect("the event");
    assert_eq!((books.version, check(&books)), (Version(2), vec![]));

    assert_eq!(audit.ping(Source::Reader).await, Ok(()));
    assert!(audit.ping(Source::Writer).await.is_err());
    let event = reload(&bench.store, event.event.id).await;
    let written = commit_one(&(Arc::new(audit) as Shared), group(&event).build()).await;
    assert!(
        matches!(written, Err(CommitError::Unavailable(_))),
        "{written:?}"
    );
}

#[tokio::test]
async fn an_audit_of_a_database_at_rest_works() {
    let folder = TempDir::new().expect("a folder");
    let store: Shared = Arc::new(serve(&folder).await.expect("a new database"));
    let event = create(&store, concert()).await;
    store.close().await;

    let audit = SqliteStore::open(&url(&folder), OpenMode::Audit)
        .await
        .expect("readable");
    assert_eq!(
        audit.event_ids(EventId(0), 10).await,
        Ok(vec![event.event.id])
    );
    audit.close().await;
}

#[tokio::test]
async fn what_is_no_database_is_named() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("onsale.db");
    std::fs::write(&file, "이것은 데이터베이스가 아닙니다 ".repeat(500)).expect("a file");
    for mode in [OpenMode::Serve, OpenMode::Audit, OpenMode::Migrate] {
        let opened = SqliteStore::open(&format!("sqlite://{}", file.display()), mode).await;
        assert!(
            matches!(opened, Err(OpenError::Damaged { .. })),
            "{mode:?}: {opened:?}"
        );
    }
}

#[tokio::test]
async fn a_newer_or_unmigrated_file_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let missing = SqliteStore::open(&url(&folder), OpenMode::Audit).await;
    assert!(
        matches!(missing, Err(OpenError::Missing { .. })),
        "{missing:?}"
    );
    let missing = SqliteStore::open(&url(&folder), OpenMode::Migrate).await;
    assert!(
        matches!(missing, Err(OpenError::Missing { .. })),
        "{missing:?}"
    );

    std::fs::create_dir_all(folder.path().join("data")).expect("a folder");
    std::fs::write(folder.path().join("data/onsale.db"), "").expect("an empty file");
    let empty = SqliteStore::open(&url(&folder), OpenMode::Audit).await;
    assert!(
        matches!(empty, Err(OpenError::Older { found: 0, .. })),
        "{empty:?}"
    );

    SqliteStore::open(&url(&folder), OpenMode::Migrate)
        .await
        .expect("migrated")
        .close()
        .await;
    SqliteStore::open(&url(&folder), OpenMode::Audit)
        .await
        .expect("readable")
        .close()
        .await;

    let future = "INSERT INTO _sqlx_migrations \
        (version, description, success, checksum, execution_time) VALUES (999, 'x', 1, x'00', 1)";
    tamper(&folder, future).await;
    for mode in [OpenMode::Serve, OpenMode::Audit, OpenMode::Migrate] {
        let opened = SqliteStore::open(&url(&folder), mode).await;
        assert!(
            matches!(opened, Err(OpenError::Newer { found: 999, .. })),
            "{opened:?}"
        );
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("a file");
    std::fs::write(&file, "").expect("a file");

    let below_a_file = format!("sqlite:{}/data/onsale.db", file.display());
    let is_a_folder = format!("sqlite:{}", folder.path().display());
    for url in [below_a_file, is_a_folder] {
        let error = SqliteStore::open(&url, OpenMode::Serve)
            .await
            .expect_err("unwritable");
        assert!(matches!(error, OpenError::Unwritable { .. }), "{error:?}");
        assert!(error.source().is_some() && error.to_string().contains("cannot be written"));
    }
}

#[tokio::test]
async fn a_url_of_no_file_is_explained() {
    for (url, hint) in [
        ("mysql://localhost/onsale", "sqlite:path/to/file.db"),
        ("sqlite:", "sqlite:path/to/file.db"),
        ("sqlite::memory:", "lost with the process"),
        ("sqlite:onsale.db?mode=rwc", "no options"),
    ] {
        let error = SqliteStore::open(url, OpenMode::Serve)
            .await
            .expect_err("a bad URL");
        assert!(matches!(error, OpenError::BadUrl { .. }), "{error:?}");
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room() {
    let folder = TempDir::new().expect("a folder");
    let file = serve(&folder).await.expect("a new database");
    let store: Shared = Arc::new(file.clone());
    let mut roomy = concert();
    roomy.grades = vec![grade("R", 10_000)];
    let mut event = create(&store, roomy).await;
    let bought = |event: &EventSnapshot| {
        (0..200).fold(group(event), |group, n| {
            group.make(&sale(event, &format!("buyer-{n}")))
        })
    };
    event = bought(&event).commit(&store).await;

    file.limit_pages(1).await.expect("limited to what it has");
    let mut result = Ok(());
    for _ in 0..20 {
        result = bought(&event).try_commit(&store).await;
        if result.is_err() {
            break;
        }
        event = reload(&store, event.event.id).await;
    }
    assert!(
        matches!(result, Err(CommitError::Unavailable(_))),
        "{result:?}"
    );
    let made = store.create_user(profile(&"x".repeat(64)), None).await;
    assert!(
        matches!(made, Ok(_) | Err(StoreError::Unavailable(_))),
        "{made:?}"
    );
    assert_eq!(reload(&store, event.event.id).await, event);
    assert_eq!(broken(&store, &event).await, []);

    file.limit_pages(1_000_000).await.expect("room again");
    let after = bought(&event).commit(&store).await;
    assert_eq!(after.stock().sold, event.stock().sold + 200);
    assert_eq!(broken(&store, &after).await, []);
}

#[tokio::test]
async fn commits_that_wait_together_share_a_transaction() {
    let bench = sqlite().await;
    let folder = bench.folder.as_ref().expect("a folder");
    let mut events = Vec::new();
    for _ in 0..16 {
        events.push(create(&bench.store, concert()).await);
    }
    let frames = || {
        let log = folder.path().join("data/onsale.db-wal");
        std::fs::metadata(log).expect("the log").len() / (4_096 + 24)
    };
    let groups = || {
        events
            .iter()
            .map(|event| group(event).make(&sale(event, "mina")))
    };

    // One thread, so that all are handed over before the writer gets a turn.
    let before = frames();
    let results = join_all(groups().map(|group| group.try_commit(&bench.store))).await;
    let together = frames() - before;

    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let before = frames();
    for event in &events {
        let event = reload(&bench.store, event.event.id).await;
        group(&event)
            .make(&sale(&event, "jun"))
            .commit(&bench.store)
            .await;
    }
    let apart = frames() - before;
    assert!(
        together * 4 < apart,
        "{together} pages written together, {apart} apart"
    );
}

async fn sold_seat(store: &Shared) -> EventSnapshot {
    let mut new = concert();
    new.grades = vec![numbered("R", 2, 5)];
    let event = create(store, new).await;
    let bought = sale(&event, "mina").seated(&["R-A-1"]);
    let held = hold(&event, "jun").seated(&["R-A-2"]);
    let both = group(&event).at(at(20)).make(&bought).make(&held);
    both.key("mina", request("k", 1), bought.id)
        .commit(store)
        .await
}

#[tokio::test]
async fn every_broken_row_shows_in_the_books() {
    use Invariant::*;
    let stories: [(&str, &[Invariant]); 17] = [
        (
            "UPDATE grades SET available = available + 1",
            &[StockAddsUp],
        ),
        (
            "UPDATE grades SET available = -1, total = 1",
            &[StockAddsUp],
        ),
        (
            "UPDATE grades SET sold = 2, available = 7",
            &[StockIsReserved, TicketsMatch],
        ),
        ("UPDATE tickets SET state = 'CANCELLED'", &[TicketsMatch]),
        ("DELETE FROM tickets", &[TicketsMatch]),
        (
            "UPDATE tickets SET state = 'USED', used_at = 5",
            &[TicketsMatch],
        ),
        ("DELETE FROM event_log WHERE version = 1", &[ChainIsWhole]),
        ("UPDATE events SET version = 3", &[ChainIsWhole]),
        (
            "UPDATE event_log SET version = 3 WHERE version = 2",
            &[ChainIsWhole],
        ),
        (
            "UPDATE event_log SET logged_at = -1 WHERE version = 2",
            &[TimeRunsForward],
        ),
        (
            "UPDATE events SET last_now = last_now + 1",
            &[TimeRunsForward],
        ),
        (
            "UPDATE idempotency SET reservation_id = zeroblob(16)",
            &[KeysLead],
        ),
        (
            "DELETE FROM seat_claims WHERE seat = 'R-A-2'",
            &[SeatsAreClaimedOnce],
        ),
        (
            "UPDATE seat_claims SET seat = 'R-B-1' WHERE seat = 'R-A-2'",
            &[SeatsAreClaimedOnce],
        ),
        ("UPDATE reservations SET due_at = NULL", &[HoldsEnd]),
        (
            "UPDATE reservations SET due_at = 5 WHERE status = 'CONFIRMED'",
            &[HoldsEnd],
        ),
        (
            "INSERT INTO payments SELECT zeroblob(16), event_id, reservation_id, 5, 'CARD', 0, \
             'PAID', 1 FROM reservations WHERE status = 'HELD'",
            &[MoneyAddsUp],
        ),
    ];
    for (sql, expected) in stories {
        let bench = sqlite().await;
        let event = sold_seat(&bench.store).await;
        assert_eq!(broken(&bench.store, &event).await, [], "before {sql}");
        tamper(bench.folder.as_ref().expect("a folder"), sql).await;
        assert_eq!(broken(&bench.store, &event).await, expected, "{sql}");
        bench.store.close().await;
    }
}

#[tokio::test]
async fn a_corrupt_row_is_named() {
    let bench = sqlite().await;
    let folder = bench.folder.as_ref().expect("a folder");
    let event = create(&bench.store, concert()).await;
    let held = hold(&event, "mina");
    group(&event).make(&held).commit(&bench.store).await;

    tamper(folder, "UPDATE reservations SET status = 'LOST'").await;
    let id = held.id.to_string();
    let expected = StoreError::Corrupt {
        table: "reservations",
        column: "status",
        id,
    };
    assert_eq!(bench.store.reservation(held.id).await, Err(expected));

    tamper(folder, "UPDATE grades SET held = -1").await;
    let id = event.event.id.to_string();
    let expected = StoreError::Corrupt {
        table: "grades",
        column: "held",
        id,
    };
    assert_eq!(
        bench.store.event(event.event.id, Source::Writer).await,
        Err(expected)
    );
}

/// What a server of before the door was counted has left.
const BEFORE_COUNTS: [&str; 4] = [
    "DROP INDEX tickets_used",
    "ALTER TABLE tickets DROP COLUMN used_event_id",
    "UPDATE tickets SET state = 'USED', used_at = 5",
    "DELETE FROM _sqlx_migrations WHERE version >= 24",
];

#[tokio::test]
async fn who_was_let_in_before_the_door_was_counted_is_counted() {
    let folder = TempDir::new().expect("a folder");
    let store: Shared = Arc::new(serve(&folder).await.expect("a new database"));
    let event = sold_seat(&store).await;
    store.close().await;
    for sql in BEFORE_COUNTS {
        tamper(&folder, sql).await;
    }

    let store: Shared = Arc::new(serve(&folder).await.expect("the database"));
    assert_eq!(store.admitted(event.event.id).await, Ok(1));
    assert_eq!(broken(&store, &event).await, []);
}
