//! The text of an API key: `tid_<id>_<secret><crc>`, in base62 so that a double click selects it, with a checksum so that a
//! slip is told from a key that is not known, without asking the store.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::sha256::sha256;

const PREFIX: &str = "tid";
const ID_DIGITS: usize = 12;
/// 62⁴³ is more than 2²⁵⁶.
const SECRET_DIGITS: usize = 43;
const CHECKSUM_DIGITS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An API key as its owner has it.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ApiKey {
    id: String,
    secret: String,
}

/// A text is no API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an API key looks like tid_<id>_<secret>, and ends with a checksum")]
pub struct ParseApiKeyError;

impl ApiKey {
    /// A new one.
    ///
    /// # Panics
    ///
    /// If the system has no randomness to give: nothing that is secret can be made then.
    pub fn generate() -> Self {
        Self {
            id: random_digits(ID_DIGITS),
            secret: random_digits(SECRET_DIGITS),
        }
    }

    /// The public part, by which it is found.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is kept of the secret.
    pub fn secret_hash(&self) -> [u8; 32] {
        sha256(self.secret.as_bytes())
    }

    /// The whole key. It is shown once, to whoever made it.
    pub fn reveal(&self) -> String {
        let body = format!("{PREFIX}_{}_{}", self.id, self.secret);
        let checksum = checksum(&body);
        body + &checksum
    }
}

/// The parts of a key, borrowed: what a request carries.
#[derive(Clone, Copy)]
pub(crate) struct PresentedKey<'a> {
    pub(crate) id: &'a str,
    secret: &'a str,
}

impl<'a> PresentedKey<'a> {
    /// Takes a key apart, if its checksum is right.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?.strip_prefix('_')?;
        let (id, rest) = rest.split_once('_')?;
        let (secret, found) = rest.split_at_checked(SECRET_DIGITS)?;
        let is_whole = id.len() == ID_DIGITS && found.len() == CHECKSUM_DIGITS;
        let is_base62 = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let body = text.get(..text.len().checked_sub(CHECKSUM_DIGITS)?)?;
        (is_whole && is_base62(id) && is_base62(secret) && checksum(body) == found)
            .then_some(Self { id, secret })
    }

    pub(crate) fn secret_hash(self) -> [u8; 32] {
        sha256(self.secret.as_bytes())
    }
}

impl FromStr for ApiKey {
    type Err = ParseApiKeyError;

    fn from_str(text: &str) -> Result<Self, ParseApiKeyError> {
        let presented = PresentedKey::read(text).ok_or(ParseApiKeyError)?;
        Ok(Self {
            id: presented.id.to_owned(),
            secret: presented.secret.to_owned(),
        })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.id)
    }
}

fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [0; CHECKSUM_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

/// A secret of 256 bits as text.
pub(crate) fn random_secret() -> String {
    random_digits(SECRET_DIGITS)
}

/// Digits of which each is as likely as every other.
fn random_digits(count: usize) -> String {
    let mut digits = String::with_capacity(count);
    let mut bytes = [0; 64];
    while digits.len() < count {
        fill(&mut bytes);
        // What is not below the largest multiple of 62 is drawn again.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let missing = count - digits.len();
        digits.extend(
            fair.take(missing)
                .map(|byte| char::from(ALPHABET[usize::from(byte % 62)])),
        );
    }
    bytes.zeroize();
    digits
}

#[expect(clippy::expect_used, reason = "without randomness nothing secret can be made")]
fn fill(bytes: &mut [u8]) {
    rand::fill(bytes).expect("the system has no randomness");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_revealed() {
        for _ in 0..100 {
            let key = ApiKey::generate();
            let text = key.reveal();
            assert_eq!(text.len(), 4 + ID_DIGITS + 1 + SECRET_DIGITS + CHECKSUM_DIGITS);
            assert_eq!(text.parse(), Ok(key.clone()));
            let presented = PresentedKey::read(&text).unwrap();
            assert_eq!(presented.id, key.id());
            assert_eq!(presented.secret_hash(), key.secret_hash());
        }
    }

    #[test]
    fn a_slip_in_any_place_is_noticed() {
        let text = ApiKey::generate().reveal();
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
            let slipped = String::from_utf8(bytes).unwrap();
            assert_eq!(slipped.parse::<ApiKey>(), Err(ParseApiKeyError), "{place}");
        }
        for length in 0..text.len() {
            let cut = text.get(..length).unwrap();
            assert!(cut.parse::<ApiKey>().is_err(), "{length}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "tid",
            "tid__",
            "tid_a_b",
            "Bearer x",
            "tid_é_ü",
            &"tid_".repeat(40),
        ] {
            assert!(text.parse::<ApiKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_is_not_shown_by_accident() {
        let key = ApiKey::generate();
        let shown = format!("{key:?}");
        assert!(shown.contains(key.id()) && !shown.contains(&key.secret));
    }
}
