//! The open loop: what it counts from, what it believes, and what it reports.

#![allow(clippy::unwrap_used)]

use load::open::{Options, run};
use load::report::compare::compare;
use load::report::{Report, Run};
use load::scenario::{Request, Scenario};

mod fake;

use fake::{Lie, SLOW};

/// Sixty buyers at one instant, thirty tickets.
const RUSH: &str = r#"
name = "small"
about = "Sixty buyers for thirty tickets."
connections = 20
mix = { reserve = 1 }
sale = { tickets = 30 }
phases = [{ name = "now", seconds = 0.2, burst = 60 }]
limits = { errors_max = 0, overloaded_max = 0, sells_out = true }
"#;

async fn load(lie: Lie, scenario: &str) -> Run {
    let url = fake::start(lie, None).await;
    let scenario = Scenario::parse(scenario).unwrap();
    run(&Options::new(&url, scenario)).await.unwrap()
}

#[tokio::test]
async fn an_honest_server_is_within_the_limits() {
    let run = load(Lie::None, RUSH).await;

    assert!(run.is_met(), "{run:?}");
    let fates = run.requests[&Request::Reserve].fates;
    assert!((fates.done - 30.0).abs() < 0.1 && (fates.refused - 30.0).abs() < 0.1);
}

#[tokio::test]
async fn waits_count_from_when_buyers_wanted_to_come() {
    let one_connection = RUSH.replace("connections = 20", "connections = 1");

    let run = load(Lie::Slow, &one_connection).await;

    // Sixty at one instant over one connection: each but the first waits for all before her, so
    // the last waits for all sixty answers, however fast or slow the machine is.
    let figures = &run.requests[&Request::Reserve];
    // The last are refused: there are thirty tickets.
    let latency = figures.refused_latency.unwrap();
    assert!(run.generator.held_back >= 59, "{:?}", run.generator);
    let sixty_answers = u64::try_from((60 * SLOW).as_micros()).unwrap();
    assert!(latency.max_us >= sixty_answers, "{latency:?}");
}

#[tokio::test]
async fn arrivals_come_at_the_rate_that_is_asked_for_whatever_the_server_does() {
    let steady = RUSH.replace("burst = 60", "rate = 500");

    let run = load(Lie::Overloaded, &steady).await;

    let phase = &run.phases[0];
    assert_eq!(phase.rate, Some(500.0));
    // 100 are expected, within four standard deviations.
    let came = phase.per_second.all() * phase.seconds;
    assert!((60.0..=140.0).contains(&came), "{came}");
}

#[tokio::test]
async fn a_server_that_loses_a_ticket_is_found_out() {
    let run = load(Lie::LosesATicket, RUSH).await;

    assert!(!run.is_met());
    assert!(run.violations[0].contains("the ledger has"), "{run:?}");
}

#[tokio::test]
async fn a_server_that_sells_twice_is_found_out() {
    let run = load(Lie::SellsTwice, RUSH).await;

    assert!(!run.violations.is_empty(), "{run:?}");
}

#[tokio::test]
async fn a_server_that_refuses_while_tickets_are_left_does_not_sell_out() {
    let run = load(Lie::RefusesTooEarly, RUSH).await;

    assert!(run.violations.is_empty(), "{run:?}");
    let missed: Vec<_> = run.limits.iter().filter(|limit| !limit.is_met).collect();
    assert_eq!(missed.len(), 1, "{missed:?}");
    assert_eq!(missed[0].measured, Some(25.0));
}

#[tokio::test]
async fn a_server_that_hangs_up_fails_and_is_not_accused_of_more() {
    let run = load(Lie::HangsUp, RUSH).await;

    assert!(run.violations.is_empty(), "{run:?}");
    assert!(run.failed > 0 && !run.is_met(), "{run:?}");
}

#[tokio::test]
async fn a_refusal_for_load_is_no_failure_and_has_its_own_limit() {
    let run = load(Lie::Overloaded, RUSH).await;

    assert_eq!(run.errors["503 OVERLOADED"], 6);
    assert_eq!(run.failed, 0);
    assert!(!run.is_met(), "{:?}", run.limits);
}

/// The same buyers, who pay for what they hold, or do not.
fn checkout() -> String {
    RUSH.replace("reserve = 1", "checkout = 1")
        .replace("tickets = 30", "tickets = 30, hold_seconds = 1")
        .replace(", sells_out = true", "")
        + "checkout = { declined_percent = 20, walks_away_percent = 30 }"
}

#[tokio::test]
async fn a_server_that_ends_holds_and_sells_what_is_paid_for_is_within_the_limits() {
    let run = load(Lie::None, &checkout()).await;

    assert!(run.is_met(), "{run:?}");
    assert!(run.requests[&Request::Pay].fates.done > 0.0, "{run:?}");
}

#[tokio::test]
async fn a_server_that_takes_money_for_nothing_is_found_out() {
    let run = load(Lie::TakesMoneyForNothing, &checkout()).await;

    assert_eq!(run.violations.len(), 1, "{:?}", run.violations);
    assert!(run.violations[0].contains("told that they paid"), "{run:?}");
}

#[tokio::test]
async fn a_server_that_never_ends_a_hold_is_found_out() {
    let run = load(Lie::HoldsForEver, &checkout()).await;

    assert_eq!(run.violations.len(), 1, "{:?}", run.violations);
    assert!(run.violations[0].contains("still held"), "{run:?}");
}

#[tokio::test]
async fn a_climb_says_how_far_it_came() {
    // Every tenth request is refused for load; on the first rung there are fewer.
    let climb = "{ name = 'up', seconds = 0.1, climb = { from = 30, factor = 20, p99_ms = 1000 } }";
    let scenario = RUSH
        .replace("{ name = \"now\", seconds = 0.2, burst = 60 }", climb)
        .replace("tickets = 30", "tickets = 1000000")
        .replace(", sells_out = true", "");

    let run = load(Lie::Overloaded, &scenario).await;

    assert_eq!(run.carried_per_second, Some(30.0), "{:?}", run.phases);
    assert_eq!(run.phases.last().unwrap().is_carried, Some(false));
}

#[tokio::test]
async fn a_closed_loop_asks_again_when_it_is_answered() {
    let closed = RUSH
        .replace("connections", "loop = 'closed'\nconnections")
        .replace("seconds = 0.2, burst = 60", "seconds = 1.0, rate = 1")
        .replace("tickets = 30", "tickets = 1000000");

    let run = load(Lie::None, &closed).await;

    // Far more than the rate says: it means nothing here.
    assert!(run.generator.arrivals > 20, "{:?}", run.generator);
    assert_eq!(run.generator.held_back, 0);
    assert_eq!(run.phases[0].rate, None);
}

#[tokio::test]
async fn a_report_is_written_read_and_compared() {
    let runs = vec![load(Lie::None, RUSH).await, load(Lie::None, RUSH).await];
    let report = Report::new(Scenario::parse(RUSH).unwrap(), runs);
    let folder = tempfile::tempdir().unwrap();

    report.write(folder.path()).unwrap();
    let read = Report::read(folder.path()).unwrap();

    let words = std::fs::read_to_string(folder.path().join("report.md")).unwrap();
    for file in ["throughput", "latency", "distribution", "processors"] {
        let file = format!("{file}.svg");
        assert!(words.contains(&format!("({file})")), "{words}");
        let svg = std::fs::read_to_string(folder.path().join(&file)).unwrap();
        assert!(
            svg.contains("<polyline") || svg.contains("solid"),
            "{file}: {svg}"
        );
    }
    let same = compare(&report, &read).unwrap().to_string();
    assert!(
        same.contains("within the noise") && !same.contains("CHANGED:\n"),
        "{same}"
    );
    assert!(same.contains("+0.0 %"), "{same}");
}

#[tokio::test]
async fn reports_of_different_loads_are_not_compared() {
    let report = Report::new(
        Scenario::parse(RUSH).unwrap(),
        vec![load(Lie::None, RUSH).await],
    );
    let with = |from: &str, to: &str| Report {
        scenario: Scenario::parse(&RUSH.replace(from, to)).unwrap(),
        ..report.clone()
    };

    let refusal = |other: &Report| compare(&report, other).unwrap_err().to_string();
    let other_name = refusal(&with("small", "large"));
    assert!(other_name.contains("small and large"), "{other_name}");
    let other_load = refusal(&with("burst = 60", "burst = 61"));
    assert!(other_load.contains("not the same"), "{other_load}");
    // What it has to withstand is no part of the load.
    compare(&report, &with("errors_max = 0", "errors_max = 5")).unwrap();
}

#[tokio::test]
async fn a_comparison_tells_what_only_one_side_has_and_that_machines_differ() {
    let sold_out = load(Lie::None, RUSH).await;
    let mut empty = sold_out.clone();
    empty.carried_per_second = Some(700.0);
    let report = |run| Report::new(Scenario::parse(RUSH).unwrap(), vec![run]);
    let (before, mut after) = (report(sold_out), report(empty));
    after.machine.cores += 1;

    let told = compare(&before, &after).unwrap().to_string();

    assert!(
        told.contains("carried") && told.contains("only after"),
        "{told}"
    );
    assert!(told.contains("MEASURED ON DIFFERENT MACHINES"), "{told}");
}
