//! The binary's rooms: configuration, wiring, subcommands.
//!
//! The only place that knows every other room. Holds no rule of a sale, no SQL and no HTTP.
//! Start reading at [`commands`], then [`platform`], then [`config`].

pub mod clock;
pub mod commands;
pub mod config;
mod database;
pub mod logging;
pub mod payments;
pub mod platform;
pub mod sample;
