//! How a page leaves: its headers, and what every page is drawn with.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher};

use askama::Template;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    REFERRER_POLICY, SET_COOKIE, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use super::assets;
use super::texts::{Texts, texts};
use crate::errors::{ApiError, Code};
use crate::lang::Lang;

/// What a page may load and where its forms may go: ourselves, and nothing inline but the style of the page
/// that waits, by its SHA-256: a browser that is one too many would be refused a stylesheet as well.
const POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-qGhmCEvt6M+ZWt6WvMRVRgFmBDtQJJjDGIBxum4lfNU='; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const REFRESH: HeaderName = HeaderName::from_static("refresh");

/// Marks an answer whose body is a page already, whatever its status.
#[derive(Clone, Copy)]
pub(crate) struct Drawn;

/// What is around a page: its language, and where it is.
pub(crate) struct Frame {
    pub(crate) lang: Lang,
    pub(crate) t: &'static Texts,
    /// Where stylesheet and scripts are.
    pub(crate) assets: &'static str,
    /// The path to come back to after the language was switched.
    here: String,
}

impl Frame {
    /// The frame of the page at `here`, a path of ours with its parameters.
    pub(crate) fn new(lang: Lang, here: impl Into<String>) -> Self {
        let lang = match lang {
            Lang::Ko => Lang::Ko,
            Lang::En | Lang::Both => Lang::En,
        };
        Self {
            lang,
            t: texts(lang),
            assets: assets::base(),
            here: here.into(),
        }
    }

    /// Where the switch to the other language leads.
    pub(crate) fn switch(&self) -> String {
        format!("/language/{}?to={}", self.other(), encode(&self.here))
    }

    /// The tag of the other language.
    pub(crate) fn other(&self) -> &'static str {
        match self.lang {
            Lang::Ko => Lang::En.tag(),
            Lang::En | Lang::Both => Lang::Ko.tag(),
        }
    }
}

/// A text as it stands in a parameter of an address (RFC 3986, section 2.3).
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into memory cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Draws a page that is one person's.
pub(crate) fn page(
    status: StatusCode,
    lang: Lang,
    template: &impl Template,
) -> Result<Response, ApiError> {
    Ok(page_of(status, lang, Body::from(drawn(template)?)))
}

/// The HTML of a page.
pub(crate) fn drawn(template: &impl Template) -> Result<String, ApiError> {
    template
        .render()
        .map_err(|error| ApiError::from(Code::Internal).because(&error))
}

/// An answer whose body is this HTML.
pub(crate) fn page_of(status: StatusCode, lang: Lang, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    put_headers(lang, response.headers_mut());
    response.extensions_mut().insert(Drawn);
    response
}

/// The headers of every page.
pub(crate) fn put_headers(lang: Lang, headers: &mut HeaderMap) {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(CONTENT_TYPE, html);
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // A reservation's address opens it, so no other site may learn it.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.append(VARY, HeaderValue::from_static("accept-language, cookie"));
}

/// Has the browser ask again after so many seconds, without a script.
pub(crate) fn refresh_after(response: &mut Response, secs: u32) {
    let secs = HeaderValue::from(secs);
    response.headers_mut().insert(REFRESH, secs);
}

/// After a form was done: look there, so that to reload is not to send again.
pub(crate) fn see(location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    let unkept = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, unkept);
    response
}

/// Has the browser keep a cookie that scripts cannot read and other sites' forms do not send.
pub(crate) fn put_cookie(response: &mut Response, cookie: &str, same_site: &str) {
    let cookie = format!("{cookie}; Path=/; HttpOnly; SameSite={same_site}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// A key for a form, so that to send it twice is to send it once.
pub(crate) fn form_key() -> String {
    // The standard library seeds its hash maps from the system, each with another number.
    let random = || RandomState::new().build_hasher().finish();
    format!("page-{:016x}{:016x}", random(), random())
}

/// A number below `end`, another each time.
pub(crate) fn jitter(end: u32) -> u32 {
    let random = RandomState::new().build_hasher().finish() % u64::from(end.max(1));
    u32::try_from(random).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_can_hold_any_text() {
        assert_eq!(encode("/?q=a b&x=김"), "%2F%3Fq%3Da%20b%26x%3D%EA%B9%80");
    }

    #[test]
    fn no_two_forms_have_the_same_key() {
        let mut keys: Vec<_> = (0..1_000).map(|_| form_key()).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 1_000);
    }

    #[test]
    fn the_switch_leads_to_the_other_language_and_back_to_the_page() {
        let frame = Frame::new(Lang::Ko, "/events/7?a=1");
        assert_eq!(frame.switch(), "/language/en?to=%2Fevents%2F7%3Fa%3D1");
    }
}
