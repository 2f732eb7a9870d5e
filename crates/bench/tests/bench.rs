//! The whole of a bench, in its shortest form.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use serde_json::Value;

#[test]
fn a_quick_bench_measures_compares_and_checks() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("results.json");

    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args([
            "hot-event",
            "--store",
            "sqlite",
            "--ways",
            "bare,plain",
            "--quick",
            "--json",
        ])
        .arg(&file)
        .output()
        .unwrap();

    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        printed.contains("How to read it") && !printed.contains("WORTHLESS"),
        "{printed}"
    );
    let results: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let plain = &results["results"][1];
    assert_eq!(plain["name"], "plain");
    assert!(plain["isClean"].as_bool().unwrap());
    // What it is like is no fact of so short a run.
    assert!(plain["ratios"]["bare"]["median"].is_number());
}
