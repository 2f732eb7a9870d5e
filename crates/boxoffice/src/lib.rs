//! What a sale is: events, stock, holds, reservations, and the one decision that changes them.
//!
//! Knows no HTTP, no SQL and no Redis; asks for the time instead of looking at a clock.
//! Start reading at [`decide`](decide::decide), then [`sequencer`], then [`invariants`].

pub mod background;
pub mod box_office;
pub mod buyer;
mod cashier;
pub mod command;
pub mod coordinator;
mod crockford;
pub mod decide;
pub mod event;
pub mod grade;
pub mod group;
pub mod hmac;
pub mod idempotency;
pub mod ids;
pub mod invariants;
pub mod limits;
pub mod money;
pub mod page;
pub mod payment;
pub mod planted;
pub mod provider;
pub mod reservation;
pub mod runtime;
pub mod seats;
pub mod sequencer;
pub mod store;
pub mod takings;
pub mod ticket_code;
pub mod time;
