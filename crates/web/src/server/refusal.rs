//! What is answered to somebody whose request is not read: a whole response, ready to be written.

use axum::http::{HeaderMap, StatusCode};
use boxoffice::time::Timestamp;
use bytes::Bytes;

use crate::errors::{ApiError, Code};
use crate::lang::Lang;
use crate::request::Fault;
use crate::zone::Zone;

/// Why a request is not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There are too many connections.
    Overloaded,
    /// The head took too long to arrive.
    HeadTimeout,
    /// The head is too large.
    HeadTooLarge,
    /// The path is too long.
    UriTooLong,
    /// The head is not HTTP.
    NotHttp,
}

impl Refusal {
    /// The status that it is told with.
    pub const fn status(self) -> StatusCode {
        self.code().status()
    }

    const fn code(self) -> Code {
        match self {
            Self::Overloaded => Code::Overloaded,
            Self::HeadTimeout => Code::RequestTimeout,
            Self::HeadTooLarge => Code::HeaderFieldsTooLarge,
            Self::UriTooLong => Code::UriTooLong,
            Self::NotHttp => Code::InvalidRequest,
        }
    }

    /// The response in the envelope. In both languages: the headers
    /// that ask for one were not read.
    pub(super) fn response(self, zone: &Zone, now: Timestamp, request_id: &str) -> Bytes {
        let error = match self {
            Self::NotHttp => ApiError::invalid_field("request", Fault::NotHttp),
            _ => self.code().into(),
        };
        let body = error.envelope(Lang::Both, zone, now);
        let mut headers = HeaderMap::new();
        error.put_headers(Lang::Both, &mut headers);
        super::dress::secure(&mut headers);
        let status = self.status();
        let reason = status.canonical_reason().unwrap_or_default();
        let mut response = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
        for (name, value) in &headers {
            if name == axum::http::header::CONNECTION {
                continue;
            }
            response.extend_from_slice(name.as_str().as_bytes());
            response.extend_from_slice(b": ");
            response.extend_from_slice(value.as_bytes());
            response.extend_from_slice(b"\r\n");
        }
        let rest = format!(
            "x-request-id: {request_id}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        response.extend_from_slice(rest.as_bytes());
        response.extend_from_slice(&body);
        response.into()
    }
}
