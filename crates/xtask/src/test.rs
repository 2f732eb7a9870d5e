//! Every test: the suites, the drills and benches in their short form on what these have built, the
//! contests and the browser on the release build, the AWS stack.

use crate::steps::{Meanwhile, Rank, binary, cargo, in_root, release_binary, step};
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
    let building = (!arguments.quick).then(begin_building).transpose()?;
    // Always the whole workspace, and filters: a package on its own has other features, and would be
    // built once more.
    step(
        "test suites",
        in_root(NEXTEST.path()?)
            .args(["nextest", "run", "--workspace", "--locked"])
            .args(&arguments.nextest)
            .env("CRASH_TEST_MOMENTS", moments.to_string()),
    )?;
    let Some(building) = building else {
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
    let proving = begin_proving()?;
    // What proves that programs work, and judges no timing, runs them as the suites have built them.
    drill::short_forms()?;
    bench::prove_short_forms()?;
    schemathesis::short_form()?;
    building.finish()?;
    contests::run()?;
    crate::browser::short_form(&release_binary("onsale"))?;
    step(
        "simulated days: past seeds, then fresh ones",
        in_root(release_binary("onsale")).args(["sim", "--seeds", "2000"]),
    )?;
    for proof in proving {
        proof.finish()?;
    }
    println!("\nevery test passed");
    Ok(())
}

/// The build of what is delivered, with what the tests leave of the processors while they wait for disks,
/// servers and clocks.
fn begin_building() -> anyhow::Result<Meanwhile> {
    let build = ["build", "--release", "--locked", "--package", "onsale"];
    Meanwhile::start("release build", Rank::Second, cargo().args(build))
}

/// What needs nothing of the other steps, beside them: the AWS stack, and what the simulator's kin prove
/// with features of their own.
fn begin_proving() -> anyhow::Result<[Meanwhile; 3]> {
    // By its path: the suites have put another copy of this program there.
    let this = binary("debug", "xtask");
    let stack = Meanwhile::start(
        "the AWS stack",
        Rank::Last,
        in_root(this).args(["test", "infra"]),
    )?;
    let nextest = NEXTEST.path()?;
    let with = |feature, test| {
        let mut command = in_root(&nextest);
        command
            .args(["nextest", "run", "--workspace", "--locked"])
            .args(["--features", feature, "--test", test]);
        command
    };
    let schedules = with("boxoffice/schedules", "schedules");
    let schedules = Meanwhile::start("the sequencer's schedules", Rank::Last, &schedules)?;
    let planted = with("sim/planted-bugs", "mutants");
    let planted = Meanwhile::start("planted bugs", Rank::Last, &planted)?;
    Ok([stack, schedules, planted])
}
