//! Servers start, answer, and end.

use std::io::{Read, Write};
use std::net::TcpStream;

use servers::{Server, mariadb, redis, running};

fn exchange(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
    stream.write_all(request).expect("a request");
    let mut answer = [0; 64];
    let len = stream.read(&mut answer).expect("an answer");
    answer[..len].to_vec()
}

#[test]
fn a_redis_answers_until_it_is_stopped() {
    let mut server = redis::start(&running::folder(), "redis-life", &[]).expect("a server");
    assert_eq!(exchange(&server, b"PING\r\n"), b"+PONG\r\n");
    server.stop().expect("it ends");
    assert!(!server.is_running());
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err());
}

#[test]
fn a_mariadb_greets_until_it_is_killed() {
    let mut server = mariadb::start_volatile(&running::folder(), "mariadb-life").expect("a server");
    let greeting = exchange(&server, b"");
    assert!(String::from_utf8_lossy(&greeting).contains("MariaDB"));
    server.kill().expect("it ends");
    assert!(!server.is_running());
}

#[test]
fn a_guarded_server_ends_with_its_guard() {
    let server = redis::start(&running::folder(), "redis-guarded", &[]).expect("a server");
    let port = server.port;
    drop(server.guarded());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}
