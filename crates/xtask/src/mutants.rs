//! Mutation testing of the code that must not be wrong.

use crate::steps::{in_root, step};
use crate::tools::CargoTool;

/// Breaks code on purpose.
const MUTANTS: CargoTool = CargoTool {
    program: "cargo-mutants",
    wheel: "cargo-mutants",
    version: "27.1.0",
};

/// What to break.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to cargo-mutants
    #[arg(last = true)]
    mutants: Vec<String>,
}

/// Mutates the decision and the sequencer; a mutant that no test notices is printed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    step(
        "mutants of the decision and the sequencer",
        in_root(MUTANTS.path()?)
            .args([
                "mutants",
                "--package",
                "boxoffice",
                "--test-tool",
                "nextest",
            ])
            .args(["--file", "crates/boxoffice/src/decide/**"])
            .args(["--file", "crates/boxoffice/src/sequencer/**"])
            .args(&arguments.mutants),
    )
}
