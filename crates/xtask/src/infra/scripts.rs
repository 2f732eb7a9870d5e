//! Shell scripts, Dockerfile and pipelines: linted, and run with stand-ins for docker, aws, terraform and the rest.

mod linted;
mod pipeline;
mod sandbox;
mod start;

pub(super) use start::check_user_data;

use std::path::PathBuf;
use std::process::Command;

use super::checkov::files;
use crate::steps::{root, step};
use crate::tools::debian;

/// Every shell script of the stack, from the workspace's root.
pub(super) fn all() -> anyhow::Result<Vec<PathBuf>> {
    files(&root().join("infra"), "sh")
}

/// Lints the scripts and runs those that a pipeline runs.
pub(super) fn check() -> anyhow::Result<()> {
    let shellcheck = debian("shellcheck", "shellcheck")?;
    step(
        "shell scripts of the stack",
        // One is a piece of a larger script and has no first line of its own.
        Command::new(shellcheck).arg("--shell=bash").args(all()?),
    )?;
    linted::check()?;
    pipeline::check()
}
