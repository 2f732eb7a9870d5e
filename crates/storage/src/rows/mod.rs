//! What the databases have in common: statements that both understand, and how rows are read.

pub(crate) mod columns;
pub(crate) mod event_lists;
pub(crate) mod events;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod payments;
pub(crate) mod reservation_lists;
pub(crate) mod reservations;
pub(crate) mod users;
