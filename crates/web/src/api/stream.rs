//! An event while somebody looks at it: server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).
//!
//! Each message is the whole stock, and of numbered seats the rows that have changed since the
//! message before it. A reader who falls behind is sent the latest state, and nothing is kept for
//! her but what she was told last.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use boxoffice::box_office::Watched;
use boxoffice::event::EventSnapshot;
use boxoffice::ids::{EventId, Version};
use boxoffice::time::Timestamp;
use bytes::Bytes;
use metrics::{Gauge, Unit, describe_gauge, gauge};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::rendered::{Told, internal};
use super::{Answer, event_number};
use crate::errors::{ApiError, Code};
use crate::limits::millis;
use crate::request::Asked;
use crate::response::{SeatsBody, status_name};
use crate::visit::Host;

/// How long a browser waits before it comes back, in milliseconds, as the first message tells it.
const RETRY: &str = "retry: 2000\n";

/// Told to nginx and its like, which would else hold messages back until they have many.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Marks an answer that goes on until its reader leaves.
#[derive(Clone, Copy)]
pub(crate) struct Live;

/// The streams that are open.
pub(crate) struct Streams {
    open: AtomicUsize,
    gauge: Gauge,
}

impl Streams {
    /// None is open. Tells the recorder that is installed how many are.
    pub(crate) fn new() -> Self {
        describe_gauge!(
            "onsale_http_streams",
            Unit::Count,
            "Open streams of events."
        );
        Self {
            open: AtomicUsize::new(0),
            gauge: gauge!("onsale_http_streams"),
        }
    }

    fn count(&self) {
        self.gauge.set(self.open.load(Ordering::Relaxed) as f64);
    }
}

/// A place among the open streams; given back when it is dropped.
struct Place(Host);

impl Place {
    fn take(app: Host) -> Option<Self> {
        let before = app.streams.open.fetch_add(1, Ordering::Relaxed);
        let max = app.limits.streams_max as usize;
        let place = Self(app);
        place.0.streams.count();
        (before < max).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.streams.open.fetch_sub(1, Ordering::Relaxed);
        self.0.streams.count();
    }
}

/// Whatever `Last-Event-ID` says, the whole state comes first: there is nothing to catch up with.
pub(super) async fn stream(app: Host, asked: Asked) -> Answer {
    let id = asked.param("eventId", event_number)?;
    let watched = app.box_office.watch(id).await?.ok_or(Code::EventNotFound)?;
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_static("text/event-stream");
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    if asked.method() == Method::HEAD {
        return Ok(response);
    }
    // When a stream ends, so does its connection.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response.extensions_mut().insert(Live);
    let closing = app.closing.subscribe();
    let reader = Reader {
        place: Place::take(app).ok_or(Code::Overloaded)?,
        watched,
        closing,
        told: None,
        handed_at: Instant::now(),
    };
    let messages = futures_util::stream::unfold(reader, async |mut reader| {
        let message = reader.next().await?;
        reader.handed_at = Instant::now();
        Some((Ok::<_, Infallible>(message), reader))
    });
    *response.body_mut() = Body::from_stream(messages);
    Ok(response)
}

/// Somebody who looks at an event.
struct Reader {
    place: Place,
    watched: Watched,
    closing: watch::Receiver<bool>,
    /// What she was told last.
    told: Option<(Told, Arc<EventSnapshot>)>,
    /// When she was handed the last message; she asks for the next one when she has room for it.
    handed_at: Instant,
}

impl Reader {
    /// The next message, when there is one; `None` when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        let limits = &self.place.0.limits;
        if self.handed_at.elapsed() > millis(limits.stream_stall_ms_max) {
            return None;
        }
        let heartbeat = millis(limits.stream_heartbeat_ms);
        loop {
            if *self.closing.borrow_and_update() {
                return None;
            }
            if let Some(message) = self.news() {
                return Some(message);
            }
            if !self.is_woken_within(heartbeat).await? {
                // Time alone may have opened or closed the sale.
                let alive = || Bytes::from_static(b": alive\n\n");
                return Some(self.news().unwrap_or_else(alive));
            }
        }
    }

    /// The state, if she was not told it.
    fn news(&mut self) -> Option<Bytes> {
        let newest = self.watched.newer.borrow_and_update().clone();
        if let Some(newest) = newest.filter(|newest| newest.version > self.watched.now.version) {
            self.watched.now = newest;
        }
        let now = self.place.0.box_office.now();
        let told = Told::of(&self.watched.now, now);
        if self.told.as_ref().is_some_and(|(known, _)| *known == told) {
            return None;
        }
        let older = self.told.replace((told, Arc::clone(&self.watched.now)));
        let older = older.as_ref().map(|(_, older)| &**older);
        // What cannot be written cannot be read either; the next state may do better.
        message(&self.watched.now, older, now).ok()
    }

    /// Waits for something to happen; `false`: nothing did. `None`: there is nothing more to see.
    async fn is_woken_within(&mut self, patience: Duration) -> Option<bool> {
        tokio::select! {
            biased;
            closed = self.closing.changed() => closed.ok().map(|()| true),
            changed = self.watched.newer.changed() => changed.ok().map(|()| true),
            () = sleep(patience) => Some(false),
        }
    }
}

/// Events whose messages each worker keeps.
const MESSAGES_LEN_MAX: usize = 256;

thread_local! {
    /// The messages that this worker wrote last: for who comes, and for who follows.
    static MESSAGES: RefCell<HashMap<(EventId, bool), Message>> = RefCell::default();
}

/// A message as it was written for one reader; most others need the same.
struct Message {
    told: Told,
    since: Option<Version>,
    bytes: Bytes,
}

/// What a reader who knows `older` has to hear at `now`, written once for all who know the same.
fn message(
    snapshot: &EventSnapshot,
    older: Option<&EventSnapshot>,
    now: Timestamp,
) -> Result<Bytes, ApiError> {
    let key = (snapshot.event.id, older.is_some());
    let (told, since) = (Told::of(snapshot, now), older.map(|older| older.version));
    MESSAGES.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(&key)
            && (known.told, known.since) == (told, since)
        {
            return Ok(known.bytes.clone());
        }
        if kept.len() >= MESSAGES_LEN_MAX {
            kept.clear();
        }
        let body = match older {
            None => SeatsBody::tell(snapshot, now),
            Some(older) => SeatsBody::tell_changes(snapshot, older, now),
        };
        let data = serde_json::to_string(&body).map_err(|error| internal(&error))?;
        let retry = if older.is_none() { RETRY } else { "" };
        let (version, status) = (told.version.0, status_name(told.status));
        let text = format!("{retry}event: stock\nid: {version}-{status}\ndata: {data}\n\n");
        let bytes = Bytes::from(text);
        let message = Message {
            told,
            since,
            bytes: bytes.clone(),
        };
        kept.insert(key, message);
        Ok(bytes)
    })
}
