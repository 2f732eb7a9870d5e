//! Who looks at a page: her language, her cookies, and whether a form of hers came from our own page.

use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::errors::{ApiError, Code};
use crate::lang::Lang;

/// The cookie that remembers the language.
pub(crate) const LANG_COOKIE: &str = "lang";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The language that she chose, or the best that her browser asks for.
pub(crate) fn lang_of(headers: &HeaderMap) -> Lang {
    match cookie(headers, LANG_COOKIE) {
        Some("ko") => Lang::Ko,
        Some("en") => Lang::En,
        _ => Lang::of(headers.get(ACCEPT_LANGUAGE).map(HeaderValue::as_bytes)),
    }
}

/// The value of a cookie (RFC 6265, section 5.4).
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// Refuses a form that another site's page sent.
///
/// Browsers say where a request comes from in `Sec-Fetch-Site`, and older ones in `Origin`, and no
/// page can make them lie. What says neither is no browser, and has no cookies that could be
/// misused. After `http.CrossOriginProtection` of Go 1.25, whose documentation gives the reasons.
pub(crate) fn refuse_foreign(headers: &HeaderMap) -> Result<(), ApiError> {
    if is_own(headers) {
        return Ok(());
    }
    Err(Code::Forbidden.into())
}

fn is_own(headers: &HeaderMap) -> bool {
    let told = |name: &HeaderName| headers.get(name).map(HeaderValue::as_bytes);
    match (told(&SEC_FETCH_SITE), told(&ORIGIN)) {
        (Some(site), _) => site == b"same-origin" || site == b"none",
        (None, None) => true,
        (None, Some(origin)) => {
            let host = told(&HOST).unwrap_or_default();
            let named = [&b"https://"[..], b"http://"]
                .into_iter()
                .find_map(|scheme| origin.strip_prefix(scheme));
            named.is_some_and(|named| !host.is_empty() && named.eq_ignore_ascii_case(host))
        }
    }
}

/// Whether she wants a page rather than JSON: browsers name HTML when they open an address.
pub(crate) fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let is_ours = path != "/api" && !path.starts_with("/api/") && path != "/metrics";
    is_ours
        && headers
            .get(axum::http::header::ACCEPT)
            .is_some_and(|accepted| {
                let accepted = accepted.as_bytes();
                accepted.windows(9).any(|part| part == b"text/html")
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn the_language_that_was_chosen_wins_over_the_browsers() {
        let of = |cookie| lang_of(&headers(&[("accept-language", "ko"), ("cookie", cookie)]));
        assert_eq!(of("a=b; lang=en"), Lang::En);
        assert_eq!(of("xlang=en"), Lang::Ko);
        assert_eq!(of("lang=fr"), Lang::Ko);
    }

    #[test]
    fn a_form_of_our_own_page_is_taken() {
        for own in [
            &[("sec-fetch-site", "same-origin"), ("origin", "null")][..],
            &[("sec-fetch-site", "none")],
            &[
                ("origin", "https://tickets.example"),
                ("host", "tickets.example"),
            ],
            &[("origin", "http://127.0.0.1:80"), ("host", "127.0.0.1:80")],
            &[("host", "tickets.example")],
        ] {
            assert!(refuse_foreign(&headers(own)).is_ok(), "{own:?}");
        }
    }

    #[test]
    fn a_form_of_another_sites_page_is_refused() {
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[("origin", "null"), ("host", "tickets.example")],
            &[
                ("origin", "https://evil.example"),
                ("host", "tickets.example"),
            ],
            &[
                ("origin", "https://tickets.example.evil"),
                ("host", "tickets.example"),
            ],
            &[("origin", "https://"), ("host", "")],
        ] {
            assert!(refuse_foreign(&headers(foreign)).is_err(), "{foreign:?}");
        }
    }

    #[test]
    fn only_what_is_outside_the_api_and_asks_for_html_is_a_page() {
        let browser = headers(&[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]);
        assert!(wants_page("/", &browser));
        assert!(wants_page("/apikeys", &browser));
        for path in ["/api", "/api/events", "/metrics"] {
            assert!(!wants_page(path, &browser), "{path}");
        }
        assert!(!wants_page("/", &headers(&[("accept", "*/*")])));
        assert!(!wants_page("/", &HeaderMap::new()));
    }
}
