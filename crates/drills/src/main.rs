//! Drills: a rush of buyers, one fault, and what became of the sale.
//!
//! Starts real servers of its own and real nodes behind a balancer, and believes the database rather
//! than anybody's answer. Knows the platform only as a program and by its API. Start reading at
//! [`drill`], then [`faults`].

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

mod contest;
mod databases;
mod drill;
mod estate;
mod faults;
mod ledger;
mod rush;
mod soak;
mod stage;
mod timeline;

use databases::Databases;
use drill::Ground;
use faults::{DRILLS, Drill};
use soak::Length;
use stage::Pace;

/// What a shell says of who was interrupted.
const INTERRUPTED: i32 = 130;

/// Hold drills
#[derive(Debug, Parser)]
struct Cli {
    /// Which: names, `all` for each of them, `contest`, `soak`
    #[arg(required = true)]
    names: Vec<String>,
    /// A few seconds each; gaps are told and not judged
    #[arg(long)]
    quick: bool,
    /// The program that nodes run
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// What the faults of a soak are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where drawings go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("drills: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Something to hold.
#[derive(Clone, Copy)]
enum Chosen {
    Drill(&'static Drill),
    Contest,
    Soak,
}

impl Chosen {
    const fn name(self) -> &'static str {
        match self {
            Self::Drill(drill) => drill.name,
            Self::Contest => "contest",
            Self::Soak => "soak",
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<bool> {
    let chosen = chosen(&cli.names)?;
    let ground = Ground {
        program: cli.program.canonicalize().context("the program of nodes")?,
        folder: servers::running::folder(),
        out: cli.out.clone(),
        pace: if cli.quick { Pace::QUICK } else { Pace::FULL },
        timed: !cli.quick,
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.spawn(end_when_interrupted());
    let mut databases = Databases::start(&ground.folder)?;
    let mut failed = Vec::new();
    for one in chosen {
        let passed = match one {
            Chosen::Drill(drill) => drill::hold(drill, &ground, &mut databases, runtime.handle())?,
            Chosen::Contest => contest::hold(&ground, &mut databases)?,
            Chosen::Soak => {
                let ground = Ground {
                    pace: soak::pace(cli.quick),
                    ..ground.clone()
                };
                let length = if cli.quick {
                    Length::QUICK
                } else {
                    Length::FULL
                };
                soak::hold(&ground, length, cli.seed, &mut databases, runtime.handle())?
            }
        };
        if !passed {
            failed.push(one.name());
        }
    }
    if failed.is_empty() {
        println!("\nevery drill passed");
    } else {
        println!("\nFAILED: {}", failed.join(", "));
    }
    Ok(failed.is_empty())
}

/// Leaves no server behind when somebody presses Ctrl-C.
async fn end_when_interrupted() {
    if tokio::signal::ctrl_c().await.is_ok() {
        servers::end_guarded();
        std::process::exit(INTERRUPTED);
    }
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<Chosen>> {
    let mut chosen = Vec::new();
    for name in names {
        match name.as_str() {
            "all" => chosen.extend(DRILLS.iter().map(Chosen::Drill)),
            "contest" => chosen.push(Chosen::Contest),
            "soak" => chosen.push(Chosen::Soak),
            name => {
                let known = DRILLS.map(|drill| drill.name).join(", ");
                let unknown = || format!("{name} is no drill; these are: {known}, contest, soak");
                chosen.push(Chosen::Drill(faults::find(name).with_context(unknown)?));
            }
        }
    }
    Ok(chosen)
}
