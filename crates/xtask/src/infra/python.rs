//! Python environments with pinned packages, each made once.

use std::path::PathBuf;
use std::process::Command;

use crate::steps::{root, step};

/// The program of an environment made from `infra/tests/requirements-NAME.txt`.
pub(super) fn program(name: &str, program: &str) -> anyhow::Result<PathBuf> {
    let folder = root().join("target/infra").join(format!("venv-{name}"));
    let wanted = root().join(format!("infra/tests/requirements-{name}.txt"));
    let done = folder.join("installed.txt");
    let text = std::fs::read_to_string(&wanted)?;
    if std::fs::read_to_string(&done).ok().as_ref() != Some(&text) {
        step(
            &format!("a Python environment for {name}"),
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&folder),
        )?;
        step(
            &format!("packages for {name}"),
            Command::new(folder.join("bin/pip"))
                .args(["install", "--quiet", "--no-deps", "--requirement"])
                .arg(&wanted),
        )?;
        std::fs::write(done, text)?;
    }
    Ok(folder.join("bin").join(program))
}
