//! `onsale load`: a scenario's load on a server, and a report.

use std::path::PathBuf;
use std::process::ExitCode;

use ::load::open::Options;
use ::load::report::Report;
use ::load::report::compare::compare;
use ::load::scenario::Scenario;
use secrecy::ExposeSecret;

use super::private_server::PrivateServer;
use crate::config::Flags;
use crate::platform::runtime;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    /// A scenario by its name (browse, checkout, contest, mixed, overload, rush, soak), or its file
    #[arg(required = true)]
    scenario: Option<String>,
    /// The server; without it a private one is started, with what --set says, and ended afterwards
    #[arg(long)]
    url: Option<String>,
    /// Where report.md, report.json and the plots go
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// How often it is run; from the second on noise shows, and from the fourth what is more than noise
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// What arrivals and choices are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Little load for a moment: shows that everything works, and no figure
    #[arg(long)]
    quick: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say what changed from one report to another, and whether it is more than the noise
    Compare {
        /// A folder with a report, or its report.json
        before: PathBuf,
        /// The same, later
        after: PathBuf,
    },
}

pub(super) fn run(arguments: Arguments, flags: &Flags) -> anyhow::Result<ExitCode> {
    if let Some(Command::Compare { before, after }) = &arguments.command {
        let comparison = compare(&Report::read(before)?, &Report::read(after)?)?;
        println!("{comparison}");
        return Ok(ExitCode::SUCCESS);
    }
    let mut scenario = Scenario::find(&arguments.scenario.unwrap_or_default())?;
    if arguments.quick {
        scenario = scenario.quick();
    }
    let private = match &arguments.url {
        Some(_) => None,
        None => Some(PrivateServer::start(flags)?),
    };
    let url = arguments
        .url
        .as_deref()
        .or(private.as_ref().map(PrivateServer::url));
    let token = crate::config::load(flags).config.admin_token;
    let mut options = Options {
        admin_token: token
            .filter(|_| private.is_none())
            .map(|token| token.expose_secret().to_owned()),
        show_progress: true,
        ..Options::new(url.unwrap_or_default(), scenario)
    };
    let runtime = runtime()?;
    let mut runs = Vec::new();
    for run in 0..arguments.runs.max(1) {
        options.seed = arguments.seed + u64::from(run);
        runs.push(runtime.block_on(::load::open::run(&options))?);
    }
    let report = Report::new(options.scenario, runs);
    println!("{}", report.markdown());
    if let Some(folder) = &arguments.out {
        report.write(folder)?;
    }
    Ok(if report.is_met() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
