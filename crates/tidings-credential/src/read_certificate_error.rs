//! Why a file is not a usable client certificate, and what to do about it.

use crate::material::Material;

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
