//! Mutation testing of the code that must not be wrong.

use crate::steps::{in_root, step};
use crate::tools::{CargoTool, NEXTEST, search_path};

/// Breaks code on purpose. Nobody packs it: it is built, in about a minute, once.
const MUTANTS: CargoTool = CargoTool {
    program: "cargo-mutants",
    wheel: None,
    version: "27.1.0",
};

/// How many sales each property is tried on for a mutant, unless `PROPTEST_CASES` says otherwise.
///
/// A twentieth of what `cargo xtask test` tries, hundreds of times: nearly every mutant is found by
/// the first few, or by a story.
const CASES: &str = "512";

/// What to break.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to cargo-mutants
    #[arg(last = true)]
    mutants: Vec<String>,
}

/// Mutates the decision and the sequencer; a mutant that no test notices is printed.
///
/// `.cargo/mutants.toml` says what is broken, and what is not because nobody could notice.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    NEXTEST.path()?;
    let cases = std::env::var("PROPTEST_CASES").unwrap_or_else(|_| CASES.to_owned());
    step(
        "mutants of the decision and the sequencer",
        in_root(MUTANTS.path()?)
            .env("PATH", search_path()?)
            .env("PROPTEST_CASES", cases)
            // What a property finds is the mutant's fault, and no seed to try again.
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
            // A failed test says enough; debug information is a third of the time to link.
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .args(["mutants", "--package", "boxoffice"])
            .args(&arguments.mutants),
    )
}
