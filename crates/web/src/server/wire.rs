//! A connection's bytes, on their way between the socket and hyper.
//!
//! hyper answers a head that it cannot read by itself, with a bare status and no body. The contract
//! wants the envelope, so it takes that answer's place here.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::net::TcpStream;

use super::connection::Own;
use super::pace::Phase;
use super::{Front, Refusal};

/// What hyper writes by itself begins with one of these, and has nothing but a length and a date.
const BARE_ANSWERS: [(&[u8], Refusal); 3] = [
    (
        b"HTTP/1.1 431 Request Header Fields Too Large\r\n",
        Refusal::HeadTooLarge,
    ),
    (b"HTTP/1.1 414 URI Too Long\r\n", Refusal::UriTooLong),
    (b"HTTP/1.1 400 Bad Request\r\n", Refusal::NotHttp),
];

/// Longer than any answer of hyper's own.
const BARE_ANSWER_LEN_MAX: usize = 200;

/// A socket that keeps its connection's pace and puts the envelope where hyper would be curt.
pub(super) struct Wire<F> {
    socket: TokioIo<TcpStream>,
    own: Arc<Own<F>>,
    /// What leaves in place of a bare answer.
    envelope: Option<Bytes>,
    /// Whether the kernel keeps little of what the client does not take.
    is_narrow: bool,
}

/// What the kernel keeps of a stream that its reader does not take, in bytes: some states, where it
/// would else keep minutes of them.
const STREAM_SEND_BUFFER_BYTES: usize = 16 * 1_024;

/// An answer up to so many bytes leaves in one piece: to copy it costs less than to have the kernel
/// look at its two.
const SMALL_ANSWER_BYTES: usize = 2 * 1_024;

thread_local! {
    /// Where a small answer is put together.
    static WHOLE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl<F: Front> Wire<F> {
    pub(super) fn new(socket: TcpStream, own: Arc<Own<F>>) -> Self {
        Self {
            socket: TokioIo::new(socket),
            own,
            envelope: None,
            is_narrow: false,
        }
    }

    pub(super) fn into_socket(self) -> TcpStream {
        self.socket.into_inner()
    }

    /// Takes a bare answer out of the stream; the envelope leaves with the next flush.
    fn intercept(&mut self, bytes: &[u8]) -> Option<usize> {
        let refusal = bare_answer(bytes)?;
        self.own.pace.cut_short();
        self.envelope = Some(self.own.front.refuse(refusal));
        Some(bytes.len())
    }

    /// Keeps the time of what is written, and the room for what is not taken.
    fn on_write(&mut self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Ready(Ok(len)) => self.own.pace.on_write(*len > 0),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.own.pace.on_write(false),
        }
        if !self.is_narrow && self.own.pace.phase() == Phase::Streaming {
            self.is_narrow = true;
            let socket = self.socket.inner();
            // A kernel that will not only keeps more.
            let _ = set_socket_send_buffer_size(socket, STREAM_SEND_BUFFER_BYTES);
        }
    }

    fn poll_envelope(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(envelope) = &mut self.envelope {
            let written = ready!(Pin::new(&mut self.socket).poll_write(cx, envelope))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            envelope.advance(written);
            if envelope.is_empty() {
                self.envelope = None;
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Which refusal a bare answer stands for. An answer of ours always has a body or other headers.
fn bare_answer(bytes: &[u8]) -> Option<Refusal> {
    if !bytes.starts_with(b"HTTP/1.1 4") || bytes.len() > BARE_ANSWER_LEN_MAX {
        return None;
    }
    let (_, refusal) = BARE_ANSWERS
        .into_iter()
        .find(|(status, _)| bytes.starts_with(status))?;
    let bare = |line: &[u8]| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        line.is_empty()
            || [&b"content-length"[..], b"date", b"connection"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
    };
    let mut lines = bytes
        .split(|byte| *byte == b'\n')
        .skip(1)
        .map(<[u8]>::trim_ascii);
    (bytes.ends_with(b"\r\n\r\n") && lines.all(bare)).then_some(refusal)
}

impl<F: Front> Read for Wire<F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.socket).poll_read(cx, buf));
        self.own.pace.on_read();
        Poll::Ready(read)
    }
}

impl<F: Front> Write for Wire<F> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(taken) = self.intercept(buf) {
            return Poll::Ready(Ok(taken));
        }
        let written = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.on_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(taken) = bufs.first().and_then(|head| self.intercept(head)) {
            return Poll::Ready(Ok(taken));
        }
        let socket = Pin::new(&mut self.socket);
        let len: usize = bufs.iter().map(|part| part.len()).sum();
        let written = if bufs.len() > 1 && len <= SMALL_ANSWER_BYTES {
            WHOLE.with_borrow_mut(|whole| {
                whole.clear();
                for part in bufs {
                    whole.extend_from_slice(part);
                }
                socket.poll_write(cx, whole)
            })
        } else {
            socket.poll_write_vectored(cx, bufs)
        };
        self.on_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_envelope(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Whoever owns the socket shuts it down, after a last word where there is one.
        self.poll_flush(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_of_hypers_own_is_taken_out() {
        let bare = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Mon, 01 Jan 2029 00:00:00 GMT\r\n\r\n";
        assert_eq!(bare_answer(bare), Some(Refusal::NotHttp));
        let ours = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n";
        assert_eq!(bare_answer(ours), None);
        assert_eq!(bare_answer(b"HTTP/1.1 404 Not Found\r\n\r\n"), None);
        assert_eq!(bare_answer(b"HTTP/1.1 200 OK\r\n\r\n"), None);
    }
}
