//! The second form of the empty password.
//!
//! A password enters the PKCS#12 key derivation as UTF-16 with a terminating zero, so OpenSSL derives from two zero
//! bytes when there is none. Keychain Access derives from *no* bytes. Files of both kinds are in use, and nothing in
//! them says which kind they are, so the second is tried when the first fails. [`unlock`] turns such a keystore into
//! one without password, check sum and old encryption, which any reader takes.

use aws_lc_rs::digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use aws_lc_rs::hmac;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _};
use des::TdesEde3;
use rc2::Rc2;
use zeroize::Zeroizing;

use crate::credential::der::{
    self, CONTEXT_0, Children, Element, INTEGER, OBJECT_ID, OCTET_STRING, SEQUENCE,
};

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
/// 1.2.840.113549.1.7.6
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];
/// 1.2.840.113549.1.12.1.3
const SHA1_AND_3DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3];
/// 1.2.840.113549.1.12.1.6
const SHA1_AND_RC2_40: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 6];
/// 1.2.840.113549.1.12.10.1.1
const KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 1];
/// 1.2.840.113549.1.12.10.1.2
const SHROUDED_KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];
/// The implicit context tag `[0]` of encrypted content.
const IMPLICIT_0: u8 = 0x80;

/// More rounds than any program writes.
const ROUND_LIMIT: u32 = 1_000_000;

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
    let key = derive(hash, Purpose::Mac, salt, rounds, hash.output_len());
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
            match decrypt(scheme, info.content(IMPLICIT_0)?) {
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
    let key = decrypt(shrouded.next()?, shrouded.content(OCTET_STRING)?)?;
    let attributes = fields.next().map_or(&[][..], |attributes| attributes.whole);
    let value = Zeroizing::new(der::write(CONTEXT_0, &key));
    let content = Zeroizing::new([&der::write(OBJECT_ID, KEY_BAG), value.as_slice(), attributes].concat());
    Some(Zeroizing::new(der::write(SEQUENCE, &content)))
}

/// The octets of a `ContentInfo` of type data.
fn data_content(info: Element<'_>) -> Option<&[u8]> {
    let mut fields = info.children();
    (fields.content(OBJECT_ID)? == DATA).then_some(())?;
    fields.next()?.children().content(OCTET_STRING)
}

fn data(content: &[u8]) -> Vec<u8> {
    let octets = der::write(CONTEXT_0, &der::write(OCTET_STRING, content));
    der::write(SEQUENCE, &[der::write(OBJECT_ID, DATA), octets].concat())
}

/// Undoes one of the two encryptions that Keychain Access has used.
fn decrypt(scheme: Element<'_>, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut scheme = scheme.children();
    let oid = scheme.content(OBJECT_ID)?;
    let parameters = scheme.next()?.children();
    match oid {
        SHA1_AND_3DES => decrypt_with::<TdesEde3>(24, parameters, ciphertext),
        SHA1_AND_RC2_40 => decrypt_with::<Rc2>(5, parameters, ciphertext),
        _ => None,
    }
}

fn decrypt_with<Cipher: KeyInit + BlockCipherDecrypt>(
    key_length: usize,
    mut parameters: Children<'_>,
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let salt = parameters.content(OCTET_STRING)?;
    let rounds = rounds(parameters.next()?)?;
    let key = derive(
        &SHA1_FOR_LEGACY_USE_ONLY,
        Purpose::Encryption,
        salt,
        rounds,
        key_length,
    );
    let initial = derive(&SHA1_FOR_LEGACY_USE_ONLY, Purpose::InitialVector, salt, rounds, 8);
    let cipher = Decryptor::<Cipher>::new_from_slices(&key, &initial).ok()?;
    cipher
        .decrypt_padded_vec::<Pkcs7>(ciphertext)
        .ok()
        .map(Zeroizing::new)
}

fn rounds(element: Element<'_>) -> Option<u32> {
    let digits = element
        .expect(INTEGER)
        .filter(|digits| (1..=4).contains(&digits.len()))?;
    let rounds = digits
        .iter()
        .fold(0, |rounds, &digit| rounds << 8 | u32::from(digit));
    (1..=ROUND_LIMIT).contains(&rounds).then_some(rounds)
}

/// What a derived key is for; the number is the `ID` of RFC 7292, appendix B.3.
#[derive(Clone, Copy)]
enum Purpose {
    Encryption = 1,
    InitialVector = 2,
    Mac = 3,
}

/// The key derivation of RFC 7292, appendix B.2, with a password of length zero.
fn derive(
    hash: &'static Algorithm,
    purpose: Purpose,
    salt: &[u8],
    rounds: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = hash.block_len();
    let diversifier = vec![purpose as u8; block];
    let padded = salt.len().div_ceil(block) * block;
    let mut input = salt.iter().copied().cycle().take(padded).collect::<Vec<_>>();
    let mut key = Zeroizing::new(Vec::with_capacity(length + hash.output_len()));
    while key.len() < length {
        let mut output = digest::digest(hash, &[&diversifier, input.as_slice()].concat());
        for _ in 1..rounds {
            output = digest::digest(hash, output.as_ref());
        }
        key.extend_from_slice(output.as_ref());
        let addend = output
            .as_ref()
            .iter()
            .copied()
            .cycle()
            .take(block)
            .collect::<Vec<_>>();
        input
            .chunks_exact_mut(block)
            .for_each(|chunk| add_with_one(chunk, &addend));
    }
    key.truncate(length);
    key
}

/// `number += addend + 1`, both big-endian and of one length, overflow lost.
fn add_with_one(number: &mut [u8], addend: &[u8]) {
    let mut carry = true;
    for (digit, &added) in number.iter_mut().zip(addend).rev() {
        let (sum, first) = digit.overflowing_add(added);
        let (sum, second) = sum.overflowing_add(u8::from(carry));
        *digit = sum;
        carry = first || second;
    }
}
