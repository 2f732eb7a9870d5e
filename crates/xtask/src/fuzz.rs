//! Fuzzing: libFuzzer over every parser of what comes from outside.
//!
//! Needs neither clang nor a nightly compiler: rustc puts the coverage counters in, libFuzzer's own
//! source is built by g++, and there is no address sanitizer, because nothing here is unsafe.

use std::process::Command;

use anyhow::{Context, ensure};

use crate::steps::{cargo, root, step};

/// What to fuzz.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which target: a folder of `fuzz/corpus`; every one, when none is named
    target: Option<String>,
    /// How long each target is tried, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Counters at every edge, and the operands of every comparison.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds the targets, and runs one or all of them. What they find new is kept in `target/fuzz`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let host = host()?;
    let target = root().join("target/fuzz");
    let mut build = cargo();
    build
        .args([
            "build",
            "--release",
            "--locked",
            "--manifest-path",
            "fuzz/Cargo.toml",
        ])
        // With a target named, build scripts and macros are built without counters.
        .args(["--target", &host])
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", COVERAGE);
    if let Some(name) = &arguments.target {
        build.args(["--bin", name]);
    }
    step("fuzz targets", &mut build)?;
    let names = match &arguments.target {
        Some(name) => vec![name.clone()],
        None => names()?,
    };
    for name in names {
        let kept = root().join("fuzz/corpus").join(&name);
        ensure!(kept.is_dir(), "there is no target {name}");
        let found = target.join("found").join(&name);
        let broken = target.join("broken").join(&name);
        std::fs::create_dir_all(&found)?;
        std::fs::create_dir_all(&broken)?;
        step(
            &format!("fuzz {name} for {} s", arguments.seconds),
            Command::new(target.join(&host).join("release").join(&name))
                .args([&found, &kept])
                .arg(format!("-max_total_time={}", arguments.seconds))
                .arg(format!("-artifact_prefix={}/", broken.display()))
                .args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"])
                .args(["-print_final_stats=1", "-verbosity=0"]),
        )?;
    }
    Ok(())
}

fn names() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in std::fs::read_dir(root().join("fuzz/corpus"))? {
        names.push(folder?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.context("rustc cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc does not tell its host")?.to_owned())
}
