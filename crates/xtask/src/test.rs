//! Every test: the suites, the contests and drills on the release build, the benches' short form,
//! the AWS stack.

use anyhow::Context;

use crate::steps::{Meanwhile, cargo, in_root, release_binary, step};
use crate::tools::NEXTEST;
use crate::{bench, contests, drill, schemathesis};

/// What to test.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only a part: `infra` or `browser`
    #[arg(value_parser = ["infra", "browser"])]
    part: Option<String>,
    /// The inner loop: the suites only, with few crash moments
    #[arg(long)]
    quick: bool,
    /// At how many random moments the server is killed and restarted
    #[arg(long, value_name = "N")]
    crash_moments: Option<u32>,
    /// Passed on to nextest: a filter, or `-p CRATE`
    #[arg(last = true)]
    nextest: Vec<String>,
}

/// Crash moments that are tried once more on a database server.
const CRASH_MOMENTS_ON_SERVER: u32 = 5;

/// Tests that run at a time on a database server, whatever the cores: most of their time it makes tables
/// for each.
const TESTS_AT_A_TIME_ON_SERVER: &str = "8";

/// How often each race is run once more on a database server.
const RACE_ROUNDS_ON_SERVER: u32 = 200;

/// Runs the tests.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match arguments.part.as_deref() {
        Some("browser") => return crate::browser::alone(),
        Some(_) => return crate::infra::prove(),
        None => {}
    }
    let moments = arguments
        .crash_moments
        .unwrap_or(if arguments.quick { 2 } else { 20 });
    let servers = crate::servers::ForTests::up()?;
    let meanwhile = (!arguments.quick).then(begin_meanwhile).transpose()?;
    // Always the whole workspace, and filters: a package on its own has other features, and would be
    // built once more.
    step(
        "test suites",
        in_root(NEXTEST.path()?)
            .args(["nextest", "run", "--workspace", "--locked"])
            .args(&arguments.nextest)
            .env("CRASH_TEST_MOMENTS", moments.to_string()),
    )?;
    let Some([building, proving]) = meanwhile else {
        return Ok(());
    };
    step(
        "the platform on a database server",
        in_root(NEXTEST.path()?)
            .args(["nextest", "run", "--workspace", "--locked"])
            .args(["--filterset", "package(onsale) & binary(platform)"])
            .args(["--test-threads", TESTS_AT_A_TIME_ON_SERVER])
            .env("TEST_STORE", "mysql")
            // Each takes some seconds there, and the suites above have had all of them.
            .env(
                "CRASH_TEST_MOMENTS",
                moments.min(CRASH_MOMENTS_ON_SERVER).to_string(),
            )
            .env("RACE_ROUNDS", RACE_ROUNDS_ON_SERVER.to_string()),
    )?;
    step(
        "the API on a database server and beside Redis",
        in_root(NEXTEST.path()?)
            .args(["nextest", "run", "--workspace", "--locked"])
            .args(["--filterset", "package(onsale) & test(/^api::/)"])
            .args(["--test-threads", TESTS_AT_A_TIME_ON_SERVER])
            .env("TEST_STORE", "mysql")
            .env("TEST_COORDINATION", "redis"),
    )?;
    drop(servers);
    step(
        "examples in the docs",
        cargo().args(["test", "--doc", "--workspace", "--locked", "--quiet"]),
    )?;
    proving.finish()?;
    building.finish()?;
    contests::run()?;
    drill::short_forms()?;
    crate::browser::short_form(&release_binary("onsale"))?;
    schemathesis::short_form()?;
    simulate()?;
    bench::prove_short_forms()?;
    println!("\nevery test passed");
    Ok(())
}

/// What needs nobody, while the suites wait for disks, servers and clocks: the build of everything that
/// the later steps run as a user would, and the proof of the AWS stack.
fn begin_meanwhile() -> anyhow::Result<[Meanwhile; 2]> {
    let building = Meanwhile::start(
        "release build",
        cargo().args([
            "build",
            "--release",
            "--locked",
            "--package",
            "onsale",
            "--package",
            "bench",
            "--package",
            "drills",
        ]),
    )?;
    let this = std::env::current_exe().context("finding this program")?;
    let proving = Meanwhile::start("the AWS stack", in_root(this).args(["test", "infra"]))?;
    Ok([building, proving])
}

/// Past seeds, fresh ones, and the planted bugs.
fn simulate() -> anyhow::Result<()> {
    step(
        "simulated days: past seeds, then fresh ones",
        in_root(release_binary("onsale")).args(["sim", "--seeds", "2000"]),
    )?;
    step(
        "the sequencer's schedules",
        in_root(NEXTEST.path()?)
            .args(["nextest", "run", "--locked", "--package", "boxoffice"])
            .args(["--features", "schedules", "--test", "schedules"]),
    )?;
    step(
        "planted bugs",
        in_root(NEXTEST.path()?)
            .args(["nextest", "run", "--locked", "--package", "sim"])
            .args(["--features", "planted-bugs", "--test", "mutants"]),
    )
}
