//! The encryption of old keystores (RFC 7292, appendices B and C): SHA-1 with triple DES or with RC2.

use aws_lc_rs::digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _};
use des::TdesEde3;
use rc2::Rc2;
use zeroize::Zeroizing;

use crate::der::{Children, Element, INTEGER, OBJECT_ID, OCTET_STRING};

/// 1.2.840.113549.1.12.1.3
const SHA1_AND_3DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3];
/// 1.2.840.113549.1.12.1.6
const SHA1_AND_RC2_40: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 6];

/// More rounds than any program writes.
const ROUND_LIMIT: u32 = 1_000_000;

/// A password as it enters the derivation: UTF-16 with a terminating zero.
pub(super) fn password_bytes(password: &str) -> Zeroizing<Vec<u8>> {
    let units = password.encode_utf16().chain([0]);
    Zeroizing::new(units.flat_map(u16::to_be_bytes).collect())
}

/// Whether it is one of the two encryptions of 1999 that are in use.
pub(super) fn is_known(scheme: Element<'_>) -> bool {
    let oid = scheme.children().content(OBJECT_ID);
    [SHA1_AND_3DES, SHA1_AND_RC2_40].map(Some).contains(&oid)
}

/// Undoes one of the two encryptions of 1999 that are in use; nothing if it is another, or does not fit.
pub(super) fn decrypt(scheme: Element<'_>, ciphertext: &[u8], password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut scheme = scheme.children();
    let oid = scheme.content(OBJECT_ID)?;
    let parameters = scheme.next()?.children();
    match oid {
        SHA1_AND_3DES => decrypt_with::<TdesEde3>(24, parameters, ciphertext, password),
        SHA1_AND_RC2_40 => decrypt_with::<Rc2>(5, parameters, ciphertext, password),
        _ => None,
    }
}

fn decrypt_with<Cipher: KeyInit + BlockCipherDecrypt>(
    key_length: usize,
    mut parameters: Children<'_>,
    ciphertext: &[u8],
    password: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let salt = parameters.content(OCTET_STRING)?;
    let rounds = rounds(parameters.next()?)?;
    let key = derive(
        &SHA1_FOR_LEGACY_USE_ONLY,
        Purpose::Encryption,
        password,
        salt,
        rounds,
        key_length,
    );
    let initial = derive(
        &SHA1_FOR_LEGACY_USE_ONLY,
        Purpose::InitialVector,
        password,
        salt,
        rounds,
        8,
    );
    let cipher = Decryptor::<Cipher>::new_from_slices(&key, &initial).ok()?;
    cipher
        .decrypt_padded_vec::<Pkcs7>(ciphertext)
        .ok()
        .map(Zeroizing::new)
}

pub(super) fn rounds(element: Element<'_>) -> Option<u32> {
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
pub(super) enum Purpose {
    Encryption = 1,
    InitialVector = 2,
    Mac = 3,
}

/// The key derivation of RFC 7292, appendix B.2, from the bytes of a password as they are.
pub(super) fn derive(
    hash: &'static Algorithm,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = hash.block_len();
    let diversifier = vec![purpose as u8; block];
    let mut input = Zeroizing::new([stretched(salt, block), stretched(password, block)].concat());
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

/// The text over and over, until it fills whole blocks; nothing stays nothing.
fn stretched(text: &[u8], block: usize) -> Vec<u8> {
    let whole = text.len().div_ceil(block) * block;
    text.iter().copied().cycle().take(whole).collect()
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
