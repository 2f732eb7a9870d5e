//! A balancer sends requests to the nodes that are ready.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use servers::{haproxy, running};

/// A node that answers every request with its name, once for each connection, until the test ends.
fn node(name: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            // To close on what was not read would reset the connection.
            let (mut request, mut bytes) = (Vec::new(), [0; 1024]);
            while !request.ends_with(b"\r\n\r\n")
                && let Ok(len @ 1..) = stream.read(&mut bytes)
            {
                request.extend_from_slice(&bytes[..len]);
            }
            let length = name.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{name}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

fn ask(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    let request = b"GET /api/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_balancer_uses_every_node_and_leaves_out_one_that_is_gone() {
    // Nobody listens on the third.
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let nodes = [node("one"), node("two"), gone];
    let name = format!("haproxy-{}", std::process::id());
    let balancer = haproxy::start(&running::folder(), &name, &nodes).expect("a balancer");
    let balancer = balancer.guarded();
    let answers: Vec<String> = (0..12).map(|_| ask(balancer.port)).collect();
    for answer in &answers {
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    for name in ["one", "two"] {
        assert!(
            answers.iter().any(|answer| answer.ends_with(name)),
            "{answers:?}"
        );
    }
}
