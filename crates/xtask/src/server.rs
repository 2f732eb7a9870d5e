//! A server of ours, private to one command.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// A server on a free port with its data in a folder of its own; killed when dropped.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) url: String,
    /// Where its data is, and where its user may put more.
    pub(crate) folder: PathBuf,
}

impl Server {
    /// Starts this binary with these environment variables, and waits until it listens.
    pub(crate) fn start(binary: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = crate::steps::root().join(format!("target/xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut process = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url"])
            .arg(format!("sqlite:{}", folder.join("onsale.db").display()))
            .env("ONSALE_LOG_FILTER", "warn")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process
            .stdout
            .take()
            .context("the server has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line.trim().trim_start_matches("listening on ").to_owned();
        Ok(Self {
            process,
            url,
            folder,
        })
    }
}

impl Server {
    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the folder may be gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
