//! How secrets rest: sealed by AES-256-GCM-SIV, each bound to its place, under a key that is not in the database.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hex;

/// The version of the form in which secrets are sealed; their first byte.
const FORM: u8 = 1;

/// The key that seals secrets: 32 bytes, kept apart from the database.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SealingKey([u8; 32]);

/// A text is no sealing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealing key is 64 hexadecimal digits")]
pub struct ReadSealingKeyError;

impl ReadSealingKeyError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        "make one with `openssl rand -hex 32`, and keep it: without it the stored credentials cannot be used"
    }
}

impl SealingKey {
    /// A new one.
    ///
    /// # Panics
    ///
    /// If the system has no randomness to give: nothing that is secret can be made then.
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        random(&mut bytes);
        Self(bytes)
    }

    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key as 64 hexadecimal digits, for its file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(&self.0))
    }

    /// Seals a secret for a place.
    pub(crate) fn seal(&self, secret: &[u8], place: &str) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        random(&mut nonce);
        let mut sealed = Zeroizing::new(secret.to_vec());
        let aad = Aad::from(place.as_bytes());
        let key = self.key()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *sealed)
            .ok()?;
        let mut out = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
        out.push(FORM);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Some(out)
    }

    /// What was sealed for a place; nothing when key, place or bytes are not those.
    pub(crate) fn unseal(&self, sealed: &[u8], place: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (&FORM, rest) = sealed.split_first()? else {
            return None;
        };
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let length = self
            .key()?
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut opened)
            .ok()?
            .len();
        opened.truncate(length);
        Some(opened)
    }

    fn key(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM_SIV, &self.0)
            .ok()
            .map(LessSafeKey::new)
    }
}

#[expect(clippy::expect_used, reason = "without randomness nothing secret can be made")]
fn random(bytes: &mut [u8]) {
    rand::fill(bytes).expect("the system has no randomness");
}

impl FromStr for SealingKey {
    type Err = ReadSealingKeyError;

    fn from_str(text: &str) -> Result<Self, ReadSealingKeyError> {
        let bytes = Zeroizing::new(hex::decode(text.trim()).ok_or(ReadSealingKeyError)?);
        let bytes = <[u8; 32]>::try_from(bytes.as_slice());
        bytes.map(Self).ok().ok_or(ReadSealingKeyError)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_unsealed_only_in_its_place_and_by_its_key() {
        let key = SealingKey::generate();
        let sealed = key.seal(b"secret", "credential/1").unwrap();
        assert_eq!(key.unseal(&sealed, "credential/1").unwrap().as_slice(), b"secret");
        assert!(key.unseal(&sealed, "credential/2").is_none());
        assert!(SealingKey::generate().unseal(&sealed, "credential/1").is_none());
    }

    #[test]
    fn not_a_bit_of_what_is_sealed_can_be_changed() {
        let key = SealingKey::generate();
        let sealed = key.seal(b"secret", "place").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.unseal(&changed, "place").is_none(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(key.unseal(&sealed[..length], "place").is_none());
        }
    }

    #[test]
    fn a_key_is_read_as_it_is_written_and_never_shown() {
        let key = SealingKey::generate();
        assert_eq!(key.to_hex().parse(), Ok(key.clone()));
        assert_eq!(format!("{key:?}"), "SealingKey(…)");
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(text.parse::<SealingKey>(), Err(ReadSealingKeyError), "{text}");
        }
    }
}
