//! The cores of this machine, divided between a server and the load on it.

use std::fs;
use std::io;

use anyhow::Context as _;
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

/// Two parts of the cores that this program may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub(crate) server: CpuSet,
    pub(crate) load: CpuSet,
}

impl Parts {
    /// The lower half for the server, the upper for the load; nothing where there is one core only.
    pub(crate) fn halves() -> anyhow::Result<Option<Self>> {
        let all = sched_getaffinity(None).context("asking for the cores of this program")?;
        Ok(Self::of(&all))
    }

    fn of(all: &CpuSet) -> Option<Self> {
        let cores = || (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
        let half = cores().count() / 2;
        (half > 0).then(|| Self {
            server: set(cores().take(half)),
            load: set(cores().skip(half)),
        })
    }
}

fn set(cores: impl Iterator<Item = usize>) -> CpuSet {
    cores.fold(CpuSet::new(), |mut set, core| {
        set.set(core);
        set
    })
}

/// Confines every thread of this program to these cores; gives where they were before. Threads that
/// begin later stay where the one is that began them.
pub(crate) fn confine(cores: &CpuSet) -> anyhow::Result<CpuSet> {
    let before = sched_getaffinity(None).context("asking for the cores of this program")?;
    for thread in fs::read_dir("/proc/self/task").context("looking for threads")? {
        let thread = thread?.file_name();
        let id = thread.to_str().and_then(|id| id.parse().ok());
        let id = id.and_then(Pid::from_raw).context("a thread's id")?;
        match sched_setaffinity(Some(id), cores) {
            // It has ended meanwhile.
            Err(rustix::io::Errno::SRCH) => {}
            result => result.context("confining a thread")?,
        }
    }
    Ok(before)
}

/// Does something with this thread on these cores: a process that it starts stays on them.
pub(crate) fn on<T>(cores: &CpuSet, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let before = sched_getaffinity(None)?;
    sched_setaffinity(None, cores)?;
    let result = act();
    sched_setaffinity(None, &before)?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_core_is_in_one_part() {
        let parts = Parts::of(&set([0, 2, 5].into_iter())).unwrap();

        assert_eq!(parts.server, set([0].into_iter()));
        assert_eq!(parts.load, set([2, 5].into_iter()));
        assert!(Parts::of(&set([3].into_iter())).is_none());
    }

    #[test]
    fn a_process_starts_on_the_cores_that_it_was_given() {
        let all = sched_getaffinity(None).unwrap();
        let last = (0..CpuSet::MAX_CPU)
            .rfind(|core| all.is_set(*core))
            .unwrap();
        let mut ask = std::process::Command::new("nproc");

        let told = on(&set([last].into_iter()), || ask.output()).unwrap();

        assert_eq!(String::from_utf8(told.stdout).unwrap().trim(), "1");
        assert_eq!(sched_getaffinity(None).unwrap(), all);
    }
}
