//! A proxy leads to its server, and fails in the ways that networks do.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use servers::Endpoint;

/// A server that answers every message with its name and the message.
fn echo(name: u8) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            std::thread::spawn(move || {
                let mut message = [0; 64];
                while let Ok(len @ 1..) = stream.read(&mut message) {
                    let answer = [&[name][..], &message[..len]].concat();
                    stream.write_all(&answer).expect("an answer");
                }
            });
        }
    });
    port
}

fn connect(endpoint: &Endpoint) -> TcpStream {
    TcpStream::connect(("127.0.0.1", endpoint.port)).expect("a connection")
}

fn exchange(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(message)?;
    let mut answer = vec![0; message.len() + 1];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

#[test]
fn it_leads_to_its_server_and_then_to_another() {
    let (one, two) = (echo(b'1'), echo(b'2'));
    let endpoint = Endpoint::to(one).expect("an endpoint");
    let mut early = connect(&endpoint);
    assert_eq!(exchange(&mut early, b"a").expect("an answer"), b"1a");
    endpoint.lead_to(two);
    assert!(exchange(&mut early, b"b").is_err());
    let mut late = connect(&endpoint);
    assert_eq!(exchange(&mut late, b"c").expect("an answer"), b"2c");
}

#[test]
fn a_cut_ends_connections_and_a_refusal_new_ones_too() {
    let endpoint = Endpoint::to(echo(b'1')).expect("an endpoint");
    let mut stream = connect(&endpoint);
    exchange(&mut stream, b"a").expect("an answer");
    endpoint.cut();
    assert!(exchange(&mut stream, b"b").is_err());
    endpoint.refuse(true);
    assert!(exchange(&mut connect(&endpoint), b"c").is_err());
    endpoint.refuse(false);
    exchange(&mut connect(&endpoint), b"d").expect("an answer");
}

#[test]
fn what_is_paused_arrives_afterwards() {
    let endpoint = Endpoint::to(echo(b'1')).expect("an endpoint");
    let mut stream = connect(&endpoint);
    exchange(&mut stream, b"a").expect("an answer");
    endpoint.pause(true);
    stream.write_all(b"b").expect("sent");
    let short = Some(Duration::from_millis(100));
    stream.set_read_timeout(short).expect("a timeout");
    let nothing = stream.read(&mut [0; 2]).expect_err("no answer");
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    stream.set_read_timeout(None).expect("no timeout");
    endpoint.pause(false);
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).expect("the answer");
    assert_eq!(&answer, b"1b");
}

#[test]
fn answers_are_as_late_as_they_should_be() {
    let endpoint = Endpoint::to(echo(b'1')).expect("an endpoint");
    let mut stream = connect(&endpoint);
    let late = Duration::from_millis(80);
    endpoint.delay_answers(late);
    let began = Instant::now();
    exchange(&mut stream, b"a").expect("an answer");
    assert!(began.elapsed() >= late);
}

#[test]
fn one_packet_is_held_back_and_others_pass() {
    let endpoint = Endpoint::to(echo(b'1')).expect("an endpoint");
    let (mut held, mut free) = (connect(&endpoint), connect(&endpoint));
    let at_most = Duration::from_secs(10);
    assert!(endpoint.catch(b"COMMIT", Duration::ZERO).is_err());
    let mut answer = [0; 8];
    std::thread::scope(|scope| {
        let caught = scope.spawn(|| endpoint.catch(b"COMMIT", at_most));
        // Sent until the trap is set: what passes before is answered.
        while !caught.is_finished() {
            held.write_all(b"a COMMIT").expect("sent");
            held.set_read_timeout(Some(Duration::from_millis(50)))
                .expect("a timeout");
            let _ = held.read(&mut [0; 9]);
        }
        caught.join().expect("no panic").expect("it is caught");
    });
    exchange(&mut free, b"COMMIT").expect("the trap catches one");
    endpoint.release();
    held.set_read_timeout(Some(at_most)).expect("a timeout");
    held.read_exact(&mut answer).expect("it was sent on");
    held.shutdown(Shutdown::Both).expect("closed");
}
