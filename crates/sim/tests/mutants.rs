//! Every planted bug is found, and made small.

use sim::fleet::run_all;
use sim::planted::{controls, mistakes};
use sim::scenario::Scenario;
use sim::shrink;

/// Seeds of each control here, where nothing is optimised; `onsale sim mutants` runs all of them.
const CONTROL_SEEDS: u64 = 500;

#[test]
fn every_planted_bug_is_found_within_its_number_of_seeds() {
    assert!(mistakes().len() >= 15);
    let mut escaped = Vec::new();
    for mistake in mistakes() {
        let seeds = 1..=u64::from(mistake.seeds_max);
        let tally = run_all(1..seeds.end() + 1, 2, Some(*mistake), &|_| {});
        match tally.failed {
            Some(run) => println!("{}: seed {}, {}", mistake.name, run.seed, run.violations[0]),
            None => escaped.push(mistake.name),
        }
    }
    assert!(escaped.is_empty(), "escaped: {escaped:?}");
}

#[test]
fn a_lease_that_is_right_may_be_all_that_guards_the_stock() {
    for control in controls() {
        let seeds = u64::from(control.seeds_max).min(CONTROL_SEEDS);
        let tally = run_all(1..1 + seeds, 2, Some(*control), &|_| {});
        assert!(
            tally.failed.is_none(),
            "{}: {:?}",
            control.name,
            tally.failed
        );
    }
}

#[test]
fn without_a_planted_bug_the_same_build_breaks_no_rule() {
    let tally = run_all(1..41, 2, None, &|_| {});
    assert!(tally.failed.is_none(), "{:?}", tally.failed);
}

#[test]
fn a_day_that_breaks_a_rule_can_be_made_small() {
    let mistake = mistakes()
        .iter()
        .find(|mistake| mistake.name == "conflict-answered")
        .copied();
    let tally = run_all(1..1_001, 2, mistake, &|_| {});
    let failed = tally.failed.expect("a planted bug to be found");
    let whole = Scenario::of(failed.seed);
    let shrunk = shrink(&whole, mistake).expect("a smaller day");
    println!("{} came down to {}", whole.size(), shrunk.scenario.size());
    assert_eq!(shrunk.run.violations[0].rule, failed.violations[0].rule);
    assert!(
        shrunk.run.commands * 4 < failed.commands,
        "{} of {} requests are left",
        shrunk.run.commands,
        failed.commands
    );
}
