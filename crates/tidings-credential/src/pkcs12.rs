//! Opening PKCS#12 keystores (RFC 7292), as Keychain Access and OpenSSL write them now and wrote them before.
//!
//! The [`p12_keystore`] crate does the work. It knows one of the two forms an empty password has had; the other
//! one is in [`zero_length`].

mod effort;
mod hidden;
mod pbes1;
mod pbes2;
mod protection;
mod zero_length;

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use zeroize::Zeroizing;

use crate::armour::{self, SIZE_LIMIT};
use crate::identity::Parts;
use crate::material::Material;
use crate::private_key::PrivateKey;
use crate::read_certificate_error::ReadCertificateError;

pub use self::protection::{Protection, protection};

/// The certificates and keys of a keystore, as many or few as there are. The empty password is tried in both its forms.
pub fn open(keystore: &[u8], password: &str) -> Result<Parts, ReadCertificateError> {
    recognise(keystore)?;
    if !hidden::is_reasonable(keystore, password) {
        return Err(ReadCertificateError::UnknownEncryption);
    }
    match Pkcs12Archive::from_pkcs12(keystore, password) {
        Ok(archive) => Ok(parts(&archive)),
        Err(Error::MacError(_)) if password.is_empty() => open_zero_length(keystore),
        Err(error) => Err(explain(&error)),
    }
}

fn open_zero_length(keystore: &[u8]) -> Result<Parts, ReadCertificateError> {
    let unlocked = zero_length::unlock(keystore).ok_or(ReadCertificateError::WrongPassword)?;
    let archive = Pkcs12Archive::from_pkcs12(&unlocked, "").map_err(|error| explain(&error))?;
    Ok(Parts {
        has_zero_length_password: true,
        ..parts(&archive)
    })
}

/// Refuses what is not a keystore before anything is derived from its numbers.
fn recognise(keystore: &[u8]) -> Result<(), ReadCertificateError> {
    if keystore.len() > SIZE_LIMIT {
        return Err(ReadCertificateError::NotAKeystore {
            found: Material::TooLarge,
        });
    }
    match Material::of_der(keystore) {
        Material::Pkcs12 if effort::is_reasonable(keystore) => Ok(()),
        Material::Pkcs12 => Err(ReadCertificateError::UnknownEncryption),
        Material::Unknown => Err(not_a_keystore(keystore)),
        found => Err(ReadCertificateError::NotAKeystore { found }),
    }
}

fn not_a_keystore(input: &[u8]) -> ReadCertificateError {
    let found = match armour::sections(input) {
        Ok(sections) => sections
            .first()
            .map_or(Material::Unknown, |section| section.material),
        Err(found) => found,
    };
    ReadCertificateError::NotAKeystore { found }
}

fn parts(archive: &Pkcs12Archive) -> Parts {
    let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec());
    let keys = archive.keys.iter();
    let keys = keys.map(|bag| PrivateKey::of_der(Zeroizing::new(bag.key.as_der().to_vec())));
    Parts {
        certificates: certificates.collect(),
        keys: keys.collect(),
        has_zero_length_password: false,
    }
}

/// A keystore without a check sum shows a wrong password only as padding that does not fit.
fn explain(error: &Error) -> ReadCertificateError {
    match error {
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => ReadCertificateError::WrongPassword,
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => {
            ReadCertificateError::UnknownEncryption
        }
        _ => ReadCertificateError::Damaged,
    }
}
