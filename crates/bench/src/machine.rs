//! What this is measured on.

use std::fs;

use serde::Serialize;

/// The machine, as far as it explains the figures.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Machine {
    cores: usize,
    processor: String,
    system: &'static str,
    is_optimized: bool,
}

impl Machine {
    pub(crate) fn look() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = cpu
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
            .map_or("unknown", |(_, name)| name.trim());
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: processor.to_owned(),
            system: std::env::consts::OS,
            is_optimized: !cfg!(debug_assertions),
        }
    }

    pub(crate) fn print(&self) {
        println!(
            "{} cores ({}, {}), shared by the load and the server",
            self.cores, self.processor, self.system
        );
        if !self.is_optimized {
            println!("NOT OPTIMIZED: this is a debug build, and its figures mean nothing");
        }
    }
}
