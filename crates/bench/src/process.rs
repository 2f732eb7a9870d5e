//! What a process uses, as Linux counts it.

use std::fs;

use anyhow::Context as _;

/// Clock ticks a second in `/proc`; the same on every Linux that programs see.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory that is resident, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    bytes(pid, "VmRSS:")
}

/// The most that was resident since its start, in bytes.
pub(crate) fn peak_bytes(pid: u32) -> anyhow::Result<u64> {
    bytes(pid, "VmHWM:")
}

/// Counts the peak anew from what is resident now; see proc(5), `clear_refs`.
pub(crate) fn forget_peak(pid: u32) -> anyhow::Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").context("forgetting the peak of memory")
}

fn bytes(pid: u32, field: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("reading /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: u64 = kilobytes.context("a process without memory")?.parse()?;
    Ok(kilobytes * 1_024)
}

/// Processor time since its start, in seconds.
pub(crate) fn processor_secs(pid: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("reading /proc")?;
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let own = std::process::id();

        let resident = resident_bytes(own).unwrap();
        assert!(resident > 100_000 && peak_bytes(own).unwrap() >= resident);
        assert!(processor_secs(own).unwrap() >= 0.0);
    }
}
