//! Hands the drills to the `drills` binary, on the release build or on the debug build.

use std::path::Path;

use crate::steps::{binary, cargo, in_root, step};

/// What to drill.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Drills by name, `all` for each of them, `contest`, `soak`
    #[arg(required = true)]
    names: Vec<String>,
    /// A few seconds each; gaps are told and not judged
    #[arg(long)]
    quick: bool,
    /// Nodes run the debug build
    #[arg(long)]
    debug: bool,
    /// What the faults of a soak are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Builds nodes and drills, and holds these.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (name, profile) = if arguments.debug {
        ("debug build", None)
    } else {
        ("release build", Some("--release"))
    };
    let packages = ["--locked", "--package", "onsale", "--package", "drills"];
    step(name, cargo().arg("build").args(profile).args(packages))?;
    let folder = if arguments.debug { "debug" } else { "release" };
    hold(folder, &arguments.names, arguments.quick, arguments.seed)
}

/// Every drill, the contest over several nodes, and a short soak, as the suites have built them: that each
/// works, and no timing.
pub(crate) fn short_forms() -> anyhow::Result<()> {
    let names = ["all", "contest", "soak"].map(str::to_owned);
    hold("debug", &names, true, 1)
}

fn hold(folder: &str, names: &[String], quick: bool, seed: u64) -> anyhow::Result<()> {
    let mut command = in_root(binary(folder, "drills"));
    command
        .args(names)
        .args(quick.then_some("--quick"))
        .args(["--seed", &seed.to_string()])
        .arg("--program")
        .arg(binary(folder, "onsale"))
        .arg("--out")
        .arg(Path::new("target/drills"));
    step(&format!("drill {}", names.join(" ")), &mut command)
}
