//! `onsale sim` as whoever was told of a seed meets it: the same day, in another process.

use std::process::Output;

use crate::server::onsale;

/// Seeds of one node and of several, of one event and of many; the last is a past one.
const SEEDS: [u64; 5] = [1, 2, 3, 1_000_003, 76_236];

fn sim(arguments: &[&str]) -> Output {
    let mut command = onsale();
    let command = command.arg("sim").args(arguments);
    command.output().expect("onsale runs")
}

#[test]
fn a_seed_gives_the_same_trace_byte_for_byte_in_every_process() {
    for seed in SEEDS {
        let trace = || sim(&["--seed", &seed.to_string(), "--trace"]);
        let (first, again) = (trace(), trace());
        assert_eq!(first.status.code(), Some(0), "seed {seed}: {first:?}");
        assert_eq!(again.status.code(), Some(0), "seed {seed}: {again:?}");
        let steps = first.stdout.split(|byte| *byte == b'\n').count();
        assert!(steps > 100, "seed {seed} has {steps} lines");
        assert!(
            first.stdout == again.stdout,
            "seed {seed} went another way:\n{}",
            first_difference(&first.stdout, &again.stdout)
        );
    }
}

/// The first lines that are not the same.
fn first_difference(one: &[u8], other: &[u8]) -> String {
    let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
    let mut pairs = one.lines().zip(other.lines());
    let found = pairs.find(|(one, other)| one != other);
    found.map_or_else(
        || "one is longer".to_owned(),
        |(one, other)| format!("{one}\n{other}"),
    )
}

#[test]
fn neither_the_environment_nor_the_number_of_threads_changes_a_trace() {
    let plain = sim(&["--seed", "7", "--trace"]);
    let mut command = onsale();
    let elsewhere = command
        .args(["sim", "--seed", "7", "--trace", "--threads", "5"])
        .envs([
            ("TZ", "Asia/Kathmandu"),
            ("LANG", "ko_KR.UTF-8"),
            ("ONSALE_LOG_FILTER", "trace"),
            ("ONSALE_BATCH_LEN_MAX", "3"),
            ("RUST_BACKTRACE", "1"),
        ])
        .current_dir("/")
        .output()
        .expect("onsale runs");
    assert!(!plain.stdout.is_empty());
    assert!(
        plain.stdout == elsewhere.stdout,
        "{}",
        first_difference(&plain.stdout, &elsewhere.stdout)
    );
}

#[test]
fn seeds_without_a_violation_end_with_0_and_say_what_they_held() {
    let found = sim(&["--seeds", "3", "--first-seed", "41"]);
    let told = String::from_utf8_lossy(&found.stdout);
    assert_eq!(found.status.code(), Some(0), "{told}");
    for words in [
        "seeds 41 to 43",
        "requests",
        "faults on average",
        "no violation",
    ] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
}

#[test]
fn a_command_that_makes_no_sense_ends_with_2_and_one_that_this_build_lacks_does_not_end_with_0() {
    let code = |arguments: &[&str]| sim(arguments).status.code();
    assert_eq!(code(&["--trace"]), Some(2), "a trace of no seed");
    assert_eq!(code(&["--seed", "one"]), Some(2));
    assert_eq!(code(&["--seed", "1", "--seeds", "5"]), Some(2));
    assert_eq!(code(&["--seed", "1", "--planted", "no-such-bug"]), Some(1));
    // What is delivered has no planted bugs: `EX_UNAVAILABLE`.
    assert_eq!(code(&["mutants"]), Some(69));
}
