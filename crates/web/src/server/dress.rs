//! What an answer wears on its way out, whoever gave it: headers against misuse, and gzip.

use std::io::Write;

use axum::body::{Body, HttpBody};
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;

/// Answers that take a while to compress do so beside the workers, in bytes.
const LONG_LEN: usize = 64 * 1_024;

/// Puts on what every answer has: a browser guesses no other type, and frames, loads and runs
/// nothing. A page that needs more says so itself.
pub(super) fn secure(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
}

/// Whether the client takes gzip (RFC 9110, section 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let Some(accepted) = headers.get(ACCEPT_ENCODING) else {
        return false;
    };
    let codings = accepted.to_str().unwrap_or_default().split(',');
    let mut takes_any = false;
    for coding in codings {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = parameters
            .trim()
            .strip_prefix("q=")
            .is_some_and(|quality| quality.trim().parse::<f32>().unwrap_or(0.0) <= 0.0);
        match name.trim() {
            gzip if gzip.eq_ignore_ascii_case("gzip") => return !is_refused,
            "*" => takes_any = !is_refused,
            _ => {}
        }
    }
    takes_any
}

/// Compresses an answer, if it is long enough, of a kind that shrinks, and whole in memory.
pub(super) async fn compress(response: &mut Response, bytes_min: usize) {
    let Some(len) = compressible_len(response, bytes_min) else {
        return;
    };
    response
        .headers_mut()
        .append(VARY, HeaderValue::from_static("accept-encoding"));
    let body = std::mem::take(response.body_mut());
    // A body whose length is known is in memory: nothing here waits, and nothing can fail.
    let Ok(bytes) = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
    else {
        return;
    };
    let plain = bytes.clone();
    let packed = if len < LONG_LEN {
        gzip(&bytes)
    } else {
        let beside = tokio::task::spawn_blocking(move || gzip(&bytes)).await;
        beside.unwrap_or(None)
    };
    match packed {
        Some(packed) => {
            let headers = response.headers_mut();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.remove(CONTENT_LENGTH);
            *response.body_mut() = Body::from(packed);
        }
        None => *response.body_mut() = Body::from(plain),
    }
}

fn compressible_len(response: &Response, bytes_min: usize) -> Option<usize> {
    let len = usize::try_from(response.body().size_hint().exact()?).ok()?;
    let shrinks = |media_type: &HeaderValue| {
        let media_type = media_type.as_bytes();
        [
            &b"application/json"[..],
            b"text/",
            b"application/javascript",
        ]
        .iter()
        .any(|kind| media_type.starts_with(kind))
    };
    let headers = response.headers();
    (len >= bytes_min
        && !headers.contains_key(CONTENT_ENCODING)
        && headers.get(CONTENT_TYPE).is_some_and(shrinks))
    .then_some(len)
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let packed = Vec::with_capacity(bytes.len() / 3);
    let mut encoder = GzEncoder::new(packed, Compression::new(3));
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let takes = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            takes_gzip(&headers)
        };
        for yes in ["gzip", "br, gzip;q=0.5", "GZIP", "*", "gzip ; q=1"] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0, *", "*;q=0", "identity"] {
            assert!(!takes(no), "{no}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
