//! Where the server's processor time goes while a scenario's load is on it: a flame graph.

mod flame;

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::server::Server;
use crate::steps::{cargo, in_root, root, step};
use crate::tools::debian;

/// What to profile.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A scenario of `onsale load`, or its file
    scenario: String,
    /// Samples a second and core
    #[arg(long, default_value_t = 499)]
    frequency: u32,
}

/// Records the server, and draws `target/profile/SCENARIO.svg`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let perf = debian("perf", "linux-perf")?;
    let target = root().join("target/profile");
    step(
        "a build that can be profiled",
        cargo()
            .args([
                "build",
                "--profile",
                "profiling",
                "--locked",
                "--package",
                "onsale",
            ])
            // Stacks are walked by frame pointers: the other ways cost the server more than they show.
            .env("RUSTFLAGS", "-C force-frame-pointers=yes")
            .env("CARGO_TARGET_DIR", &target),
    )?;
    let onsale = target.join("profiling/onsale");
    let server = Server::start(&onsale, &[("ONSALE_SAMPLE_EVENT", "false")])?;
    let data = server.folder.join("perf.data");
    let mut recorder = in_root(&perf)
        .args(["record", "--quiet", "-g", "--frequency"])
        .arg(arguments.frequency.to_string())
        .args(["--pid", &server.pid().to_string(), "--output"])
        .arg(&data)
        .spawn()
        .context("perf cannot be run")?;
    // A missed limit is no reason to throw the profile away.
    let load = in_root(&onsale)
        .args(["load", &arguments.scenario, "--url", &server.url])
        .status()?;
    println!("onsale load {}: {load}", arguments.scenario);
    // Interrupted, perf writes what it has; killed, it does not.
    let interrupted = Command::new("kill")
        .args(["-INT", &recorder.id().to_string()])
        .status()?;
    ensure!(interrupted.success(), "perf had ended by itself");
    recorder.wait()?;

    let output = in_root(&perf)
        .args(["script", "--fields", "ip,sym", "--input"])
        .arg(&data)
        .stderr(Stdio::null())
        .output()?;
    ensure!(output.status.success(), "perf cannot read what it recorded");
    let stacks = flame::Stacks::read(&String::from_utf8_lossy(&output.stdout));
    ensure!(!stacks.is_empty(), "nothing was sampled");
    let name = arguments.scenario.replace(['/', '.'], "-");
    let picture = target.join(format!("{name}.svg"));
    fs::write(
        &picture,
        stacks.svg(&format!("onsale under {}", arguments.scenario)),
    )?;
    println!("\nself time of the server's functions:\n");
    for (share, function) in stacks.hottest(25) {
        println!("{share:>6.1} %  {function}");
    }
    println!("\nflame graph: {}", picture.display());
    Ok(())
}
