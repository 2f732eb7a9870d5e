//! checkov over everything it understands: no parse error, no failed check, no skip without a reason.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::steps::root;

/// What is looked at, with what.
const TARGETS: [(&str, &str); 3] = [
    ("infra/terraform", "terraform"),
    ("Dockerfile", "dockerfile"),
    (".github/workflows", "github_actions"),
];

/// Fails on any finding that nobody has explained.
pub(super) fn check() -> anyhow::Result<()> {
    skips_have_reasons()?;
    for (target, framework) in TARGETS {
        let path = root().join(target);
        println!("\n==> checkov {target}");
        let reports = run(&path, framework)?;
        let mut failed = 0;
        for report in &reports {
            let summary = &report["summary"];
            let parse_errors = summary["parsing_errors"].as_u64().unwrap_or(0);
            ensure!(
                parse_errors == 0,
                "{target}: checkov could not parse {parse_errors} files"
            );
            for finding in failed_of(report) {
                failed += 1;
                println!("    {} {} {}", finding.0, finding.1, finding.2);
            }
            println!(
                "<== {framework}: {} passed, {} failed, {} skipped with a reason",
                summary["passed"], summary["failed"], summary["skipped"]
            );
        }
        ensure!(
            failed == 0,
            "{target}: {failed} checks failed and are not explained"
        );
    }
    Ok(())
}

/// Each failed check below a folder: (file, check).
pub(super) fn failed_checks(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let reports = run(folder, "terraform")?;
    Ok(reports
        .iter()
        .flat_map(failed_of)
        .map(|(check, file, _)| (file, check))
        .collect())
}

/// (check, file, resource)
fn failed_of(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["results"]["failed_checks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|check| {
            (
                text(&check["check_id"]),
                text(&check["file_path"]),
                text(&check["resource"]),
            )
        })
        .collect()
}

fn run(path: &Path, framework: &str) -> anyhow::Result<Vec<Value>> {
    ensure!(path.exists(), "{} is missing", path.display());
    let program = crate::infra::python_program("checkov", "checkov")?;
    let output = Command::new(program)
        .arg(if path.is_dir() {
            "--directory"
        } else {
            "--file"
        })
        .arg(path)
        .args([
            "--framework",
            framework,
            "--skip-download",
            "--output",
            "json",
            "--soft-fail",
        ])
        .env("PYTHONWARNINGS", "ignore")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .context("checkov cannot be run")?;
    let value: Value = serde_json::from_slice(&output.stdout).context("checkov gave no JSON")?;
    Ok(match value {
        Value::Array(reports) => reports,
        report => vec![report],
    })
}

fn skips_have_reasons() -> anyhow::Result<()> {
    for file in files(&root().join("infra/terraform"), "tf")? {
        let text = std::fs::read_to_string(&file)?;
        for (number, line) in (1..).zip(text.lines()) {
            let Some(skip) = line.trim().strip_prefix("#checkov:skip=") else {
                continue;
            };
            let reason = skip.split_once(':').map_or("", |(_, reason)| reason);
            ensure!(
                reason.split_whitespace().count() >= 4,
                "{}:{number}: a skipped check needs its reason",
                file.display()
            );
        }
    }
    Ok(())
}

/// Every file with an ending below a folder, but for hidden folders.
pub(super) fn files(folder: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, ending)?);
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
