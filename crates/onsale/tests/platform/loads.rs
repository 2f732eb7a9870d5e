//! `onsale load` as an engineer meets it: how it ends, what it writes, and what it compares.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::server::{House, onsale};

/// Thirty buyers at one instant for twenty tickets.
const RUSH: &str = r#"
name = "small"
about = "Thirty buyers for twenty tickets."
connections = 10
mix = { reserve = 1 }
sale = { tickets = 20 }
phases = [{ name = "now", seconds = 0.2, burst = 30 }]
limits = { errors_max = 0, overloaded_max = 0, sells_out = true }
"#;

/// A server with room for scenarios and reports.
struct Laboratory {
    server: crate::server::Server,
    house: House,
}

impl Laboratory {
    fn open() -> Self {
        let house = House::new();
        let server = house.open();
        Self { server, house }
    }

    fn folder(&self) -> &Path {
        self.house.folder()
    }

    /// Puts a scenario on the server, with its report in the folder `out`: the exit code and what
    /// was printed.
    fn load(&self, scenario: &str, out: &str) -> (Option<i32>, String) {
        let file = self.folder().join("scenario.toml");
        fs::write(&file, scenario).expect("a scenario is written");
        let mut load = onsale();
        load.arg("load").arg(file).args(["--url", &self.server.url]);
        ended(load.arg("--out").arg(self.folder().join(out)))
    }

    fn compare(&self, before: &str, after: &str) -> (Option<i32>, String) {
        let reports = [before, after].map(|out| self.folder().join(out));
        ended(onsale().args(["load", "compare"]).args(reports))
    }
}

/// The exit code, and what was printed.
fn ended(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().expect("the command runs");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    (output.status.code(), printed)
}

#[test]
fn a_load_within_its_limits_ends_with_0_and_writes_words_figures_and_plots() {
    let laboratory = Laboratory::open();

    let (code, printed) = laboratory.load(RUSH, "report");

    assert_eq!(code, Some(0), "{printed}");
    let read = |file: &str| fs::read_to_string(laboratory.folder().join("report").join(file));
    let words = read("report.md").expect("words");
    assert!(printed.contains(&words), "{printed}");
    let figures: Value =
        serde_json::from_str(&read("report.json").expect("figures")).expect("JSON");
    assert_eq!(
        figures["runs"][0]["requests"]["reserve"]["fates"]["done"],
        20.0
    );
    for plot in ["throughput", "latency", "distribution", "processors"] {
        let plot = read(&format!("{plot}.svg")).expect("a plot");
        assert!(plot.starts_with("<svg"), "{plot}");
    }
}

#[test]
fn a_load_that_misses_a_limit_ends_with_1_and_is_written_all_the_same() {
    let laboratory = Laboratory::open();
    let impossible = RUSH.replace("errors_max = 0", "longest_ms = 0.001");

    let (code, printed) = laboratory.load(&impossible, "report");

    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("**MISSED**"), "{printed}");
    assert!(laboratory.folder().join("report/report.json").exists());
}

#[test]
fn two_reports_of_a_scenario_are_compared_and_those_of_different_ones_are_not() {
    let laboratory = Laboratory::open();
    for (out, scenario) in [
        ("before", RUSH),
        ("after", RUSH),
        ("other", &RUSH.replace("burst = 30", "burst = 31")),
    ] {
        let (code, printed) = laboratory.load(scenario, out);
        assert_eq!(code, Some(0), "{printed}");
    }

    let (code, printed) = laboratory.compare("before", "after/report.json");
    assert_eq!(code, Some(0), "{printed}");
    for told in ["reserve, p99 ms", "failures", "1 run before and 1 after"] {
        assert!(printed.contains(told), "{printed}");
    }

    let (code, printed) = laboratory.compare("before", "other");
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("cannot be compared"), "{printed}");
    let (code, _) = laboratory.compare("before", "nowhere");
    assert_eq!(code, Some(1));
}
