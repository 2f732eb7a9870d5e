//! The server: what is accepted, for how long, and what leaves.

mod connection;
mod dress;
mod gateway;
mod meter;
mod pace;
mod rate;
mod refusal;
mod wire;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::limits::{ServerLimits, millis};
use connection::Connection;

pub use gateway::{Gateway, router};
pub use refusal::Refusal;

/// What stands behind the server and answers.
pub trait Front: Clone + Send + Sync + Unpin + 'static {
    /// Answers a request that came from `peer`. May be dropped at any await, when the client has
    /// gone.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> impl Future<Output = Response<Body>> + Send;

    /// The bounds that its connections keep.
    fn limits(&self) -> &ServerLimits;

    /// A whole HTTP/1.1 response, head and body, for somebody whose request is not read.
    fn refuse(&self, refusal: Refusal) -> Bytes;

    /// Hears that nothing new will be accepted.
    fn drain(&self) {}

    /// Hears how many connections are open.
    fn count_connections(&self, _open: usize) {}
}

/// How long to wait when the process has no file descriptor left for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Refused connections that are seen off politely at a time; beyond it they are just closed.
const REFUSED_LEN_MAX: usize = 1_000;

/// Listens at this address.
///
/// The backlog is longer than the usual one, because a sale's first second brings everybody.
pub fn bind(address: SocketAddr, backlog_len_max: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog_len_max)
}

/// Serves HTTP/1.1 until `shutdown` is done, then answers what was accepted, for at most
/// `shutdown_grace_ms`, and returns. A fault of the listener is logged and outlived.
pub async fn serve(listener: TcpListener, front: impl Front, shutdown: impl Future<Output = ()>) {
    let limits = front.limits().clone();
    let (stop, stopped) = watch::channel(false);
    let mut hall = Hall {
        connection: Connection::new(front.clone(), limits.clone(), stopped),
        front,
        connections_max: limits.connections_max as usize,
        open: JoinSet::new(),
        refused: JoinSet::new(),
    };
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = hall.open.join_next() => hall.count(),
            Some(_) = hall.refused.join_next() => {}
            accepted = listener.accept() => hall.greet(accepted).await,
        }
    }
    hall.front.drain();
    hall.greet_waiting(&listener).await;
    drop(listener);
    // Nobody listening any more means that every connection is closed already.
    let _ = stop.send(true);
    hall.close(millis(limits.shutdown_grace_ms)).await;
}

/// Every connection there is.
struct Hall<F> {
    connection: Arc<Connection<F>>,
    front: F,
    connections_max: usize,
    open: JoinSet<()>,
    refused: JoinSet<()>,
}

impl<F: Front> Hall<F> {
    async fn greet(&mut self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        match accepted {
            Ok((stream, from)) => self.admit(stream, from.ip()),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted at the moment");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }

    fn admit(&mut self, stream: TcpStream, peer: IpAddr) {
        if self.open.len() >= self.connections_max {
            if self.refused.len() < REFUSED_LEN_MAX {
                let refusal = self.front.refuse(Refusal::Overloaded);
                self.refused.spawn(connection::see_off(stream, refusal));
            }
            return;
        }
        let connection = Arc::clone(&self.connection);
        self.open.spawn(connection.run(stream, peer));
        self.count();
    }

    fn count(&self) {
        self.front.count_connections(self.open.len());
    }

    /// Accepts those who stand in the backlog already: to close the door on them would cut off
    /// requests that have been sent.
    async fn greet_waiting(&mut self, listener: &TcpListener) {
        while let Ok(Ok((stream, from))) =
            tokio::time::timeout(Duration::ZERO, listener.accept()).await
        {
            self.admit(stream, from.ip());
        }
    }

    async fn close(&mut self, grace: Duration) {
        let all_gone = async {
            while self.open.join_next().await.is_some() {
                self.front.count_connections(self.open.len());
            }
            while self.refused.join_next().await.is_some() {}
        };
        if tokio::time::timeout(grace, all_gone).await.is_err() {
            tracing::warn!(
                open = self.open.len(),
                "connections are cut off: the grace is over"
            );
        }
        self.open.shutdown().await;
        self.refused.shutdown().await;
    }
}

/// Whether only the connection that was to be accepted is gone, and the listener is well.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
