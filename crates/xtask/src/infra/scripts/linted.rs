//! The Dockerfile and the pipelines, linted; and every script that they or the guide name is there.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::steps::{root, step};

/// What names scripts.
const NAMING: [&str; 5] = [
    "Dockerfile",
    "Jenkinsfile",
    ".github/workflows/ci.yml",
    ".github/workflows/deploy.yml",
    "docs/deployment.md",
];

pub(super) fn check() -> anyhow::Result<()> {
    step(
        "hadolint Dockerfile",
        Command::new(crate::infra::python_program("lint", "hadolint")?)
            .arg("Dockerfile")
            .current_dir(root()),
    )?;
    step(
        "zizmor .github/workflows",
        Command::new(crate::infra::python_program("lint", "zizmor")?)
            .args(["--offline", "--quiet", ".github/workflows"])
            .current_dir(root()),
    )?;
    for file in NAMING {
        let text = std::fs::read_to_string(root().join(file)).with_context(|| file.to_owned())?;
        let words = text
            .split(|character: char| character.is_whitespace() || "\"'`()[],;".contains(character));
        for script in words.filter(|word| {
            word.starts_with("infra/") && Path::new(word).extension().is_some_and(|end| end == "sh")
        }) {
            let mode = std::fs::metadata(root().join(script))
                .with_context(|| format!("{file} names {script}, which is not there"))?
                .permissions()
                .mode();
            ensure!(
                mode & 0o111 != 0,
                "{script}, named by {file}, cannot be run"
            );
        }
    }
    Ok(())
}
