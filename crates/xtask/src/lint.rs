//! Everything that is checked without running the product.

use crate::steps::{cargo, in_root, step};
use crate::tools::{DENY, SHEAR, debian};

/// Runs every check.
pub(crate) fn run() -> anyhow::Result<()> {
    step("format", cargo().args(["fmt", "--all", "--check"]))?;
    step(
        "clippy",
        cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    step(
        "docs",
        cargo()
            .args([
                "doc",
                "--workspace",
                "--no-deps",
                "--locked",
                "--document-private-items",
            ])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    let deny = DENY.path()?;
    step(
        "licences, sources, duplicate versions",
        in_root(deny).args(["--locked", "check", "bans", "licenses", "sources"]),
    )?;
    step(
        "the fuzzers' lock file",
        cargo()
            .args(["metadata", "--locked", "--format-version", "1"])
            .args(["--manifest-path", "fuzz/Cargo.toml"])
            .stdout(std::process::Stdio::null()),
    )?;
    step("unused dependencies", &mut in_root(SHEAR.path()?))?;
    let shellcheck = debian("shellcheck", "shellcheck")?;
    step(
        "shell scripts",
        in_root(shellcheck)
            .args(["--shell=bash", ".ci/run"])
            .args(crate::infra::shell_scripts()?),
    )
}
