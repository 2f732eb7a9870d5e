//! One server: a process, a port, a folder with its log.

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

/// How long a server may take to answer after its start.
const START_MAX: Duration = Duration::from_mins(1);

/// How long a server may take to end by itself before it is killed.
const STOP_MAX: Duration = Duration::from_secs(20);

/// How often a condition is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A server that was started here or, by way of [`crate::running`], by an earlier process. It runs
/// on when this is dropped, unless [`Server::guarded`] says otherwise.
#[derive(Debug, Serialize, Deserialize)]
pub struct Server {
    /// What it is: `mariadb-primary`.
    pub name: String,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Where its data and its log are; also its working directory, or above that.
    pub folder: PathBuf,
    pid: i32,
    #[serde(skip)]
    child: Option<Child>,
    #[serde(skip)]
    guarded: bool,
}

impl Server {
    /// Starts `command`, its output to `log` in `folder`, and waits until `answers`.
    pub(crate) fn start(
        name: &str,
        port: u16,
        folder: &Path,
        command: &mut Command,
        answers: impl Fn(u16) -> bool,
    ) -> anyhow::Result<Self> {
        let log_path = folder.join("log");
        let log = File::options().create(true).append(true).open(&log_path)?;
        // A group of its own: Ctrl-C on the terminal must not end it.
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let pid = i32::try_from(child.id()).context("a process id")?;
        let mut server = Self {
            name: name.to_owned(),
            port,
            folder: folder.canonicalize()?,
            pid,
            child: Some(child),
            guarded: true,
        };
        let began = Instant::now();
        while !answers(port) {
            let over = began.elapsed() > START_MAX;
            if over || !server.is_running() {
                let log = std::fs::read_to_string(&log_path).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(20).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                bail!(
                    "{name} did not start; {} ends:\n{}",
                    log_path.display(),
                    tail.join("\n")
                );
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
        server.guarded = false;
        Ok(server)
    }

    /// The same server, killed when dropped, and by [`end_guarded`].
    pub fn guarded(mut self) -> Self {
        self.guarded = true;
        guarded().insert(self.pid);
        self
    }

    /// The same server, which runs on when this is dropped.
    pub fn unguarded(mut self) -> Self {
        self.guarded = false;
        guarded().remove(&self.pid);
        self
    }

    /// Its process id.
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether the process runs and is still the one that was started.
    pub fn is_running(&mut self) -> bool {
        if let Some(child) = &mut self.child {
            return matches!(child.try_wait(), Ok(None));
        }
        // Process ids are used again; the working directory tells whose this is.
        std::fs::read_link(format!("/proc/{}/cwd", self.pid))
            .is_ok_and(|cwd| cwd.starts_with(&self.folder))
    }

    /// Sends it a signal, if it runs.
    pub fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        if !self.is_running() {
            return Ok(());
        }
        let pid = Pid::from_raw(self.pid).context("a process id")?;
        kill_process(pid, signal).with_context(|| format!("{} cannot be signalled", self.name))
    }

    /// Stops it where it stands; it goes on when [`Self::resume`] says so.
    pub fn pause(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// The memory that it has at the moment, in bytes.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        let kib: u64 = kib.context("the system tells no memory")?.parse()?;
        Ok(kib * 1_024)
    }

    /// Ends it as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::KILL)?;
        self.wait(STOP_MAX)
    }

    /// Ends it properly; kills it where that takes too long.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        // A stopped process does not hear that it should end.
        self.signal(Signal::CONT)?;
        self.signal(Signal::TERM)?;
        if self.wait(STOP_MAX).is_err() {
            self.kill()?;
        }
        Ok(())
    }

    fn wait(&mut self, at_most: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.is_running() {
            if began.elapsed() > at_most {
                bail!("{} (process {}) does not end", self.name, self.pid);
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.guarded {
            // It may have ended by itself.
            let _ = self.kill();
            guarded().remove(&self.pid);
        }
    }
}

/// The guarded servers of this process.
fn guarded() -> MutexGuard<'static, BTreeSet<i32>> {
    static GUARDED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
    GUARDED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills every guarded server of this process: for who is interrupted, and drops nothing.
pub fn end_guarded() {
    for pid in std::mem::take(&mut *guarded()) {
        if let Some(pid) = Pid::from_raw(pid) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Ports that no system gives to who asks for any port, and that leave room for a cluster's second
/// one, 10,000 above. Linux begins at 32,768 where nobody has told it otherwise.
const PORTS: Range<u16> = 15_000..32_000;

/// A port that nobody listens on at the moment, and that nobody else is likely to be given between
/// this and the start of who is to listen.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    for _ in 0..100 {
        // Each of these is seeded anew by the system.
        let number = RandomState::new().build_hasher().finish();
        let offset = number % u64::try_from(PORTS.len())?;
        let port = PORTS.start + u16::try_from(offset)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// An empty folder of this name, made anew.
pub(crate) fn fresh_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    Ok(())
}
