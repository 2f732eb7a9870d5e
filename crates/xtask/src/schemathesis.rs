//! The API against its own description: schemathesis makes requests of every kind from the
//! document that a server serves, and judges every answer by it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::python;
use crate::server::Server;
use crate::steps::{binary, cargo, root};

/// What to try.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// At least this many requests
    #[arg(long, default_value_t = 2_000)]
    cases: u32,
    /// Begins with another one to make other requests
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

const FOLDER: &str = "crates/xtask/schemathesis";

const TOKEN: &str = "the-organizer-of-this-test";

/// Requests for each operation and phase in the first run.
const EXAMPLES_FIRST: u32 = 4;

const AS_IT_SAYS: &str = "requests so far, every answer as the document says";

/// Builds the server and runs until there were as many requests as were asked for.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let built = cargo()
        .args(["build", "--locked", "--package", "onsale"])
        .status()?;
    ensure!(built.success(), "onsale cannot be built");
    let server = binary("debug", "onsale");
    let (mut cases, mut seed, mut examples) = (0, arguments.seed, EXAMPLES_FIRST);
    while cases < arguments.cases {
        cases += try_out(&server, seed, examples)?;
        println!("{cases} {AS_IT_SAYS}");
        seed += 1;
        examples = 50;
    }
    Ok(())
}

/// Every operation and every bound of every field, on the server that the suites have built.
pub(crate) fn short_form() -> anyhow::Result<()> {
    let cases = try_out(&binary("debug", "onsale"), 1, EXAMPLES_FIRST)?;
    println!("{cases} {AS_IT_SAYS}");
    Ok(())
}

/// One run on a fresh server; gives how many requests there were.
fn try_out(binary: &Path, seed: u32, examples: u32) -> anyhow::Result<u32> {
    println!("\n==> schemathesis: seed {seed}, {examples} examples for each operation");
    let requirements = Path::new(FOLDER).join("requirements.txt");
    let program = python::program("tools/schemathesis", &requirements, "schemathesis")?;
    let settings = [
        ("ONSALE_ADMIN_TOKEN", TOKEN),
        ("ONSALE_SAMPLE_EVENT", "true"),
    ];
    let server = Server::start(binary, &settings)?;
    let output = Command::new(program)
        .current_dir(&server.folder)
        .arg("--config-file")
        .arg(root().join(FOLDER).join("schemathesis.toml"))
        .args(["--no-color", "run"])
        .arg(format!("{}/api/openapi.json", server.url))
        .args(["--url", &format!("{}/api", server.url)])
        .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
        .args(["--checks", "all", "--continue-on-failure"])
        .args(["--seed", &seed.to_string()])
        .args(["--max-examples", &examples.to_string()])
        .output()
        .context("schemathesis cannot be run")?;
    let report = String::from_utf8_lossy(&output.stdout);
    let summary = report.find("= SUMMARY =").map_or("", |at| &report[at..]);
    if !output.status.success() {
        println!("{report}{}", String::from_utf8_lossy(&output.stderr));
    }
    ensure!(
        output.status.success(),
        "an answer is not as the document says"
    );
    let line = summary.lines().find(|line| line.contains(" generated,"));
    let count = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    count.context("the report tells no number of requests")
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_package_is_pinned() {
        let text = include_str!("../schemathesis/requirements.txt");
        assert!(text.lines().all(|line| line.contains("==")), "{text}");
    }
}
