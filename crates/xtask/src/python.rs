//! Python environments with pinned packages, each made once.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{root, step};
use crate::tools::UV;

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
        let made = with_uv(environment, &folder, &wanted);
        made.or_else(|_| with_pip(environment, &folder, &wanted))?;
        std::fs::write(done, text)?;
    }
    Ok(folder.join("bin").join(program))
}

/// In seconds: uv unpacks without compiling, and needs no pip in every environment.
fn with_uv(environment: &str, folder: &Path, requirements: &Path) -> anyhow::Result<()> {
    let uv = UV.path()?;
    // Nothing outside of `target/`, and the certificates that the machine trusts.
    let uv = |arguments: &[&str]| {
        let mut command = Command::new(&uv);
        command.args(arguments).args(["--quiet", "--no-cache"]);
        command.args(["--system-certs", "--no-python-downloads", "--python"]);
        command
    };
    step(
        &format!("a Python environment: {environment}"),
        uv(&["venv", "--clear"]).arg("python3").arg(folder),
    )?;
    step(
        &format!("packages of {environment}"),
        uv(&["pip", "install", "--no-deps"])
            .arg(folder)
            .arg("--requirement")
            .arg(requirements),
    )
}

/// In minutes, with what Python brings along.
fn with_pip(environment: &str, folder: &Path, requirements: &Path) -> anyhow::Result<()> {
    step(
        &format!("a Python environment by pip: {environment}"),
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(folder),
    )?;
    step(
        &format!("packages of {environment} by pip"),
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--no-deps", "--requirement"])
            .arg(requirements),
    )
}
