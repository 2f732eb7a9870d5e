//! Terraform itself, on a copy of the tree and a stand-in for the AWS provider.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, bail, ensure};

use super::state::State;
use crate::steps::{root, step};

/// The modules, in the order of the guide.
pub(super) const MODULES: [&str; 8] = [
    "vpc",
    "security",
    "database",
    "cache",
    "compute",
    "storage",
    "queue",
    "monitoring",
];

/// The provider version whose schema the stand-in has.
const PROVIDER_VERSION: &str = "6.69.1";

/// A found Terraform with its stand-in provider running.
pub(crate) struct Terraform {
    provider: Provider,
    work: PathBuf,
}

/// The stand-in, ended when dropped.
struct Provider {
    process: Child,
    attach: String,
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Terraform {
    /// None where there is no terraform.
    pub(crate) fn find() -> anyhow::Result<Option<Self>> {
        let there = Command::new("terraform")
            .arg("version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !there {
            return Ok(None);
        }
        let work = root().join(format!("target/infra/work-{}", std::process::id()));
        std::fs::create_dir_all(&work)?;
        for part in ["terraform", "tests/broken"] {
            copy_sources(&root().join("infra").join(part), &work.join(part))?;
        }
        let python = crate::infra::python_program("provider", "python")?;
        write_mirror(&work, &python)?;
        let provider = start_provider(&python)?;
        Ok(Some(Self { provider, work }))
    }

    pub(super) fn check_format(&self) -> anyhow::Result<()> {
        let mut command = self.command(&root().join("infra/terraform"));
        step(
            "terraform fmt",
            command.args(["fmt", "-check", "-recursive", "-diff"]),
        )
    }

    /// The whole way once: version constraint, mirror, lock file, process, handshake, schema.
    pub(super) fn check_handshake(&self) -> anyhow::Result<()> {
        let folder = self.work.join("terraform/modules/queue");
        for arguments in [&["init", "-no-color"][..], &["validate", "-no-color"][..]] {
            let mut command = self.command(&folder);
            command
                .env_remove("TF_REATTACH_PROVIDERS")
                .args(arguments)
                .stdout(Stdio::null());
            step(
                &format!("terraform {} with the provider as a process", arguments[0]),
                &mut command,
            )?;
        }
        std::fs::remove_file(folder.join(".terraform.lock.hcl"))?;
        Ok(())
    }

    /// `validate` and `test` of each module and each environment.
    pub(super) fn test_modules(&self) -> anyhow::Result<()> {
        let modules = MODULES.iter().map(|name| format!("modules/{name}"));
        let roots = super::ENVIRONMENTS
            .iter()
            .map(|name| format!("environments/{name}"));
        for name in modules.chain(roots) {
            let folder = self.work.join("terraform").join(&name);
            self.init(&folder)?;
            for task in ["validate", "test"] {
                let mut command = self.command(&folder);
                step(
                    &format!("terraform {task} {name}"),
                    command.args([task, "-no-color"]),
                )?;
            }
        }
        Ok(())
    }

    /// Applies an environment with the stand-in, which makes up what only AWS would know.
    pub(crate) fn pretend(&self, environment: &str) -> anyhow::Result<State> {
        let folder = self.work.join("terraform/environments").join(environment);
        std::fs::write(
            folder.join("backend_override.tf"),
            "terraform {\n  backend \"local\" {}\n}\n",
        )?;
        std::fs::write(
            folder.join("pretend.auto.tfvars"),
            pretended_variables(environment),
        )?;
        let name = format!("pretend-{environment}");
        for arguments in [
            &["init", "-no-color"][..],
            &["apply", "-no-color", "-auto-approve"][..],
        ] {
            let output = self.command(&folder).args(arguments).output()?;
            ensure!(output.status.success(), "{name}: {}", said(&output));
        }
        let shown = self
            .command(&folder)
            .args(["show", "-json", "-no-color"])
            .output()?;
        ensure!(shown.status.success(), "{name}: {}", said(&shown));
        State::parse(environment, &shown.stdout)
    }

    pub(super) fn init(&self, folder: &Path) -> anyhow::Result<()> {
        let name = folder.strip_prefix(&self.work)?.display().to_string();
        let output = self
            .command(folder)
            .args(["init", "-backend=false", "-no-color"])
            .output()?;
        ensure!(
            output.status.success(),
            "terraform init {name}: {}",
            said(&output)
        );
        Ok(())
    }

    /// Terraform in a folder, attached to the stand-in.
    pub(super) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new("terraform");
        command
            .current_dir(folder)
            .env("TF_CLI_CONFIG_FILE", self.work.join("terraform.rc"))
            .env("TF_REATTACH_PROVIDERS", &self.provider.attach)
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null());
        command
    }

    pub(super) fn broken(&self) -> PathBuf {
        self.work.join("tests/broken")
    }
}

impl Drop for Terraform {
    fn drop(&mut self) {
        // Left over, it would only take room.
        let _ = std::fs::remove_dir_all(&self.work);
    }
}

/// What Terraform said, both streams.
pub(super) fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A folder that looks like a mirror of the registry and holds the stand-in.
fn write_mirror(work: &Path, python: &Path) -> anyhow::Result<()> {
    let mirror = work.join("mirror");
    let folder = mirror
        .join("registry.terraform.io/hashicorp/aws")
        .join(PROVIDER_VERSION)
        .join("linux_amd64");
    std::fs::create_dir_all(&folder)?;
    let program = folder.join(format!("terraform-provider-aws_v{PROVIDER_VERSION}"));
    let script = root().join("infra/tests/provider/provider.py");
    std::fs::write(
        &program,
        format!(
            "#!/bin/sh\nexec '{}' -B '{}'\n",
            python.display(),
            script.display()
        ),
    )?;
    let status = Command::new("chmod").arg("0755").arg(&program).status()?;
    ensure!(status.success(), "the stand-in cannot be made a program");
    std::fs::write(
        work.join("terraform.rc"),
        format!(
            "disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{\n    path = \
             \"{}\"\n  }}\n}}\n",
            mirror.display()
        ),
    )?;
    Ok(())
}

/// One process for all runs: starting Python for each would take most of the time.
fn start_provider(python: &Path) -> anyhow::Result<Provider> {
    let mut process = Command::new(python)
        .arg("-uB")
        .arg(root().join("infra/tests/provider/provider.py"))
        .arg("--dev")
        .stdout(Stdio::piped())
        .spawn()
        .context("the stand-in provider cannot be started")?;
    let stdout = process
        .stdout
        .take()
        .context("the stand-in has no standard output")?;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        if let Some(attach) = line.trim().strip_prefix("export TF_REATTACH_PROVIDERS='") {
            let attach = attach.trim_end_matches('\'').to_owned();
            return Ok(Provider { process, attach });
        }
    }
    bail!("the stand-in provider did not say where it listens")
}

/// Copies sources, and nothing that earlier runs left among them.
fn copy_sources(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in
        std::fs::read_dir(from).with_context(|| format!("{} is missing", from.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.');
        if hidden || name == "terraform.tfvars" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_sources(&entry.path(), &to.join(name))?;
        } else {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

/// What a reader would put into terraform.tfvars; the opening is the replay's.
fn pretended_variables(environment: &str) -> &'static str {
    if environment == "prod" {
        "image_tag = \"v1\"\ndomain_name = \"tickets.example.com\"\nzone_name = \"example.com\"\n\
         alarm_emails = [\"oncall@example.com\"]\n\
         openings = [{ name = \"evening\", opens_at = \"2030-12-31T19:00:00+09:00\", instances = 8 }]\n"
    } else {
        "image_tag = \"v1\"\n"
    }
}
