//! Where and how to connect.

use std::net::IpAddr;
use std::time::Duration;

use crate::credential::ClientCertificate;
use crate::proxy::Proxy;
use crate::trust::Trust;

/// Where and how a [`Connector`](super::Connector) connects. Start from [`new`](Self::new) and change what differs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectorConfig {
    /// The server's name, or its address; its certificate must be good for it.
    pub host: String,
    /// The server's port: 443 or, for firewalls that let only APNs out, 2197.
    pub port: u16,
    /// Who may vouch for the server.
    pub trust: Trust,
    /// The certificate to show, if the credential is one.
    pub certificate: Option<ClientCertificate>,
    /// The proxy to go through.
    pub proxy: Option<Proxy>,
    /// How names become addresses.
    pub resolver: Resolver,
    /// How long each step may take.
    pub timeouts: ConnectTimeouts,
    /// How long to wait for one address before the next is tried beside it (RFC 8305: 250 ms).
    pub attempt_delay: Duration,
    /// How long the connection may be silent before the kernel probes it.
    pub keep_alive: Duration,
    /// How long sent bytes may stay unacknowledged before the kernel gives the connection up (Linux).
    pub user_timeout: Duration,
}

/// How long each step of connecting may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectTimeouts {
    /// Looking up the name.
    pub lookup: Duration,
    /// Connecting to one of the addresses.
    pub connect: Duration,
    /// Asking the proxy for a tunnel.
    pub proxy: Duration,
    /// The TLS handshake.
    pub tls: Duration,
}

/// How names become addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Resolver {
    /// The operating system's resolver, asked for every connection.
    #[default]
    System,
    /// Always these addresses, whatever the name: for simulators and for networks without names.
    Fixed(Vec<IpAddr>),
}

impl ConnectorConfig {
    /// Connects to `host` at `port` directly, trusting the system's roots, with the default times.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            trust: Trust::default(),
            certificate: None,
            proxy: None,
            resolver: Resolver::default(),
            timeouts: ConnectTimeouts::default(),
            attempt_delay: Duration::from_millis(250),
            keep_alive: Duration::from_secs(30),
            user_timeout: Duration::from_secs(20),
        }
    }
}

impl ConnectTimeouts {
    /// The same limit for every step.
    pub fn each(limit: Duration) -> Self {
        Self {
            lookup: limit,
            connect: limit,
            proxy: limit,
            tls: limit,
        }
    }
}

impl Default for ConnectTimeouts {
    fn default() -> Self {
        Self {
            lookup: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            proxy: Duration::from_secs(10),
            tls: Duration::from_secs(10),
        }
    }
}
