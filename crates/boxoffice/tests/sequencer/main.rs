//! The sequencer and the use cases, over plain maps, a lease in memory and a store with faults.
//!
//! Time stands still until everybody waits, and then passes at once: no test depends on how long
//! anything takes.

mod apart;
mod auditing;
mod conflicts;
mod deadlines;
mod door;
mod due;
mod faulty;
mod gauges;
mod grouping;
mod house;
mod idling;
mod keys;
mod leases;
mod lost_commits;
mod paying;
mod poison;
#[path = "../sale/mod.rs"]
mod sale;
mod seats;
mod sold_out;
mod till;
mod use_cases;
mod witness;
