//! The decision, told as stories, and held against a naive model of a sale.
//!
//! Knows no store and no clock: a table in memory takes in what is decided, and answers exactly
//! what the next decision asks for.

mod cancelled_event;
mod cancelling;
mod deleting;
mod due;
mod extending;
mod keys;
mod limits;
mod model;
mod paying;
mod property;
mod reserving;
#[path = "../sale/mod.rs"]
mod sale;
mod seating;
mod seating_property;
mod story;
mod table;
mod tickets;
mod updating;
mod versions;
