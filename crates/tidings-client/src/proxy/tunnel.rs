//! Opening a tunnel: ask the proxy with CONNECT, read its answer and not one byte more.

use std::io;

use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::{NotHttp, Proxy, ProxyAnswer};
use crate::connect::Peer;

/// More than a proxy needs to say.
const HEAD_LIMIT: usize = 8 << 10;

/// Why a proxy that was reached opened no tunnel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// It wants a user and a password, or does not accept those it was given.
    #[error("the proxy wants to know who asks (407, {offers})", offers = offers(schemes))]
    AuthenticationRequired {
        /// The ways to sign in that it offers.
        schemes: Vec<String>,
        /// Whether it was given a user and a password.
        were_given: CredentialsGiven,
    },
    /// It refused.
    #[error("the proxy refused to open a tunnel ({status} {phrase})")]
    Refused {
        /// The HTTP status of its answer.
        status: u16,
        /// The words beside the status.
        phrase: String,
    },
    /// It does not answer as an HTTP proxy does.
    #[error("the proxy did not answer with HTTP")]
    NotHttp,
    /// It keeps talking.
    #[error("the proxy answered with more than {HEAD_LIMIT} bytes of header fields")]
    AnswerTooLong,
}

/// Whether the proxy was sent a user and a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialsGiven {
    /// The proxy's address holds none.
    No,
    /// It was sent those of its address.
    Yes,
}

impl ProxyError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AuthenticationRequired { schemes, .. } if !offers_basic(schemes) => {
                "this program signs in with Basic only; ask for a rule that lets this machine through, or run a local proxy that signs in"
            }
            Self::AuthenticationRequired {
                were_given: CredentialsGiven::No,
                ..
            } => "put user and password into the proxy's address: http://user:password@host:port",
            Self::AuthenticationRequired {
                were_given: CredentialsGiven::Yes,
                ..
            } => "check user and password in the proxy's address; special characters must be percent-encoded",
            Self::Refused {
                status: 502..=504, ..
            } => "the proxy cannot reach APNs; ask who runs it",
            Self::Refused { .. } => {
                "ask who runs the proxy to allow CONNECT to api.push.apple.com, port 443 or 2197"
            }
            Self::NotHttp => {
                "check host and port of the proxy; it must be an HTTP proxy, reached without TLS"
            }
            Self::AnswerTooLong => "check host and port of the proxy",
        }
    }
}

fn offers(schemes: &[String]) -> String {
    if schemes.is_empty() {
        "no way offered".to_owned()
    } else {
        schemes.join(", ")
    }
}

fn offers_basic(schemes: &[String]) -> bool {
    schemes.is_empty() || schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"))
}

/// How an attempt to open a tunnel ends early.
#[derive(Debug)]
pub(crate) enum TunnelFailure {
    Closed,
    Io(io::Error),
    Proxy(ProxyError),
}

impl From<io::Error> for TunnelFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Asks `proxy`, at the other end of `stream`, to connect the stream to `target`.
pub(crate) async fn open(stream: &TcpStream, proxy: &Proxy, target: &Peer) -> Result<(), TunnelFailure> {
    write_all(stream, request(proxy, target).as_bytes()).await?;
    let answer = read_answer(stream).await?;
    match answer.status {
        200..=299 => Ok(()),
        407 => Err(TunnelFailure::Proxy(ProxyError::AuthenticationRequired {
            schemes: answer.schemes,
            were_given: if proxy.authorization().is_some() {
                CredentialsGiven::Yes
            } else {
                CredentialsGiven::No
            },
        })),
        status => Err(TunnelFailure::Proxy(ProxyError::Refused {
            status,
            phrase: answer.phrase,
        })),
    }
}

fn request(proxy: &Proxy, target: &Peer) -> Zeroizing<String> {
    let place = target.place();
    let authorization = match proxy.authorization() {
        Some(value) => Zeroizing::new(format!("Proxy-Authorization: {value}\r\n")),
        None => Zeroizing::default(),
    };
    Zeroizing::new(format!(
        "CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{}\r\n",
        *authorization
    ))
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Nobody speaks TLS before we do, so nothing may follow the head of a good answer.
async fn read_answer(stream: &TcpStream) -> Result<ProxyAnswer, TunnelFailure> {
    let mut received = Vec::new();
    loop {
        read_more(stream, &mut received).await?;
        let answer =
            ProxyAnswer::parse(&received).map_err(|NotHttp| TunnelFailure::Proxy(ProxyError::NotHttp))?;
        match answer {
            Some(answer) if answer.status / 100 == 2 && answer.head_length < received.len() => {
                return Err(TunnelFailure::Proxy(ProxyError::NotHttp));
            }
            Some(answer) => return Ok(answer),
            None if received.len() > HEAD_LIMIT => {
                return Err(TunnelFailure::Proxy(ProxyError::AnswerTooLong));
            }
            None => {}
        }
    }
}

async fn read_more(stream: &TcpStream, received: &mut Vec<u8>) -> Result<(), TunnelFailure> {
    let mut chunk = [0; 1024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut chunk) {
            Ok(0) => return Err(TunnelFailure::Closed),
            Ok(read) => {
                received.extend_from_slice(chunk.get(..read).unwrap_or_default());
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}
