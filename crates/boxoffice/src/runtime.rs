//! The one thin seam to the asynchronous runtime: spawn, channels, locks and sleep.
//!
//! The sequencer takes them from here and nowhere else, so that a scheduler that explores
//! interleavings can take their place: see `scheduled`, with the feature `schedules`.

use std::time::Duration;

#[cfg(feature = "schedules")]
mod scheduled;

#[cfg(feature = "schedules")]
pub use scheduled::{
    Elapsed, JoinHandle, Mutex, MutexGuard, Panicked, mpsc, oneshot, sleep, spawn, timeout,
};
#[cfg(not(feature = "schedules"))]
pub use std::sync::{Mutex, MutexGuard};
#[cfg(not(feature = "schedules"))]
pub use tokio::sync::{mpsc, oneshot};
#[cfg(not(feature = "schedules"))]
pub use tokio::task::JoinHandle;
#[cfg(not(feature = "schedules"))]
pub use tokio::time::timeout;

/// Runs a future in a task of its own. It goes on when its handle is dropped.
#[cfg(not(feature = "schedules"))]
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

/// Waits this long.
#[cfg(not(feature = "schedules"))]
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// A duration of this many milliseconds.
pub const fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms as u64)
}
