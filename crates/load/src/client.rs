//! A lean HTTP/1.1 client: one keep-alive connection, one request at a time.
//!
//! The connection is driven by whoever waits for the answer, not by a task of its own: generator
//! and server share the processor, and a second task would cost a wake-up on every request.
//! No request is ever sent twice; a caller learns whether the server can have seen it.

use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

use crate::target::Target;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The server cannot have seen the request.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request may have been carried out.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

/// A complete answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }

    /// The body as JSON, if the status is the one wanted; otherwise an error that quotes the body.
    pub fn expect<T: DeserializeOwned>(&self, status: StatusCode) -> anyhow::Result<T> {
        if self.status != status {
            bail!(
                "the server answered {}: {}",
                self.status,
                String::from_utf8_lossy(&self.body)
            );
        }
        self.json()
            .context("the server's answer is not what was expected")
    }
}

type Call = Request<Full<Bytes>>;

struct Wire {
    sender: SendRequest<Full<Bytes>>,
    connection: Pin<Box<Connection<TokioIo<TcpStream>, Full<Bytes>>>>,
}

/// One buyer's, or one worker's, connection to a server.
pub struct Client {
    target: Target,
    bearer: Option<HeaderValue>,
    extra: Vec<(HeaderName, HeaderValue)>,
    timeout: Duration,
    wire: Option<Wire>,
}

impl Client {
    /// A client that is not connected yet; each request may take `timeout`, connecting included.
    pub fn new(target: Target, timeout: Duration) -> Self {
        Self {
            target,
            bearer: None,
            extra: Vec::new(),
            timeout,
            wire: None,
        }
    }

    /// Sends a token with every request.
    pub fn with_bearer(mut self, token: &str) -> anyhow::Result<Self> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
            .context("the token has characters that a header cannot carry")?;
        value.set_sensitive(true);
        self.bearer = Some(value);
        Ok(self)
    }

    /// Sends a header with every request.
    pub fn with_header(mut self, name: &str, value: &str) -> anyhow::Result<Self> {
        let name = HeaderName::try_from(name).context("no name of a header")?;
        let value = HeaderValue::try_from(value).context("no value that a header can carry")?;
        self.extra.push((name, value));
        Ok(self)
    }

    /// Opens the connection now instead of with the first request.
    pub async fn connect(&mut self) -> std::io::Result<()> {
        if self.wire.is_none() {
            let stream = tokio::time::timeout(self.timeout, self.target.connect()).await??;
            let (sender, connection) = http1::handshake(TokioIo::new(stream))
                .await
                .map_err(std::io::Error::other)?;
            self.wire = Some(Wire {
                sender,
                connection: Box::pin(connection),
            });
        }
        Ok(())
    }

    /// Reads a resource.
    pub async fn get(&mut self, path: &str) -> Result<Answer, Lost> {
        self.send(Method::GET, path, None, Bytes::new()).await
    }

    /// Creates something; a key makes a retry by the caller harmless.
    pub async fn post<T: Serialize + Sync>(
        &mut self,
        path: &str,
        key: Option<&str>,
        body: &T,
    ) -> Result<Answer, Lost> {
        let body = serde_json::to_vec(body).map_err(|error| Lost::NotSent(error.to_string()))?;
        self.send(Method::POST, path, key, body.into()).await
    }

    /// Changes a resource.
    pub async fn put<T: Serialize + Sync>(&mut self, path: &str, body: &T) -> Result<Answer, Lost> {
        let body = serde_json::to_vec(body).map_err(|error| Lost::NotSent(error.to_string()))?;
        self.send(Method::PUT, path, None, body.into()).await
    }

    /// Deletes a resource.
    pub async fn delete(&mut self, path: &str, key: Option<&str>) -> Result<Answer, Lost> {
        self.send(Method::DELETE, path, key, Bytes::new()).await
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Bytes,
    ) -> Result<Answer, Lost> {
        let mut call = self.call(method, path, key, body)?;
        let wait = self.timeout;
        let answer = tokio::time::timeout(wait, async {
            // A connection that the server closed while it was idle shows only now. hyper then
            // gives the request back unsent, and it goes out once more, on a new connection.
            for _ in 0..2 {
                self.connect()
                    .await
                    .map_err(|error| Lost::NotSent(error.to_string()))?;
                match self.exchange(call).await? {
                    Exchange::Answered(answer) => return Ok(answer),
                    Exchange::GivenBack(unsent) => call = unsent,
                }
            }
            Err(Lost::NotSent(
                "the server closes every connection".to_owned(),
            ))
        })
        .await;
        answer.unwrap_or_else(|_| {
            // A late answer must not be taken for the next request's.
            self.wire = None;
            Err(Lost::NoAnswer(format!("timed out after {wait:?}")))
        })
    }

    fn call(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Bytes,
    ) -> Result<Call, Lost> {
        let mut call = Request::builder()
            .method(method)
            .uri(self.target.path(path))
            .header(HOST, self.target.host());
        if !body.is_empty() {
            call = call.header(CONTENT_TYPE, "application/json");
        }
        if let Some(key) = key {
            call = call.header("idempotency-key", key);
        }
        if let Some(bearer) = &self.bearer {
            call = call.header(AUTHORIZATION, bearer);
        }
        for (name, value) in &self.extra {
            call = call.header(name, value);
        }
        call.body(Full::new(body))
            .map_err(|error| Lost::NotSent(error.to_string()))
    }

    /// Sends one request and drives the connection until its whole answer is here.
    async fn exchange(&mut self, call: Call) -> Result<Exchange, Lost> {
        // Taken out, so that a connection is kept only after a complete answer.
        let Some(Wire {
            mut sender,
            mut connection,
        }) = self.wire.take()
        else {
            return Ok(Exchange::GivenBack(call));
        };
        let (answer, connection) = {
            let mut answer = std::pin::pin!(answer(&mut sender, call));
            let early = tokio::select! {
                biased;
                answer = &mut answer => Some(answer),
                _ = &mut connection => None,
            };
            if let Some(answer) = early {
                (answer, Some(connection))
            } else {
                // It has ended. Only when it is dropped does it give back what it never sent.
                drop(connection);
                (answer.await, None)
            }
        };
        if matches!(answer, Ok(Exchange::Answered(_))) {
            self.wire = connection.map(|connection| Wire { sender, connection });
        }
        answer
    }
}

enum Exchange {
    Answered(Answer),
    GivenBack(Call),
}

async fn answer(sender: &mut SendRequest<Full<Bytes>>, call: Call) -> Result<Exchange, Lost> {
    if sender.ready().await.is_err() {
        return Ok(Exchange::GivenBack(call));
    }
    let response = match sender.try_send_request(call).await {
        Ok(response) => response,
        Err(error) => return unanswered(error),
    };
    let (head, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| Lost::NoAnswer(error.to_string()))?;
    Ok(Exchange::Answered(Answer {
        status: head.status,
        headers: head.headers,
        body: body.to_bytes(),
    }))
}

fn unanswered(mut error: TrySendError<Call>) -> Result<Exchange, Lost> {
    match error.take_message() {
        Some(call) => Ok(Exchange::GivenBack(call)),
        None => Err(Lost::NoAnswer(error.into_error().to_string())),
    }
}
