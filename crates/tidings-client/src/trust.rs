//! Which certificate authorities may vouch for the server.
//!
//! APNs' server certificate comes from a public authority, and Apple has changed that authority twice in four years
//! (2021, 2025). So nothing is pinned, and the set of roots can be replaced without a new build.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use tidings_credential::{Material, sections};

/// Where the trusted roots come from.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Trust {
    /// The operating system's roots, including those an administrator has added.
    #[default]
    System,
    /// Mozilla's roots as they were when this program was built; for machines without roots of their own.
    Bundled,
    /// The certificates in this PEM text and no others; for a simulator or a proxy that inspects TLS.
    Pem(Arc<[u8]>),
}

/// Why there are no usable roots.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The operating system gave none.
    #[error("cannot load the operating system's root certificates")]
    System(#[source] rustls::Error),
    /// The PEM text is something else.
    #[error("cannot read root certificates from {found}")]
    NotCertificates {
        /// What the text is instead.
        found: Material,
    },
    /// A certificate in the PEM text cannot be a root.
    #[error("cannot use root certificate {number} of the given file")]
    Unusable {
        /// Which one, counted from 1.
        number: usize,
        /// Why.
        source: rustls::Error,
    },
}

impl TrustError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::System(_) => {
                "install the system's root certificates (package ca-certificates) or use the bundled roots"
            }
            Self::NotCertificates { .. } | Self::Unusable { .. } => {
                "give a PEM file of root certificates (-----BEGIN CERTIFICATE-----)"
            }
        }
    }
}

impl Trust {
    /// The roots in a PEM text.
    pub fn pem(pem: impl Into<Arc<[u8]>>) -> Self {
        Self::Pem(pem.into())
    }

    /// What checks certificates by these roots, for a TLS client of one's own.
    pub fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TrustError> {
        let roots = match self {
            Self::System => {
                let verifier =
                    rustls_platform_verifier::Verifier::new(provider).map_err(TrustError::System)?;
                return Ok(Arc::new(verifier));
            }
            Self::Bundled => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            Self::Pem(pem) => read_roots(pem)?,
        };
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        verifier
            .map(|verifier| verifier as _)
            .map_err(|_no_roots| TrustError::NotCertificates {
                found: Material::Empty,
            })
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Bundled => "Bundled",
            Self::Pem(_) => "Pem(..)",
        })
    }
}

fn read_roots(pem: &[u8]) -> Result<RootCertStore, TrustError> {
    let sections = sections(pem).map_err(|found| TrustError::NotCertificates { found })?;
    let certificates = sections
        .iter()
        .filter(|section| section.material == Material::Certificate);
    let mut roots = RootCertStore::empty();
    for (index, section) in certificates.enumerate() {
        let certificate = CertificateDer::from(section.der.as_slice());
        roots.add(certificate).map_err(|source| TrustError::Unusable {
            number: index + 1,
            source,
        })?;
    }
    if roots.is_empty() {
        let found = sections
            .first()
            .map_or(Material::Unknown, |section| section.material);
        return Err(TrustError::NotCertificates { found });
    }
    Ok(roots)
}
