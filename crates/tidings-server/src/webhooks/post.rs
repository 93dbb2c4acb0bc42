//! One request to a receiver: looked up, each address checked, connected to the very address that was checked, sent, and of
//! the answer only the status kept, with the beginning of what is no success: it says why.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Either, select};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use tidings_client::{Trust, TrustError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::Network;
use super::destination::{Destination, Host, Refusal, Scheme};

/// Addresses of a name that are looked at; a name with more is refused.
const ADDRESSES: usize = 32;

/// Addresses that are tried.
const TRIED: usize = 3;

/// The head of an answer.
const HEAD_BYTES: usize = 16 << 10;

/// The body of an answer, of which little is kept.
const BODY_BYTES: usize = 64 << 10;

/// So much is kept of what is no success.
const KEPT_BYTES: usize = 600;

/// How names become addresses.
pub(crate) trait Resolve: fmt::Debug + Send + Sync {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver.
#[derive(Debug)]
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let name = (name.to_owned(), 0);
        async move {
            let found = tokio::net::lookup_host(name).await?;
            Ok(found.map(|address| address.ip()).take(ADDRESSES + 1).collect())
        }
        .boxed()
    }
}

/// The way out.
pub(crate) struct Outgoing {
    allowed: Vec<Network>,
    resolver: Arc<dyn Resolve>,
    tls: Result<TlsConnector, PostError>,
    within: Duration,
}

/// What is to be sent.
pub(crate) struct Message<'a> {
    pub(crate) id: &'a str,
    pub(crate) unix_seconds: u64,
    pub(crate) signature: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<String>,
    /// The beginning of the body, as text, where it is no success and says something.
    pub(crate) beginning: Option<String>,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostError {
    /// The name has no address.
    NotResolved,
    /// It was not gone there.
    Refused(Refusal),
    /// No address took the connection.
    NotConnected,
    /// There are no roots to trust.
    NoRoots,
    /// TLS failed: the certificate is not good for the host, for instance.
    Tls,
    /// What was answered is no HTTP, or broke off.
    Http,
    /// It took too long.
    TimedOut,
}

impl PostError {
    /// Its name, for the record.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NotResolved => "name_not_resolved",
            Self::Refused(refusal) => refusal.as_str(),
            Self::NotConnected => "not_connected",
            Self::NoRoots => "no_roots",
            Self::Tls => "tls_failed",
            Self::Http => "no_http_answer",
            Self::TimedOut => "timed_out",
        }
    }
}

impl Outgoing {
    pub(crate) fn new(
        allowed: Vec<Network>,
        trust: &Trust,
        within: Duration,
        resolver: Arc<dyn Resolve>,
    ) -> Self {
        let tls = tls_config(trust).map_err(|error| {
            tracing::warn!(%error, hint = error.hint(), "webhooks cannot speak TLS");
            PostError::NoRoots
        });
        Self {
            allowed,
            resolver,
            tls: tls.map(|config| TlsConnector::from(Arc::new(config))),
            within,
        }
    }

    /// The networks that webhooks may go to though they are not public.
    pub(crate) fn allowed(&self) -> &[Network] {
        &self.allowed
    }

    /// How long one request may take with all that belongs to it.
    pub(crate) const fn within(&self) -> Duration {
        self.within
    }

    /// Sends a message.
    pub(crate) async fn post(&self, to: &Destination, message: Message<'_>) -> Result<Answered, PostError> {
        let posting = async {
            let addresses = self.addresses(to).await?;
            let stream = connect(&addresses).await?;
            match to.scheme {
                Scheme::Http => exchange(stream, to, message).await,
                Scheme::Https => exchange(self.handshake(stream, to).await?, to, message).await,
            }
        };
        timeout(self.within, posting)
            .await
            .unwrap_or(Err(PostError::TimedOut))
    }

    /// The addresses of a destination, all of which may be gone to: a name that has one that may not is none of ours.
    async fn addresses(&self, to: &Destination) -> Result<Vec<SocketAddr>, PostError> {
        let addresses = match &to.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                let found = self.resolver.resolve(name).await;
                found.map_err(|_whatever_it_was| PostError::NotResolved)?
            }
        };
        if addresses.is_empty() || addresses.len() > ADDRESSES {
            return Err(PostError::NotResolved);
        }
        for address in &addresses {
            to.permit(*address, &self.allowed).map_err(PostError::Refused)?;
        }
        let with_port = |address| SocketAddr::new(address, to.port);
        Ok(addresses.into_iter().map(with_port).collect())
    }

    async fn handshake(
        &self,
        stream: TcpStream,
        to: &Destination,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>, PostError> {
        let name = match &to.host {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_no_name| PostError::Tls)?,
        };
        let tls = self.tls.as_ref().map_err(|error| *error)?;
        tls.connect(name, stream)
            .await
            .map_err(|_whatever_it_was| PostError::Tls)
    }
}

fn tls_config(trust: &Trust) -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(default_provider());
    let verifier = trust.verifier(Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TrustError::System)?;
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Connects to one of the addresses, and nothing else.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, PostError> {
    for address in addresses.iter().take(TRIED) {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Ok(stream);
        }
    }
    Err(PostError::NotConnected)
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    to: &Destination,
    message: Message<'_>,
) -> Result<Answered, PostError> {
    let request = request(to, message)?;
    let handshake = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await;
    let (mut sender, connection) = handshake.map_err(|_broken| PostError::Http)?;
    let asking = async {
        let answer = sender.send_request(request).await;
        let (parts, body) = answer.map_err(|_no_http| PostError::Http)?.into_parts();
        let beginning = beginning(body).await;
        Ok(answered(parts.status, &parts.headers, &beginning))
    };
    // The connection has to be driven while it is waited for the answer.
    match select(Box::pin(asking), connection).await {
        Either::Left((answered, _)) => answered,
        Either::Right((_ended, asking)) => asking.await,
    }
}

fn request(to: &Destination, message: Message<'_>) -> Result<Request<Full<Bytes>>, PostError> {
    Request::builder()
        .method(Method::POST)
        .uri(&to.target)
        .header(header::HOST, &to.authority)
        .header(header::CONTENT_TYPE, message.content_type)
        .header(header::USER_AGENT, concat!("tidings/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .header("webhook-id", message.id)
        .header("webhook-timestamp", message.unix_seconds)
        .header("webhook-signature", message.signature)
        .body(Full::new(message.body))
        .map_err(|_malformed| PostError::Http)
}

/// Reads what little a polite receiver says, that it is not cut off while it speaks. Of it, the beginning.
async fn beginning(mut body: Incoming) -> Vec<u8> {
    let (mut kept, mut read) = (Vec::new(), 0);
    while let Some(Ok(frame)) = body.frame().await {
        let data = frame.data_ref().map_or(&[][..], |data| &data[..]);
        let room = KEPT_BYTES.saturating_sub(kept.len());
        kept.extend_from_slice(&data[..data.len().min(room)]);
        read += data.len();
        if read > BODY_BYTES {
            break;
        }
    }
    kept
}

fn answered(status: StatusCode, headers: &HeaderMap, beginning: &[u8]) -> Answered {
    let text = String::from_utf8_lossy(beginning);
    let says_why = !status.is_success() && !text.trim().is_empty();
    let retry_after = headers.get(header::RETRY_AFTER);
    Answered {
        status,
        retry_after: retry_after
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        beginning: says_why.then(|| text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests;
