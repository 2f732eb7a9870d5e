//! A seeded simulator that tries to make us oversell, and an auditor that checks every answer.
//!
//! Runs the real box office over a database, a coordinator and clients that are modelled, on one
//! thread and with a clock of its own: a seed gives the same day on every run. Knows no HTTP, no SQL
//! and no wall clock. Start reading at [`scenario`], then `day`, then `auditor`.

mod auditor;
pub mod census;
mod clients;
mod coordinator;
mod database;
mod day;
mod dice;
mod events;
pub mod fleet;
mod history;
mod nemesis;
mod nodes;
pub mod past;
pub mod planted;
mod run;
pub mod scenario;
mod shrink;
mod story;
mod till;
mod world;

pub use auditor::{Rule, Violation};
pub use run::{Run, run};
pub use shrink::{Shrunk, shrink};
pub use story::story;
