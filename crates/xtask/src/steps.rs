//! Runs one step after the other, and says what it does and how long it took.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Cargo, as it runs this command, in the workspace's root.
pub(crate) fn cargo() -> Command {
    in_root(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program in the workspace's root, as a shell would start it.
///
/// Cargo tells this program of its own package. A build script that asks for the like (ring's does) would
/// be run again by a Cargo that inherits it, and everything above be built once more.
pub(crate) fn in_root(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if OF_THIS_PACKAGE.iter().any(|own| name.starts_with(own)) {
            command.env_remove(&*name);
        }
    }
    command
}

/// How the names begin of what Cargo tells a program about its package.
const OF_THIS_PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// Where release binaries are.
pub(crate) fn release_binary(name: &str) -> PathBuf {
    binary("release", name)
}

/// Where the binaries of a profile are: `debug`, `release`.
pub(crate) fn binary(profile: &str, name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    target.join(profile).join(name)
}

/// Runs a command to its end; an error where it cannot start or does not succeed.
pub(crate) fn step(name: &str, command: &mut Command) -> anyhow::Result<()> {
    println!("\n==> {name}");
    let began = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("{} cannot be run", command.get_program().display()))?;
    let took = began.elapsed().as_secs_f32();
    ensure!(
        status.success(),
        "{name}: failed ({status}) after {took:.1} s"
    );
    println!("<== {name}: {took:.1} s");
    Ok(())
}

/// How much of the processors a command has that runs beside the steps.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rank {
    /// A tenth of what a step has: somebody will wait for it.
    Second,
    /// What the others leave.
    Last,
}

impl Rank {
    const fn niceness(self) -> &'static str {
        match self {
            Self::Second => "10",
            Self::Last => "19",
        }
    }
}

/// A command that runs beside the steps, with what they leave it of the processors.
pub(crate) struct Meanwhile {
    name: &'static str,
    child: Child,
    output: PathBuf,
}

impl Meanwhile {
    /// Starts it. What it says goes to a file below `target/`, and is shown at the end.
    pub(crate) fn start(name: &'static str, rank: Rank, command: &Command) -> anyhow::Result<Self> {
        println!("\n==> {name}, meanwhile");
        let output = binary("meanwhile", &format!("{}.log", name.replace(' ', "-")));
        let folder = output.parent().unwrap_or(&output);
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let file = std::fs::File::create(&output)
            .with_context(|| format!("writing {}", output.display()))?;
        let child = in_root("nice")
            .args(["-n", rank.niceness()])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("sharing a file")?)
            .stderr(file)
            .spawn()
            .context("nice cannot be run")?;
        Ok(Self {
            name,
            child,
            output,
        })
    }

    /// Waits for its end; an error where it does not succeed.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let status = self.child.wait().context(self.name)?;
        let said = std::fs::read_to_string(&self.output).context(self.name)?;
        println!("\n==> {}\n{said}", self.name);
        ensure!(status.success(), "{}: failed ({status})", self.name);
        let waited = began.elapsed().as_secs_f32();
        println!("<== {}: waited for {waited:.1} s", self.name);
        Ok(())
    }
}

/// Where a step before it has failed, nobody waits for it any more.
impl Drop for Meanwhile {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
