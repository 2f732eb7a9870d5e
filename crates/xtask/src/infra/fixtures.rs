//! Small broken configurations, each of which must be refused, and for its own reason.
//!
//! The first line of each says who refuses it and with which words: `# expect: terraform: ...` or
//! `# expect: checkov: CKV_...`.

use std::path::Path;

use anyhow::{Context, ensure};

use super::checkov;
use super::terraform::{Terraform, said};

/// Fewer than this, and somebody has thrown examples away.
const AT_LEAST: usize = 15;

/// Sees every broken example refused.
pub(super) fn check(terraform: &Terraform) -> anyhow::Result<()> {
    println!("\n==> broken examples are refused");
    let folder = terraform.broken();
    let mut names: Vec<String> = std::fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    names.sort();
    ensure!(
        names.len() >= AT_LEAST,
        "only {} broken examples",
        names.len()
    );
    let failed = checkov::failed_checks(&folder)?;
    for name in &names {
        let source = std::fs::read_to_string(folder.join(name).join("main.tf"))?;
        let expected = source
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# expect: "))
            .with_context(|| format!("{name} does not say what it expects"))?;
        let (who, words) = expected.split_once(": ").context("who: words")?;
        if who == "checkov" {
            ensure!(
                failed
                    .iter()
                    .any(|(file, check)| file.contains(&format!("/{name}/")) && check == words),
                "{name}: checkov does not fail {words}"
            );
        } else {
            let answer = refusal(terraform, &folder.join(name))?;
            let flat = answer
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .replace("│ ", "");
            ensure!(
                flat.contains(words),
                "{name}: refused, but not with {words:?}:\n{answer}"
            );
        }
        println!("    {name}: {words}");
    }
    println!("<== {} broken examples", names.len());
    Ok(())
}

/// What Terraform says against it, at whichever step it does.
fn refusal(terraform: &Terraform, folder: &Path) -> anyhow::Result<String> {
    for arguments in [
        &["init", "-backend=false", "-no-color"][..],
        &["validate", "-no-color"][..],
        &["plan", "-no-color", "-refresh=false"][..],
    ] {
        let output = terraform.command(folder).args(arguments).output()?;
        if !output.status.success() {
            return Ok(said(&output));
        }
    }
    anyhow::bail!("{} is accepted, and should not be", folder.display())
}
