//! The whole platform as its users meet it: a process, a port, a database file.

mod api;
mod configuration;
mod crash;
mod faults;
mod server;
