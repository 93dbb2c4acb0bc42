//! A running server, spoken to over its HTTP API.

mod address;
mod args;
mod problem;
mod tls;

use anyhow::{Context as _, anyhow};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use zeroize::Zeroizing;

pub(crate) use self::address::Address;
pub(crate) use self::args::{AddressArgs, KeyArgs, RemoteArgs};
pub(crate) use self::problem::Problem;
use crate::failure::Failure;

/// More than any answer takes: pages and lists of refused lines are bounded.
const LARGEST_ANSWER: usize = 256 << 20;

/// JSON in a body.
pub(crate) const JSON: &str = "application/json";
/// One JSON object on each line of a body.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// A server, and a connection to it that is opened when it is needed.
pub(crate) struct Remote {
    address: Address,
    key: Option<Zeroizing<String>>,
    tls: Option<tls::Connector>,
    connection: Option<SendRequest<Full<Bytes>>>,
}

/// What the server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// For how many seconds to wait before asking again, if it said so.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Bytes,
}

/// What is asked for.
pub(crate) struct Question<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    /// The body and its type.
    pub(crate) body: Option<(&'static str, Bytes)>,
    /// More headers.
    pub(crate) headers: &'a [(&'static str, &'a str)],
}

impl<'a> Question<'a> {
    /// A question without a body.
    pub(crate) fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            body: None,
            headers: &[],
        }
    }

    /// With a value as its body.
    pub(crate) fn with_json(self, value: &impl Serialize) -> anyhow::Result<Self> {
        let body = serde_json::to_vec(value).context("cannot write the request as JSON")?;
        Ok(self.with_body(JSON, body))
    }

    /// With a body.
    pub(crate) fn with_body(self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            body: Some((content_type, body.into())),
            ..self
        }
    }

    /// With more headers.
    pub(crate) fn with_headers(self, headers: &'a [(&'static str, &'a str)]) -> Self {
        Self { headers, ..self }
    }
}

impl Remote {
    /// The server at an address, with a key if there is one.
    pub(crate) fn new(address: Address, key: Option<Zeroizing<String>>) -> Self {
        Self {
            address,
            key,
            tls: None,
            connection: None,
        }
    }

    /// The address of a page of the server.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Asks, and reads what is answered as JSON; what is no success is an error with the server's advice.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self, question: Question<'_>) -> anyhow::Result<T> {
        let answer = self.ask(question).await?.success()?;
        serde_json::from_slice(&answer.body).with_context(|| self.not_ours())
    }

    /// Asks, and gives the answer whatever it is.
    pub(crate) async fn ask(&mut self, question: Question<'_>) -> anyhow::Result<Answer> {
        let request = self.request(question)?;
        let mut connection = self.connection().await?;
        let answered = connection.send_request(request).await;
        let response = answered.with_context(|| self.lost())?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await;
        let body = body
            .map_err(|error| anyhow!(error))
            .with_context(|| self.lost())?;
        self.connection = Some(connection);
        let retry_after = parts.headers.get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer {
            status: parts.status,
            retry_after,
            body: body.to_bytes(),
        })
    }

    fn request(&self, question: Question<'_>) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut builder = Request::builder()
            .method(question.method)
            .uri(self.address.path(question.path))
            .header(HOST, self.address.authority());
        if let Some(key) = &self.key {
            builder = builder.header(AUTHORIZATION, format!("Bearer {}", key.as_str()));
        }
        for (name, value) in question.headers {
            builder = builder.header(*name, *value);
        }
        let body = match question.body {
            Some((content_type, body)) => {
                builder = builder.header(CONTENT_TYPE, content_type);
                body
            }
            None => Bytes::new(),
        };
        let hint = "look at the API key and at what stands in the path";
        builder
            .body(Full::new(body))
            .with_context(|| Failure::usage("cannot make a request of this", hint))
    }

    /// The connection there is, or a new one.
    async fn connection(&mut self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        if let Some(mut connection) = self.connection.take()
            && connection.ready().await.is_ok()
        {
            return Ok(connection);
        }
        let hint = "start it with `tidings serve`, or give its address with --server or in TIDINGS_SERVER";
        let connected = self.connect().await;
        connected.with_context(|| Failure::new(format!("cannot reach the server at {}", self.address), hint))
    }

    async fn connect(&mut self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address.socket()).await?;
        stream.set_nodelay(true)?;
        if !self.address.is_https() {
            return opened(stream).await;
        }
        let tls = match &self.tls {
            Some(tls) => tls.clone(),
            None => self.tls.insert(tls::Connector::of_the_system()?).clone(),
        };
        opened(tls.connect(self.address.host(), stream).await?).await
    }

    fn lost(&self) -> Failure {
        Failure::new(
            format!("lost the connection to {}", self.address),
            "look at the server's log; what it had acknowledged is safe",
        )
    }

    fn not_ours(&self) -> Failure {
        Failure::new(
            format!("{} does not answer as a Tidings server does", self.address),
            "check the address: it is the one that `tidings serve` tells",
        )
    }
}

impl Answer {
    /// The answer if it is a success, else an error with the server's advice.
    pub(crate) fn success(self) -> Result<Self, Problem> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(Problem::read(self.status, &self.body))
    }
}

/// Begins HTTP on a stream.
async fn opened(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with the sender; how it ended the sender says.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
