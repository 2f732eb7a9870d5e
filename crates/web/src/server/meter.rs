//! What the server counts: requests by route, method and status, and how long they take by route.
//!
//! Each worker notes its samples on a list of its own, and they are counted some hundred at a time:
//! if every request counted at once, the workers would wait for each other's counters.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

/// Statuses with a counter of their own; the rest share the last place.
const STATUSES: [u16; 27] = [
    200, 201, 202, 204, 304, 308, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 414, 415, 422,
    429, 431, 500, 501, 502, 503, 504, 0,
];

/// Methods with counters of their own; the rest share the last place.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OTHER"];

/// Lists of samples; more than this many workers share some.
const LISTS: usize = 16;

/// Samples on a list before they are counted.
const SAMPLES_LEN_MAX: usize = 256;

/// Counts requests and connections.
pub(super) struct Meter {
    places: HashMap<String, usize>,
    routes: Vec<RouteMeter>,
    lists: [List; LISTS],
    in_flight: AtomicUsize,
    in_flight_gauge: Gauge,
    connections: Gauge,
}

/// A list on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct List(Mutex<Vec<Sample>>);

struct Sample {
    route: usize,
    method: usize,
    status: usize,
    took: Duration,
}

impl Sample {
    fn kind(&self) -> (usize, usize, usize) {
        (self.route, self.method, self.status)
    }
}

struct RouteMeter {
    name: String,
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
            Unit::Seconds,
            "From a request's head to its answer, by route."
        );
        describe_gauge!("onsale_http_in_flight", "Requests in handling.");
        describe_gauge!("onsale_http_connections", "Open connections.");
        // The first place is for requests that found no route.
        let mut meter = Self {
            places: HashMap::new(),
            routes: vec![RouteMeter::new("unmatched".to_owned())],
            lists: Default::default(),
            in_flight: AtomicUsize::new(0),
            in_flight_gauge: gauge!("onsale_http_in_flight"),
            connections: gauge!("onsale_http_connections"),
        };
        for (template, name) in routes {
            let known = meter.routes.iter().position(|route| route.name == name);
            let place = known.unwrap_or_else(|| {
                meter.routes.push(RouteMeter::new(name));
                meter.routes.len() - 1
            });
            meter.places.insert(template, place);
        }
        meter
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
        let route = template
            .and_then(|template| self.places.get(template))
            .copied();
        let method = METHODS.iter().position(|known| *known == method.as_str());
        let status = STATUSES.iter().position(|known| *known == status.as_u16());
        let sample = Sample {
            route: route.unwrap_or(0),
            method: method.unwrap_or(METHODS.len() - 1),
            status: status.unwrap_or(STATUSES.len() - 1),
            took,
        };
        let list = &self.lists[own_list()].0;
        let mut samples = list.lock().unwrap_or_else(PoisonError::into_inner);
        samples.push(sample);
        if samples.len() >= SAMPLES_LEN_MAX {
            let full = std::mem::replace(&mut *samples, Vec::with_capacity(SAMPLES_LEN_MAX));
            drop(samples);
            self.settle(&full);
        }
    }

    /// Counts what is still on lists, and says how many requests are in handling: before the
    /// metrics are read.
    pub(super) fn settle_all(&self) {
        for List(list) in &self.lists {
            let samples = std::mem::take(&mut *list.lock().unwrap_or_else(PoisonError::into_inner));
            self.settle(&samples);
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "requests are far fewer than 2^52"
        )]
        self.in_flight_gauge
            .set(self.in_flight.load(Ordering::Relaxed) as f64);
    }

    fn settle(&self, samples: &[Sample]) {
        let alike = |one: &Sample, next: &Sample| one.kind() == next.kind();
        for samples in samples.chunk_by(alike) {
            if let Some(route) = samples.first().and_then(|s| self.routes.get(s.route)) {
                route.count(samples);
            }
        }
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

/// The list of this thread.
fn own_list() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<Option<usize>> = const { Cell::new(None) };
    }
    OWN.with(|own| {
        let list = own
            .get()
            .unwrap_or_else(|| THREADS.fetch_add(1, Ordering::Relaxed) % LISTS);
        own.set(Some(list));
        list
    })
}

/// A request's place among those in handling; given back when it is dropped.
pub(super) struct InFlight<'m>(&'m Meter);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RouteMeter {
    fn new(name: String) -> Self {
        let seconds = histogram!("onsale_http_request_seconds", "route" => name.clone());
        Self {
            name,
            seconds,
            counters: Default::default(),
        }
    }

    /// Counts samples of one kind.
    fn count(&self, samples: &[Sample]) {
        for sample in samples {
            self.seconds.record(sample.took.as_secs_f64());
        }
        let Some(sample) = samples.first() else {
            return;
        };
        let register = || {
            let status = match STATUSES[sample.status] {
                0 => "other".to_owned(),
                status => status.to_string(),
            };
            counter!(
                "onsale_http_requests_total",
                "route" => self.name.clone(),
                "method" => METHODS[sample.method],
                "status" => status,
            )
        };
        self.counters[sample.method][sample.status]
            .get_or_init(register)
            .increment(samples.len() as u64);
    }
}
