//! TLS to a server that stands behind something that speaks it.

use std::sync::Arc;

use anyhow::Context as _;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Opens TLS sessions.
#[derive(Clone)]
pub(super) struct Connector(TlsConnector);

impl Connector {
    /// Trusts whom the operating system trusts.
    pub(super) fn of_the_system() -> anyhow::Result<Self> {
        let builder = ClientConfig::builder_with_provider(default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()
            .context("cannot load the system's root certificates")?;
        Ok(Self::new(builder.with_no_client_auth()))
    }

    /// Trusts the certificates of a PEM text alone.
    pub(super) fn with_roots(pem: &[u8]) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.context("cannot read a root certificate")?)?;
        }
        anyhow::ensure!(!roots.is_empty(), "there is no certificate in it");
        let builder = ClientConfig::builder_with_provider(default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        Ok(Self::new(builder.with_no_client_auth()))
    }

    /// Shakes hands with a host.
    pub(super) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> anyhow::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).context("no certificate can be for this host")?;
        Ok(self.0.connect(name, stream).await?)
    }

    fn new(config: ClientConfig) -> Self {
        Self(TlsConnector::from(Arc::new(config)))
    }
}
