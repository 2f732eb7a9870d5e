//! What the server counts. Every handle is found once, so that a request builds no labels.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

/// Statuses with a counter of their own; the rest share one.
const STATUSES: [u16; 28] = [
    200, 201, 202, 204, 304, 308, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 414, 415, 422,
    429, 431, 500, 501, 502, 503, 504, 0, 0,
];

/// Methods with counters of their own; the rest share the last place.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OTHER"];

/// Counts requests by route, method and status, and how long they take by route.
pub(super) struct Meter {
    routes: HashMap<String, Arc<RouteMeter>>,
    unmatched: RouteMeter,
    in_flight: AtomicUsize,
    in_flight_gauge: Gauge,
    connections: Gauge,
}

struct RouteMeter {
    route: String,
    seconds: Histogram,
    counters: [[OnceLock<Counter>; STATUSES.len()]; METHODS.len()],
}

impl Meter {
    /// Counts these routes: the template that is matched, and the name that it is counted under.
    pub(super) fn new(routes: impl Iterator<Item = (String, String)>) -> Self {
        describe_counter!(
            "onsale_http_requests_total",
            "Answers by route, method and status."
        );
        describe_histogram!(
            "onsale_http_request_seconds",
            metrics::Unit::Seconds,
            "From a request's head to its answer, by route."
        );
        describe_gauge!("onsale_http_in_flight", "Requests in handling.");
        describe_gauge!("onsale_http_connections", "Open connections.");
        let mut named: HashMap<String, Arc<RouteMeter>> = HashMap::new();
        let mut by_template = HashMap::new();
        for (template, name) in routes {
            let meter = named
                .entry(name.clone())
                .or_insert_with(|| Arc::new(RouteMeter::new(name)));
            by_template.insert(template, Arc::clone(meter));
        }
        Self {
            routes: by_template,
            unmatched: RouteMeter::new("unmatched".to_owned()),
            in_flight: AtomicUsize::new(0),
            in_flight_gauge: gauge!("onsale_http_in_flight"),
            connections: gauge!("onsale_http_connections"),
        }
    }

    /// A place for one more request; `None` where `max` have one.
    pub(super) fn enter(&self, max: usize) -> Option<InFlight<'_>> {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let place = InFlight(self);
        (before < max).then_some(place)
    }

    /// Counts an answer.
    pub(super) fn count(
        &self,
        template: Option<&str>,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let route = template.and_then(|template| self.routes.get(template));
        route
            .map_or(&self.unmatched, |route| route)
            .count(method, status, took);
    }

    /// Says how many requests are in handling. The gauge is set when it is read, and not by the way.
    pub(super) fn tell_in_flight(&self) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "requests are far fewer than 2^52"
        )]
        self.in_flight_gauge
            .set(self.in_flight.load(Ordering::Relaxed) as f64);
    }

    /// Says how many connections are open.
    pub(super) fn count_connections(&self, open: usize) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "connections are far fewer than 2^52"
        )]
        self.connections.set(open as f64);
    }
}

/// A request's place among those in handling; given back when it is dropped.
pub(super) struct InFlight<'m>(&'m Meter);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RouteMeter {
    fn new(route: String) -> Self {
        let seconds = histogram!("onsale_http_request_seconds", "route" => route.clone());
        Self {
            route,
            seconds,
            counters: Default::default(),
        }
    }

    fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        self.seconds.record(took.as_secs_f64());
        let place = METHODS.iter().position(|name| *name == method.as_str());
        let method = place.unwrap_or(METHODS.len() - 1);
        let place = STATUSES.iter().position(|known| *known == status.as_u16());
        let counter = &self.counters[method][place.unwrap_or(STATUSES.len() - 1)];
        let register = || {
            counter!(
                "onsale_http_requests_total",
                "route" => self.route.clone(),
                "method" => METHODS[method],
                "status" => if place.is_some() { status.as_str().to_owned() } else { "other".to_owned() },
            )
        };
        counter.get_or_init(register).increment(1);
    }
}
