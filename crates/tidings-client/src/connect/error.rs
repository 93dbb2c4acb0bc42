//! Why there is no connection, and what to do about it.

use std::fmt;
use std::io;
use std::time::Duration;

use super::peer::Peer;
use super::tls_error::TlsError;
use crate::proxy::ProxyError;
use crate::trust::TrustError;

/// Why a [`Connector`](super::Connector) cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildConnectorError {
    /// The host is neither a name nor an address.
    #[error("cannot connect to {host:?}: neither a host name nor an address")]
    Host {
        /// What was given.
        host: String,
    },
    /// There are no usable roots.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The TLS library refused its configuration.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
}

impl BuildConnectorError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Host { .. } => "give the host alone, without scheme, port or path",
            Self::Trust(error) => error.hint(),
            Self::Tls(_) => "this is a defect of this build; please report it",
        }
    }
}

/// Why there is no connection. Nothing was sent that APNs could have taken for a notification.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name has no address, or the resolver does not work.
    #[error("cannot look up the address of {peer}")]
    Lookup {
        /// Who was looked up.
        peer: Peer,
        /// What the resolver said.
        source: io::Error,
    },
    /// Nobody listens there, or a firewall says so.
    #[error("cannot connect to {peer}: connection refused")]
    Refused {
        /// Who refused.
        peer: Peer,
    },
    /// There is no way there.
    #[error("cannot connect to {peer}: the network does not lead there")]
    Unreachable {
        /// Who cannot be reached.
        peer: Peer,
        /// What the system said.
        source: io::Error,
    },
    /// No answer in time.
    #[error("cannot connect to {peer}: no answer within {after:?} while {stage}")]
    TimedOut {
        /// Who did not answer.
        peer: Peer,
        /// What was being done.
        stage: Stage,
        /// The limit that was reached.
        after: Duration,
    },
    /// The connection was opened and then closed or reset before it could be used.
    #[error("cannot connect to {peer}: the connection was cut while {stage}")]
    Closed {
        /// Who, or somebody before them, closed it.
        peer: Peer,
        /// What was being done.
        stage: Stage,
    },
    /// The system refused an operation on the socket.
    #[error("cannot connect to {peer}: the system failed while {stage}")]
    Io {
        /// Who was to be connected to.
        peer: Peer,
        /// What was being done.
        stage: Stage,
        /// What the system said.
        source: io::Error,
    },
    /// The proxy opened no tunnel.
    #[error("cannot connect through {peer}")]
    Proxy {
        /// The proxy.
        peer: Peer,
        /// What it did instead.
        source: ProxyError,
    },
    /// There is no secure connection to who answered.
    #[error("cannot connect to {peer} securely{}", shown_by(issuer.as_deref()))]
    Tls {
        /// Who was to be connected to.
        peer: Peer,
        /// Who issued the certificate that was shown and not accepted. It often names what is in the way.
        issuer: Option<String>,
        /// Why not.
        source: TlsError,
    },
}

/// A step of connecting. `Display` continues "while …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Looking up the name.
    Lookup,
    /// Connecting the socket.
    Connect,
    /// Asking the proxy for a tunnel.
    Tunnel,
    /// The TLS handshake.
    Tls,
}

/// Where the cause of a failed connection lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectFault {
    /// In what this program was told: a host, a port, a proxy, the trusted roots. Trying again changes nothing.
    Configuration,
    /// In the client certificate. Trying again changes nothing.
    Credential,
    /// On the way, or at the other end: it may be better in a while.
    Network,
}

impl ConnectError {
    /// Where the cause lies, as far as can be told from here.
    pub fn fault(&self) -> ConnectFault {
        match self {
            Self::Lookup { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Closed { .. }
            | Self::Io { .. }
            | Self::Proxy {
                source: ProxyError::Refused {
                    status: 500..=599, ..
                },
                ..
            } => ConnectFault::Network,
            Self::Proxy { .. } => ConnectFault::Configuration,
            Self::Tls { source, .. } => source.fault(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Proxy { source, .. } => source.hint(),
            Self::Tls { source, .. } => source.hint(),
            Self::Io { .. } => "check the limits of this process, above all on open files (ulimit -n)",
            Self::Lookup { peer, .. } if peer.is_proxy() => "check the name of the proxy",
            Self::Lookup { .. } => "check the host name and this machine's resolver (/etc/resolv.conf)",
            Self::Refused { peer }
            | Self::Unreachable { peer, .. }
            | Self::TimedOut { peer, .. }
            | Self::Closed { peer, .. }
                if peer.is_proxy() =>
            {
                "check host and port of the proxy, and that it is running"
            }
            Self::Refused { .. } => "check host and port; if this is a simulator, check that it is running",
            Self::Unreachable { .. } => "check this machine's network connection and routes",
            Self::TimedOut {
                stage: Stage::Lookup, ..
            } => "check this machine's resolver (/etc/resolv.conf)",
            Self::TimedOut { .. } | Self::Closed { .. } => {
                "a firewall may be in the way: allow outgoing TCP to api.push.apple.com on port 443, or use port 2197, or a proxy"
            }
        }
    }

    /// Sorts what the system said about a socket.
    pub(super) fn from_io(peer: &Peer, stage: Stage, source: io::Error) -> Self {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
            NetworkUnreachable, NotConnected, TimedOut, UnexpectedEof,
        };
        let peer = peer.clone();
        match source.kind() {
            ConnectionRefused => Self::Refused { peer },
            HostUnreachable | NetworkUnreachable | TimedOut => Self::Unreachable { peer, source },
            ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected | UnexpectedEof => {
                Self::Closed { peer, stage }
            }
            _ => Self::Io { peer, stage, source },
        }
    }
}

fn shown_by(issuer: Option<&str>) -> String {
    issuer.map_or_else(String::new, |issuer| {
        format!(": what answers there shows a certificate issued by {issuer:?}")
    })
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "looking up the name",
            Self::Connect => "connecting",
            Self::Tunnel => "asking the proxy for a tunnel",
            Self::Tls => "negotiating TLS",
        })
    }
}
