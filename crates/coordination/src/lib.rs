//! What nodes share beside the database: the event lease, the cache and its publication.
//!
//! Decides nothing: everything in here may be lost, late or granted twice, and the sale stays
//! correct. Knows no SQL and no HTTP; what it caches it is handed, and never asks for itself.
//! Start reading at [`in_process::InProcess`], which serves a node that is on its own, then at
//! [`redis::RedisCoordinator`], which serves a node beside others; both keep what they know in the
//! same cache and tell the same watchers.

mod cache;
pub mod in_process;
pub mod limits;
mod pruning;
pub mod redis;
#[cfg(test)]
mod testing;
mod watchers;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic under the lock: every critical section here leaves its state whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
