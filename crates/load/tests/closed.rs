//! The closed loop, against servers that behave and servers that do not.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use load::closed::{Options, RequestWriter, Until, run};

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn options(url: String) -> Options {
    Options {
        urls: vec![url],
        connections: 8,
        until: Until::Requests(100),
        warm_up: Duration::ZERO,
        timeout: Duration::from_secs(5),
    }
}

/// So long that every connection asks within it, also where a machine stands still for a moment.
fn for_a_second(url: String) -> Options {
    Options {
        until: Until::Elapsed(Duration::from_secs(1)),
        ..options(url)
    }
}

fn look(number: u64, request: &mut RequestWriter<'_>) {
    request.begin("GET", format_args!("/{number}")).no_body();
}

#[tokio::test]
async fn every_number_is_sent_once_and_every_answer_counted() {
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let seen_by_server = Arc::clone(&seen);
    let note = move |body: String| async move {
        assert!(seen_by_server.lock().unwrap().insert(body));
        StatusCode::CREATED
    };
    let url = serve(Router::new().route("/", post(note))).await;

    let report = run(options(url), |number, request| {
        request
            .begin("POST", "/")
            .header("idempotency-key", number)
            .body(number);
    })
    .await
    .unwrap();

    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.statuses[&201], 100);
    assert_eq!(report.latencies.count(), 100);
    assert_eq!(seen.lock().unwrap().len(), 100);
}

#[tokio::test]
async fn answers_that_are_no_success_are_reported_with_an_example() {
    let router = Router::new().route(
        "/{number}",
        get(|Path(number): Path<u64>| async move {
            if number == 50 {
                Err((StatusCode::CONFLICT, "sold out"))
            } else {
                Ok("yours")
            }
        }),
    );
    let url = serve(router).await;

    let report = run(options(url), look).await.unwrap();

    assert!(!report.is_clean());
    assert_eq!((report.statuses[&200], report.statuses[&409]), (99, 1));
    assert_eq!(report.example.as_deref(), Some("409: sold out"));
}

#[tokio::test]
async fn a_lost_connection_is_counted_and_replaced() {
    let router = Router::new().route(
        "/{number}",
        get(|Path(number): Path<u64>| async move {
            if number.is_multiple_of(10) {
                std::panic::resume_unwind(Box::new("hangs up"));
            }
            "here"
        }),
    );
    let url = serve(router).await;

    let report = run(options(url), look).await.unwrap();

    assert_eq!((report.lost, report.successes()), (10, 90));
    assert!(!report.is_clean());
}

#[tokio::test]
async fn a_load_ends_when_its_time_is_over() {
    let url = serve(Router::new().route("/{number}", get(|| async { "here" }))).await;

    let report = run(for_a_second(url), look).await.unwrap();

    assert!(report.is_clean(), "{report:?}");
    assert!(report.throughput() > 0.0);
    assert!(report.latencies.count() <= report.successes());
}

/// Longer than a load of a second: who asks within it still waits when it is over.
const SLOW: Duration = Duration::from_secs(2);

#[tokio::test]
async fn who_still_waits_at_the_end_is_awaited_and_her_wait_counts() {
    let slow = || async {
        tokio::time::sleep(SLOW).await;
        "here"
    };
    let url = serve(Router::new().route("/{number}", get(slow))).await;

    let report = run(for_a_second(url), look).await.unwrap();

    assert_eq!(report.latencies.count(), 8);
    let shortest = Duration::from_micros(report.latencies.summary().min_us);
    // To three digits.
    assert!(shortest >= SLOW.mul_f64(0.999), "{shortest:?}");
    // Nothing was sold in the time that counts.
    assert_eq!(report.counted_successes, 0);
}

#[tokio::test]
async fn who_is_never_answered_is_awaited_no_longer_than_the_timeout_and_is_lost() {
    let url = serve(Router::new().route("/{number}", get(std::future::pending::<()>))).await;

    let options = Options {
        timeout: SLOW,
        ..for_a_second(url)
    };
    let report = run(options, look).await.unwrap();

    assert_eq!((report.lost, report.latencies.count()), (8, 0));
}

#[tokio::test]
async fn waits_for_a_success_are_kept_apart_from_those_for_a_refusal() {
    let sell = |Path(number): Path<u64>| async move {
        if number.is_multiple_of(4) {
            tokio::time::sleep(SLOW / 10).await;
            StatusCode::CREATED
        } else {
            StatusCode::CONFLICT
        }
    };
    let url = serve(Router::new().route("/{number}", get(sell))).await;

    let mut report = run(options(url), look).await.unwrap();
    report.merge(&report.clone());

    let (sold, refused) = (&report.latencies, &report.refusal_latencies);
    assert_eq!((sold.count(), refused.count()), (50, 150));
    assert!(sold.summary().min_us > refused.summary().p50_us);
}

#[tokio::test]
async fn a_load_says_which_cores_it_and_everything_used() {
    let url = serve(Router::new().route("/{number}", get(|| async { "here" }))).await;

    let report = run(for_a_second(url), look).await.unwrap();

    let cores = report.cores;
    assert!(
        cores.generator > 0.0 && cores.machine > 0.0 && cores.generator < 64.0,
        "{cores:?}"
    );
}

#[tokio::test]
async fn a_load_without_a_server_does_not_begin() {
    let error = run(options("http://127.0.0.1:1".to_owned()), look)
        .await
        .unwrap_err();

    assert!(error.to_string().contains("cannot connect"), "{error:#}");
}
