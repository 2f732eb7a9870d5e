//! Reading from a copy of the database, as long as there is one that keeps up.
//!
//! A row that the writer touches every second tells how far the reader lags. Where it lags too far,
//! or does not answer, everything is read from the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use boxoffice::runtime::{self, JoinHandle};
use boxoffice::store::{Source, StoreError};

use super::packet::Packet;
use super::pool::{Pool, Reply};
use crate::rows::columns::Columns;

/// How often the writer touches the row and the reader is asked for it.
const BEAT_INTERVAL: Duration = Duration::from_secs(1);

/// The writer, and a reader where there is one.
pub(super) struct Sources {
    pub(super) writer: Arc<Pool>,
    reader: Option<Reader>,
}

struct Reader {
    pool: Arc<Pool>,
    keeps_up: Arc<AtomicBool>,
    beating: JoinHandle<()>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

impl Sources {
    /// The writer, and a reader that is used once it is known to keep up.
    pub(super) fn new(writer: Arc<Pool>, reader: Option<Arc<Pool>>, lag_max: Duration) -> Self {
        let reader = reader.map(|pool| {
            let keeps_up = Arc::new(AtomicBool::new(false));
            let heart = Heart {
                writer: Arc::clone(&writer),
                reader: Arc::clone(&pool),
                keeps_up: Arc::clone(&keeps_up),
                lag_max,
            };
            Reader {
                pool,
                keeps_up,
                beating: runtime::spawn(heart.beat()),
            }
        });
        Self { writer, reader }
    }

    /// Reads with a packet, from the reader where `source` allows it and it can.
    pub(super) async fn read(&self, source: Source, packet: Packet) -> Result<Reply, StoreError> {
        if source == Source::Reader
            && let Some(reader) = &self.reader
            && reader.keeps_up.load(Ordering::Relaxed)
        {
            match reader.pool.read(packet.clone()).await {
                Ok(reply) => return Ok(reply),
                Err(error) => {
                    tracing::warn!(%error, "the reader does not answer; reading from the writer");
                    reader.keeps_up.store(false, Ordering::Relaxed);
                }
            }
        }
        self.writer.read(packet).await
    }

    /// Reads with a packet, from the writer.
    pub(super) async fn read_writer(&self, packet: Packet) -> Result<Reply, StoreError> {
        self.writer.read(packet).await
    }

    /// Ends every connection.
    pub(super) async fn close(&self) {
        if let Some(reader) = &self.reader {
            reader.beating.abort();
            reader.pool.close().await;
        }
        self.writer.close().await;
    }
}

struct Heart {
    writer: Arc<Pool>,
    reader: Arc<Pool>,
    keeps_up: Arc<AtomicBool>,
    lag_max: Duration,
}

impl Heart {
    async fn beat(self) {
        loop {
            let lag = self.lag().await;
            let keeps_up = lag.is_some_and(|lag| lag <= self.lag_max);
            if let Some(lag) = lag {
                metrics::gauge!("onsale_database_reader_lag_seconds").set(lag.as_secs_f64());
            }
            metrics::gauge!("onsale_database_reader_used").set(f64::from(u8::from(keeps_up)));
            if self.keeps_up.swap(keeps_up, Ordering::Relaxed) != keeps_up {
                tracing::warn!(keeps_up, ?lag, "the reader's state has changed");
            }
            runtime::sleep(BEAT_INTERVAL).await;
        }
    }

    /// How far the reader lags; `None` where it does not answer. While the writer does not answer
    /// the reader only seems to lag, and the next beat sets it right.
    async fn lag(&self) -> Option<Duration> {
        let mut touch = Packet::new();
        let now = now_micros();
        touch.add(
            "UPDATE beats SET beat_at = GREATEST(beat_at, ?) WHERE id = 1",
            &[now.into()],
        );
        if let Err(error) = self.writer.read(touch).await {
            tracing::debug!(%error, "the writer was not touched");
        }
        let mut look = Packet::new();
        let place = look.add("SELECT beat_at FROM beats WHERE id = 1", &[]);
        let mut reply = self.reader.read(look).await.ok()?;
        let rows = reply.take(place);
        let beat_at: i64 = Columns::new(rows.first()?, "beats", "")
            .get("beat_at")
            .ok()?;
        let lag = now_micros().saturating_sub(beat_at);
        Some(Duration::from_micros(u64::try_from(lag).unwrap_or(0)))
    }
}

/// Wall clock: nodes share the row, and a second or two is what matters.
fn now_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}
