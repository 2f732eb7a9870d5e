//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::http::Request;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::pace::{Pace, Phase};
use super::wire::Wire;
use super::{Front, Refusal};
use crate::api::Live;
use crate::errors::Code;
use crate::limits::ServerLimits;

/// How long a client that is refused may take to read why, and to stop sending.
const FAREWELL: Duration = Duration::from_millis(500);

/// Bytes that are read and thrown away, so that the refusal is not lost to a reset.
const FAREWELL_BYTES_MAX: usize = 256 * 1_024;

/// Headers that hyper takes unless it is told otherwise.
const HEADERS_MAX_OF_HYPER: u32 = 100;

/// What all connections have in common.
pub(super) struct Connection<F> {
    front: F,
    limits: ServerLimits,
    http: http1::Builder,
    stopped: watch::Receiver<bool>,
}

/// What the parts of one connection share.
///
/// It has a front of its own: every request counts who holds what it uses, and a count that all
/// workers share is a line of memory that they wait for.
pub(super) struct Own<F> {
    pub(super) front: F,
    pub(super) pace: Pace,
}

/// How a connection ended.
enum Ending {
    /// Everything was answered, or the client has gone.
    Done,
    /// The head did not arrive in time.
    HeadTimeout,
    /// Nothing was sent for too long.
    Idle,
}

impl<F: Front> Connection<F> {
    pub(super) fn new(front: F, limits: ServerLimits, stopped: watch::Receiver<bool>) -> Arc<Self> {
        let mut http = http1::Builder::new();
        http.keep_alive(true)
            .half_close(false)
            // The pace keeps the time of heads, together with the other times.
            .header_read_timeout(None)
            .max_header_size(limits.header_bytes_max as usize)
            .max_buf_size((limits.header_bytes_max as usize).max(64 * 1_024));
        // hyper keeps as many headers as it takes by default on the stack, any other number on the heap.
        if limits.headers_max != HEADERS_MAX_OF_HYPER {
            http.max_headers(limits.headers_max as usize);
        }
        Arc::new(Self {
            front,
            limits,
            http,
            stopped,
        })
    }

    /// Serves a connection until it ends.
    pub(super) async fn run(self: Arc<Self>, stream: TcpStream, peer: IpAddr) {
        // Small answers must not wait for more to send. Without it the answer is late, not wrong.
        let _ = stream.set_nodelay(true);
        let own = Arc::new(Own {
            front: self.front.clone(),
            pace: Pace::start(),
        });
        let wire = Wire::new(stream, Arc::clone(&own));
        let answering = Arc::clone(&own);
        let service = service_fn(move |request: Request<Incoming>| {
            let own = Arc::clone(&answering);
            own.pace.on_request();
            async move {
                let response = own.front.answer(request, peer).await;
                if Code::of_status(response.status()).closes() {
                    own.pace.cut_short();
                }
                let is_live = response.extensions().get::<Live>().is_some();
                own.pace.on_answer(is_live);
                Ok::<_, Infallible>(response)
            }
        });
        let mut http = self.http.serve_connection(wire, service);
        let ending = self.drive(&mut http, &own.pace).await;
        let socket = http.into_parts().io.into_socket();
        match ending {
            Ending::HeadTimeout => see_off(socket, self.front.refuse(Refusal::HeadTimeout)).await,
            Ending::Done if own.pace.is_cut_short() => see_off(socket, Bytes::new()).await,
            Ending::Done | Ending::Idle => {}
        }
    }

    /// Polls a connection and keeps its time; lets it finish its request when the server closes.
    async fn drive<S>(&self, http: &mut http1::Connection<Wire<F>, S>, pace: &Pace) -> Ending
    where
        S: hyper::service::HttpService<Incoming, ResBody = axum::body::Body> + Unpin,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut stopped = self.stopped.clone();
        let mut stopping = pin!(stopped.wait_for(|stopped| *stopped));
        let (mut closing_since, mut is_last) = (None, false);
        let first = pace.deadline(&self.limits).unwrap_or_else(Instant::now);
        let mut alarm = pin!(sleep_until(first));
        poll_fn(|cx| {
            loop {
                if Pin::new(&mut *http).poll(cx).is_ready() {
                    return Poll::Ready(Ending::Done);
                }
                if closing_since.is_none() && stopping.as_mut().poll(cx).is_ready() {
                    closing_since = Some(Instant::now());
                }
                // hyper would close a silent connection at once; its first request may be on its way.
                if closing_since.is_some() && !is_last && pace.phase() != Phase::Silent {
                    is_last = true;
                    Pin::new(&mut *http).graceful_shutdown();
                    continue;
                }
                let deadline = match closing_since {
                    None => pace.deadline(&self.limits),
                    Some(since) => pace.closing_deadline(&self.limits, since),
                };
                // The alarm is only ever moved forward, or on when it rings: a deadline that moves
                // away with every request costs nothing.
                if let Some(deadline) = deadline.filter(|deadline| *deadline < alarm.deadline()) {
                    alarm.as_mut().reset(deadline);
                }
                if alarm.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                let now = Instant::now();
                match deadline {
                    Some(deadline) if deadline <= now => {
                        return Poll::Ready(match pace.phase() {
                            Phase::Head => Ending::HeadTimeout,
                            _ => Ending::Idle,
                        });
                    }
                    Some(deadline) => alarm.as_mut().reset(deadline),
                    None => alarm.as_mut().reset(now + self.patience()),
                }
            }
        })
        .await
    }

    /// When to look again at a connection whose request is in handling.
    fn patience(&self) -> Duration {
        crate::limits::millis(self.limits.header_timeout_ms)
    }
}

/// Writes a last word and waits a moment for the client to stop sending, because closing a socket
/// with unread bytes resets it, and a reset may overtake the word.
pub(super) async fn see_off(mut stream: TcpStream, last_word: Bytes) {
    let farewell = async {
        stream.write_all(&last_word).await?;
        stream.shutdown().await?;
        // On the heap: every connection's task would have room for it, from its first byte on.
        let (mut scrap, mut read) = (vec![0; 4_096], 0);
        while read < FAREWELL_BYTES_MAX {
            match tokio::io::AsyncReadExt::read(&mut stream, &mut scrap).await? {
                0 => break,
                more => read += more,
            }
        }
        std::io::Result::Ok(())
    };
    // Whoever does not listen has had her chance.
    let _ = timeout(FAREWELL, farewell).await;
}
