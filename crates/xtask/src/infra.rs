//! The AWS stack, checked without AWS: Terraform against the provider's schema, broken examples,
//! checkov, scripts on stand-ins, and the figures that the modules hold.
//!
//! Knows how to run tools and read what they say. Reaches no cloud and needs no credentials.

mod checkov;
mod environments;
mod fixtures;
mod scripts;
mod state;
mod tables;
mod terraform;

use anyhow::Context;

pub(crate) use state::{Resource, State};
use terraform::Terraform;

use crate::scaling::Numbers;

/// The environments that are roots of their own.
pub(crate) const ENVIRONMENTS: [&str; 2] = ["dev", "prod"];

/// What to do with the stack.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write each module's table of inputs and outputs into its README, instead of testing
    #[arg(long)]
    write_readmes: bool,
}

/// Checks everything of the stack, or writes what is derived from it.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.write_readmes {
        return tables::write();
    }
    prove()
}

/// Every check of the stack. Says loudly what it had to leave out.
pub(crate) fn prove() -> anyhow::Result<()> {
    tables::check()?;
    scripts::check()?;
    checkov::check()?;
    let Some(terraform) = Terraform::find()? else {
        skipped();
        return Ok(());
    };
    terraform.check_format()?;
    terraform.check_handshake()?;
    terraform.test_modules()?;
    fixtures::check(&terraform)?;
    let states = ENVIRONMENTS
        .iter()
        .map(|environment| terraform.pretend(environment))
        .collect::<anyhow::Result<Vec<State>>>()?;
    for state in &states {
        state.check_encryption()?;
        environments::check(state)?;
        scripts::check_user_data(state)?;
    }
    crate::cost::check(&states)?;
    crate::scaling::check(&states[1].numbers()?)?;
    println!("\nthe stack is sound");
    Ok(())
}

/// What Terraform would make of an environment, every value filled in by the stand-in provider.
pub(crate) fn pretend(environment: &str) -> anyhow::Result<State> {
    Terraform::find()?
        .context("terraform is not on this machine: 1.11 or later is needed")?
        .pretend(environment)
}

/// Every shell script of the stack.
pub(crate) fn shell_scripts() -> anyhow::Result<Vec<std::path::PathBuf>> {
    scripts::all()
}

/// The scaling numbers of production.
pub(crate) fn numbers() -> anyhow::Result<Numbers> {
    pretend("prod")?.numbers()
}

fn skipped() {
    let line = "*".repeat(78);
    println!(
        "\n{line}\n* SKIPPED: terraform is not on this machine. Of the AWS stack NOTHING was checked\n\
         * by Terraform: not its format, its types, its modules' tests, its broken examples,\n\
         * its cost or its scaling. Install terraform 1.11 or later and run\n\
         * cargo xtask infra\n{line}"
    );
}

/// A program of the environment made from `infra/tests/requirements-NAME.txt`.
fn python_program(name: &str, program: &str) -> anyhow::Result<std::path::PathBuf> {
    let requirements = format!("infra/tests/requirements-{name}.txt");
    crate::python::program(
        &format!("infra/venv-{name}"),
        requirements.as_ref(),
        program,
    )
}
