//! Replays an evening of ticket sales under scaling policies, without a cloud.
//!
//! Pure: a policy and a load curve give the same group sizes each time. Knows no AWS interface; it
//! does what AWS documents of alarms ("Using alarms", "Configuring how alarms treat missing
//! data"), of simple and step scaling ("Step and simple scaling policies for
//! Amazon EC2 Auto Scaling", "Scaling cooldowns", "Set the default instance warmup"), of target
//! tracking ("Target tracking scaling policies": three minutes over the target, fifteen below nine
//! tenths of it) and of scheduled actions ("Scheduled scaling"). Start reading at [`evening::outcomes`].

mod alarm;
mod evening;
mod group;
mod plot;
mod policy;
mod report;

use std::path::PathBuf;

use anyhow::Context;

use crate::steps::root;

pub(crate) use alarm::{Missing, Rule, Side};
pub(crate) use evening::Numbers;

/// What to do with the replay.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Draw each policy's evening into `docs/scaling-evening.svg`
    #[arg(long)]
    plot: bool,
}

/// Where the drawing is.
pub(crate) fn plot_path() -> PathBuf {
    root().join("docs/scaling-evening.svg")
}

/// Prints what each policy makes of the evening, with the numbers of our modules.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let numbers = crate::infra::numbers()?;
    print!("{}", report::text(&numbers));
    if arguments.plot {
        let path = plot_path();
        std::fs::write(&path, plot::svg(&numbers))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        println!("drawn: {}", path.display());
    }
    Ok(())
}

/// Whether the drawing shows what the modules now say, and the modules' choice wins the evening.
pub(crate) fn check(numbers: &Numbers) -> anyhow::Result<()> {
    let drawn = std::fs::read_to_string(plot_path()).unwrap_or_default();
    anyhow::ensure!(
        drawn == plot::svg(numbers),
        "docs/scaling-evening.svg is out of date: cargo xtask scaling --plot"
    );
    let winner = report::winner(numbers);
    anyhow::ensure!(
        winner == evening::OURS,
        "the modules' defaults are \"{}\", but \"{winner}\" does better",
        evening::OURS
    );
    Ok(())
}
