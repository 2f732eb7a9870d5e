//! Four times a second: what the processors do, and how far the run has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::crowd::Crowd;
use super::micros_since;
use crate::usage::Usage;

const INTERVAL: Duration = Duration::from_millis(250);

/// Processor time as it stood at an instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    /// Since the beginning of the run, in microseconds.
    pub(crate) at_us: u64,
    pub(crate) usage: Usage,
}

/// Looks on until it is stopped.
pub(super) struct Ticker {
    stop: oneshot::Sender<()>,
    looking: JoinHandle<Vec<Tick>>,
}

impl Ticker {
    pub(super) fn start(crowd: &Crowd, shows: bool) -> Self {
        let (stop, stopped) = oneshot::channel();
        let looking = tokio::spawn(look(crowd.began(), crowd.answered(), stopped, bar(shows)));
        Self { stop, looking }
    }

    pub(super) async fn stop(self) -> anyhow::Result<Vec<Tick>> {
        drop(self.stop);
        self.looking.await.context("looking on failed")
    }
}

fn bar(shows: bool) -> ProgressBar {
    if !shows {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{spinner} {msg}").expect("the template is a constant");
    ProgressBar::new_spinner().with_style(style)
}

async fn look(
    began: Instant,
    answered: Arc<AtomicU64>,
    mut stopped: oneshot::Receiver<()>,
    bar: ProgressBar,
) -> Vec<Tick> {
    let mut interval = tokio::time::interval(INTERVAL);
    let mut ticks = Vec::new();
    let mut before = 0;
    loop {
        let is_over = tokio::select! {
            _ = &mut stopped => true,
            _ = interval.tick() => false,
        };
        let at_us = micros_since(began, Instant::now());
        let usage = Usage::now();
        ticks.push(Tick { at_us, usage });
        if is_over {
            bar.finish_and_clear();
            return ticks;
        }
        let now = answered.load(Ordering::Relaxed);
        let rate = (now - before) as f64 / INTERVAL.as_secs_f64();
        before = now;
        bar.set_message(format!(
            "{:.0} s, {now} answers, {rate:.0} a second",
            at_us as f64 / 1e6
        ));
        bar.tick();
    }
}
