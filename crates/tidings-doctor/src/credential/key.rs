//! What can be told about a key without showing it.

use tidings_credential::{Material, PrivateKey, Section, public_key_sha256};

use super::KeyFile;

/// A private key in the clear.
pub(super) fn of_private(key: &PrivateKey) -> KeyFile {
    let public_key_sha256 = key.public_key_sha256();
    let unreadable = if public_key_sha256.is_some() {
        ""
    } else {
        ", damaged or of an unusual size"
    };
    KeyFile {
        kind: format!("{}{unreadable}", key.material()),
        signs_provider_tokens: key.material() == Material::P256Key && public_key_sha256.is_some(),
        public_key_sha256,
    }
}

/// A key of another sort: a public one, or one under a password.
pub(super) fn of_other(section: &Section) -> Option<KeyFile> {
    let public_key_sha256 = match section.material {
        Material::PublicKey => public_key_sha256(&section.der),
        Material::EncryptedKey | Material::SshKey => None,
        _ => return None,
    };
    Some(KeyFile {
        kind: section.material.to_string(),
        signs_provider_tokens: false,
        public_key_sha256,
    })
}
