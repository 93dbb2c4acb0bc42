//! The client of APNs: from credentials to answers. The engine is [`Client`]; what it stands on is public too.
//!
#![doc = include_str!("../README.md")]

mod batch;
mod channels;
mod client;
mod connect;
mod connection;
mod credential;
mod exchange;
mod job;
mod pool;
mod provider_token;
mod proxy;
mod send_error;
mod trust;
mod watch;

pub use batch::{BatchOutcome, Via};
pub use channels::{Channels, ManageChannelError};
pub use client::{Client, ClientBuilder};
pub use connection::KeepAlive;
pub use exchange::DatedResponse;
pub use pool::governor::PoolSize;
pub use send_error::{Cause, SendError};

pub use connect::{
    BuildConnectorError, ConnectError, ConnectFault, ConnectTimeouts, Connector, ConnectorConfig,
    Established, Peer, Resolver, Stage, TlsError,
};
pub use credential::{ClientCertificate, Credential, Renewal, SigningKey};
pub use provider_token::ProviderToken;
pub use provider_token::clock::{Clock, SystemClock};
pub use proxy::{CredentialsGiven, NotHttp, ParseProxyError, Proxy, ProxyAnswer, ProxyError};
pub use tidings_credential::{
    CertificateFacts, CertificateTopic, Material, ReadCertificateError, ReadSigningKeyError,
};
pub use trust::{Trust, TrustError};
pub use watch::{
    ConnectionCounts, ConnectionEvent, ConnectionId, ConnectionRecord, ConnectionSnapshot, ConnectionState,
    ConnectionWatch, Purpose,
};
