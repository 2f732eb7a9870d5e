//! Programs from Debian's packages: those that are installed, and otherwise unpacked into a folder.
//!
//! Unpacking changes nothing else on the machine, and starts no service as installing would.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// Programs that belong together, and the packages that hold them and their libraries.
pub(crate) struct Suite {
    pub(crate) programs: &'static [&'static str],
    pub(crate) packages: &'static [&'static str],
}

/// Where the programs of a suite are.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    /// What stands for `/usr`.
    pub(crate) usr: PathBuf,
    unpacked: bool,
}

impl Suite {
    /// Finds the programs on this machine, or unpacks them below `folder`.
    pub(crate) fn find(&self, folder: &Path) -> anyhow::Result<Installed> {
        let system = Installed {
            usr: PathBuf::from("/usr"),
            unpacked: false,
        };
        if system.has(self.programs) {
            return Ok(system);
        }
        let unpacked = Installed {
            usr: folder.join("debian/usr"),
            unpacked: true,
        };
        if !unpacked.has(self.programs) {
            self.unpack(&folder.join("debian"))?;
        }
        ensure!(
            unpacked.has(self.programs),
            "{:?} are not in the packages {:?}",
            self.programs,
            self.packages
        );
        Ok(unpacked)
    }

    fn unpack(&self, root: &Path) -> anyhow::Result<()> {
        // Another process may do the same at the same time.
        let packed = root.join(format!("packed-{}", std::process::id()));
        std::fs::create_dir_all(&packed)?;
        if self.download(&packed).is_err() {
            // The machine may never have asked for the lists.
            run(Command::new("apt-get").args(["update", "--quiet=2"]))
                .and_then(|()| self.download(&packed))
                .with_context(|| {
                    format!(
                        "{:?} are missing: install the Debian packages {:?}",
                        self.programs, self.packages
                    )
                })?;
        }
        for package in std::fs::read_dir(&packed)? {
            run(Command::new("dpkg")
                .arg("-x")
                .arg(package?.path())
                .arg(root))?;
        }
        Ok(std::fs::remove_dir_all(&packed)?)
    }

    fn download(&self, packed: &Path) -> anyhow::Result<()> {
        let mut command = Command::new("apt-get");
        command
            .args(["download", "--quiet=2"])
            .args(self.packages)
            .current_dir(packed);
        run(&mut command)
    }
}

impl Installed {
    /// The program of this name.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let sbin = self.usr.join("sbin").join(name);
        if sbin.exists() {
            sbin
        } else {
            self.usr.join("bin").join(name)
        }
    }

    /// A command that finds its libraries.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        if self.unpacked {
            let machine = format!("{}-linux-gnu", std::env::consts::ARCH);
            command.env("LD_LIBRARY_PATH", self.usr.join("lib").join(machine));
        }
        command
    }

    fn has(&self, programs: &[&str]) -> bool {
        programs.iter().all(|name| self.program(name).exists())
    }
}

/// Runs a command to its end; gives what it printed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("{name} cannot be run"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{name}: {}\n{printed}{complaint}", output.status);
    }
    Ok(printed)
}

/// Runs a command to its end; what it prints is told only where it fails.
fn run(command: &mut Command) -> anyhow::Result<()> {
    output(command).map(drop)
}
