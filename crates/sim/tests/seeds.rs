//! Days that were bad once, days that nobody has seen yet, and the same day twice.

use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use sim::census::Kind;
use sim::fleet::run_all;
use sim::past::PAST;
use sim::scenario::Scenario;
use sim::{run, story};

/// Fresh seeds on every run of the tests.
const FRESH: u64 = 40;

fn expect_no_violation(seed: u64) {
    let found = run(&Scenario::of(seed), None, false);
    if found.violations.is_empty() {
        return;
    }
    let traced = run(&Scenario::of(seed), None, true);
    panic!(
        "{:#?}\n{:#?}\nto replay it: onsale sim --seed {seed} --trace",
        story(&traced),
        found.violations
    );
}

#[test]
fn no_past_seed_fails_again() {
    for (seed, found) in PAST {
        println!("seed {seed}, which had found: {found}");
        expect_no_violation(seed);
    }
}

#[test]
fn no_fresh_seed_fails() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let first = since.expect("a clock past 1970").as_secs() * 100_000;
    println!("seeds {first} to {}", first + FRESH - 1);
    let tally = run_all(first..first + FRESH, 2, None, &|_| {});
    if let Some(failed) = tally.failed {
        expect_no_violation(failed.seed);
    }
    assert_eq!(tally.seeds, FRESH);
}

#[test]
fn the_same_seed_gives_the_same_day_to_the_last_word() {
    for seed in [1, 2, 3, 1_000_003, u64::MAX] {
        let scenario = Scenario::of(seed);
        let first = run(&scenario, None, true);
        let again = thread::scope(|scope| {
            let elsewhere = scope.spawn(|| run(&scenario, None, true));
            elsewhere.join().expect("a day without a panic")
        });
        assert!(first.trace.len() > 100, "{} steps", first.trace.len());
        assert_eq!(first.trace, again.trace, "seed {seed}");
    }
}

#[test]
fn a_day_goes_the_same_way_whether_or_not_it_is_written_down() {
    for seed in 20..24 {
        let scenario = Scenario::of(seed);
        let (traced, not) = (run(&scenario, None, true), run(&scenario, None, false));
        assert_eq!((traced.commands, traced.census), (not.commands, not.census));
        assert!(not.trace.is_empty());
    }
}

#[test]
fn every_kind_of_fault_and_answer_comes_up() {
    let tally = run_all(1..201, 2, None, &|_| {});
    let never = Kind::ALL.into_iter();
    let never: Vec<Kind> = never.filter(|kind| tally.census.of(*kind) == 0).collect();
    assert!(never.is_empty(), "none of these in 200 seeds: {never:?}");
}

#[test]
fn a_seed_holds_enough_to_go_wrong() {
    let tally = run_all(1..401, 2, None, &|_| {});
    let (commands, faults) = (
        tally.commands / tally.seeds,
        tally.census.faults() / tally.seeds,
    );
    assert!(commands >= 200, "{commands} requests a seed");
    assert!(faults >= 5, "{faults} faults a seed");
}
