//! The API's description, and a page to read it on. Everything comes from this binary.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use utoipa_swagger_ui::Config;

use super::{Answer, json_bytes};
use crate::errors::{ApiError, Code};
use crate::openapi;
use crate::request::Asked;
use crate::visit::Host;

/// What the page may load: its own files, and no script within it. Swagger UI styles its elements one by one,
/// and draws icons from `data:`.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(super) async fn openapi(app: Host, _: Asked) -> Answer {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| {
        Bytes::from(openapi::document(app.limits.request_body_bytes_max).to_string())
    });
    Ok(json_bytes(StatusCode::OK, Body::from(document.clone())))
}

/// `/docs` has no directory to look for its files in; `/docs/` has.
pub(super) async fn enter(asked: Asked) -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    let location = if asked.base() == "/api" {
        "/api/docs/"
    } else {
        "/api/v1/docs/"
    };
    response
        .headers_mut()
        .insert(LOCATION, HeaderValue::from_static(location));
    Ok(response)
}

pub(super) async fn page(asked: Asked) -> Answer {
    let path = asked.path();
    let file = path.split_once("/docs/").map_or("", |(_, file)| file);
    let document = format!("{}/openapi.json", asked.base());
    let config = Config::new([document])
        .validator_url("none")
        .try_it_out_enabled(true);
    let found = utoipa_swagger_ui::serve(file, Arc::new(config))
        .map_err(|error| ApiError::from(Code::Internal).because(&error))?
        .ok_or(Code::NotFound)?;
    let mut response = Response::new(Body::from(found.bytes.into_owned()));
    let media_type = HeaderValue::try_from(found.content_type)
        .map_err(|error| ApiError::from(Code::Internal).because(&error))?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}
