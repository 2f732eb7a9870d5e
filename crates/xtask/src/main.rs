//! Developer commands: `cargo xtask --help`.
//!
//! Knows how the project is tested, measured and checked, and finds or installs the tools that
//! takes. Holds no product code.

mod bench;
mod browser;
mod contests;
mod cost;
mod coverage;
mod drill;
mod fuzz;
mod infra;
mod lint;
mod mutants;
mod profile;
mod python;
mod scaling;
mod schemathesis;
mod server;
mod servers;
mod steps;
mod test;
mod tools;

use clap::Parser;

/// Developer commands
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Command {
    /// Run every test; installs or finds what that needs
    Test(test::Arguments),
    /// Check format, lints, docs, dependencies and shell scripts
    Lint,
    /// Private database and Redis servers, from Debian's packages
    #[command(subcommand)]
    Servers(servers::Command),
    /// Measure: ceilings and plain strategies beside us, interleaved in one run
    Bench(bench::Arguments),
    /// A rush of buyers over several nodes, one fault, and what became of the sale
    Drill(drill::Arguments),
    /// Draw the README's pictures of the pages
    Pictures,
    /// Draw where the server's time goes under a scenario's load
    Profile(profile::Arguments),
    /// Check the AWS stack without AWS
    Infra(infra::Arguments),
    /// What an environment of the AWS stack costs a month
    Cost(cost::Arguments),
    /// Replay an evening's sale under scaling policies
    Scaling(scaling::Arguments),
    /// Judge every answer of the API by its own description
    Schemathesis(schemathesis::Arguments),
    /// Let libFuzzer at every parser of what comes from outside
    Fuzz(fuzz::Arguments),
    /// Line coverage of a crate
    Coverage(coverage::Arguments),
    /// Break the decision and the sequencer on purpose, and see whether a test notices
    Mutants(mutants::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Test(arguments) => test::run(&arguments),
        Command::Lint => lint::run(),
        Command::Servers(command) => servers::run(&command),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Drill(arguments) => drill::run(&arguments),
        Command::Pictures => browser::pictures(),
        Command::Profile(arguments) => profile::run(&arguments),
        Command::Infra(arguments) => infra::run(&arguments),
        Command::Cost(arguments) => cost::run(&arguments),
        Command::Scaling(arguments) => scaling::run(&arguments),
        Command::Schemathesis(arguments) => schemathesis::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Coverage(arguments) => coverage::run(&arguments),
        Command::Mutants(arguments) => mutants::run(&arguments),
    }
}
