//! Which private key belongs to which certificate.

use std::cmp::Reverse;

use crate::armour;
use crate::facts::{self, CertificateFacts};
use crate::material::Material;
use crate::pkcs12;
use crate::private_key::PrivateKey;
use crate::read_certificate_error::ReadCertificateError;

/// The certificates and private keys of one source, not yet matched.
#[derive(Debug, Default)]
pub struct Parts {
    /// The certificates, in DER.
    pub certificates: Vec<Vec<u8>>,
    /// The private keys.
    pub keys: Vec<PrivateKey>,
    /// Whether this was a keystore under a password of no bytes: Keychain Access writes an empty one so, and many programs
    /// take it for a wrong one.
    pub has_zero_length_password: bool,
}

/// A certificate with the private key that belongs to it.
#[derive(Debug)]
pub struct Identity<'a> {
    /// The certificate and whatever leads from it towards the root, in DER, the certificate itself first. The root stays
    /// at home: APNs has that.
    pub chain: Vec<&'a [u8]>,
    /// The key of the certificate.
    pub key: &'a PrivateKey,
    /// What the certificate says about itself.
    pub facts: CertificateFacts,
}

impl Parts {
    /// The parts that PEM files hold together, in any order; at least one certificate and one key.
    pub fn of_pem(files: &[&[u8]]) -> Result<Self, ReadCertificateError> {
        let mut parts = Self::default();
        let mut others = Vec::new();
        for file in files {
            for section in
                armour::sections(file).map_err(|found| ReadCertificateError::WrongKind { found })?
            {
                match section.material {
                    Material::Certificate => parts.certificates.push(section.der.to_vec()),
                    kind if kind.is_open_key() => parts.keys.push(section.into_key()),
                    kind => others.push(kind),
                }
            }
        }
        let found = others.into_iter().find(|kind| *kind != Material::Unknown);
        match (parts.certificates.is_empty(), parts.keys.is_empty(), found) {
            (false, false, _) => Ok(parts),
            (_, true, Some(Material::EncryptedKey)) => Err(ReadCertificateError::EncryptedKey),
            (true, true, Some(found)) => Err(ReadCertificateError::WrongKind { found }),
            (true, true, None) => Err(ReadCertificateError::Damaged),
            (false, true, _) => Err(ReadCertificateError::NoKey),
            (true, false, _) => Err(ReadCertificateError::NoCertificate),
        }
    }

    /// The parts of a PKCS#12 keystore; at least one certificate and one key.
    pub fn of_pkcs12(keystore: &[u8], password: &str) -> Result<Self, ReadCertificateError> {
        let parts = pkcs12::open(keystore, password)?;
        match (parts.certificates.is_empty(), parts.keys.is_empty()) {
            (_, true) => Err(ReadCertificateError::NoKey),
            (true, false) => Err(ReadCertificateError::NoCertificate),
            (false, false) => Ok(parts),
        }
    }

    /// Every certificate that one of the keys belongs to, the most fitting for push first.
    pub fn identities(&self) -> Result<Vec<Identity<'_>>, ReadCertificateError> {
        let keys = self.keys.iter();
        let keys = keys.filter_map(|key| Some((key, key.public_key_info()?)));
        let keys = keys.collect::<Vec<_>>();
        let candidates = self.certificates.iter().filter_map(|der| {
            let facts = CertificateFacts::of_der(der)?;
            Some((der.as_slice(), facts))
        });
        let candidates = candidates.collect::<Vec<_>>();
        if keys.is_empty() || candidates.is_empty() {
            return Err(ReadCertificateError::Damaged);
        }
        let identities = candidates.into_iter().filter_map(|(leaf, facts)| {
            let public_key = facts::public_key_info(leaf)?;
            let (key, _) = keys.iter().find(|(_, public_half)| public_half == public_key)?;
            let chain = self.chain(leaf);
            Some(Identity { chain, key, facts })
        });
        let mut identities = identities.collect::<Vec<_>>();
        if identities.is_empty() {
            return Err(ReadCertificateError::KeyMismatch);
        }
        identities.sort_by_key(|Identity { facts, .. }| {
            Reverse((facts.is_for_push(), facts.environments.len(), facts.not_after))
        });
        Ok(identities)
    }

    fn chain<'a>(&'a self, leaf: &'a [u8]) -> Vec<&'a [u8]> {
        let mut chain = vec![leaf];
        let mut issuer = facts::issuer(leaf);
        while let Some(next) = self
            .certificates
            .iter()
            .find(|der| facts::is_intermediate_named(der, issuer))
            && chain.len() <= self.certificates.len()
        {
            chain.push(next);
            issuer = facts::issuer(next);
        }
        chain
    }
}
