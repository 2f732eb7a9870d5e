//! What becomes of a sale when Redis dies, stops, forgets, moves or lies.
//!
//! Each test has a Redis of its own, and breaks it.

mod failover;
mod house;
mod leases;
mod losses;
mod publishing;
mod sale;
#[path = "../../src/testing.rs"]
mod testing;
