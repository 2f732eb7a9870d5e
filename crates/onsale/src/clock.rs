//! The system's clocks.

use std::time::{Instant as SystemInstant, SystemTime, UNIX_EPOCH};

use boxoffice::time::{Clock, Instant, Timestamp};

/// Tells this machine's time. SQLite has no clock of its own, so this is the database's too.
#[derive(Debug)]
pub struct SystemClock {
    began: SystemInstant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    pub fn new() -> Self {
        Self {
            began: SystemInstant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros)
            }
        };
        Timestamp::from_micros(micros)
    }

    fn instant(&self) -> Instant {
        Instant::from_elapsed(self.began.elapsed())
    }
}
