//! Buyers, many at once: a load generator and the contest that proves a sale exact.
//!
//! Speaks HTTP only, with its own wire types, and knows none of our other rooms: what it says about
//! a server it learned as any buyer could. Knows no database and starts no server.
//! Start reading at [`contest`], then [`open`]; [`closed`] finds the most that a server does.
//! [`report`] tells what they found, and [`plot`] draws it.

pub mod client;
pub mod closed;
pub mod contest;
pub mod latency;
pub mod machine;
pub mod open;
pub mod plot;
pub mod report;
pub mod scenario;
pub mod target;
mod usage;
mod wire;
