//! Python environments with pinned packages, each made once.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{root, step};

/// The program of an environment below `target/`, made from these pinned requirements.
pub(crate) fn program(
    environment: &str,
    requirements: &Path,
    program: &str,
) -> anyhow::Result<PathBuf> {
    let folder = root().join("target").join(environment);
    let wanted = root().join(requirements);
    let done = folder.join("installed.txt");
    let text = std::fs::read_to_string(&wanted)?;
    if std::fs::read_to_string(&done).ok().as_ref() != Some(&text) {
        step(
            &format!("a Python environment: {environment}"),
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&folder),
        )?;
        step(
            &format!("packages of {environment}"),
            Command::new(folder.join("bin/pip"))
                .args(["install", "--quiet", "--no-deps", "--requirement"])
                .arg(&wanted),
        )?;
        std::fs::write(done, text)?;
    }
    Ok(folder.join("bin").join(program))
}
