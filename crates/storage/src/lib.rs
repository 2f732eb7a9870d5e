//! Where a sale is kept: the box office's port `Store` over `SQLite`, and over plain maps for tests.
//!
//! Decides nothing: it writes groups whole or not at all, and reads them back. Knows no HTTP and no
//! Redis; its rows never leave it. Start reading at [`SqliteStore`], then its writer.

mod memory;
mod names;
mod shape;
mod sqlite;

pub use memory::MemoryStore;
pub use sqlite::{OpenError, OpenMode, SqliteStore};
