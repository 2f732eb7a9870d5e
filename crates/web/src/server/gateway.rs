//! What every request goes through: an id, a place among those in handling, a time limit, the
//! router, and on the way out the envelope, the metrics and a line in the log.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, ALLOW, CONTENT_LENGTH, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use boxoffice::box_office::BoxOffice;
use bytes::Bytes;
use futures_util::FutureExt;
use hyper::body::Incoming;
use tower::Service;

use super::dress;
use super::meter::Meter;
use super::rate::Rate;
use super::{Front, Refusal};
use crate::api::{self, App, BASES, Direct, METRICS_PATH, ToldAsIs};
use crate::cors::CorsOrigins;
use crate::errors::{ApiError, Code};
use crate::lang::Lang;
use crate::limits::{ServerLimits, millis, soon_or_within};
use crate::pages;
use crate::settings::Settings;
use crate::visit::{Visit, X_REQUEST_ID, new_request_id, request_id};

/// The API and the pages behind their gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    app: Arc<App>,
    router: Router,
    meter: Meter,
    rate: Rate,
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
    let pages = pages::routes().into_iter();
    let pages = pages.map(|(path, _)| (path.to_owned(), path.to_owned()));
    let routes = BASES.into_iter().flat_map(below).chain([metrics]);
    let routes = routes.chain(pages);
    Gateway(Arc::new(Inner {
        router: api::router(),
        meter: Meter::new(routes),
        rate: Rate::new(&app.limits),
        app,
    }))
}

impl Front for Gateway {
    async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Response {
        self.handle(request.map(Body::new), peer).await
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
        self.0.app.closing.send_replace(true);
    }

    fn count_connections(&self, open: usize) {
        self.0.meter.count_connections(open);
    }
}

impl Gateway {
    /// Answers a request that came from `peer`, whatever becomes of it. Needs no socket.
    pub async fn handle(&self, request: Request<Body>, peer: IpAddr) -> Response {
        let Inner { app, meter, .. } = &*self.0;
        let asker = Asker::of(&request, &app.cors);
        if request.uri().path() == METRICS_PATH {
            meter.settle_all();
        }
        let place = meter.enter(app.limits.in_flight_max as usize);
        let path = request.uri().path();
        let visit;
        // `OPTIONS *` asks about every path (RFC 9110, section 9.3.7).
        let asks_methods = (asker.method == Method::OPTIONS).then(|| path == "*");
        let is_full = place.is_none();
        let (mut response, route) = if let Some(code) = self.refuses(&request, peer, is_full) {
            (ApiError::from(code).into_response(), None)
        } else if let Some(direct) = Direct::of(&asker.method, path) {
            let response = match at_once(direct, app, &request, &asker) {
                Some(known) => known,
                // Each layer around an answer would have room for it twice, in every connection's task.
                None => Box::pin(self.directly(direct, request, &asker)).await,
            };
            (response, Some(direct.route()))
        } else {
            visit = Arc::new(Visit {
                app: Arc::clone(app),
                route: OnceLock::new(),
            });
            let response = Box::pin(self.route(request, &visit, &asker.method)).await;
            (response, visit.route())
        };
        drop(place);
        if let Some(of_all) = asks_methods {
            tell_methods(&mut response, of_all, &app.cors);
        }

        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            self.envelop(&mut response, &asker, route);
        }
        self.dress(&mut response, &asker).await;
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

    /// Why a request is not even looked at, if it is not.
    fn refuses(&self, request: &Request<Body>, peer: IpAddr, is_full: bool) -> Option<Code> {
        let Inner { rate, .. } = &*self.0;
        if !is_full && rate.admits(peer, request.headers()) {
            return None;
        }
        match request.uri().path() {
            probe if is_probe(probe) => None,
            _ if is_full => Some(Code::Overloaded),
            _ => Some(Code::RateLimited),
        }
    }

    /// Puts on what every answer wears.
    async fn dress(&self, response: &mut Response, asker: &Asker) {
        let app = &self.0.app;
        dress::secure(response.headers_mut());
        if !app.cors.is_closed() {
            app.cors
                .allow(asker.origin.as_ref(), response.headers_mut());
        }
        if asker.takes_gzip {
            dress::compress(response, app.limits.compress_bytes_min as usize).await;
        }
    }

    /// Asks past the router.
    async fn directly(&self, direct: Direct, request: Request<Body>, asker: &Asker) -> Response {
        let answer = direct.answer(&self.0.app, request, asker.takes_gzip);
        let answer = answer.map(IntoResponse::into_response);
        if direct.keeps_time() {
            survived(answer).await
        } else {
            self.bounded(answer, &asker.method).await
        }
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

    async fn bounded(&self, answer: impl Future<Output = Response>, method: &Method) -> Response {
        let patience = millis(self.0.app.limits.handling_timeout_ms);
        bounded(answer, method, patience).await
    }

    /// Writes the envelope of what went wrong, in the asker's language.
    fn envelop(&self, response: &mut Response, asker: &Asker, route: Option<&str>) {
        if response.extensions().get::<ToldAsIs>().is_some() {
            let retry = HeaderValue::from_static("2");
            response.headers_mut().entry(RETRY_AFTER).or_insert(retry);
            return;
        }
        if response.extensions().get::<pages::Drawn>().is_some() {
            return;
        }
        let app = &self.0.app;
        let error = response.extensions_mut().remove::<ApiError>();
        let error = error.unwrap_or_else(|| Code::of_status(response.status()).into());
        log(&error, &asker.id, route);
        if let Some(lang) = asker.page {
            *response.status_mut() = error.code().status();
            response.headers_mut().remove(CONTENT_LENGTH);
            error.put_headers(lang, response.headers_mut());
            let id = asker.id.to_str().unwrap_or_default();
            pages::draw(response, &error, lang, &asker.method, id);
            return;
        }
        let lang = Lang::of(asker.languages.as_ref().map(HeaderValue::as_bytes));
        let body = error.envelope(lang, &app.zone, app.box_office.now());
        *response.status_mut() = error.code().status();
        response.headers_mut().remove(CONTENT_LENGTH);
        error.put_headers(lang, response.headers_mut());
        *response.body_mut() = Body::from(body);
    }
}

/// Answers from memory, where it can, and outlives its panics.
fn at_once(direct: Direct, app: &App, request: &Request<Body>, asker: &Asker) -> Option<Response> {
    let answer = AssertUnwindSafe(|| direct.at_once(app, request.headers(), asker.takes_gzip));
    match catch_unwind(answer) {
        Ok(answer) => answer.map(IntoResponse::into_response),
        Err(_) => Some(panicked()),
    }
}

/// Waits for an answer, and outlives its panics.
async fn survived(answer: impl Future<Output = Response>) -> Response {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|_| panicked())
}

fn panicked() -> Response {
    let error = ApiError::from(Code::Internal).because(&"a panic");
    error.into_response()
}

/// What is kept of a request while it is handled.
struct Asker {
    since: Instant,
    method: Method,
    languages: Option<HeaderValue>,
    /// The language of the page that she wants, if it is a page.
    page: Option<Lang>,
    /// The page that asks, if a browser says so.
    origin: Option<HeaderValue>,
    takes_gzip: bool,
    id: HeaderValue,
}

impl Asker {
    fn of(request: &Request<Body>, cors: &CorsOrigins) -> Self {
        let headers = request.headers();
        let asks_as_page = !cors.is_closed();
        Self {
            since: Instant::now(),
            method: request.method().clone(),
            languages: headers.get(ACCEPT_LANGUAGE).cloned(),
            page: pages::wants_page(request.uri().path(), headers).then(|| pages::lang_of(headers)),
            origin: asks_as_page.then(|| headers.get(ORIGIN).cloned()).flatten(),
            takes_gzip: dress::takes_gzip(headers),
            id: request_id(headers),
        }
    }
}

/// Waits for an answer, within the time that a request may take, and outlives its panics.
async fn bounded(
    answer: impl Future<Output = Response>,
    method: &Method,
    patience: Duration,
) -> Response {
    match soon_or_within(patience, survived(answer)).await {
        Ok(response) => response,
        // What only reads has done nothing; of anything else nobody can say so.
        Err(_) if method.is_safe() => ApiError::from(Code::ServiceUnavailable).into_response(),
        Err(_) => ApiError::from(Code::OutcomeUnknown).into_response(),
    }
}

/// Answers what a path takes, which the router knows when it has refused `OPTIONS`.
fn tell_methods(response: &mut Response, of_all: bool, cors: &CorsOrigins) {
    if !of_all && response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return;
    }
    let own = response.headers_mut().remove(ALLOW);
    let own = own.as_ref().and_then(|methods| methods.to_str().ok());
    let methods = match own {
        Some(methods) => format!("{methods},OPTIONS"),
        None => "GET,HEAD,POST,PUT,DELETE,OPTIONS".to_owned(),
    };
    let methods = HeaderValue::try_from(methods).ok();
    *response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    cors.allow_in_advance(methods.clone(), response.headers_mut());
    if let Some(methods) = methods {
        response.headers_mut().insert(ALLOW, methods);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(response: &Response) -> Option<Code> {
        response.extensions().get::<ApiError>().map(ApiError::code)
    }

    #[tokio::test]
    async fn a_panic_is_an_error_that_tells_nothing_of_it() {
        let panicking = async { panic!("the password is hunter2") };
        let response = bounded(panicking, &Method::GET, Duration::from_mins(1)).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let error = response.extensions().get::<ApiError>().expect("an error");
        let zone = crate::zone::Zone::named_or_utc("UTC");
        let now = boxoffice::time::Timestamp::from_micros(0);
        let told = error.envelope(Lang::Both, &zone, now);
        assert!(!String::from_utf8_lossy(&told).contains("hunter2"));
        assert!(!error.internal().contains("hunter2"));
    }

    #[tokio::test]
    async fn what_only_reads_and_takes_too_long_was_not_done_and_what_writes_may_have_been() {
        for (method, code) in [
            (Method::GET, Code::ServiceUnavailable),
            (Method::HEAD, Code::ServiceUnavailable),
            (Method::POST, Code::OutcomeUnknown),
            (Method::DELETE, Code::OutcomeUnknown),
        ] {
            let endless = std::future::pending();
            let response = bounded(endless, &method, Duration::from_millis(1)).await;
            assert_eq!(code_of(&response), Some(code), "{method}");
        }
    }
}
