//! Hands the benches to the `bench` binary, on the release build.

use crate::steps::{cargo, in_root, release_binary, step};

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

/// Runs every bench for a moment, to prove that it works. No timing is judged.
pub(crate) fn prove_short_forms() -> anyhow::Result<()> {
    let benches: [&[&str]; 2] = [
        &["http", "--quick"],
        &[
            "hot-event",
            "--store",
            "sqlite",
            "--ways",
            "bare,onsale,assigned,plain",
            "--quick",
        ],
    ];
    for bench in benches {
        let name = format!("bench {}", bench.join(" "));
        step(&name, in_root(release_binary("bench")).args(bench))?;
    }
    Ok(())
}
