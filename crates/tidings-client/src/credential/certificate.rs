//! A client certificate for APNs with its private key, from PEM or from a PKCS#12 keystore.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use zeroize::Zeroizing;

use super::armour;
use super::facts::CertificateFacts;
use super::material::Material;
use super::pkcs12;

/// A certificate chain and its private key, ready to be shown to APNs. Cloning is cheap.
#[derive(Clone)]
pub struct ClientCertificate {
    certified_key: Arc<CertifiedKey>,
    facts: Arc<CertificateFacts>,
}

/// Why a file or keystore is not a usable client certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadCertificateError {
    /// The input is something else.
    #[error("cannot read a certificate from {found}")]
    WrongKind {
        /// What the input is instead.
        found: Material,
    },
    /// The keystore is something else.
    #[error("cannot open a keystore: this is {found}")]
    NotAKeystore {
        /// What it is instead.
        found: Material,
    },
    /// There is a certificate, but no private key.
    #[error("the certificate comes without its private key")]
    NoKey,
    /// There is a private key, but only under a password.
    #[error("the private key of the certificate is encrypted under a password")]
    EncryptedKey,
    /// There is a private key, but no certificate.
    #[error("the private key comes without its certificate")]
    NoCertificate,
    /// None of the private keys belongs to any of the certificates.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// The input begins like a certificate or key, but a part of it is missing, changed or of an unknown kind.
    #[error("cannot read the certificate: the file is damaged or uses an unknown algorithm")]
    Damaged,
    /// The keystore does not open with this password.
    #[error("the password does not open the keystore")]
    WrongPassword,
    /// The keystore uses an encryption that this program does not know, or so many rounds of it that opening it would
    /// take unreasonably long.
    #[error("the keystore is encrypted in an unknown or unreasonable way")]
    UnknownEncryption,
}

impl ReadCertificateError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::WrongKind {
                found: Material::Pkcs12,
            } => "this is a .p12 keystore; give it with its password",
            Self::WrongKind {
                found: Material::CertificateRequest,
            } => "upload this request to developer.apple.com and use the certificate it returns",
            Self::NotAKeystore {
                found: Material::Certificate | Material::RsaKey | Material::P256Key,
            } => "give this file as PEM, without a password",
            Self::WrongKind { .. } | Self::NotAKeystore { .. } => {
                "give the push certificate and its private key as PEM, or export both from Keychain Access as .p12"
            }
            Self::NoKey => {
                "in Keychain Access export the certificate together with the key under it, or give the key that made the signing request"
            }
            Self::EncryptedKey => {
                "remove the password with: openssl pkey -in <file> -out key.pem && chmod 600 key.pem"
            }
            Self::NoCertificate => {
                "in Keychain Access export the certificate together with the key under it, or download the certificate from developer.apple.com"
            }
            Self::KeyMismatch => "use the private key that made the signing request of this certificate",
            Self::Damaged => {
                "export or download the file again as a whole; keys can be RSA or on P-256, P-384 or P-521"
            }
            Self::WrongPassword => {
                "give the password that was chosen when the keystore was exported; it may be empty"
            }
            Self::UnknownEncryption => {
                "export the keystore again, or convert it with: openssl pkcs12 -in old.p12 -nodes -out all.pem && openssl pkcs12 -export -in all.pem -out new.p12"
            }
        }
    }
}

impl ClientCertificate {
    /// Reads certificate and private key from one PEM file, in any order, with any intermediate certificates.
    ///
    /// The key can be PKCS#8, PKCS#1 (RSA) or SEC1 (elliptic curve). If the file holds several identities the one
    /// made for push is taken, the one that is valid longest first.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ReadCertificateError> {
        best(identities(&pem_parts(&[pem])?)?)
    }

    /// Like [`from_pem`](Self::from_pem) with the certificate in one file and the private key in another; it does
    /// not matter which is which.
    pub fn from_pem_pair(certificate: &[u8], key: &[u8]) -> Result<Self, ReadCertificateError> {
        best(identities(&pem_parts(&[certificate, key])?)?)
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
        identities(&pkcs12::open(keystore, password)?)
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

/// The certificates and private keys of one source, in DER, not yet matched.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) keys: Vec<Zeroizing<Vec<u8>>>,
}

fn pem_parts(inputs: &[&[u8]]) -> Result<Parts, ReadCertificateError> {
    let mut parts = Parts::default();
    let mut others = Vec::new();
    for input in inputs {
        for section in armour::sections(input).map_err(|found| ReadCertificateError::WrongKind { found })? {
            match section.material {
                Material::Certificate => parts.certificates.push(section.der.to_vec()),
                kind if kind.is_open_key() => parts.keys.push(section.der),
                kind => others.push(kind),
            }
        }
    }
    let found = others.iter().copied().find(|kind| *kind != Material::Unknown);
    match (parts.certificates.is_empty(), parts.keys.is_empty(), found) {
        (false, false, _) => Ok(parts),
        (_, true, Some(Material::EncryptedKey)) => Err(ReadCertificateError::EncryptedKey),
        (true, true, Some(found)) => Err(ReadCertificateError::WrongKind { found }),
        (true, true, None) => Err(ReadCertificateError::Damaged),
        (false, true, _) => Err(ReadCertificateError::NoKey),
        (true, false, _) => Err(ReadCertificateError::NoCertificate),
    }
}

fn best(identities: Vec<ClientCertificate>) -> Result<ClientCertificate, ReadCertificateError> {
    identities
        .into_iter()
        .next()
        .ok_or(ReadCertificateError::KeyMismatch)
}

/// Every certificate that one of the keys belongs to, the most fitting first.
fn identities(parts: &Parts) -> Result<Vec<ClientCertificate>, ReadCertificateError> {
    let keys = parts.keys.iter().filter_map(usable_key).collect::<Vec<_>>();
    let candidates = parts
        .certificates
        .iter()
        .filter_map(|der| Some((der, CertificateFacts::of_der(der)?)));
    let candidates = candidates.collect::<Vec<_>>();
    if keys.is_empty() || candidates.is_empty() {
        return Err(ReadCertificateError::Damaged);
    }
    let mut identities = Vec::new();
    for (leaf, facts) in candidates {
        let Some(key) = keys.iter().find(|key| belongs(key.as_ref(), leaf)) else {
            continue;
        };
        let certified_key = CertifiedKey::new(chain(leaf, &parts.certificates), Arc::clone(key));
        identities.push(ClientCertificate {
            certified_key: Arc::new(certified_key),
            facts: Arc::new(facts),
        });
    }
    if identities.is_empty() {
        return Err(ReadCertificateError::KeyMismatch);
    }
    identities.sort_by_key(|identity| {
        let facts = &identity.facts;
        std::cmp::Reverse((facts.is_for_push(), facts.environments.len(), facts.not_after))
    });
    Ok(identities)
}

fn usable_key(der: &Zeroizing<Vec<u8>>) -> Option<Arc<dyn SigningKey>> {
    any_supported_type(&PrivateKeyDer::try_from(der.as_slice()).ok()?).ok()
}

fn belongs(key: &dyn SigningKey, certificate: &[u8]) -> bool {
    let public_half = super::facts::public_key_info(certificate);
    key.public_key()
        .is_some_and(|public_key| public_half == Some(public_key.as_ref()))
}

/// The certificate and whatever leads from it towards the root, without the root: APNs has that.
fn chain(leaf: &[u8], certificates: &[Vec<u8>]) -> Vec<CertificateDer<'static>> {
    let mut chain = vec![CertificateDer::from(leaf.to_vec())];
    let mut issuer = super::facts::issuer(leaf);
    while let Some(next) = certificates
        .iter()
        .find(|der| super::facts::is_intermediate_named(der, issuer))
        && chain.len() <= certificates.len()
    {
        chain.push(CertificateDer::from(next.clone()));
        issuer = super::facts::issuer(next);
    }
    chain
}
