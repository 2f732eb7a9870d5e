//! `onsale`: see `onsale --help`.

use std::process::ExitCode;

use clap::Parser;
use onsale::commands::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    onsale::commands::run(Cli::parse())
}
