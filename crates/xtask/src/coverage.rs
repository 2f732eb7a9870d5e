//! Line coverage.

use crate::steps::{in_root, root, step};
use crate::tools::{LLVM_COV, NEXTEST, llvm};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The crate whose lines count
    #[arg(long, default_value = "boxoffice")]
    package: String,
    /// Fail below this percentage of lines
    #[arg(long, default_value_t = 95)]
    at_least: u8,
}

/// Runs the crate's own tests, and reports which of its lines they reach.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    NEXTEST.path()?;
    let name = format!("coverage of {}", arguments.package);
    step(
        &name,
        in_root(LLVM_COV.path()?)
            .env("LLVM_COV", llvm("llvm-cov")?)
            .env("LLVM_PROFDATA", llvm("llvm-profdata")?)
            .args(["llvm-cov", "nextest", "--package", &arguments.package])
            .arg("--ignore-filename-regex")
            .arg(everything_else(&arguments.package)?)
            .arg("--fail-under-lines")
            .arg(arguments.at_least.to_string()),
    )
}

/// Matches the files that do not count: those of every other crate, and tests.
fn everything_else(package: &str) -> anyhow::Result<String> {
    let mut others = vec!["/tests/".to_owned()];
    for entry in std::fs::read_dir(root().join("crates"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != package {
            others.push(format!("crates/{name}/"));
        }
    }
    Ok(others.join("|"))
}
