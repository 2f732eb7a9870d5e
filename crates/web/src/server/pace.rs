//! How far a connection has come, and how long it may stay there.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::{ServerLimits, millis};

/// What a connection is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Phase {
    /// Open, and nothing was sent yet.
    Silent,
    /// A head is arriving.
    Head,
    /// A request is in handling; whoever handles it keeps the time.
    Handling,
    /// An answer is leaving, or left, and the next request may come.
    Waiting,
    /// An answer is leaving that has no end; the connection ends with it.
    Streaming,
}

/// How long a connection may be silent once the server is closing: a request that is on its way
/// still finds the door.
const SILENT_GRACE: Duration = Duration::from_millis(200);

/// How long the reader of a stream has to take its last message once the server is closing.
const STREAM_GRACE: Duration = Duration::from_millis(500);

/// A connection's phase and when it began.
///
/// Written where bytes arrive and leave, read by the task that keeps the time. All of it happens in
/// one task; the atomics only make it shareable.
#[derive(Debug)]
pub(super) struct Pace {
    opened_at: Instant,
    phase: AtomicU8,
    /// Milliseconds from `opened_at` to the last progress.
    progress_ms: AtomicU64,
    /// Milliseconds from `opened_at` to when a stream's reader took nothing more; 0: she takes it.
    blocked_ms: AtomicU64,
    /// Whether the client may still be sending what is not read any more.
    is_cut_short: AtomicBool,
}

impl Pace {
    /// A connection that has just been opened.
    pub(super) fn start() -> Self {
        Self {
            opened_at: Instant::now(),
            phase: AtomicU8::new(Phase::Silent as u8),
            progress_ms: AtomicU64::new(0),
            blocked_ms: AtomicU64::new(0),
            is_cut_short: AtomicBool::new(false),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Silent,
            1 => Phase::Head,
            2 => Phase::Handling,
            4 => Phase::Streaming,
            _ => Phase::Waiting,
        }
    }

    /// Bytes have arrived.
    pub(super) fn on_read(&self) {
        if matches!(self.phase(), Phase::Silent | Phase::Waiting) {
            self.enter(Phase::Head);
        }
    }

    /// Bytes have left, or, where `took` is false, were not taken; a reader who takes them is not
    /// idle.
    pub(super) fn on_write(&self, took: bool) {
        match self.phase() {
            Phase::Waiting if took => self.enter(Phase::Waiting),
            Phase::Streaming if took => self.blocked_ms.store(0, Ordering::Relaxed),
            Phase::Streaming if self.blocked_ms.load(Ordering::Relaxed) == 0 => {
                let now = self.elapsed_ms().max(1);
                self.blocked_ms.store(now, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// A head is complete.
    pub(super) fn on_request(&self) {
        self.phase.store(Phase::Handling as u8, Ordering::Relaxed);
    }

    /// The answer is there and begins to leave; the first byte that does stamps the time.
    pub(super) fn on_answer(&self, is_live: bool) {
        let phase = if is_live {
            Phase::Streaming
        } else {
            Phase::Waiting
        };
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// The rest of the request will not be read.
    pub(super) fn cut_short(&self) {
        self.is_cut_short.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cut_short(&self) -> bool {
        self.is_cut_short.load(Ordering::Relaxed)
    }

    fn enter(&self, phase: Phase) {
        let since = self.elapsed_ms();
        self.progress_ms.store(since, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.opened_at.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// When the connection's patience ends; `None` while a request is in handling.
    pub(super) fn deadline(&self, limits: &ServerLimits) -> Option<Instant> {
        let allowed = match self.phase() {
            Phase::Silent => limits.first_byte_timeout_ms,
            Phase::Head => limits.header_timeout_ms,
            Phase::Waiting => limits.idle_timeout_ms,
            Phase::Handling => return None,
            Phase::Streaming => {
                let blocked_ms = self.blocked_ms.load(Ordering::Relaxed);
                let stall = Duration::from_millis(blocked_ms) + millis(limits.stream_stall_ms_max);
                return (blocked_ms > 0).then(|| self.opened_at + stall);
            }
        };
        let progress = Duration::from_millis(self.progress_ms.load(Ordering::Relaxed));
        Some(self.opened_at + progress + millis(allowed))
    }

    /// The same while the server is closing.
    pub(super) fn closing_deadline(
        &self,
        limits: &ServerLimits,
        since: Instant,
    ) -> Option<Instant> {
        let usual = self.deadline(limits);
        match self.phase() {
            Phase::Silent => usual.map(|usual| usual.min(since + SILENT_GRACE)),
            Phase::Streaming => Some(since + STREAM_GRACE),
            _ => usual,
        }
    }
}
