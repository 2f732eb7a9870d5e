//! A request as a handler sees it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, MatchedPath, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, request::Parts};
use boxoffice::idempotency::IdempotencyKey;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::fault::{Fault, Faults};
use super::form::Form;
use super::query::{Query, decode};
use super::values;
use crate::errors::{ApiError, Code};
use crate::limits::{ServerLimits, millis, soon_or_within};
use crate::principal::Principal;
use crate::settings::AdminToken;
use crate::visit::Visit;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request that found its route.
pub(crate) struct Asked {
    parts: Parts,
    body: Body,
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let (mut parts, body) = request.into_parts();
        let matched = parts.extensions.remove::<MatchedPath>();
        if let (Some(visit), Some(matched)) = (parts.extensions.get::<Arc<Visit>>(), matched) {
            // Set once: a request has one route.
            let _ = visit.route.set(matched);
        }
        Ok(Self { parts, body })
    }
}

impl Asked {
    /// A request that needs no route.
    pub(crate) fn without_route(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        Self { parts, body }
    }

    /// The method.
    pub(crate) fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The parameters behind the question mark.
    pub(crate) fn query(&self) -> Query<'_> {
        Query::read(self.parts.uri.query())
    }

    /// The same as a page's form sends it: what was left blank is left out.
    pub(crate) fn filled_in(&self) -> Query<'_> {
        Query::filled_in(self.parts.uri.query())
    }

    /// The path as it was asked for.
    pub(crate) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The path with its parameters.
    pub(crate) fn path_and_query(&self) -> &str {
        let whole = self.parts.uri.path_and_query();
        whole.map_or("/", |whole| whole.as_str())
    }

    /// Who asks.
    pub(crate) fn principal(&self, token: Option<&AdminToken>) -> Principal {
        Principal::of(&self.parts.headers, token)
    }

    /// The base path that the request came by, for `Location`.
    pub(crate) fn base(&self) -> &'static str {
        if self.parts.uri.path().starts_with("/api/v1/") {
            "/api/v1"
        } else {
            "/api"
        }
    }

    /// The one part of the path that the route leaves open.
    pub(crate) fn param<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<T, ApiError> {
        let read = self
            .open_segment()
            .and_then(|text| decode(text, false))
            .and_then(|t| read(&t));
        read.map_err(|fault| ApiError::invalid_field(name, fault))
    }

    fn open_segment(&self) -> Result<&str, Fault> {
        let visit = self.parts.extensions.get::<Arc<Visit>>();
        let template = visit.and_then(|visit| visit.route()).unwrap_or_default();
        // The path matched the template, so both are the same up to where the open part begins.
        let rest = template
            .find('{')
            .and_then(|at| self.parts.uri.path().get(at..));
        rest.and_then(|rest| rest.split('/').next())
            .ok_or(Fault::Missing)
    }

    /// The client's name for the request, if it gave one.
    pub(crate) fn idempotency_key(&self, faults: &Faults) -> Option<IdempotencyKey> {
        const NAME: &str = "Idempotency-Key";
        let mut values = self.parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let value = values.next()?;
        if values.next().is_some() {
            faults.note(NAME, Fault::Duplicate);
        }
        faults.catch(NAME, values::idempotency_key(value.as_bytes()))
    }

    /// The body, which has to be JSON by its type, within its limits of size and time.
    pub(crate) async fn body(&mut self, limits: &ServerLimits) -> Result<Bytes, ApiError> {
        self.body_of(is_json, limits).await
    }

    /// The fields of a form that a page sent, within the same limits.
    pub(crate) async fn form(&mut self, limits: &ServerLimits) -> Result<Form, ApiError> {
        self.body_of(is_form, limits).await.map(Form::new)
    }

    async fn body_of(
        &mut self,
        is_wanted: fn(&[u8]) -> bool,
        limits: &ServerLimits,
    ) -> Result<Bytes, ApiError> {
        let bytes_max = limits.request_body_bytes_max as usize;
        if self
            .announced_len()
            .is_some_and(|len| len > bytes_max as u64)
        {
            return Err(Code::PayloadTooLarge.into());
        }
        let announced = self
            .parts
            .headers
            .get(CONTENT_TYPE)
            .map(HeaderValue::as_bytes);
        if announced.is_some_and(|media_type| !is_wanted(media_type)) {
            return Err(Code::UnsupportedMediaType.into());
        }
        let is_typed = announced.is_some();
        let body = std::mem::take(&mut self.body);
        let collected = Limited::new(body, bytes_max).collect();
        let bytes = match soon_or_within(millis(limits.body_timeout_ms), collected).await {
            Err(_) => return Err(Code::RequestTimeout.into()),
            Ok(Ok(collected)) => collected.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return Err(Code::PayloadTooLarge.into());
            }
            Ok(Err(_)) => return Err(ApiError::invalid_field("body", Fault::NotReadable)),
        };
        if !is_typed && !bytes.is_empty() {
            return Err(Code::UnsupportedMediaType.into());
        }
        Ok(bytes)
    }

    /// Whether a media type is that of JSON.
    #[cfg(any(test, feature = "doors"))]
    pub(crate) fn is_json(media_type: &[u8]) -> bool {
        is_json(media_type)
    }

    fn announced_len(&self) -> Option<u64> {
        self.parts
            .headers
            .get(CONTENT_LENGTH)?
            .to_str()
            .ok()?
            .parse()
            .ok()
    }
}

/// Whether a media type is `application/json`, in UTF-8 where it says.
fn is_json(media_type: &[u8]) -> bool {
    is_text_of("application/json", media_type)
}

/// Whether a media type is that of a form, in UTF-8 where it says.
fn is_form(media_type: &[u8]) -> bool {
    is_text_of("application/x-www-form-urlencoded", media_type)
}

fn is_text_of(name: &str, media_type: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(media_type) else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    let is_it = parts.next().is_some_and(|t| t.eq_ignore_ascii_case(name));
    is_it
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                let charset = value.trim().trim_matches('"');
                charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_media_type() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;x=y",
        ] {
            assert!(is_json(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "text/json",
            "application/x-www-form-urlencoded",
            "application/json;charset=euc-kr",
        ] {
            assert!(!is_json(bad.as_bytes()), "{bad}");
        }
        assert!(!is_json(b"\xff"));
    }
}
