//! Programs from Debian's packages: those that are installed, and otherwise unpacked into a folder.
//!
//! Unpacking changes nothing else on the machine, and starts no service as installing would.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// Another run of the package manager, which machines start by themselves, is waited for.
const LOCK_WAIT: &str = "-oDPkg::Lock::Timeout=600";

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
        let root = folder.join("debian").join(self.programs[0]);
        let unpacked = Installed {
            usr: root.join("usr"),
            unpacked: true,
        };
        if !unpacked.has(self.programs) {
            self.unpack(&root)?;
        }
        ensure!(
            unpacked.has(self.programs),
            "{:?} are not in the packages {:?}",
            self.programs,
            self.packages
        );
        Ok(unpacked)
    }

    /// Unpacks the programs and their libraries into the folder `root`, which appears whole or not
    /// at all: another process may look for them, or do the same, at the same time.
    fn unpack(&self, root: &Path) -> anyhow::Result<()> {
        let beside = root.with_extension(format!("unpacking-{}", std::process::id()));
        let packed = beside.join("packages");
        std::fs::create_dir_all(&packed)?;
        if self.download(&packed).is_err() {
            // The machine may never have asked for the lists.
            run(Command::new("apt-get").args([LOCK_WAIT, "update", "--quiet=2"]))
                .and_then(|()| self.download(&packed))
                .with_context(|| {
                    format!(
                        "{:?} are missing: install the Debian packages {:?}",
                        self.programs, self.packages
                    )
                })?;
        }
        unpack_all(&packed, &beside.join("whole"), root)?;
        Ok(std::fs::remove_dir_all(&beside)?)
    }

    fn download(&self, packed: &Path) -> anyhow::Result<()> {
        let mut command = Command::new("apt-get");
        command
            .args([LOCK_WAIT, "download", "--quiet=2"])
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

/// Unpacks every package in `packed` into `beside`, and moves that to `root` when it is whole: a
/// program that is started while a library of its is half written dies without a word.
fn unpack_all(packed: &Path, beside: &Path, root: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(beside)?;
    for package in std::fs::read_dir(packed)? {
        run(Command::new("dpkg")
            .arg("-x")
            .arg(package?.path())
            .arg(beside))?;
    }
    if let Err(error) = std::fs::rename(beside, root) {
        // Another process was faster, and has what is needed too.
        ensure!(root.exists(), "{} cannot be made: {error}", root.display());
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder that holds one package: a file of `len` bytes at `/usr/bin/program`.
    fn package(folder: &Path, len: usize) -> PathBuf {
        let tree = folder.join("tree");
        let control = tree.join("DEBIAN");
        std::fs::create_dir_all(&control).expect("a folder");
        std::fs::set_permissions(&control, std::fs::Permissions::from_mode(0o755)).expect("ours");
        std::fs::create_dir_all(tree.join("usr/bin")).expect("a folder");
        std::fs::write(tree.join("usr/bin/program"), vec![7; len]).expect("a file");
        let about = "Package: program\nVersion: 1\nArchitecture: all\n\
            Maintainer: Nobody <nobody@example.org>\nDescription: A file\n";
        std::fs::write(control.join("control"), about).expect("a file");
        let packed = folder.join("packed");
        std::fs::create_dir_all(&packed).expect("a folder");
        let mut build = Command::new("dpkg-deb");
        build.arg("--build").arg(&tree).arg(&packed);
        run(&mut build).expect("a package");
        packed
    }

    #[test]
    fn a_program_is_whole_from_the_moment_it_is_there() {
        const LEN: usize = 8 << 20;
        let folder = tempfile::tempdir().expect("a folder");
        let packed = package(folder.path(), LEN);
        let root = folder.path().join("suite");
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..3)
                .map(|number| {
                    let beside = folder.path().join(format!("beside-{number}"));
                    let (packed, root) = (&packed, &root);
                    scope.spawn(move || unpack_all(packed, &beside, root))
                })
                .collect();
            let program = root.join("usr/bin/program");
            while !all.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                if let Ok(program) = std::fs::metadata(&program) {
                    assert_eq!(program.len(), LEN as u64);
                }
            }
            for unpacking in all {
                unpacking.join().expect("no panic").expect("unpacked");
            }
            assert_eq!(
                std::fs::metadata(&program).expect("there").len(),
                LEN as u64
            );
        });
    }
}
