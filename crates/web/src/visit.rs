//! One request, from the gateway's side: shared with whoever handles it.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::{cell::Cell, hash::BuildHasher, hash::Hasher, hash::RandomState};

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::api::App;
use crate::errors::{ApiError, Code};

/// The header of a request's id.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the gateway knows of a request, and what it learns on the way.
pub(crate) struct Visit {
    /// What every handler works with.
    pub(crate) app: Arc<App>,
    /// The template of the path, once the router has found it.
    pub(crate) route: OnceLock<MatchedPath>,
}

impl Visit {
    /// The template of the path, if it was found.
    pub(crate) fn route(&self) -> Option<&str> {
        self.route.get().map(MatchedPath::as_str)
    }
}

/// What every handler works with, taken from its visit.
///
/// A router's state would be cloned several times for each request, and the workers would wait for
/// each other's count of its owners.
pub(crate) struct Host(Arc<Visit>);

impl Deref for Host {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0.app
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Host {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let visit = parts.extensions.get::<Arc<Visit>>().map(Arc::clone);
        visit
            .map(Self)
            .ok_or_else(|| ApiError::from(Code::Internal).because(&"no visit"))
    }
}

/// Longest request id that is taken from a client, in bytes.
const REQUEST_ID_LEN_MAX: usize = 64;

/// The client's id if it makes sense in a log, or a new one.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_sane = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=REQUEST_ID_LEN_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    headers
        .get(X_REQUEST_ID)
        .filter(is_sane)
        .cloned()
        .unwrap_or_else(new_request_id)
}

/// A prefix that differs from process to process, and a number.
pub(crate) fn new_request_id() -> HeaderValue {
    static PREFIX: OnceLock<u64> = OnceLock::new();
    // The standard library seeds its hash maps from the system.
    let prefix = PREFIX.get_or_init(|| RandomState::new().build_hasher().finish() >> 32);
    let mut id = [b'-'; 17];
    put_hex(&mut id[..8], *prefix);
    put_hex(&mut id[9..], number());
    HeaderValue::from_bytes(&id).unwrap_or(HeaderValue::from_static("-"))
}

/// Numbers that a thread takes at a time, so that threads do not wait for each other's.
const NUMBERS: u64 = 1_024;

/// A number that no other request of this process has.
fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static OWN: Cell<u64> = const { Cell::new(0) };
    }
    OWN.with(|own| {
        let number = match own.get() {
            used_up if used_up % NUMBERS == 0 => NEXT.fetch_add(NUMBERS, Ordering::Relaxed),
            next => next,
        };
        own.set(number + 1);
        number
    })
}

/// The last digits of a number in base 16, as many as there is room for.
fn put_hex(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_the_id_of_its_client_if_it_makes_sense() {
        let of = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, HeaderValue::from_str(id).expect("a value"));
            request_id(&headers)
        };
        assert_eq!(of("trace-7"), "trace-7");
        for bad in ["", "a b", &"x".repeat(65)] {
            assert_eq!(of(bad).len(), 17, "{bad}");
        }
    }

    #[test]
    fn no_two_requests_have_the_same_id_on_any_thread() {
        let take = || (0..3_000).map(|_| new_request_id()).collect::<Vec<_>>();
        let other = std::thread::spawn(take);
        let mut ids = take();
        ids.extend(other.join().expect("the other thread"));
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
