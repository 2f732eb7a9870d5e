//! The whole platform as its users meet it: a process, a port, a database file.

mod api;
mod codes;
mod configuration;
mod contests;
mod crash;
mod database;
mod edge;
mod faults;
mod guide;
mod loads;
mod nodes;
mod pages;
mod races;
mod redis;
mod server;
mod simulator;
mod staleness;
