//! Runs one step after the other, and says what it does and how long it took.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Cargo, as it runs this command, in the workspace's root.
pub(crate) fn cargo() -> Command {
    in_root(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program in the workspace's root.
pub(crate) fn in_root(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Where release binaries are.
pub(crate) fn release_binary(name: &str) -> PathBuf {
    binary("release", name)
}

/// Where the binaries of a profile are: `debug`, `release`.
pub(crate) fn binary(profile: &str, name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    target.join(profile).join(name)
}

/// Runs a command to its end; an error where it cannot start or does not succeed.
pub(crate) fn step(name: &str, command: &mut Command) -> anyhow::Result<()> {
    println!("\n==> {name}");
    let began = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("{} cannot be run", command.get_program().display()))?;
    let took = began.elapsed().as_secs_f32();
    ensure!(
        status.success(),
        "{name}: failed ({status}) after {took:.1} s"
    );
    println!("<== {name}: {took:.1} s");
    Ok(())
}
