//! The accept loop over real sockets, with a front that needs no box office.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;
use web::{Front, Refusal, ServerLimits};

/// Answers `/` at once, `/slow` when it is told to, and echoes how long a body was.
#[derive(Clone)]
struct Echo {
    limits: ServerLimits,
    go: Arc<Notify>,
    entered: Arc<Notify>,
    open: watch::Sender<usize>,
}

impl Front for Echo {
    async fn answer(&self, request: Request<Incoming>, _: IpAddr) -> Response<Body> {
        if request.uri().path() == "/slow" {
            self.entered.notify_one();
            self.go.notified().await;
        }
        let body = request
            .into_body()
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        Response::new(Body::from(format!(
            "{} bytes",
            body.unwrap_or_default().len()
        )))
    }

    fn limits(&self) -> &ServerLimits {
        &self.limits
    }

    fn refuse(&self, refusal: Refusal) -> Bytes {
        let head = format!("HTTP/1.1 {}\r\nconnection: close\r\n", refusal.status());
        format!("{head}content-length: 8\r\n\r\nenvelope").into()
    }

    fn count_connections(&self, open: usize) {
        self.open.send_replace(open);
    }
}

struct Server {
    address: SocketAddr,
    echo: Echo,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

fn short_limits() -> ServerLimits {
    ServerLimits {
        header_timeout_ms: 150,
        first_byte_timeout_ms: 150,
        idle_timeout_ms: 300,
        header_bytes_max: 2_048,
        shutdown_grace_ms: 5_000,
        ..ServerLimits::default()
    }
}

fn serve(limits: ServerLimits) -> Server {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = web::bind(address, limits.backlog_len_max).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (go, entered) = (Arc::default(), Arc::default());
    let echo = Echo {
        limits,
        go,
        entered,
        open: watch::Sender::new(0),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let front = echo.clone();
    let running = tokio::spawn(async move {
        web::serve(listener, front, async {
            let _ = stopped.await;
        })
        .await;
    });
    Server {
        address,
        echo,
        stop: Some(stop),
        running,
    }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address)
            .await
            .expect("a connection")
    }

    async fn is_open_to(&self, count: usize) {
        let mut open = self.echo.open.subscribe();
        open.wait_for(|open| *open == count)
            .await
            .expect("the server runs");
    }

    fn stop(&mut self) {
        self.stop
            .take()
            .expect("stopped once")
            .send(())
            .expect("the server runs");
    }
}

/// Sends bytes and reads until the server closes.
async fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the server reads");
    rest(stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(10), read).await;
    read.expect("the server closes").expect("no reset");
    String::from_utf8(answer).expect("UTF-8")
}

/// Reads one answer of a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let mut buffer = [0; 1_024];
    while !answer.ends_with(" bytes") {
        let read = stream.read(&mut buffer).await.expect("no reset");
        assert_ne!(read, 0, "closed after {answer:?}");
        answer.push_str(std::str::from_utf8(&buffer[..read]).expect("UTF-8"));
    }
    answer
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let server = serve(short_limits());
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream
            .write_all(GET.as_bytes())
            .await
            .expect("the server reads");
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test]
async fn requests_that_come_in_one_packet_are_answered_in_their_order() {
    let server = serve(short_limits());
    let mut stream = server.connect().await;
    let post = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc";
    let last = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answers = exchange(&mut stream, &format!("{GET}{post}{last}")).await;
    let lengths: Vec<_> = answers
        .lines()
        .filter_map(|line| line.split(" bytes").next())
        .collect();
    assert_eq!(answers.matches("200 OK").count(), 3, "{answers}");
    assert!(
        lengths.iter().any(|line| line.starts_with('3')),
        "{answers}"
    );
}

#[tokio::test]
async fn a_client_of_http_1_0_is_answered_and_closed() {
    let server = serve(short_limits());
    let answer = exchange(&mut server.connect().await, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("0 bytes"), "{answer}");
    assert!(!answer.contains("chunked"), "{answer}");
}

#[tokio::test]
async fn a_client_of_http_1_0_may_keep_its_connection() {
    let server = serve(short_limits());
    let mut stream = server.connect().await;
    for _ in 0..2 {
        let get = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
        stream
            .write_all(get.as_bytes())
            .await
            .expect("the server reads");
        assert!(
            answer(&mut stream)
                .await
                .to_lowercase()
                .contains("connection: keep-alive")
        );
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = serve(short_limits());
    assert_eq!(rest(&mut server.connect().await).await, "");
}

#[tokio::test]
async fn a_connection_without_another_request_is_closed() {
    let server = serve(short_limits());
    let mut stream = server.connect().await;
    stream
        .write_all(GET.as_bytes())
        .await
        .expect("the server reads");
    answer(&mut stream).await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_is_408() {
    let server = serve(short_limits());
    let answer = exchange(&mut server.connect().await, "GET / HTTP/1.1\r\nhost: ").await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.ends_with("envelope"), "{answer}");
}

#[tokio::test]
async fn a_head_that_trickles_is_408_too() {
    let server = serve(short_limits());
    let (mut read, mut write) = server.connect().await.into_split();
    let trickle = tokio::spawn(async move {
        for byte in b"GET / HTTP/1.1\r\nhost: "
            .iter()
            .chain(std::iter::repeat(&b'x'))
        {
            if write.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let mut answer = String::new();
    let read = read.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .expect("in time")
        .expect("no reset");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    trickle.abort();
}

#[tokio::test]
async fn a_second_head_that_does_not_come_to_its_end_is_408() {
    let server = serve(short_limits());
    let mut stream = server.connect().await;
    stream
        .write_all(GET.as_bytes())
        .await
        .expect("the server reads");
    answer(&mut stream).await;
    let answer = exchange(&mut stream, "GET ").await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431_in_the_envelope() {
    let server = serve(short_limits());
    let head = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    let answer = exchange(&mut server.connect().await, &head).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(answer.ends_with("envelope"), "{answer}");
}

#[tokio::test]
async fn too_many_headers_are_431_in_the_envelope() {
    let server = serve(short_limits());
    let head = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200));
    let answer = exchange(&mut server.connect().await, &head).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(answer.ends_with("envelope"), "{answer}");
}

#[tokio::test]
async fn what_is_not_http_is_400_in_the_envelope() {
    let server = serve(short_limits());
    for nonsense in [
        "\u{16}\u{3}\u{1}\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let answer = exchange(&mut server.connect().await, nonsense).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{nonsense:?}: {answer}");
        assert!(answer.ends_with("envelope"), "{nonsense:?}: {answer}");
    }
}

#[tokio::test]
async fn a_connection_beyond_the_cap_is_refused_and_the_others_are_served() {
    let server = serve(ServerLimits {
        connections_max: 2,
        first_byte_timeout_ms: 60_000,
        ..short_limits()
    });
    let mut first = server.connect().await;
    let second = server.connect().await;
    server.is_open_to(2).await;

    let answer = exchange(&mut server.connect().await, GET).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.ends_with("envelope"), "{answer}");

    drop(second);
    server.is_open_to(1).await;
    let close = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert!(
        exchange(&mut first, close)
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn a_shutdown_answers_what_is_in_handling_and_refuses_what_is_new() {
    let mut server = serve(short_limits());
    let mut stream = server.connect().await;
    let slow = "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
    stream
        .write_all(slow.as_bytes())
        .await
        .expect("the server reads");
    server.echo.entered.notified().await;

    server.stop();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.echo.go.notify_one();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.to_lowercase().contains("connection: close"),
        "{answer}"
    );
    server.running.await.expect("an orderly end");
}

#[tokio::test]
async fn a_shutdown_closes_idle_connections_at_once() {
    let mut server = serve(ServerLimits {
        idle_timeout_ms: 60_000,
        shutdown_grace_ms: 60_000,
        ..short_limits()
    });
    let mut stream = server.connect().await;
    stream
        .write_all(GET.as_bytes())
        .await
        .expect("the server reads");
    answer(&mut stream).await;

    let asked = Instant::now();
    server.stop();
    assert_eq!(rest(&mut stream).await, "");
    server.running.await.expect("an orderly end");
    assert!(
        asked.elapsed() < Duration::from_secs(30),
        "{:?}",
        asked.elapsed()
    );
}

#[tokio::test]
async fn a_shutdown_answers_a_request_that_is_on_its_way() {
    let mut server = serve(ServerLimits {
        first_byte_timeout_ms: 60_000,
        ..short_limits()
    });
    let mut stream = server.connect().await;
    server.is_open_to(1).await;
    server.stop();
    let answer = exchange(&mut stream, GET).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.running.await.expect("an orderly end");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_longer_than_its_grace() {
    let mut server = serve(ServerLimits {
        shutdown_grace_ms: 100,
        ..short_limits()
    });
    let mut stream = server.connect().await;
    let slow = "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
    stream
        .write_all(slow.as_bytes())
        .await
        .expect("the server reads");
    server.echo.entered.notified().await;
    server.stop();
    server.running.await.expect("an orderly end");
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_request_with_it() {
    let server = serve(short_limits());
    let mut stream = server.connect().await;
    let slow = "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
    stream
        .write_all(slow.as_bytes())
        .await
        .expect("the server reads");
    server.echo.entered.notified().await;
    drop(stream);
    server.is_open_to(0).await;
}
