//! A folder with stand-ins for programs, which write down how they were called.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, ensure};

use crate::steps::root;

/// The folder; removed when dropped.
pub(super) struct Sandbox {
    pub(super) folder: PathBuf,
}

impl Sandbox {
    pub(super) fn new(name: &str) -> anyhow::Result<Self> {
        let folder = root().join(format!("target/infra/{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("bin"))?;
        Ok(Self { folder })
    }

    /// A program that writes its call down and then does `body`, which sees the call as `$*`.
    pub(super) fn stub(&self, name: &str, body: &str) -> anyhow::Result<()> {
        self.program(&self.folder.join("bin").join(name), name, body)
    }

    /// The same, anywhere in the folder.
    pub(super) fn program(&self, path: &Path, name: &str, body: &str) -> anyhow::Result<()> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let calls = self.folder.join("calls");
        std::fs::write(
            path,
            format!(
                "#!/bin/bash\nprintf '%s\\n' \"{name} $*\" >>'{}'\n{body}\n",
                calls.display()
            ),
        )?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    /// Runs a script with the stand-ins first on the path, and forgets earlier calls.
    pub(super) fn run(&self, command: &mut Command, input: &str) -> anyhow::Result<Output> {
        let _ = std::fs::remove_file(self.folder.join("calls"));
        let typed = self.folder.join("input");
        std::fs::write(&typed, input)?;
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env(
                "PATH",
                format!("{}:{path}", self.folder.join("bin").display()),
            )
            .stdin(Stdio::from(std::fs::File::open(typed)?))
            .output()
            .context("the script cannot be run")
    }

    pub(super) fn calls(&self) -> String {
        std::fs::read_to_string(self.folder.join("calls")).unwrap_or_default()
    }

    /// Fails unless these calls were made in this order, others between them or not.
    pub(super) fn expect_calls(&self, expected: &[&str]) -> anyhow::Result<()> {
        let calls = self.calls();
        let mut rest = calls.as_str();
        for each in expected {
            let at = rest
                .find(each)
                .with_context(|| format!("no call {each:?} where it belongs in:\n{calls}"))?;
            rest = &rest[at + each.len()..];
        }
        Ok(())
    }

    pub(super) fn expect_no_call(&self, call: &str) -> anyhow::Result<()> {
        let calls = self.calls();
        ensure!(
            !calls.contains(call),
            "{call:?} should not have been called:\n{calls}"
        );
        Ok(())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Left over, it would only take room.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
