//! The encryption of keystores of today (RFC 8018): PBKDF2 with AES in CBC mode.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512};
use zeroize::Zeroizing;

use super::pbes1::rounds;
use crate::der::{Children, Element, OBJECT_ID, OCTET_STRING, SEQUENCE};

/// 1.2.840.113549.1.5.13
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
/// 1.2.840.113549.1.5.12
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
/// 1.2.840.113549.2: hashes with keys, by their last number.
const HMAC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2];
/// 2.16.840.1.101.3.4.1: modes of AES, by their last number.
const AES: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1];

/// How a key is derived and used.
pub(super) struct Scheme<'a> {
    hash: pbkdf2::Algorithm,
    salt: &'a [u8],
    rounds: NonZeroU32,
    cipher: &'static Algorithm,
    key_length: usize,
    initial: [u8; 16],
}

impl<'a> Scheme<'a> {
    /// Reads a scheme; nothing if it is another, or has parts that are not known here.
    pub(super) fn of(scheme: Element<'a>) -> Option<Self> {
        let mut scheme = scheme.children();
        (scheme.content(OBJECT_ID)? == PBES2).then_some(())?;
        let mut parameters = scheme.next()?.children();
        let mut derivation = parameters.next()?.children();
        (derivation.content(OBJECT_ID)? == PBKDF2).then_some(())?;
        let mut derivation = derivation.next()?.children();
        let salt = derivation.content(OCTET_STRING)?;
        let rounds = NonZeroU32::new(rounds(derivation.next()?)?)?;
        let hash = hash(derivation)?;
        let mut encryption = parameters.next()?.children();
        let (cipher, key_length) = cipher(encryption.content(OBJECT_ID)?)?;
        let initial = encryption.content(OCTET_STRING)?.try_into().ok()?;
        Some(Self {
            hash,
            salt,
            rounds,
            cipher,
            key_length,
            initial,
        })
    }

    /// What is under the encryption; nothing if the password does not fit.
    pub(super) fn decrypt(&self, ciphertext: &[u8], password: &str) -> Option<Zeroizing<Vec<u8>>> {
        let mut key = Zeroizing::new(vec![0; self.key_length]);
        pbkdf2::derive(self.hash, self.rounds, self.salt, password.as_bytes(), &mut key);
        let key = UnboundCipherKey::new(self.cipher, &key).ok()?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
        let mut content = Zeroizing::new(ciphertext.to_vec());
        let context = DecryptionContext::Iv128(FixedLength::from(self.initial));
        let length = key.decrypt(&mut content, context).ok()?.len();
        content.truncate(length);
        Some(content)
    }
}

/// The hash stands last, behind a length of key that may be missing.
fn hash(mut rest: Children<'_>) -> Option<pbkdf2::Algorithm> {
    let named = rest.find(|field| field.tag == SEQUENCE)?;
    match named.children().content(OBJECT_ID)?.strip_prefix(HMAC)? {
        [9] => Some(PBKDF2_HMAC_SHA256),
        [10] => Some(PBKDF2_HMAC_SHA384),
        [11] => Some(PBKDF2_HMAC_SHA512),
        _ => None,
    }
}

fn cipher(oid: &[u8]) -> Option<(&'static Algorithm, usize)> {
    match oid.strip_prefix(AES)? {
        [2] => Some((&AES_128, 16)),
        [22] => Some((&AES_192, 24)),
        [42] => Some((&AES_256, 32)),
        _ => None,
    }
}
