//! The endpoints: each reads a request, asks the box office, and tells the answer.

mod direct;
mod docs;
mod events;
mod health;
mod packed;
mod payments;
mod rendered;
mod reservations;
mod stream;
mod tickets;
mod users;

use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use boxoffice::box_office::BoxOffice;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use tokio::sync::watch;

use crate::admission::Admission;
use crate::cors::CorsOrigins;
use crate::errors::{ApiError, Code};
use crate::limits::ServerLimits;
use crate::pages;
use crate::request::{Asked, Fault, Faults, Json};
use crate::settings::{AdminToken, Settings};
use crate::visit::Host;
use crate::zone::Zone;
pub(crate) use direct::Direct;
pub(crate) use events::{SEARCH_LEN_MAX, SORTS as EVENT_SORTS, STATUSES as EVENT_STATUSES};
pub(crate) use health::{HealthBody, LivenessBody, ToldAsIs};
pub(crate) use packed::Packed;
pub(crate) use rendered::Told;
pub(crate) use reservations::{
    SORTS as RESERVATION_SORTS, STATUSES as RESERVATION_STATUSES, told_event,
};
pub(crate) use stream::{Live, Streams};

/// The base paths of the one API.
pub(crate) const BASES: [&str; 2] = ["/api", "/api/v1"];

/// What every handler works with.
pub(crate) struct App {
    pub(crate) box_office: BoxOffice,
    pub(crate) limits: ServerLimits,
    /// Asked before seats are taken.
    pub(crate) admission: Admission,
    pub(crate) zone: Zone,
    pub(crate) cors: CorsOrigins,
    /// Whether the server takes nothing new any more.
    pub(crate) closing: watch::Sender<bool>,
    pub(crate) streams: Streams,
    /// The last minutes of the sales, for the desk.
    pub(crate) history: pages::History,
    admin_token: Option<AdminToken>,
    disk_path: PathBuf,
    disk_free_bytes_min: u64,
    metrics: PrometheusHandle,
}

impl App {
    pub(crate) fn new(box_office: BoxOffice, settings: Settings) -> Self {
        let closing = watch::Sender::new(false);
        Self {
            history: pages::History::new(box_office.clone(), closing.clone()),
            box_office,
            admission: Admission::new(&settings.limits),
            limits: settings.limits,
            zone: Zone::named_or_utc(&settings.default_zone),
            cors: settings.cors_origins,
            closing,
            streams: Streams::new(),
            admin_token: settings.admin_token,
            disk_path: settings.disk_path,
            disk_free_bytes_min: settings.disk_free_bytes_min,
            metrics: settings.metrics,
        }
    }

    /// What an organizer shows; `None`: everybody may organize.
    pub(crate) fn admin_token(&self) -> Option<&AdminToken> {
        self.admin_token.as_ref()
    }

    /// The metrics of the process, in the text format of Prometheus.
    pub(crate) fn metrics_text(&self) -> String {
        self.metrics.render()
    }

    fn may_organize(&self, asked: &Asked) -> Result<(), ApiError> {
        asked.principal(self.admin_token.as_ref()).may_organize()
    }

    /// Reads a body with `read`, which notes what is wrong in `faults`.
    fn read<'b, T>(
        &self,
        body: &'b [u8],
        faults: Faults,
        read: impl FnOnce(&Json<'b>, &Faults) -> Option<T>,
    ) -> Result<T, ApiError> {
        let json = faults.catch("body", Json::read(body, self.limits.json_depth_max));
        let value = json.and_then(|json| read(&json, &faults));
        faults.unless_any(value)
    }
}

pub(crate) type Answer = Result<Response, ApiError>;

/// Every path below a base path, with its methods.
pub(crate) fn routes() -> Vec<(&'static str, MethodRouter)> {
    vec![
        ("/health", get(health::health)),
        ("/health/live", get(health::live)),
        ("/health/ready", get(health::ready)),
        ("/events", get(events::list).post(events::create)),
        ("/events/upcoming", get(events::upcoming)),
        ("/events/available", get(events::available)),
        (
            "/events/{eventId}",
            get(events::detail)
                .put(events::update)
                .delete(events::delete),
        ),
        ("/events/{eventId}/seats", get(events::seats)),
        ("/events/{eventId}/stream", get(stream::stream)),
        (
            "/reservations",
            get(reservations::list).post(reservations::reserve),
        ),
        (
            "/reservations/{id}",
            get(reservations::detail).delete(reservations::cancel),
        ),
        ("/reservations/{id}/payment", post(payments::pay)),
        ("/reservations/{id}/extension", post(payments::extend)),
        (
            "/tickets/{code}/check-in",
            post(tickets::check_in).delete(tickets::undo),
        ),
        ("/reservations/user/{userId}", get(reservations::of_user)),
        ("/users", post(users::create)),
        ("/users/{userId}", get(users::detail)),
        ("/openapi.json", get(docs::openapi)),
        ("/docs", get(docs::enter)),
        ("/docs/", get(docs::page)),
        ("/docs/{*file}", get(docs::page)),
    ]
}

/// The path of the metrics, below no base path.
pub(crate) const METRICS_PATH: &str = "/metrics";

/// The router over every path: the API below both its base paths, and the pages.
pub(crate) fn router() -> Router {
    let mut router = Router::new().route(METRICS_PATH, get(metrics));
    for base in BASES {
        for (path, methods) in routes() {
            router = router.route(&format!("{base}{path}"), methods);
        }
    }
    for (path, methods) in pages::routes() {
        router = router.route(path, methods);
    }
    router
        .fallback(|| async { ApiError::from(Code::NotFound) })
        .method_not_allowed_fallback(|| async { ApiError::from(Code::MethodNotAllowed) })
}

async fn metrics(app: Host, asked: Asked) -> Answer {
    app.may_organize(&asked)?;
    let mut response = Response::new(Body::from(app.metrics.render()));
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    Ok(response)
}

/// Headers that most answers have at most.
const HEADERS_LEN: usize = 12;

/// An answer whose body is this resource.
fn json<T: Serialize>(status: StatusCode, body: &T) -> Answer {
    let mut bytes = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut bytes, body)
        .map_err(|error| ApiError::from(Code::Internal).because(&error))?;
    let mut response = json_bytes(status, Body::from(bytes));
    // Most of what is told is one person's; what is everybody's says so.
    let unkept = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, unkept);
    Ok(response)
}

fn json_bytes(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    // Room for those that an event has, so that the map is made once.
    let mut headers = HeaderMap::with_capacity(HEADERS_LEN);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.headers_mut() = headers;
    response
}

/// An answer that made something: 201, where it is, and whether an earlier request had made it.
fn created<T: Serialize>(body: &T, location: String, replayed: bool) -> Answer {
    let mut response = json(StatusCode::CREATED, body)?;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    mark_replayed(&mut response, replayed);
    Ok(response)
}

fn mark_replayed(response: &mut Response, replayed: bool) {
    if replayed {
        response
            .headers_mut()
            .insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
}

/// Reads an event's number from a path.
pub(crate) fn event_number(text: &str) -> Result<boxoffice::ids::EventId, Fault> {
    crate::request::number(1, i64::MAX)(text).map(boxoffice::ids::EventId)
}
