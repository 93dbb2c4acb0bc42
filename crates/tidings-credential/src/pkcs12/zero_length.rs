//! The second form of the empty password.
//!
//! A password enters the PKCS#12 key derivation as UTF-16 with a terminating zero, so OpenSSL derives from two zero
//! bytes when there is none. Keychain Access derives from *no* bytes. Files of both kinds are in use, and nothing in
//! them says which kind they are, so the second is tried when the first fails. [`unlock`] turns such a keystore into
//! one without password, check sum and old encryption, which any reader takes.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::pbes1::{Purpose, decrypt, derive, rounds};
use crate::der::{self, CONTEXT_0, Element, OBJECT_ID, OCTET_STRING, SEQUENCE};

/// 1.2.840.113549.1.7.1
pub(super) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
/// 1.2.840.113549.1.7.6
pub(super) const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];
/// 1.2.840.113549.1.12.10.1.1
const KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 1];
/// 1.2.840.113549.1.12.10.1.2
const SHROUDED_KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];
/// The implicit context tag `[0]` of encrypted content.
pub(super) const IMPLICIT_0: u8 = 0x80;

/// The keystore without protection; `None` if the zero-length password does not open it.
pub(super) fn unlock(keystore: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut fields = der::sequence(keystore)?;
    let version = fields.next()?;
    let safes = data_content(fields.next()?)?;
    verify(safes, fields.next()?)?;
    let mut opened = Zeroizing::new(Vec::new());
    for safe in der::sequence(safes)? {
        opened.extend_from_slice(&unlock_safe(safe)?);
    }
    let safes = data(&der::write(SEQUENCE, &opened));
    Some(Zeroizing::new(der::write(
        SEQUENCE,
        &[version.whole, &safes].concat(),
    )))
}

/// Checks the keystore's `MacData` with the key that the zero-length password gives.
fn verify(safes: &[u8], mac_data: Element<'_>) -> Option<()> {
    let mut fields = mac_data.children();
    let mut digest_info = fields.next()?.children();
    let (hash, mac) = algorithm(digest_info.next()?.children().content(OBJECT_ID)?)?;
    let expected = digest_info.content(OCTET_STRING)?;
    let salt = fields.content(OCTET_STRING)?;
    let rounds = fields.next().map_or(Some(1), rounds)?;
    let key = derive(hash, Purpose::Mac, &[], salt, rounds, hash.output_len());
    hmac::verify(&hmac::Key::new(mac, &key), safes, expected).ok()
}

fn algorithm(oid: &[u8]) -> Option<(&'static Algorithm, hmac::Algorithm)> {
    match oid {
        [0x2b, 14, 3, 2, 26] => Some((&SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => Some((&SHA256, hmac::HMAC_SHA256)),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2] => Some((&SHA384, hmac::HMAC_SHA384)),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3] => Some((&SHA512, hmac::HMAC_SHA512)),
        _ => None,
    }
}

/// A `ContentInfo` whose content is in the clear.
fn unlock_safe(safe: Element<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let mut fields = safe.children();
    match fields.content(OBJECT_ID)? {
        DATA => unlock_bags(data_content(safe)?),
        ENCRYPTED_DATA => {
            let mut encrypted = fields.next()?.children().next()?.children();
            let mut info = encrypted.by_ref().nth(1)?.children();
            let scheme = info.by_ref().nth(1)?;
            match decrypt(scheme, info.content(IMPLICIT_0)?, &[]) {
                Some(bags) => unlock_bags(&bags),
                // A newer scheme takes the empty password in one form only.
                None => Some(Zeroizing::new(safe.whole.to_vec())),
            }
        }
        _ => None,
    }
}

/// A list of bags with the private keys in the clear.
fn unlock_bags(bags: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut opened = Zeroizing::new(Vec::new());
    for bag in der::sequence(bags)? {
        match unlock_key(bag) {
            Some(key) => opened.extend_from_slice(&key),
            None => opened.extend_from_slice(bag.whole),
        }
    }
    Some(Zeroizing::new(data(&der::write(SEQUENCE, &opened))))
}

fn unlock_key(bag: Element<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let mut fields = bag.children();
    if fields.content(OBJECT_ID)? != SHROUDED_KEY_BAG {
        return None;
    }
    let mut shrouded = fields.next()?.children().next()?.children();
    let key = decrypt(shrouded.next()?, shrouded.content(OCTET_STRING)?, &[])?;
    let attributes = fields.next().map_or(&[][..], |attributes| attributes.whole);
    let value = Zeroizing::new(der::write(CONTEXT_0, &key));
    let content = Zeroizing::new([&der::write(OBJECT_ID, KEY_BAG), value.as_slice(), attributes].concat());
    Some(Zeroizing::new(der::write(SEQUENCE, &content)))
}

/// The octets of a `ContentInfo` of type data.
pub(super) fn data_content(info: Element<'_>) -> Option<&[u8]> {
    let mut fields = info.children();
    (fields.content(OBJECT_ID)? == DATA).then_some(())?;
    fields.next()?.children().content(OCTET_STRING)
}

fn data(content: &[u8]) -> Vec<u8> {
    let octets = der::write(CONTEXT_0, &der::write(OCTET_STRING, content));
    der::write(SEQUENCE, &[der::write(OBJECT_ID, DATA), octets].concat())
}
