//! Private servers for tests, drills and benches: `MariaDB` and Redis from Debian's packages.
//!
//! Each has a free loopback port and a folder of its own, and is ended by its process id. Knows
//! nothing of a sale, and is never linked into `onsale`. Start reading at [`mariadb`] and [`redis`],
//! which start one server each; [`running`] remembers those that outlive their starter, and tells
//! tests where they are.

mod debian;
pub mod mariadb;
mod process;
pub mod redis;
pub mod running;

pub use process::Server;
