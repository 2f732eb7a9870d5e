//! What every request goes through: an id, a place among those in handling, a time limit, the
//! router, and on the way out the envelope, the metrics and a line in the log.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderValue, Method, Request};
use axum::response::{IntoResponse, Response};
use boxoffice::box_office::BoxOffice;
use bytes::Bytes;
use futures_util::FutureExt;
use hyper::body::Incoming;
use tower::Service;

use super::meter::Meter;
use super::{Front, Refusal};
use crate::api::{self, App, BASES, Direct, METRICS_PATH, ToldAsIs};
use crate::errors::{ApiError, Code};
use crate::lang::Lang;
use crate::limits::{ServerLimits, millis, soon_or_within};
use crate::settings::Settings;
use crate::visit::{Visit, X_REQUEST_ID, new_request_id, request_id};

/// The API behind its gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    app: Arc<App>,
    router: Router,
    meter: Meter,
}

/// The API over this box office, ready to be served.
///
/// Its metrics go to the recorder that is installed at this moment.
pub fn router(box_office: BoxOffice, settings: Settings) -> Gateway {
    let app = Arc::new(App::new(box_office, settings));
    let paths: Vec<_> = api::routes().into_iter().map(|(path, _)| path).collect();
    let below = |base: &str| {
        let named = |path: &&str| (format!("{base}{path}"), format!("{}{path}", BASES[0]));
        paths.iter().map(named).collect::<Vec<_>>()
    };
    let metrics = (METRICS_PATH.to_owned(), METRICS_PATH.to_owned());
    let routes = BASES.into_iter().flat_map(below).chain([metrics]);
    Gateway(Arc::new(Inner {
        router: api::router(),
        meter: Meter::new(routes),
        app,
    }))
}

impl Front for Gateway {
    async fn answer(&self, request: Request<Incoming>) -> Response {
        self.handle(request.map(Body::new)).await
    }

    fn limits(&self) -> &ServerLimits {
        &self.0.app.limits
    }

    fn refuse(&self, refusal: Refusal) -> Bytes {
        let app = &self.0.app;
        let id = new_request_id();
        refusal.response(
            &app.zone,
            app.box_office.now(),
            id.to_str().unwrap_or_default(),
        )
    }

    fn drain(&self) {
        self.0.app.is_draining.store(true, Ordering::Relaxed);
    }

    fn count_connections(&self, open: usize) {
        self.0.meter.count_connections(open);
    }
}

impl Gateway {
    /// Answers a request, whatever becomes of it. Needs no socket.
    pub async fn handle(&self, request: Request<Body>) -> Response {
        let Inner { app, meter, .. } = &*self.0;
        let asker = Asker::of(&request);
        if request.uri().path() == METRICS_PATH {
            meter.settle_all();
        }
        let place = meter.enter(app.limits.in_flight_max as usize);
        let path = request.uri().path();
        let visit;
        let (mut response, route) = if place.is_none() && !is_probe(path) {
            (ApiError::from(Code::Overloaded).into_response(), None)
        } else if let Some(direct) = Direct::of(&asker.method, path) {
            let answer = direct.answer(app, request);
            let answer = answer.map(IntoResponse::into_response);
            let response = if direct.keeps_time() {
                survived(answer).await
            } else {
                self.bounded(answer, &asker.method).await
            };
            (response, Some(direct.route()))
        } else {
            visit = Arc::new(Visit {
                app: Arc::clone(app),
                route: OnceLock::new(),
            });
            let response = self.route(request, &visit, &asker.method).await;
            (response, visit.route())
        };
        drop(place);

        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            self.envelop(&mut response, &asker, route);
        }
        let took = asker.since.elapsed();
        meter.count(route, &asker.method, response.status(), took);
        tracing::debug!(
            request_id = asker.id.to_str().unwrap_or_default(),
            method = asker.method.as_str(),
            route,
            status = response.status().as_u16(),
            micros = took.as_micros(),
            "answered"
        );
        response.headers_mut().insert(X_REQUEST_ID, asker.id);
        response
    }

    /// Asks the router.
    async fn route(
        &self,
        mut request: Request<Body>,
        visit: &Arc<Visit>,
        method: &Method,
    ) -> Response {
        request.extensions_mut().insert(Arc::clone(visit));
        let answer = self.0.router.clone().call(request);
        self.bounded(
            answer.map(|answer| answer.unwrap_or_else(|never| match never {})),
            method,
        )
        .await
    }

    /// Waits for an answer, within the time that a request may take, and outlives its panics.
    async fn bounded(&self, answer: impl Future<Output = Response>, method: &Method) -> Response {
        let patience = millis(self.0.app.limits.handling_timeout_ms);
        match soon_or_within(patience, survived(answer)).await {
            Ok(response) => response,
            // What only reads has done nothing; of anything else nobody can say so.
            Err(_) if method.is_safe() => ApiError::from(Code::ServiceUnavailable).into_response(),
            Err(_) => ApiError::from(Code::OutcomeUnknown).into_response(),
        }
    }

    /// Writes the envelope of what went wrong, in the asker's language.
    fn envelop(&self, response: &mut Response, asker: &Asker, route: Option<&str>) {
        if response.extensions().get::<ToldAsIs>().is_some() {
            let retry = HeaderValue::from_static("2");
            response.headers_mut().entry(RETRY_AFTER).or_insert(retry);
            return;
        }
        let app = &self.0.app;
        let error = response.extensions_mut().remove::<ApiError>();
        let error = error.unwrap_or_else(|| Code::of_status(response.status()).into());
        log(&error, &asker.id, route);
        let lang = Lang::of(asker.languages.as_ref().map(HeaderValue::as_bytes));
        let body = error.envelope(lang, &app.zone, app.box_office.now());
        *response.status_mut() = error.code().status();
        response.headers_mut().remove(CONTENT_LENGTH);
        error.put_headers(lang, response.headers_mut());
        *response.body_mut() = Body::from(body);
    }
}

/// Waits for an answer, and outlives its panics.
async fn survived(answer: impl Future<Output = Response>) -> Response {
    let panicked = |_| {
        let error = ApiError::from(Code::Internal).because(&"a panic");
        error.into_response()
    };
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(panicked)
}

/// What is kept of a request while it is handled.
struct Asker {
    since: Instant,
    method: Method,
    languages: Option<HeaderValue>,
    id: HeaderValue,
}

impl Asker {
    fn of(request: &Request<Body>) -> Self {
        Self {
            since: Instant::now(),
            method: request.method().clone(),
            languages: request.headers().get(ACCEPT_LANGUAGE).cloned(),
            id: request_id(request.headers()),
        }
    }
}

/// Faults of ours are logged with the id that the visitor is given; being full is worth a line too.
fn log(error: &ApiError, id: &HeaderValue, route: Option<&str>) {
    let request_id = id.to_str().unwrap_or_default();
    let (code, internal) = (error.code().as_str(), error.internal());
    match error.code() {
        Code::Internal => tracing::error!(request_id, route, code, internal, "a fault of ours"),
        Code::Overloaded => tracing::debug!(request_id, route, code, internal, "turned away"),
        _ if error.code().status().is_server_error() => {
            tracing::warn!(request_id, route, code, internal, "could not serve");
        }
        _ => {}
    }
}

/// Whether a balancer asks: it must hear from a node that is full, or it would take it for dead.
fn is_probe(path: &str) -> bool {
    path.ends_with("/health/live") || path.ends_with("/health/ready")
}
