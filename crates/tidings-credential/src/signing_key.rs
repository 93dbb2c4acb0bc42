//! Finding the signing key in a `.p8` file, and saying what the file is when there is none.

use crate::armour::{self, Section};
use crate::material::Material;
use crate::private_key::PrivateKey;

/// Why a file is not a signing key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadSigningKeyError {
    /// The file is something else.
    #[error("cannot read a signing key from {found}")]
    WrongKind {
        /// What the file is instead.
        found: Material,
    },
    /// The file begins like a signing key, but a part of it is missing or changed.
    #[error("cannot read the signing key: the file is damaged or cut off")]
    Damaged,
}

impl ReadSigningKeyError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        const DOWNLOAD: &str = "download the key (AuthKey_<key id>.p8) from developer.apple.com, Certificates, \
                                Identifiers & Profiles, Keys; Apple offers the download once, so if it is lost make a new key";
        match self {
            Self::Damaged => {
                "copy the file again as a whole, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----"
            }
            Self::WrongKind { found } => match found {
                Material::Certificate | Material::Pkcs12 => {
                    "give this file as a certificate instead, or use the .p8 file of a signing key"
                }
                Material::EncryptedKey => {
                    "remove the password with: openssl pkcs8 -in <file> -out AuthKey.p8 && chmod 600 AuthKey.p8"
                }
                Material::Markup => {
                    "the download was answered with a web page: sign in to developer.apple.com and download again"
                }
                Material::PublicKey => {
                    "this is the public half; the .p8 file from Apple holds the private one"
                }
                Material::Empty
                | Material::TooLarge
                | Material::P256Key
                | Material::OtherCurveKey
                | Material::RsaKey
                | Material::OtherKey
                | Material::SshKey
                | Material::CertificateRequest
                | Material::SignedMessage
                | Material::JavaKeystore
                | Material::Unknown => DOWNLOAD,
            },
        }
    }
}

/// The private key on P-256 in a `.p8` file, forgiving what happens to such files on their way (line ends, byte order
/// marks, text around the key, `\n` spelled out, a missing first or last line, the SEC1 form).
pub fn read(file: &[u8]) -> Result<PrivateKey, ReadSigningKeyError> {
    let sections = armour::sections(file).map_err(|found| ReadSigningKeyError::WrongKind { found })?;
    let is_signing_key = |section: &Section| section.material == Material::P256Key;
    if !sections.iter().any(is_signing_key) {
        return Err(refusal(&sections));
    }
    let key = sections.into_iter().find(is_signing_key).map(Section::into_key);
    key.filter(|key| key.public_key_info().is_some())
        .ok_or(ReadSigningKeyError::Damaged)
}

/// Names the most telling thing in the file: a key if there is one, else the first document.
fn refusal(sections: &[Section]) -> ReadSigningKeyError {
    let kinds = || {
        sections
            .iter()
            .map(|section| section.material)
            .filter(|kind| *kind != Material::Unknown)
    };
    match kinds().find(|kind| kind.is_open_key()).or_else(|| kinds().next()) {
        Some(found) => ReadSigningKeyError::WrongKind { found },
        None => ReadSigningKeyError::Damaged,
    }
}
