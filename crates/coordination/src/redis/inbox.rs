//! What is told to this node: by others, of events and leases; by itself, that it still hears.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::codec::{News, Note, decode};
use super::lease::Desk;
use super::link::Link;
use crate::cache::Cache;
use crate::cache::hearing::Hearing;

/// Takes in what arrives by the subscription. Nothing in it need be true, new or in order.
pub(super) struct Inbox {
    pub(super) node: u64,
    pub(super) news: String,
    pub(super) cache: Arc<Cache>,
    pub(super) hearing: Arc<Hearing>,
    pub(super) desk: Arc<Desk>,
    pub(super) link: Arc<Link>,
    /// Pulses carry the time since this moment.
    pub(super) began: Instant,
}

impl Inbox {
    /// From now on every publication arrives.
    pub(super) fn subscribed(&self) {
        self.hearing.subscribed();
    }

    /// From now on publications may be missed.
    pub(super) fn lost(&self) {
        self.hearing.lost();
    }

    /// Shows what was missed to those who watch.
    pub(super) fn catch_up(&self) {
        self.cache.catch_up();
    }

    /// What a pulse that is sent at this moment says.
    pub(super) fn pulse_number(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.began);
        u64::try_from(since.as_micros()).unwrap_or_default()
    }

    /// Takes in one message.
    pub(super) fn hear(&self, channel: &str, payload: &[u8]) {
        if channel == self.news {
            self.hear_news(payload);
        } else {
            self.hear_own(payload);
        }
    }

    fn hear_news(&self, payload: &[u8]) {
        match decode::<Note>(payload) {
            Some(Note { node, .. }) if node == self.node => {}
            Some(Note { news, .. }) => {
                self.link.meters.heard.increment(1);
                match news {
                    News::Stock(stock) => self.cache.hear(&stock),
                    News::Gone(event) => self.cache.forget(event),
                }
            }
            None => tracing::debug!("a publication is not one of ours"),
        }
    }

    fn hear_own(&self, payload: &[u8]) {
        let text = std::str::from_utf8(payload).unwrap_or_default();
        match text.split_once(':') {
            Some(("pulse", micros)) => {
                if let Ok(micros) = micros.parse() {
                    self.hearing
                        .pulse(self.began + Duration::from_micros(micros));
                }
            }
            Some(("granted", token)) => self.desk.granted(token),
            Some(("wanted", token)) => self.desk.wanted(token),
            _ => {}
        }
    }
}
