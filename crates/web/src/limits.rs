//! Every bound of the server: its unit, its default, and what it depends on.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::timeout;

/// The server's bounds. `ServerLimits::default()` is what the configuration reference prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerLimits {
    /// Largest request body, in bytes. Beyond it: 413.
    pub request_body_bytes_max: u32,
    /// How deep a request's JSON may be nested.
    pub json_depth_max: u32,
    /// Largest head of a request (request line and headers), in bytes. Beyond it: 431.
    pub header_bytes_max: u32,
    /// Most headers of a request. Beyond it: 431.
    pub headers_max: u32,
    /// How long a head may take from its first byte to its last, in milliseconds. Then: 408.
    pub header_timeout_ms: u32,
    /// How long a new connection may be silent before it is closed, in milliseconds.
    pub first_byte_timeout_ms: u32,
    /// How long a body may take, in milliseconds. Then: 408.
    pub body_timeout_ms: u32,
    /// How long a connection stays open between two requests, in milliseconds.
    ///
    /// Must exceed the idle timeout of a load balancer in front (60 s on AWS), or it would send
    /// requests into connections that are being closed.
    pub idle_timeout_ms: u32,
    /// How long a request may take altogether, in milliseconds; a safety net behind the deadline
    /// of the box office, which must be shorter.
    pub handling_timeout_ms: u32,
    /// Open connections. Beyond it: a 503 at once, and close.
    pub connections_max: u32,
    /// Requests in handling. Beyond it: 503, at once.
    pub in_flight_max: u32,
    /// Reservations that this node takes on a second over time. Beyond it: 503, before the body is read.
    /// 0: as many as it can.
    pub node_reservations_per_sec: u32,
    /// Reservations that this node takes on at once after a rest.
    pub node_burst_reservations: u32,
    /// Connections that wait to be accepted, in the kernel.
    pub backlog_len_max: u32,
    /// How long a shutdown waits for what was accepted, in milliseconds.
    pub shutdown_grace_ms: u32,
    /// Open streams of events. Beyond it: 503, at once.
    ///
    /// Must stay below `connections_max`, or those who watch could keep out those who buy.
    pub streams_max: u32,
    /// How long a stream is silent before a comment shows that it is alive, in milliseconds.
    pub stream_heartbeat_ms: u32,
    /// How long the reader of a stream may take nothing of what is there, in milliseconds. Then
    /// she is dropped.
    pub stream_stall_ms_max: u32,
    /// Requests that one client address may send a second over time. Beyond it: 429. 0: any number.
    ///
    /// Many buyers share an address behind a carrier's gateway, so it is no means to be fair.
    pub client_requests_per_sec: u32,
    /// Requests that one client address may send at once after a rest.
    pub client_burst_requests: u32,
    /// Proxies in front that add to `X-Forwarded-For`; 0: the connection's address is the client's.
    pub forwarded_hops: u32,
    /// Smallest answer that is compressed for who takes gzip, in bytes.
    pub compress_bytes_min: u32,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            request_body_bytes_max: 64 * 1_024,
            json_depth_max: 16,
            header_bytes_max: 16 * 1_024,
            headers_max: 100,
            header_timeout_ms: 10_000,
            first_byte_timeout_ms: 15_000,
            body_timeout_ms: 10_000,
            idle_timeout_ms: 75_000,
            handling_timeout_ms: 30_000,
            connections_max: 20_000,
            in_flight_max: 20_000,
            node_reservations_per_sec: 0,
            node_burst_reservations: 10_000,
            backlog_len_max: 4_096,
            shutdown_grace_ms: 25_000,
            streams_max: 5_000,
            stream_heartbeat_ms: 15_000,
            stream_stall_ms_max: 10_000,
            client_requests_per_sec: 1_000,
            client_burst_requests: 10_000,
            forwarded_hops: 0,
            compress_bytes_min: 1_024,
        }
    }
}

/// A head must have room for a long path, a key and a token.
const HEADER_BYTES_MIN: u32 = 2_048;

impl ServerLimits {
    /// What is wrong with these limits, one line each; empty where nothing is.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut expect = |holds: bool, mistake: &str| {
            if !holds {
                mistakes.push(mistake.to_owned());
            }
        };
        expect(
            (256..=16 * 1_024 * 1_024).contains(&self.request_body_bytes_max),
            "request_body_bytes_max must be 256 to 16777216",
        );
        expect(
            (4..=100).contains(&self.json_depth_max),
            "json_depth_max must be 4 to 100: an event needs 3, and the parser stops at 128",
        );
        expect(
            (HEADER_BYTES_MIN..=1_024 * 1_024).contains(&self.header_bytes_max),
            "header_bytes_max must be 2048 to 1048576",
        );
        expect(
            (20..=1_000).contains(&self.headers_max),
            "headers_max must be 20 to 1000",
        );
        expect(
            self.header_timeout_ms > 0,
            "header_timeout_ms must be at least 1",
        );
        expect(
            self.first_byte_timeout_ms > 0,
            "first_byte_timeout_ms must be at least 1",
        );
        expect(
            self.body_timeout_ms > 0,
            "body_timeout_ms must be at least 1",
        );
        expect(
            self.idle_timeout_ms > 0,
            "idle_timeout_ms must be at least 1",
        );
        expect(
            self.handling_timeout_ms > self.body_timeout_ms,
            "handling_timeout_ms must exceed body_timeout_ms, which is part of it",
        );
        expect(
            self.connections_max > 0,
            "connections_max must be at least 1",
        );
        expect(self.in_flight_max > 0, "in_flight_max must be at least 1");
        expect(
            self.node_reservations_per_sec <= 1_000_000,
            "node_reservations_per_sec must be at most 1000000",
        );
        expect(
            (1..=1_000_000).contains(&self.node_burst_reservations),
            "node_burst_reservations must be 1 to 1000000",
        );
        expect(
            (1..=65_535).contains(&self.backlog_len_max),
            "backlog_len_max must be 1 to 65535",
        );
        self.expect_of_streams_and_clients(&mut expect);
        mistakes
    }

    fn expect_of_streams_and_clients(&self, expect: &mut impl FnMut(bool, &str)) {
        expect(
            self.streams_max < self.connections_max,
            "streams_max must stay below connections_max, or who watches could keep out who buys",
        );
        expect(
            (100..=55_000).contains(&self.stream_heartbeat_ms),
            "stream_heartbeat_ms must be 100 to 55000: balancers cut what is silent for a minute",
        );
        expect(
            self.stream_stall_ms_max >= 100,
            "stream_stall_ms_max must be at least 100",
        );
        expect(
            self.client_requests_per_sec <= 1_000_000,
            "client_requests_per_sec must be at most 1000000",
        );
        expect(
            (1..=1_000_000).contains(&self.client_burst_requests),
            "client_burst_requests must be 1 to 1000000",
        );
        expect(
            self.forwarded_hops <= 10,
            "forwarded_hops must be at most 10",
        );
        expect(
            self.compress_bytes_min >= 256,
            "compress_bytes_min must be at least 256: less than a packet is not worth it",
        );
    }
}

/// A duration of this many milliseconds.
pub(crate) const fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms as u64)
}

/// Waits for `work`, at most for `patience`.
///
/// What is in memory is there at once, and needs no alarm: setting one and taking it back costs more
/// than most of what would be waited for.
pub(crate) async fn soon_or_within<F: Future>(
    patience: Duration,
    work: F,
) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    match poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => timeout(patience, work).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_agree_with_each_other() {
        assert_eq!(ServerLimits::default().mistakes(), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let limits = ServerLimits {
            request_body_bytes_max: 1,
            handling_timeout_ms: 10_000,
            body_timeout_ms: 10_000,
            in_flight_max: 0,
            ..ServerLimits::default()
        };
        assert_eq!(limits.mistakes().len(), 3, "{:?}", limits.mistakes());
    }
}
