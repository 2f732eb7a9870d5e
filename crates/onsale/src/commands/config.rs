//! `onsale config show` and `onsale config check`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::{Flags, Loaded, load};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print every setting in effect, as TOML, and where it comes from
    Show,
    /// Say what is wrong with the configuration, all of it; ends with 78 if anything is
    Check,
}

pub(super) fn run(command: &Command, flags: &Flags) -> ExitCode {
    let Loaded {
        effective,
        mistakes,
        ..
    } = load(flags);
    if matches!(command, Command::Show) {
        for setting in &effective {
            let line = format!("{} = {}", setting.name, setting.value);
            let unset = if setting.value.starts_with('(') {
                "# "
            } else {
                ""
            };
            println!("{unset}{line:<56} # {}", setting.source);
        }
    }
    if !mistakes.is_empty() {
        super::tell_mistakes(&mistakes);
        return ExitCode::from(super::EXIT_CONFIG);
    }
    if matches!(command, Command::Check) {
        println!("the configuration is good: {} settings", effective.len());
    }
    ExitCode::SUCCESS
}
