//! The seam over shuttle: a scheduler that draws which task runs next, and when a time-out fires.
//!
//! Time does not pass here. A timer is a task of its own that may run at any moment, so that every
//! order of "the time is up" and "it came after all" is tried.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use shuttle::future;

pub use shuttle::sync::{Mutex, MutexGuard};
pub use tokio::sync::{mpsc, oneshot};

/// A task; ends with an error where it panicked.
#[derive(Debug)]
pub struct JoinHandle<T>(future::JoinHandle<Result<T, Panicked>>);

/// The task panicked or was stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the task panicked or was stopped")]
pub struct Panicked;

/// The time was up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elapsed;

impl<T> JoinHandle<T> {
    /// Stops the task where it waits.
    pub fn abort(&self) {
        self.0.abort();
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = Pin::new(&mut self.0).poll(context);
        ended.map(|ended| ended.unwrap_or(Err(Panicked)))
    }
}

/// Runs a future in a task of its own. It goes on when its handle is dropped.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let caught = AssertUnwindSafe(future).catch_unwind();
    JoinHandle(future::spawn(async { caught.await.map_err(|_| Panicked) }))
}

/// Waits, for any time.
pub async fn sleep(_duration: Duration) {
    future::yield_now().await;
}

/// Waits for a future, for any time.
pub async fn timeout<F: Future>(_duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut timer = pin!(future::spawn(future::yield_now()));
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        timer.as_mut().poll(context).map(|_| Err(Elapsed))
    })
    .await
}
