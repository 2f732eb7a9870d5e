//! The generators' own few lines of HTTP/1.1.
//!
//! A general client parses every header into a map and moves each request between tasks. Here
//! generator and server share the processor, and what the one spends the other cannot show; so a
//! request is written into a reused buffer, and of the answer only what is asked about is read.

use std::fmt::{self, Write as _};
use std::io;
use std::net::Ipv4Addr;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::target::Target;

/// The longest answer that is accepted, head and body.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// How much of an answer is read at once, until its length is known.
const INPUT_BYTES: usize = 4 << 10;

/// Writes one request into a connection's buffer.
///
/// Call [`begin`](Self::begin) first, then [`header`](Self::header) as often as needed, and end
/// with [`body`](Self::body) or [`no_body`](Self::no_body).
#[derive(Debug)]
pub struct RequestWriter<'a> {
    out: &'a mut String,
    scratch: &'a mut String,
    target: &'a Target,
}

impl RequestWriter<'_> {
    /// The request line and the host.
    pub fn begin(&mut self, method: &str, path: impl fmt::Display) -> &mut Self {
        let (base, host) = (self.target.base_path(), self.target.host());
        self.write(format_args!(
            "{method} {base}{path} HTTP/1.1\r\nhost: {host}\r\n"
        ))
    }

    /// One more header.
    pub fn header(&mut self, name: &str, value: impl fmt::Display) -> &mut Self {
        self.write(format_args!("{name}: {value}\r\n"))
    }

    /// Ends the request with a JSON body.
    pub fn body(&mut self, json: impl fmt::Display) {
        self.scratch.clear();
        write!(self.scratch, "{json}").expect("writing to a string cannot fail");
        let length = self.scratch.len();
        self.header("content-type", "application/json")
            .header("content-length", length);
        self.out.push_str("\r\n");
        self.out.push_str(self.scratch);
    }

    /// Ends the request without a body.
    pub fn no_body(&mut self) {
        self.out.push_str("\r\n");
    }

    fn write(&mut self, text: fmt::Arguments<'_>) -> &mut Self {
        self.out
            .write_fmt(text)
            .expect("writing to a string cannot fail");
        self
    }
}

/// What is known of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
    closes: bool,
    cache_hit: Option<bool>,
}

/// One keep-alive connection and its buffers.
pub(crate) struct Connection {
    stream: TcpStream,
    out: String,
    scratch: String,
    input: BytesMut,
    answered: Option<Head>,
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> io::Result<Self> {
        Ok(Self::over(target.connect().await?))
    }

    /// From an address of this machine, so that one does not run out of ports.
    pub(crate) async fn open_from(target: &Target, source: Ipv4Addr) -> io::Result<Self> {
        Ok(Self::over(target.connect_from(source).await?))
    }

    fn over(stream: TcpStream) -> Self {
        let (out, scratch) = (String::new(), String::new());
        // Grows with the first answer: ten thousand connections that wait need no buffers.
        let input = BytesMut::new();
        Self {
            stream,
            out,
            scratch,
            input,
            answered: None,
        }
    }

    /// Sends the request that `build` writes and reads its answer, whose status it returns.
    pub(crate) async fn exchange(
        &mut self,
        target: &Target,
        build: impl FnOnce(&mut RequestWriter<'_>),
    ) -> io::Result<u16> {
        self.out.clear();
        build(&mut RequestWriter {
            out: &mut self.out,
            scratch: &mut self.scratch,
            target,
        });
        if let Some(before) = self.answered.take() {
            self.input.advance(before.bytes + before.body_bytes);
        }
        self.input.reserve(INPUT_BYTES);
        self.stream.write_all(self.out.as_bytes()).await?;
        let head = self.read().await?;
        self.answered = Some(head);
        Ok(head.status)
    }

    /// The last answer's body.
    pub(crate) fn body(&self) -> &[u8] {
        let Some(head) = self.answered else {
            return &[];
        };
        &self.input[head.bytes..head.bytes + head.body_bytes]
    }

    /// Whether the server said that it will close the connection.
    pub(crate) fn is_closing(&self) -> bool {
        self.answered.is_some_and(|head| head.closes)
    }

    /// Whether the last answer came from a cache, if it says.
    pub(crate) fn cache_hit(&self) -> Option<bool> {
        self.answered?.cache_hit
    }

    /// Whether nothing has come since the last answer: a server that closed an idle connection, or
    /// says something that nobody asked for, must not be sent the next request.
    pub(crate) fn is_idle(&self) -> bool {
        let read = self.stream.try_read(&mut [0; 1]);
        matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    async fn read(&mut self) -> io::Result<Head> {
        let mut head = None;
        loop {
            if head.is_none() {
                head = parse(&self.input)?;
            }
            if let Some(head) = head
                && self.input.len() >= head.bytes + head.body_bytes
            {
                return Ok(head);
            }
            if let Some(head) = head {
                let missing = (head.bytes + head.body_bytes).saturating_sub(self.input.len());
                self.input.reserve(missing);
            }
            if self.input.len() >= ANSWER_BYTES_MAX {
                return Err(invalid("an answer is too long"));
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Reads an answer's head, once it is all there.
fn parse(input: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = input.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = str::from_utf8(&input[..end]).map_err(|_| invalid("a head is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|line| line.get(..3)?.parse().ok())
        .ok_or_else(|| invalid("not an answer of HTTP/1.1"))?;
    let mut head = Head {
        status,
        bytes: end + 4,
        body_bytes: 0,
        closes: false,
        cache_hit: None,
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            head.body_bytes = value
                .trim()
                .parse()
                .map_err(|_| invalid("a length is not one"))?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(invalid("answers in chunks are not understood"));
        } else if name.eq_ignore_ascii_case("connection") {
            head.closes = value.trim().eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("x-cache-hit") {
            head.cache_hit = Some(value.trim() == "true");
        }
    }
    if head.body_bytes > ANSWER_BYTES_MAX {
        return Err(invalid("an answer is too long"));
    }
    Ok(Some(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_written_as_the_protocol_wants_it() {
        let target = Target::resolve("http://127.0.0.1:80/base").await.unwrap();
        let (mut out, mut scratch) = (String::new(), String::new());
        let mut writer = RequestWriter {
            out: &mut out,
            scratch: &mut scratch,
            target: &target,
        };

        writer
            .begin("POST", "/api")
            .header("idempotency-key", 7)
            .body(r#"{"a":1}"#);

        assert_eq!(
            out,
            "POST /base/api HTTP/1.1\r\nhost: 127.0.0.1:80\r\nidempotency-key: 7\r\n\
             content-type: application/json\r\ncontent-length: 7\r\n\r\n{\"a\":1}"
        );
    }

    #[test]
    fn of_an_answer_status_length_and_end_are_read() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nConnection: close\r\n\
            X-Cache-Hit: true\r\n\r\nabc";

        let head = parse(answer).unwrap().unwrap();

        assert_eq!(
            head,
            Head {
                status: 201,
                bytes: 82,
                body_bytes: 12,
                closes: true,
                cache_hit: Some(true),
            }
        );
    }

    #[test]
    fn half_a_head_is_no_answer_yet() {
        assert_eq!(
            parse(b"HTTP/1.1 200 OK\r\nContent-Length: 1").unwrap(),
            None
        );
    }

    #[test]
    fn what_is_not_understood_is_an_error_and_not_a_success() {
        for answer in [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
            "HTTP/1.1 2x0 OK\r\n\r\n",
            "SSH-2.0\r\n\r\n",
        ] {
            assert!(parse(answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
