//! What this is measured on.

use std::fs;

use serde::{Deserialize, Serialize};

/// The machine, as far as it explains the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// Cores, as many as programs may use.
    pub cores: usize,
    /// What the processor calls itself.
    pub processor: String,
    /// The operating system.
    pub system: String,
    /// Whether this program was built to be fast.
    pub is_optimized: bool,
}

impl Machine {
    /// Looks at this one.
    pub fn look() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = cpu
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
            .map_or("unknown", |(_, name)| name.trim());
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: processor.to_owned(),
            system: std::env::consts::OS.to_owned(),
            is_optimized: !cfg!(debug_assertions),
        }
    }

    /// What a reader of figures has to know, in a line.
    pub fn describe(&self) -> String {
        let warning = if self.is_optimized {
            ""
        } else {
            "; NOT OPTIMIZED: a debug build, whose figures mean nothing"
        };
        format!(
            "{} cores ({}, {}), shared by the load and the server{warning}",
            self.cores, self.processor, self.system
        )
    }
}
