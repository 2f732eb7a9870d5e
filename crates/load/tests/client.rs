//! The client, against a server made of bare sockets.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use load::client::{Client, Lost};
use load::target::Target;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

async fn listen() -> (TcpListener, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::new(Target::resolve(&url).await.unwrap(), Duration::from_secs(5));
    (listener, client)
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
    }
    String::from_utf8(request).unwrap()
}

#[tokio::test]
async fn requests_share_one_connection_and_carry_token_and_key() {
    let (listener, client) = listen().await;
    let mut client = client.with_bearer("secret").unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = String::new();
        for _ in 0..2 {
            seen += &read_request(&mut stream).await;
            stream.write_all(HELLO).await.unwrap();
        }
        seen
    });

    client.get("/first").await.unwrap();
    let answer = client.delete("/second", Some("key-1")).await.unwrap();

    assert_eq!(&answer.body[..], b"hello");
    let seen = server.await.unwrap();
    assert_eq!(seen.matches("authorization: Bearer secret\r\n").count(), 2);
    assert!(seen.contains("DELETE /second HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("idempotency-key: key-1\r\n"), "{seen}");
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_opened_again() {
    let (listener, mut client) = listen().await;
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            stream.write_all(HELLO).await.unwrap();
        }
    });

    client.get("/").await.unwrap();
    client.get("/").await.unwrap();

    server.await.unwrap();
}

#[tokio::test]
async fn a_request_that_was_seen_but_not_answered_is_never_sent_again() {
    let (listener, mut client) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        drop(stream);
        listener
    });

    let lost = client.get("/").await.unwrap_err();

    assert!(matches!(lost, Lost::NoAnswer(_)), "{lost}");
    let listener = server.await.unwrap();
    let again = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
    assert!(again.is_err(), "the client connected again by itself");
}

#[tokio::test]
async fn a_server_that_is_not_there_was_not_sent_anything() {
    let target = Target::resolve("http://127.0.0.1:1").await.unwrap();

    let lost = Client::new(target, Duration::from_secs(5))
        .get("/")
        .await
        .unwrap_err();

    assert!(matches!(lost, Lost::NotSent(_)), "{lost}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let (listener, _) = listen().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    let target = Target::resolve(&url).await.unwrap();

    let lost = Client::new(target, Duration::from_millis(10))
        .get("/")
        .await
        .unwrap_err();

    assert!(matches!(lost, Lost::NoAnswer(_)), "{lost}");
}
