//! A client for the Apple Push Notification service: one notification out, one answer back, or a million in batches.

mod connect;
mod credential;
mod provider_token;
mod proxy;
mod trust;

pub use connect::{
    BuildConnectorError, ConnectError, ConnectFault, ConnectTimeouts, Connector, ConnectorConfig, Established, Peer,
    Resolver, Stage, TlsError,
};
pub use credential::{
    CertificateFacts, CertificateTopic, ClientCertificate, Credential, Material, ReadCertificateError,
    ReadSigningKeyError, Renewal, SigningKey,
};
pub use provider_token::ProviderToken;
pub use provider_token::clock::{Clock, SystemClock};
pub use proxy::{CredentialsGiven, NotHttp, ParseProxyError, Proxy, ProxyAnswer, ProxyError};
pub use trust::{Trust, TrustError};
