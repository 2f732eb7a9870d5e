//! Where a sale is kept: the box office's port `Store` over `SQLite`, over a `MySQL` server, and over
//! plain maps for tests.
//!
//! Decides nothing: it writes groups whole or not at all, and reads them back. Knows no HTTP and no
//! Redis; its rows never leave it. Start reading at [`SqliteStore`] and its
//! writer, or at [`MySqlStore`] and its packets.

mod limits;
mod memory;
mod migrations;
mod mysql;
mod names;
mod rows;
mod shape;
mod sqlite;

pub use limits::DatabaseLimits;
pub use memory::{MemoryStore, Tables};
pub use mysql::{MySqlOpenError, MySqlStore};
pub use sqlite::{OpenError, OpenMode, SqliteStore};
