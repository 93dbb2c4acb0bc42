//! PKCS#12 keystores: as OpenSSL and Java write them today, and as Keychain Access and old OpenSSL do.

use anyhow::Context as _;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherEncrypt, BlockModeEncrypt as _, KeyInit, KeyIvInit as _};
use des::TdesEde3;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};
use rc2::Rc2;

use super::element::{
    EXPLICIT_0, IMPLICIT_0, NULL, OBJECT_ID, OCTET_STRING, SEQUENCE, element, integer, of_all,
};
use super::key::PrivateKey;

/// Keys and certificates that go into one keystore.
#[derive(Default)]
pub struct Keystore {
    /// Private keys, in PKCS#8.
    pub keys: Vec<Vec<u8>>,
    /// Certificates, in DER.
    pub certificates: Vec<Vec<u8>>,
}

/// A password in the form in which it enters the old key derivation.
#[derive(Clone, Copy, Debug)]
pub enum Password<'a> {
    /// As UTF-16 with two zero bytes at its end; an empty one is these two bytes.
    Text(&'a str),
    /// As no bytes at all: an empty password in Keychain Access.
    ZeroLength,
}

/// How the certificates of an old keystore are encrypted; its keys always are with triple DES.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// RC2 with a key of 40 bits.
    Rc2,
    /// Triple DES.
    TripleDes,
}

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
/// 1.2.840.113549.1.7.6
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];
/// 1.2.840.113549.1.9.22.1
const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1];
/// 1.2.840.113549.1.12.1.3
const TRIPLE_DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3];
/// 1.2.840.113549.1.12.1.6
const RC2_40: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 6];
/// 1.2.840.113549.1.12.10.1.2
const SHROUDED_KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];
/// 1.2.840.113549.1.12.10.1.3
const CERTIFICATE_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 3];
/// 1.3.14.3.2.26
const SHA1: &[u8] = &[0x2b, 14, 3, 2, 26];

const ENCRYPTION_ROUNDS: u32 = 2048;

impl Keystore {
    /// A key with its certificate.
    #[must_use]
    pub fn with_identity(mut self, key: &PrivateKey, certificate: &[u8]) -> Self {
        self.keys.push(key.pkcs8());
        self.certificates.push(certificate.to_vec());
        self
    }

    /// A certificate on its own.
    #[must_use]
    pub fn with_certificate(mut self, certificate: &[u8]) -> Self {
        self.certificates.push(certificate.to_vec());
        self
    }

    /// A key on its own.
    #[must_use]
    pub fn with_key(mut self, key: &PrivateKey) -> Self {
        self.keys.push(key.pkcs8());
        self
    }

    /// With AES-256 and HMAC-SHA-256.
    pub fn modern(&self, password: &str) -> anyhow::Result<Vec<u8>> {
        let mut store = KeyStore::new();
        for (index, key) in self.keys.iter().enumerate() {
            let key = p12_keystore::PrivateKey::from_der(key)?;
            let chain = PrivateKeyChain::new(index.to_string().as_str(), key, []);
            store.add_entry(&format!("key {index}"), KeyStoreEntry::PrivateKeyChain(chain));
        }
        for (index, certificate) in self.certificates.iter().enumerate() {
            let certificate = Certificate::from_der(certificate)?;
            store.add_entry(
                &format!("certificate {index}"),
                KeyStoreEntry::Certificate(certificate),
            );
        }
        store
            .writer(password)
            .write()
            .context("cannot write the keystore")
    }

    /// With the encryption of 1999, and the number of rounds of the check sum that the program writes which has this form of
    /// password: one in Keychain Access, 2048 in OpenSSL.
    pub fn legacy(&self, password: Password<'_>, cipher: Cipher) -> anyhow::Result<Vec<u8>> {
        let password = bytes_of(password);
        let certificates = encrypted_safe(&self.certificate_bags(), &password, cipher)?;
        let mut bags = Vec::new();
        for key in &self.keys {
            bags.extend(key_bag(key, &password, ENCRYPTION_ROUNDS)?);
        }
        let keys = data_safe(&element(SEQUENCE, &bags));
        Ok(keystore(&[certificates, keys], &password))
    }

    /// Made to keep its reader busy: under the encryption lie as many copies of a key, each encrypted with that many rounds.
    pub fn hiding_work(
        key: &PrivateKey,
        password: Password<'_>,
        copies: usize,
        rounds: u32,
    ) -> anyhow::Result<Vec<u8>> {
        let password = bytes_of(password);
        let bags = key_bag(&key.pkcs8(), &password, rounds)?.repeat(copies);
        let safe = encrypted_safe(&element(SEQUENCE, &bags), &password, Cipher::TripleDes)?;
        Ok(keystore(&[safe], &password))
    }

    fn certificate_bags(&self) -> Vec<u8> {
        let bags = self.certificates.iter().flat_map(|der| certificate_bag(der));
        element(SEQUENCE, &bags.collect::<Vec<_>>())
    }
}

fn keystore(safes: &[Vec<u8>], password: &[u8]) -> Vec<u8> {
    let safes = element(SEQUENCE, &safes.concat());
    let rounds = if password.is_empty() { 1 } else { 2048 };
    let mac = mac_data(&safes, password, rounds);
    of_all(SEQUENCE, &[&integer(3), &data_safe(&safes), &mac])
}

fn bytes_of(password: Password<'_>) -> Vec<u8> {
    match password {
        Password::ZeroLength => Vec::new(),
        Password::Text(text) => text
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_be_bytes)
            .collect(),
    }
}

fn data_safe(content: &[u8]) -> Vec<u8> {
    let octets = element(EXPLICIT_0, &element(OCTET_STRING, content));
    of_all(SEQUENCE, &[&element(OBJECT_ID, DATA), &octets])
}

fn certificate_bag(der: &[u8]) -> Vec<u8> {
    let value = element(EXPLICIT_0, &element(OCTET_STRING, der));
    let certificate = of_all(SEQUENCE, &[&element(OBJECT_ID, X509_CERTIFICATE), &value]);
    let bag = [
        element(OBJECT_ID, CERTIFICATE_BAG),
        element(EXPLICIT_0, &certificate),
    ];
    element(SEQUENCE, &bag.concat())
}

fn key_bag(pkcs8: &[u8], password: &[u8], rounds: u32) -> anyhow::Result<Vec<u8>> {
    let salt = b"salt of a key";
    let encrypted = encrypt::<TdesEde3>(pkcs8, password, (salt, rounds), 24)?;
    let shrouded = of_all(
        SEQUENCE,
        &[
            &scheme(TRIPLE_DES, salt, rounds),
            &element(OCTET_STRING, &encrypted),
        ],
    );
    let bag = [
        element(OBJECT_ID, SHROUDED_KEY_BAG),
        element(EXPLICIT_0, &shrouded),
    ];
    Ok(element(SEQUENCE, &bag.concat()))
}

fn encrypted_safe(bags: &[u8], password: &[u8], cipher: Cipher) -> anyhow::Result<Vec<u8>> {
    let salt = b"salt of certificates";
    let (oid, encrypted) = match cipher {
        Cipher::Rc2 => (
            RC2_40,
            encrypt::<Rc2>(bags, password, (salt, ENCRYPTION_ROUNDS), 5)?,
        ),
        Cipher::TripleDes => (
            TRIPLE_DES,
            encrypt::<TdesEde3>(bags, password, (salt, ENCRYPTION_ROUNDS), 24)?,
        ),
    };
    let info = of_all(
        SEQUENCE,
        &[
            &element(OBJECT_ID, DATA),
            &scheme(oid, salt, ENCRYPTION_ROUNDS),
            &element(IMPLICIT_0, &encrypted),
        ],
    );
    let data = element(EXPLICIT_0, &of_all(SEQUENCE, &[&integer(0), &info]));
    Ok(of_all(SEQUENCE, &[&element(OBJECT_ID, ENCRYPTED_DATA), &data]))
}

fn scheme(oid: &[u8], salt: &[u8], rounds: u32) -> Vec<u8> {
    let parameters = of_all(SEQUENCE, &[&element(OCTET_STRING, salt), &integer(rounds)]);
    of_all(SEQUENCE, &[&element(OBJECT_ID, oid), &parameters])
}

fn encrypt<Block: KeyInit + BlockCipherEncrypt>(
    plain: &[u8],
    password: &[u8],
    (salt, rounds): (&[u8], u32),
    key_length: usize,
) -> anyhow::Result<Vec<u8>> {
    let key = derived(1, password, salt, rounds, key_length);
    let initial = derived(2, password, salt, rounds, 8);
    let cipher = Encryptor::<Block>::new_from_slices(&key, &initial)?;
    Ok(cipher.encrypt_padded_vec::<Pkcs7>(plain))
}

fn mac_data(safes: &[u8], password: &[u8], rounds: u32) -> Vec<u8> {
    let salt = b"salt of the sum";
    let key = hmac::Key::new(
        HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        &derived(3, password, salt, rounds, 20),
    );
    let algorithm = of_all(SEQUENCE, &[&element(OBJECT_ID, SHA1), NULL]);
    let sum = element(OCTET_STRING, hmac::sign(&key, safes).as_ref());
    let info = of_all(SEQUENCE, &[&algorithm, &sum]);
    let mut fields = vec![info, element(OCTET_STRING, salt)];
    if rounds > 1 {
        fields.push(integer(rounds));
    }
    element(SEQUENCE, &fields.concat())
}

/// RFC 7292, appendix B.2, with SHA-1: blocks of 64 bytes, sums of 20.
fn derived(purpose: u8, password: &[u8], salt: &[u8], rounds: u32, length: usize) -> Vec<u8> {
    const BLOCK: usize = 64;
    let stretched = |text: &[u8]| {
        let whole = text.len().div_ceil(BLOCK) * BLOCK;
        text.iter().copied().cycle().take(whole).collect::<Vec<_>>()
    };
    let mut input = [stretched(salt), stretched(password)].concat();
    let mut output = Vec::new();
    while output.len() < length {
        let mut sum = digest(
            &SHA1_FOR_LEGACY_USE_ONLY,
            &[&[purpose; BLOCK], input.as_slice()].concat(),
        );
        for _ in 1..rounds {
            sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, sum.as_ref());
        }
        output.extend_from_slice(sum.as_ref());
        let addend = stretched(sum.as_ref());
        for block in input.chunks_mut(BLOCK) {
            let mut carry = 1_u16;
            for (digit, added) in block.iter_mut().zip(&addend).rev() {
                let total = u16::from(*digit) + u16::from(*added) + carry;
                let [high, low] = total.to_be_bytes();
                (*digit, carry) = (low, high.into());
            }
        }
    }
    output.truncate(length);
    output
}
