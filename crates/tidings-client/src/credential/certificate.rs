//! A client certificate for APNs with its private key, from PEM or from a PKCS#12 keystore.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use tidings_credential::{CertificateFacts, Identity, Parts, ReadCertificateError};

/// A certificate chain and its private key, ready to be shown to APNs. Cloning is cheap.
#[derive(Clone)]
pub struct ClientCertificate {
    certified_key: Arc<CertifiedKey>,
    facts: Arc<CertificateFacts>,
}

impl ClientCertificate {
    /// Reads certificate and private key from one PEM file, in any order, with any intermediate certificates.
    ///
    /// The key can be PKCS#8, PKCS#1 (RSA) or SEC1 (elliptic curve). If the file holds several identities the one
    /// made for push is taken, the one that is valid longest first.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ReadCertificateError> {
        best(certificates(&Parts::of_pem(&[pem])?)?)
    }

    /// Like [`from_pem`](Self::from_pem) with the certificate in one file and the private key in another; it does
    /// not matter which is which.
    pub fn from_pem_pair(certificate: &[u8], key: &[u8]) -> Result<Self, ReadCertificateError> {
        best(certificates(&Parts::of_pem(&[certificate, key])?)?)
    }

    /// Opens a PKCS#12 keystore (`.p12`, `.pfx`), as exported by Keychain Access or made by `openssl pkcs12`, with
    /// encryptions old and new.
    ///
    /// If the keystore holds several identities the one made for push is taken, the one that is valid longest
    /// first; [`all_from_pkcs12`](Self::all_from_pkcs12) gives all of them.
    pub fn from_pkcs12(keystore: &[u8], password: &str) -> Result<Self, ReadCertificateError> {
        best(Self::all_from_pkcs12(keystore, password)?)
    }

    /// Every identity of a PKCS#12 keystore, the most fitting first.
    pub fn all_from_pkcs12(keystore: &[u8], password: &str) -> Result<Vec<Self>, ReadCertificateError> {
        certificates(&Parts::of_pkcs12(keystore, password)?)
    }

    /// What the certificate says about itself.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// The certificate and the intermediates that came with it, in DER, the certificate itself first.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        self.certified_key.cert.iter().map(AsRef::as_ref)
    }

    pub(crate) fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified_key)
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

fn best(identities: Vec<ClientCertificate>) -> Result<ClientCertificate, ReadCertificateError> {
    identities
        .into_iter()
        .next()
        .ok_or(ReadCertificateError::KeyMismatch)
}

/// Every certificate that one of the keys belongs to, the most fitting first.
fn certificates(parts: &Parts) -> Result<Vec<ClientCertificate>, ReadCertificateError> {
    let usable = parts
        .identities()?
        .into_iter()
        .filter_map(usable)
        .collect::<Vec<_>>();
    if usable.is_empty() {
        return Err(ReadCertificateError::Damaged);
    }
    Ok(usable)
}

fn usable(identity: Identity<'_>) -> Option<ClientCertificate> {
    let key = PrivateKeyDer::try_from(identity.key.secret_der()).ok()?;
    let chain = identity
        .chain
        .iter()
        .map(|der| CertificateDer::from(der.to_vec()));
    let certified_key = CertifiedKey::new(chain.collect(), any_supported_type(&key).ok()?);
    Some(ClientCertificate {
        certified_key: Arc::new(certified_key),
        facts: Arc::new(identity.facts),
    })
}
