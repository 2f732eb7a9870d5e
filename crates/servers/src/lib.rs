//! Private servers for tests, drills and benches: `MariaDB`, Redis and `HAProxy` from Debian's
//! packages.
//!
//! Each has a free loopback port and a folder of its own, and is ended by its process id. Knows
//! nothing of a sale, and is never linked into `onsale`. Start reading at [`mariadb`] and [`redis`],
//! which start servers of their kind; [`node`] starts the platform itself, as a program, [`haproxy`]
//! stands before several of them, [`Endpoint`] before whichever database is the writer; [`running`]
//! remembers those that outlive their starter, and tells tests where they are.

mod debian;
mod endpoint;
pub mod haproxy;
pub mod mariadb;
pub mod node;
mod process;
pub mod redis;
pub mod running;

pub use endpoint::Endpoint;
pub use process::{Server, end_guarded};
