//! Events as they were told last, so that a hot event is written once per version.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

use axum::http::HeaderValue;
use boxoffice::event::{EventSnapshot, EventStatus};
use boxoffice::ids::{EventId, Version};
use boxoffice::time::Timestamp;
use bytes::Bytes;

use super::packed::Packed;
use crate::errors::{ApiError, Code};
use crate::response::{EventBody, SeatsBody, status_name};

/// Events that each worker keeps; beyond it, all are forgotten and the hot ones come back at once.
const RENDERED_LEN_MAX: usize = 1_024;

thread_local! {
    /// What this worker told last. Each has its own, so that they do not wait for each other.
    static RENDERED: RefCell<HashMap<EventId, Rendered>> = RefCell::default();
    static SEATS_RENDERED: RefCell<HashMap<EventId, RenderedSeats>> = RefCell::default();
}

/// Seat maps that each worker keeps; one of 20,000 seats is told in about 30 kB.
const SEATS_RENDERED_LEN_MAX: usize = 64;

/// The seats of an event as they are told.
#[derive(Clone)]
pub(super) struct RenderedSeats {
    told: Told,
    pub(super) body: Bytes,
    pub(super) etag: HeaderValue,
}

/// The seats of an event as they are told at `now`, written once per version.
pub(super) fn rendered_seats(
    snapshot: &EventSnapshot,
    now: Timestamp,
) -> Result<RenderedSeats, ApiError> {
    let (id, told) = (snapshot.event.id, Told::of(snapshot, now));
    SEATS_RENDERED.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(&id).filter(|known| known.told == told) {
            return Ok(known.clone());
        }
        if kept.len() >= SEATS_RENDERED_LEN_MAX {
            kept.clear();
        }
        let body = serde_json::to_vec(&SeatsBody::tell(snapshot, now)).map_err(|e| internal(&e))?;
        let new = RenderedSeats {
            told,
            body: body.into(),
            etag: HeaderValue::try_from(etag(told.version, told.status))
                .map_err(|e| internal(&e))?,
        };
        kept.insert(id, new.clone());
        Ok(new)
    })
}

/// An event as it is told, but for what each answer adds.
pub(super) struct Rendered {
    /// Which of all snapshots is told.
    told: Told,
    /// The object without its closing brace.
    head: Vec<u8>,
    /// The same for who takes gzip, once somebody does.
    packed: OnceCell<Option<Packed>>,
    /// How it was told last: within a second it is the same for all.
    whole: RefCell<Option<Whole>>,
    /// Weak, because `metadata` differs from answer to answer.
    pub(super) etag: HeaderValue,
}

/// What a rendering is of. The time of creation tells events of two databases apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(super) version: Version,
    pub(super) status: EventStatus,
    created_at: Timestamp,
}

impl Told {
    /// What is told of an event at `now`.
    pub(crate) fn of(snapshot: &EventSnapshot, now: Timestamp) -> Self {
        Self {
            version: snapshot.version,
            status: snapshot.status(now),
            created_at: snapshot.event.created_at,
        }
    }
}

/// What `tell` makes of the event as it is told at `now`. A status that time has changed is told
/// at once.
pub(super) fn rendered<T>(
    snapshot: &EventSnapshot,
    now: Timestamp,
    tell: impl FnOnce(&Rendered) -> T,
) -> Result<T, ApiError> {
    let (id, told) = (snapshot.event.id, Told::of(snapshot, now));
    RENDERED.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(&id).filter(|known| known.told == told) {
            return Ok(tell(known));
        }
        if kept.len() >= RENDERED_LEN_MAX {
            kept.clear();
        }
        let new = Rendered::write(snapshot, told, now)?;
        let answer = tell(&new);
        kept.insert(id, new);
        Ok(answer)
    })
}

pub(super) fn internal(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::from(Code::Internal).because(error)
}

impl Rendered {
    fn write(snapshot: &EventSnapshot, told: Told, now: Timestamp) -> Result<Self, ApiError> {
        let mut head =
            serde_json::to_vec(&EventBody::tell(snapshot, now)).map_err(|e| internal(&e))?;
        head.pop();
        Ok(Self {
            told,
            head,
            packed: OnceCell::new(),
            whole: RefCell::default(),
            etag: HeaderValue::try_from(etag(told.version, told.status))
                .map_err(|e| internal(&e))?,
        })
    }

    /// Writes the event alone, as lists tell it.
    pub(super) fn write_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.head);
        bytes.push(b'}');
    }

    /// The whole body, with how it was come by.
    pub(super) fn with_metadata(&self, hit: bool, ttl: Duration) -> Whole {
        let ttl = ttl_secs(ttl);
        let mut kept = self.whole.borrow_mut();
        let is_of = |whole: &&Whole| (whole.hit, whole.ttl_secs) == (hit, ttl);
        if let Some(whole) = kept.as_ref().filter(is_of) {
            return whole.clone();
        }
        let mut tail = Tail {
            bytes: Vec::with_capacity(self.head.len() + 64),
        };
        tail.bytes.extend_from_slice(&self.head);
        tail.write_metadata(hit, ttl);
        let whole = Whole {
            hit,
            ttl_secs: ttl,
            body: tail.bytes.into(),
            ttl: HeaderValue::from(ttl),
        };
        *kept = Some(whole.clone());
        whole
    }

    /// The same in gzip, most of it packed once; `None` where the event is shorter than `bytes_min`.
    pub(super) fn packed_with_metadata(
        &self,
        hit: bool,
        ttl: Duration,
        bytes_min: usize,
    ) -> Option<Vec<u8>> {
        if self.head.len() < bytes_min {
            return None;
        }
        let packed = self.packed.get_or_init(|| Packed::beginning(&self.head));
        let mut tail = Tail { bytes: Vec::new() };
        tail.write_metadata(hit, ttl_secs(ttl));
        packed.as_ref()?.with_end(&tail.bytes)
    }
}

/// A body with its metadata, as it is told within one second. Cheap to clone.
#[derive(Clone)]
pub(super) struct Whole {
    hit: bool,
    ttl_secs: u64,
    pub(super) body: Bytes,
    /// How many seconds it may still be served.
    pub(super) ttl: HeaderValue,
}

struct Tail {
    bytes: Vec<u8>,
}

impl Tail {
    fn write_metadata(&mut self, hit: bool, ttl_secs: u64) {
        // Writing into memory cannot fail.
        let _ = write!(
            self,
            r#","metadata":{{"cacheHit":{hit},"ttl":{ttl_secs}}}}}"#
        );
    }
}

impl Write for Tail {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// The tag of an event at a version and in a status: time alone may change the status.
pub(super) fn etag(version: Version, status: EventStatus) -> String {
    format!("W/\"{}-{}\"", version.0, status_name(status))
}

/// A time to live in whole seconds, rounded up.
pub(super) fn ttl_secs(ttl: Duration) -> u64 {
    ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0)
}

/// Whether `If-None-Match` names this tag (RFC 9110, section 13.1.2: weak comparison).
pub(super) fn is_known(if_none_match: Option<&HeaderValue>, etag: &HeaderValue) -> bool {
    let own = opaque(etag.as_bytes());
    if_none_match.is_some_and(|value| {
        let mut tags = value
            .as_bytes()
            .split(|byte| *byte == b',')
            .map(<[u8]>::trim_ascii);
        tags.any(|tag| tag == b"*" || opaque(tag) == own)
    })
}

/// A tag without the mark of weakness.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_version_is_not_sent_again() {
        let etag = HeaderValue::from_static("W/\"7-ACTIVE\"");
        for known in [
            "W/\"7-ACTIVE\"",
            "\"7-ACTIVE\"",
            "\"1\", W/\"7-ACTIVE\"",
            "*",
        ] {
            assert!(
                is_known(Some(&HeaderValue::from_static(known)), &etag),
                "{known}"
            );
        }
        for other in ["W/\"8-ACTIVE\"", "W/\"7-SOLD_OUT\"", "", "7-ACTIVE"] {
            assert!(
                !is_known(Some(&HeaderValue::from_static(other)), &etag),
                "{other}"
            );
        }
        assert!(!is_known(None, &etag));
    }

    #[test]
    fn a_time_to_live_is_rounded_up() {
        assert_eq!(ttl_secs(Duration::from_millis(1)), 1);
        assert_eq!(ttl_secs(Duration::from_mins(5)), 300);
        assert_eq!(ttl_secs(Duration::ZERO), 0);
    }
}
