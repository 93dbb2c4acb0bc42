//! From a host name to an HTTP/2-ready TLS connection: look up, connect, tunnel, shake hands, each with its own time
//! limit and its own error.
//!
//! A [`Connector`] does this any number of times. Every connection asks the resolver anew and starts at another of
//! the addresses, because Apple asks providers to resolve afresh and to spread over its servers (Apple, *Sending
//! notification requests to APNs*).

mod config;
mod error;
mod handshake;
mod lookup;
mod order;
mod peer;
mod race;
mod socket;
mod tls_error;
mod witness;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub use self::config::{ConnectTimeouts, ConnectorConfig, Resolver};
pub use self::error::{BuildConnectorError, ConnectError, ConnectFault, Stage};
pub use self::peer::Peer;
pub use self::tls_error::TlsError;

use self::handshake::HandshakeFailure;
use self::lookup::Lookup;
use self::witness::Witness;
use crate::proxy::tunnel::{self, TunnelFailure};

/// The largest TLS record that is written, in bytes. Smaller than TLS allows: rustls has a buffer of its own for each
/// record, and those of up to 8 KiB are reused while they are still in the processor's cache. That saves a tenth of all
/// processor time under full load.
const RECORD: usize = 8000;

/// Opens connections to one host.
#[derive(Debug)]
pub struct Connector {
    config: ConnectorConfig,
    server: Peer,
    /// The proxy if there is one, else the server.
    first_hop: Peer,
    server_name: ServerName<'static>,
    tls: Arc<ClientConfig>,
    witness: Arc<Witness>,
    lookup: Lookup,
    turn: AtomicUsize,
}

/// A connection on which HTTP/2 can begin.
#[derive(Debug)]
pub struct Established {
    /// The socket, with its options set.
    pub stream: TcpStream,
    /// The TLS session: handshake done, `h2` agreed. It may already hold received plaintext, so read from it before
    /// waiting for the socket.
    pub tls: ClientConnection,
    /// The address at the other end of the socket: the proxy's, if there is one.
    pub peer: SocketAddr,
}

impl Connector {
    /// Prepares to connect as `config` says; reads the trusted roots.
    pub fn new(config: ConnectorConfig) -> Result<Self, BuildConnectorError> {
        let server_name =
            ServerName::try_from(config.host.clone()).map_err(|_invalid| BuildConnectorError::Host {
                host: config.host.clone(),
            })?;
        let server = Peer::server(&config.host, config.port);
        let first_hop = config
            .proxy
            .as_ref()
            .map_or_else(|| server.clone(), |proxy| Peer::proxy(proxy.host(), proxy.port()));
        let (tls, witness) = client_config(&config)?;
        Ok(Self {
            config,
            server,
            first_hop,
            server_name,
            tls: Arc::new(tls),
            witness,
            lookup: Lookup::default(),
            turn: AtomicUsize::new(0),
        })
    }

    /// What this connector was made from.
    pub fn config(&self) -> &ConnectorConfig {
        &self.config
    }

    /// Opens one connection. Dropping the future at any point closes whatever was open.
    pub async fn connect(&self) -> Result<Established, ConnectError> {
        let (stream, peer) = self.reach().await?;
        self.tunnel(&stream).await?;
        let tls = self.shake_hands(&stream).await?;
        Ok(Established { stream, tls, peer })
    }

    /// A socket to the server or to the proxy before it.
    async fn reach(&self) -> Result<(TcpStream, SocketAddr), ConnectError> {
        let limit = self.config.timeouts.lookup;
        let found = self
            .lookup
            .addresses(&self.first_hop, &self.config.resolver, limit)
            .await?;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let addresses = order::ordered(&found, turn);
        let limit = self.config.timeouts.connect;
        let racing = race::connect(addresses, self.config.attempt_delay);
        let (stream, peer) = timeout(limit, racing)
            .await
            .map_err(|_elapsed| self.first_hop.timed_out(Stage::Connect, limit))?
            .map_err(|error| ConnectError::from_io(&self.first_hop, Stage::Connect, error))?;
        socket::configure(&stream, &self.config)
            .map_err(|error| ConnectError::from_io(&self.first_hop, Stage::Connect, error))?;
        Ok((stream, peer))
    }

    async fn tunnel(&self, stream: &TcpStream) -> Result<(), ConnectError> {
        let Some(proxy) = &self.config.proxy else {
            return Ok(());
        };
        let limit = self.config.timeouts.proxy;
        let opened = timeout(limit, tunnel::open(stream, proxy, &self.server)).await;
        let opened = opened.map_err(|_elapsed| self.first_hop.timed_out(Stage::Tunnel, limit))?;
        opened.map_err(|failure| match failure {
            TunnelFailure::Closed => self.first_hop.closed(Stage::Tunnel),
            TunnelFailure::Io(error) => ConnectError::from_io(&self.first_hop, Stage::Tunnel, error),
            TunnelFailure::Proxy(source) => ConnectError::Proxy {
                peer: self.first_hop.clone(),
                source,
            },
        })
    }

    async fn shake_hands(&self, stream: &TcpStream) -> Result<ClientConnection, ConnectError> {
        let limit = self.config.timeouts.tls;
        let shaking = handshake::run(stream, Arc::clone(&self.tls), self.server_name.clone());
        let shaken = timeout(limit, shaking)
            .await
            .map_err(|_elapsed| self.server.timed_out(Stage::Tls, limit))?;
        shaken.map_err(|failure| match failure {
            HandshakeFailure::Closed => self.server.closed(Stage::Tls),
            HandshakeFailure::Io(error) => ConnectError::from_io(&self.server, Stage::Tls, error),
            HandshakeFailure::Tls(source) => ConnectError::Tls {
                peer: self.server.clone(),
                issuer: self.witness.refused_issuer(),
                source,
            },
        })
    }
}

/// TLS 1.2 and 1.3, `h2` and nothing else, sessions resumed, the certificate shown if there is one.
fn client_config(config: &ConnectorConfig) -> Result<(ClientConfig, Arc<Witness>), BuildConnectorError> {
    let provider = Arc::new(default_provider());
    let witness = Arc::new(Witness::new(config.trust.verifier(Arc::clone(&provider))?));
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(BuildConnectorError::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as _);
    let mut tls = match &config.certificate {
        Some(certificate) => {
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certificate.certified_key())))
        }
        None => builder.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![b"h2".to_vec()];
    tls.resumption = Resumption::in_memory_sessions(32);
    tls.max_fragment_size = Some(RECORD);
    Ok((tls, witness))
}
