//! The other end of a connection, as errors name it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::{ConnectError, Stage};

/// A host and port, and whether it is the server or the proxy before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peer {
    host: Arc<str>,
    port: u16,
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Server,
    Proxy,
}

impl Peer {
    pub(crate) fn server(host: &str, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            role: Role::Server,
        }
    }

    pub(crate) fn proxy(host: &str, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            role: Role::Proxy,
        }
    }

    /// The name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether this is the proxy rather than the server.
    pub fn is_proxy(&self) -> bool {
        self.role == Role::Proxy
    }

    /// `host:port`, or `[address]:port` for an IPv6 address.
    pub(crate) fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    pub(super) fn timed_out(&self, stage: Stage, after: Duration) -> ConnectError {
        ConnectError::TimedOut {
            peer: self.clone(),
            stage,
            after,
        }
    }

    pub(super) fn closed(&self, stage: Stage) -> ConnectError {
        ConnectError::Closed {
            peer: self.clone(),
            stage,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role {
            Role::Server => f.write_str(&self.place()),
            Role::Proxy => write!(f, "proxy {}", self.place()),
        }
    }
}
