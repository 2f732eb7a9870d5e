//! What `onsale` can be told to do.

mod audit;
mod config;
mod contest;
mod load;
mod migrate;
mod private_server;
mod serve;
mod sim;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Flags, Loaded};

/// Ticketing for the moment when everybody comes at once
///
/// With no command: serves, with one event to try things on.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop (SIGTERM or Ctrl-C)
    Serve,
    /// Bring the database's tables up to date, and end
    Migrate,
    /// Check every invariant against the database; ends with 1 if one is violated
    Audit,
    /// Show or check the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Let many buyers loose at one instant and check the ledger; ends with 1 if anything is off
    Contest(contest::Arguments),
    /// Put a scenario's load on a server and report; ends with 1 if a stated limit is missed
    Load(load::Arguments),
    /// Simulate unlucky days from seeds and audit every answer; ends with 1 if a rule is broken
    Sim(sim::Arguments),
}

/// The exit code for a configuration that cannot be used, as `sysexits.h` has it (`EX_CONFIG`).
const EXIT_CONFIG: u8 = 78;

/// Does what the command line says.
pub fn run(cli: Cli) -> ExitCode {
    let mut flags = cli.flags;
    let command = cli.command.unwrap_or_else(|| {
        flags.sample_event = true;
        Command::Serve
    });
    let result = match command {
        Command::Config(command) => return config::run(&command, &flags),
        Command::Contest(arguments) => contest::run(arguments, &flags),
        Command::Load(arguments) => load::run(arguments, &flags),
        Command::Sim(arguments) => sim::run(&arguments),
        Command::Serve => with_config(&flags, serve::run),
        Command::Migrate => with_config(&flags, migrate::run),
        Command::Audit => with_config(&flags, audit::run),
    };
    result.unwrap_or_else(|error| {
        eprintln!("onsale: {error:#}");
        ExitCode::FAILURE
    })
}

fn with_config(
    flags: &Flags,
    command: impl FnOnce(&Config) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let Loaded {
        config, mistakes, ..
    } = crate::config::load(flags);
    if mistakes.is_empty() {
        return command(&config);
    }
    tell_mistakes(&mistakes);
    Ok(ExitCode::from(EXIT_CONFIG))
}

fn tell_mistakes(mistakes: &[String]) {
    eprintln!(
        "onsale: the configuration has {} mistake(s):",
        mistakes.len()
    );
    for mistake in mistakes {
        eprintln!("  - {mistake}");
    }
}
