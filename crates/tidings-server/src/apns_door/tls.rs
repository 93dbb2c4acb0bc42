//! TLS at the door: HTTP/2 by ALPN, or without any.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::TlsAcceptor;

/// The one application protocol. Who offers others only is refused by TLS. Who offers none at all is taken to speak HTTP/2:
/// libraries that are in use with APNs do that (`aioapns` for one).
const HTTP2: &[u8] = b"h2";

/// The certificate of the door cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenApnsDoorError {
    /// There is no certificate.
    #[error("reading the certificate of the door shaped like APNs as PEM")]
    Certificate(#[source] pem::Error),
    /// There is no private key.
    #[error("reading the private key of the door shaped like APNs as PEM")]
    Key(#[source] pem::Error),
    /// They do not belong together, or are of no use for TLS.
    #[error("using the certificate of the door shaped like APNs with its private key")]
    Unusable(#[source] rustls::Error),
}

/// Accepts connections with this certificate.
pub(super) fn acceptor(certificates: &[u8], key: &[u8]) -> Result<TlsAcceptor, OpenApnsDoorError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
    let chain = chain.map_err(OpenApnsDoorError::Certificate)?;
    if chain.is_empty() {
        return Err(OpenApnsDoorError::Certificate(pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(OpenApnsDoorError::Key)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(OpenApnsDoorError::Unusable)?;
    config.alpn_protocols = vec![HTTP2.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    use super::*;

    #[test]
    fn a_certificate_and_its_key_open_the_door_and_nothing_else_does() {
        let made = || generate_simple_self_signed(["localhost".to_owned()]).expect("it is made");
        let CertifiedKey { cert, signing_key } = made();
        let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
        assert!(acceptor(certificate.as_bytes(), key.as_bytes()).is_ok());
        let other = made().signing_key.serialize_pem();
        for (certificate, key, clause) in [
            (certificate.as_str(), other.as_str(), "using the certificate"),
            ("", key.as_str(), "reading the certificate"),
            (key.as_str(), key.as_str(), "reading the certificate"),
            (
                certificate.as_str(),
                certificate.as_str(),
                "reading the private key",
            ),
        ] {
            let error = acceptor(certificate.as_bytes(), key.as_bytes())
                .err()
                .expect(clause);
            assert!(error.to_string().starts_with(clause), "{error}");
        }
    }
}
