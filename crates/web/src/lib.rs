//! The front of the house: the JSON API over HTTP/1.1, the pages, their errors, the API's
//! description and the server.
//!
//! Knows no SQL and no Redis, and decides nothing about a sale: it reads a request into a command
//! that cannot be invalid, asks the box office, and tells the answer. Start reading at [`router`],
//! then `api`, then `pages`, then `server`. What leaves the API is JSON in one of two shapes, a
//! resource or the error envelope; nothing that leaves tells a fault's internals.

mod admission;
mod api;
mod cors;
#[cfg(any(test, feature = "doors"))]
pub mod doors;
mod errors;
mod lang;
mod limits;
mod openapi;
mod pages;
mod principal;
mod request;
mod response;
mod server;
mod settings;
mod visit;
mod zone;

pub use cors::{BadOrigin, CorsOrigins};
pub use limits::ServerLimits;
pub use server::{Front, Gateway, Refusal, bind, router, serve};
pub use settings::{AdminToken, Settings};
pub use zone::is_known_zone;
