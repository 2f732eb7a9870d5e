//! That every statement of the hot path finds its rows through an index.

use boxoffice::ids::EventId;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::reservation::ReservationStatus;
use boxoffice::store::ReservationListQuery;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};

use super::{
    commit, commit_money, commit_reservations, facts, open, read_events, read_payments,
    read_reservations, single,
};
use crate::rows::reservation_lists::{ADMITTED, SINCE, TAKINGS, chosen};
use crate::rows::{events, ledger, payments};

/// How `SQLite` goes about a statement, a step a line.
async fn plan(connection: &mut SqliteConnection, sql: &str) -> String {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps = sqlx::query(explain)
        .fetch_all(connection)
        .await
        .expect("a statement");
    let detail = |row: &sqlx::sqlite::SqliteRow| row.get::<String, _>("detail");
    steps.iter().map(detail).collect::<Vec<_>>().join("\n")
}

/// The step's own index and as many of its columns as the index can be searched by.
fn lookups() -> Vec<(&'static str, &'static str)> {
    let by_key = "SEARCH i USING PRIMARY KEY (event_id=? AND user_id=? AND request_key=?)";
    vec![
        (facts::VERSION_AND_KEYS.example(), by_key),
        (
            facts::VERSION_AND_KEYS.example(),
            "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)",
        ),
        (facts::KEYS_BY_RESERVATION.example(), by_key),
        (
            facts::HOLDINGS.example(),
            "reservations_by_user (user_id=?)",
        ),
        (
            facts::DUE,
            "COVERING INDEX reservations_due (event_id=? AND due_at>? AND due_at<?)",
        ),
        (
            facts::NEXT_DUE,
            "COVERING INDEX reservations_due (event_id=? AND due_at>?)",
        ),
        (
            facts::LIVE,
            "COVERING INDEX reservations_by_event (event_id=?)",
        ),
        (
            read_reservations::BY_IDS.example(),
            "SEARCH r USING PRIMARY KEY (reservation_id=?)",
        ),
        (
            read_reservations::BY_CODE.as_str(),
            "reservations_by_user (user_id=?)",
        ),
        (
            read_events::SELECT_EVENT.as_str(),
            "reservations_due (event_id=? AND due_at>?)",
        ),
        (events::CLAIMS, "SEARCH c USING PRIMARY KEY (event_id=?)"),
        (
            events::CLAIMS,
            "SEARCH r USING PRIMARY KEY (reservation_id=?)",
        ),
        (
            read_events::DUE_HOLDS,
            "COVERING INDEX reservations_due (event_id>?)",
        ),
        (events::CANCELLED_LIVE, "events_cancelled"),
        (single::PURGE, "idempotency_by_age (made_at<?)"),
        (
            single::PURGE,
            "(event_id=? AND user_id=? AND request_key=?)",
        ),
        (ledger::RESERVATIONS, "reservations_by_event (event_id=?)"),
        (ledger::KEYS, "SEARCH i USING PRIMARY KEY (event_id=?)"),
        (
            ledger::CLAIMS_ASTRAY,
            "SEARCH r USING PRIMARY KEY (reservation_id=?)",
        ),
    ]
}

fn writes() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            commit::UPDATE_VERSIONS.example(),
            "SEARCH events USING INTEGER PRIMARY KEY (rowid=?)",
        ),
        (
            commit::UPDATE_GRADES.example(),
            "SEARCH grades USING PRIMARY KEY (event_id=? AND seat_type=?)",
        ),
        (
            commit_reservations::UPDATE_RESERVATIONS.example(),
            "reservation_id=?",
        ),
        (
            commit_reservations::COUNT_LIVE_SEATS.example(),
            "PRIMARY KEY (reservation_id=?)",
        ),
        (
            commit_reservations::DELETE_CLAIMS.example(),
            "SEARCH seat_claims USING PRIMARY KEY (event_id=? AND seat=?)",
        ),
    ]
}

fn counts() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            read_reservations::OF_EVENT.as_str(),
            "COVERING INDEX reservations_by_event (event_id=? AND reservation_id>?)",
        ),
        (ADMITTED, "COVERING INDEX tickets_used (used_event_id=?)"),
        (TAKINGS, "INDEX reservations_by_event (event_id=?)"),
        (
            SINCE,
            "COVERING INDEX reservations_by_event (event_id=? AND reservation_id>?)",
        ),
    ]
}

fn money() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            read_payments::BY_IDS.example(),
            "SEARCH p USING PRIMARY KEY (payment_id=?)",
        ),
        (
            payments::UNDER_WAY,
            "SEARCH r USING INDEX reservations_paying (reservation_id>?)",
        ),
        (
            payments::REFUNDS_DUE,
            "SEARCH f USING INDEX refunds_pending (payment_id>?)",
        ),
        (
            commit_money::SELECT_PAYMENTS.example(),
            "PRIMARY KEY (payment_id=?)",
        ),
        (events::CANCELLED_LIVE, "reservations_paying"),
        (ledger::MONEY, "payments_by_event (event_id=?)"),
    ]
}

fn lists() -> Vec<(ReservationListQuery, &'static str)> {
    let all = || ReservationListQuery {
        event: None,
        user: None,
        status: None,
        direction: Direction::Ascending,
        page: PageRequest { page: 0, size: 20 },
    };
    let event = Some(EventId(1));
    let user = Some("mina".parse().expect("a user id"));
    let status = Some(ReservationStatus::Paying);
    vec![
        (
            ReservationListQuery { event, ..all() },
            "reservations_by_event (event_id=?)",
        ),
        (
            ReservationListQuery {
                event,
                user,
                ..all()
            },
            "reservations_by_user (user_id=?)",
        ),
        (
            ReservationListQuery { status, ..all() },
            "reservations_paying",
        ),
    ]
}

#[tokio::test]
async fn every_statement_finds_its_rows_through_an_index() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("plans.db");
    let opened = open::writable(&file, true).await.expect("a new database");
    let mut connection = opened.options.connect().await.expect("the database");

    let pages = lists().into_iter().map(|(query, index)| {
        let chosen = chosen(&query);
        let order = "ORDER BY l.reservation_id LIMIT 20";
        (
            format!("SELECT l.reservation_id FROM reservations l {chosen} {order}"),
            index,
        )
    });
    let lookups = lookups()
        .into_iter()
        .chain(writes())
        .chain(counts())
        .chain(money())
        .map(|(sql, index)| (sql.to_owned(), index));
    let mut bad = Vec::new();
    for (sql, index) in lookups.chain(pages) {
        let plan = plan(&mut connection, &sql).await;
        if !plan.contains(index) {
            bad.push(format!("{sql}\nwanted: {index}\n{plan}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}
