//! A server that lives as long as a command that wants one to try.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use crate::config::Flags;

/// A server of our own on a free port, with a database in a temporary folder.
pub(super) struct PrivateServer {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl PrivateServer {
    /// Starts it with what `--set` says.
    pub(super) fn start(flags: &Flags) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url"])
            .arg(format!(
                "sqlite:{}",
                folder.path().join("private.db").display()
            ))
            .args(flags.set.iter().flat_map(|set| ["--set", set]))
            .env_remove("ONSALE_ADMIN_TOKEN")
            .env("ONSALE_LOG_FILTER", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process
            .stdout
            .take()
            .context("the server has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let server = Self {
            process,
            url: url.unwrap_or_default(),
            _folder: folder,
        };
        anyhow::ensure!(!server.url.is_empty(), "the private server did not start");
        Ok(server)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing more to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
