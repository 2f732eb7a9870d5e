//! Which web pages may use the API from a visitor's browser: none, unless it is configured.
//!
//! What the headers mean is in the Fetch standard, section 3.2 (<https://fetch.spec.whatwg.org>).
//! Credentials that a browser keeps are never allowed: nothing here is proved by a cookie.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use axum::http::uri::{Scheme, Uri};
use axum::http::{HeaderMap, HeaderValue};

/// What a page may send.
const HEADERS_IN: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, \
                          Last-Event-ID, X-Request-Id";

/// What a page may read, beside what it may always.
const HEADERS_OUT: &str = "Allow, ETag, Idempotency-Replayed, Location, Retry-After, X-Cache-Hit, \
                           X-Cache-TTL, X-Request-Id";

/// How long a browser may remember what it was allowed, in seconds; Chromium's own cap.
const MAX_AGE_SECS: &str = "7200";

/// Web pages that may use the API from a browser.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum CorsOrigins {
    /// None.
    #[default]
    Closed,
    /// Every page.
    Any,
    /// Those of these origins.
    Listed(Vec<HeaderValue>),
}

/// Not an origin like `https://tickets.example.com`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadOrigin(String);

impl std::fmt::Display for BadOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(text) = self;
        write!(
            f,
            "{text:?} is no origin; write https://tickets.example.com, several with commas \
             between them, or *"
        )
    }
}

impl CorsOrigins {
    /// Reads origins with commas between them; `*` is every page, nothing is none.
    pub fn read(text: &str) -> Result<Self, BadOrigin> {
        match text.trim() {
            "" => Ok(Self::Closed),
            "*" => Ok(Self::Any),
            list => {
                let origins = list.split(',').map(|item| origin(item.trim()));
                origins.collect::<Result<_, _>>().map(Self::Listed)
            }
        }
    }

    /// Whether there is nothing to do for any request.
    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Adds what an answer to a page of this origin needs, so that the page may read it.
    pub(crate) fn allow(&self, asking: Option<&HeaderValue>, headers: &mut HeaderMap) {
        let allowed = match self {
            Self::Closed => return,
            Self::Any => HeaderValue::from_static("*"),
            Self::Listed(origins) => {
                // A shared cache must not serve one page's permission to another.
                headers.append(VARY, HeaderValue::from_static("origin"));
                match asking.filter(|asking| origins.contains(asking)) {
                    Some(asking) => asking.clone(),
                    None => return,
                }
            }
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        let exposed = HeaderValue::from_static(HEADERS_OUT);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }

    /// Adds what a browser asks for before it sends a page's request; `methods` are the path's.
    pub(crate) fn allow_in_advance(&self, methods: Option<HeaderValue>, headers: &mut HeaderMap) {
        if self.is_closed() {
            return;
        }
        if let Some(methods) = methods {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        let taken = HeaderValue::from_static(HEADERS_IN);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, taken);
        let max_age = HeaderValue::from_static(MAX_AGE_SECS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, max_age);
    }
}

/// An origin as a browser sends it: scheme, host, and a port that is not the scheme's own.
fn origin(text: &str) -> Result<HeaderValue, BadOrigin> {
    let bad = || BadOrigin(text.to_owned());
    let uri: Uri = text.parse().map_err(|_| bad())?;
    let is_web = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
    let is_bare = uri.query().is_none() && !text.ends_with('/') && !text.contains('@');
    if !is_web || !is_bare || uri.path() != "/" || text.to_ascii_lowercase() != text {
        return Err(bad());
    }
    HeaderValue::from_str(text).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origins: &str, asking: &'static str) -> Option<HeaderValue> {
        let mut headers = HeaderMap::new();
        let origins = CorsOrigins::read(origins).expect("origins");
        origins.allow(Some(&HeaderValue::from_static(asking)), &mut headers);
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN)
    }

    #[test]
    fn a_page_is_let_in_only_where_its_origin_is_listed() {
        let two = "https://a.example, http://localhost:3000";
        assert_eq!(
            allowed(two, "https://a.example").expect("in"),
            "https://a.example"
        );
        assert!(allowed(two, "http://localhost:3000").is_some());
        for other in [
            "http://a.example",
            "https://b.example",
            "null",
            "https://a.example.evil",
        ] {
            assert_eq!(allowed(two, other), None, "{other}");
        }
        assert_eq!(allowed("", "https://a.example"), None);
        assert_eq!(allowed("*", "https://a.example").expect("in"), "*");
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for bad in [
            "a.example",
            "https://",
            "https://a.example/",
            "https://a.example/path",
            "ftp://a.example",
            "https://A.example",
            "https://me@a.example",
            "https://a.example,,",
            "https://a.example, *",
        ] {
            assert!(CorsOrigins::read(bad).is_err(), "{bad}");
        }
    }
}
