//! Hands the benches to the `bench` binary, on the release build.

use crate::steps::{binary, cargo, in_root, release_binary, step};

/// What to measure.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// A bench and its options; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    bench: Vec<String>,
}

/// Builds what is measured, and measures.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    step(
        "release build",
        cargo().args([
            "build",
            "--release",
            "--locked",
            "--package",
            "onsale",
            "--package",
            "bench",
        ]),
    )?;
    let name = format!("bench {}", arguments.bench.join(" "));
    step(
        &name,
        in_root(release_binary("bench")).args(&arguments.bench),
    )
}

/// Runs every bench and every scenario for a moment, as the suites have built them, to prove that they
/// work. No timing is judged.
pub(crate) fn prove_short_forms() -> anyhow::Result<()> {
    let hot_event = [
        "hot-event",
        "--quick",
        "--ways",
        "bare,onsale,assigned,plain",
    ];
    let benches: [&[&str]; 11] = [
        &["http", "--quick"],
        &hot_event,
        &["hot-event", "--store", "mysql", "--nodes", "1,2", "--quick"],
        &["many-events", "--quick"],
        &["growth", "--quick"],
        &["connections", "--quick"],
        &["memory", "--quick"],
        &["overload", "--quick"],
        &["reference", "--quick"],
        &["cache", "--quick"],
        &["startup", "--quick"],
    ];
    for bench in benches {
        let name = format!("bench {}", bench.join(" "));
        step(&name, in_root(binary("debug", "bench")).args(bench))?;
    }
    for scenario in SCENARIOS {
        let name = format!("load {scenario} --quick");
        let mut load = in_root(binary("debug", "onsale"));
        step(&name, load.args(["load", scenario, "--quick"]))?;
    }
    Ok(())
}

/// The scenarios that come with `onsale load`.
const SCENARIOS: [&str; 7] = [
    "browse", "checkout", "contest", "mixed", "overload", "rush", "soak",
];
