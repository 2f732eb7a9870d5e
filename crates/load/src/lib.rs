//! Buyers, many at once: a load generator and the contest that proves a sale exact.
//!
//! Speaks HTTP only, with its own wire types, and knows none of our other rooms: what it says about
//! a server it learned as any buyer could. Knows no database and starts no server.
//! Start reading at [`contest`], then [`closed`]. [`plot`] draws what they found.

pub mod client;
pub mod closed;
pub mod contest;
pub mod latency;
pub mod plot;
pub mod target;
