//! The verdict of a contest, in both directions: honest servers pass and lying ones are found out.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use load::contest::{Options, Report, Violation, run};

mod fake;

use fake::Lie;

async fn contest(lie: Lie, options: Options) -> Report {
    let url = fake::start(lie, None).await;
    // A fake has no caches, so nothing it says can become true later.
    run(Options {
        url,
        settle_max: Duration::ZERO,
        ..options
    })
    .await
    .unwrap()
}

fn small() -> Options {
    Options {
        tickets: 30,
        buyers: 60,
        ..Options::default()
    }
}

fn found(report: &Report, wanted: impl Fn(&Violation) -> bool) {
    assert!(report.violations.iter().any(wanted), "{report}");
    assert!(!report.is_exact());
    assert!(!report.is_consistent());
    assert!(report.to_string().contains("WRONG"), "{report}");
}

#[tokio::test]
async fn an_honest_server_is_exact() {
    let report = contest(Lie::None, small()).await;

    assert!(report.is_exact(), "{report}");
    assert_eq!(
        (report.sold, report.refused, report.sold_twice),
        (30, 30, 0)
    );
    assert!(report.latency.max_us > 0 && report.total_time_us >= report.latency.min_us);
    assert!(report.to_string().contains("EXACT"), "{report}");
}

#[tokio::test]
async fn an_honest_server_is_exact_with_more_than_a_page_of_reservations() {
    let options = Options {
        tickets: 250,
        buyers: 300,
        ..Options::default()
    };

    let report = contest(Lie::None, options).await;

    assert!(report.is_exact(), "{report}");
    assert_eq!(report.reservations, 250);
}

#[tokio::test]
async fn an_honest_server_is_exact_when_buyers_want_several_and_some_cancel() {
    let options = Options {
        quantity: 1..=4,
        cancel_percent: 40,
        ..small()
    };

    let report = contest(Lie::None, options).await;

    assert!(report.is_exact(), "{report}");
    assert!(report.cancelled > 0 && report.sold <= 30, "{report}");
}

#[tokio::test]
async fn buyers_share_connections_when_there_are_too_few() {
    let report = contest(
        Lie::None,
        Options {
            connections_max: 7,
            ..small()
        },
    )
    .await;

    assert!(report.is_exact(), "{report}");
    assert_eq!(report.connections, 7);
}

#[tokio::test]
async fn the_organizers_token_opens_a_guarded_server() {
    let url = fake::start(Lie::None, Some("secret")).await;
    let options = Options { url, ..small() };

    let report = run(Options {
        admin_token: Some("secret".to_owned()),
        ..options.clone()
    })
    .await;

    assert!(report.unwrap().is_exact());
    let refused = run(options).await.unwrap_err();
    assert!(
        format!("{refused:#}").contains("UNAUTHORIZED"),
        "{refused:#}"
    );
}

#[tokio::test]
async fn a_server_that_sells_twice_is_found_out() {
    let report = contest(Lie::SellsTwice, small()).await;

    assert_eq!(report.sold_twice, 5, "{report}");
    found(&report, |violation| {
        matches!(violation, Violation::SoldBeyondStock { .. })
    });
    found(&report, |violation| {
        matches!(violation, Violation::PromisedBeyondStock { .. })
    });
}

#[tokio::test]
async fn a_server_that_gives_two_buyers_one_reservation_is_found_out() {
    let report = contest(Lie::SharesAReservation, small()).await;

    assert_eq!(report.sold_twice, 1, "{report}");
    found(&report, |violation| {
        matches!(violation, Violation::ToldTwice { .. })
    });
}

#[tokio::test]
async fn a_server_that_loses_a_ticket_is_found_out() {
    let report = contest(Lie::LosesATicket, small()).await;

    found(&report, |violation| {
        matches!(violation, Violation::NotInLedger { .. })
    });
    found(&report, |violation| {
        matches!(violation, Violation::StockDiffersFromLedger { .. })
    });
}

#[tokio::test]
async fn a_server_that_refuses_too_early_is_found_out() {
    let report = contest(Lie::RefusesTooEarly, small()).await;

    assert_eq!(report.sold, 25);
    found(&report, |violation| {
        matches!(violation, Violation::RefusedTooEarly { left: 5, .. })
    });
}

#[tokio::test]
async fn a_server_that_keeps_what_was_cancelled_is_found_out() {
    let report = contest(
        Lie::KeepsCancelled,
        Options {
            cancel_percent: 50,
            ..small()
        },
    )
    .await;

    found(&report, |violation| {
        matches!(violation, Violation::WrongStatus { .. })
    });
}

#[tokio::test]
async fn a_server_that_sheds_load_is_consistent_but_not_exact() {
    let report = contest(Lie::Overloaded, small()).await;

    assert!(report.is_consistent() && !report.is_exact(), "{report}");
    assert_eq!(report.errors["503 OVERLOADED"], 6);
}

#[tokio::test]
async fn a_server_that_hangs_up_after_selling_is_consistent_but_not_exact() {
    let report = contest(Lie::HangsUp, small()).await;

    assert!(report.is_consistent() && !report.is_exact(), "{report}");
    assert!(report.errors["NO_ANSWER"] > 0, "{report}");
}

#[tokio::test]
async fn the_report_is_also_for_machines() {
    let report = contest(Lie::SellsTwice, small()).await;

    let json = serde_json::to_value(&report).unwrap();

    assert_eq!(json["soldTwice"], 5);
    assert_eq!(json["violations"][0]["kind"], "soldBeyondStock");
}
