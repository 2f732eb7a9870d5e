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

/// Where the tasks of the events run: with everything else, unless they have a runtime of their own.
///
/// A task that is woken stands in line behind whatever else its runtime has to run. An event's task
/// is woken several times for each group, and behind ten thousand connections that have something to
/// say every turn takes a good part of a second.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    #[cfg(not(feature = "schedules"))]
    runtime: Option<tokio::runtime::Handle>,
}

impl Tasks {
    /// On this runtime, which has to outlive the box office.
    #[cfg(not(feature = "schedules"))]
    pub const fn on(runtime: tokio::runtime::Handle) -> Self {
        Self {
            runtime: Some(runtime),
        }
    }

    /// See [`spawn`].
    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        #[cfg(not(feature = "schedules"))]
        if let Some(runtime) = &self.runtime {
            return runtime.spawn(future);
        }
        spawn(future)
    }
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
