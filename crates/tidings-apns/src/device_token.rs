//! The address of one app on one device: opaque bytes of no fixed length.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::hex;
use crate::parse_error::ParseError;
use crate::text_form::serde_as_text;

const VALUE: &str = "device token";
const INLINE: usize = 38;

/// A device token: the opaque bytes under which APNs knows one app on one device.
///
/// It is read from hexadecimal digits of either case and always written in lower case. Its length is not
/// fixed (Apple, *Sending notification requests to APNs*); 32, 40, 54 and 80 bytes have been observed in the
/// field. Tokens of up to 38 bytes are held without an allocation.
///
/// A token says neither which topic nor which environment it belongs to.
///
/// `Debug` shows only its first bytes; `Display` shows it whole, for the request path and for storage.
///
/// ```
/// use tidings_apns::DeviceToken;
///
/// let token: DeviceToken = "00FC13ADFF785122".parse()?;
/// assert_eq!(token.to_string(), "00fc13adff785122");
/// assert_eq!(token.as_bytes().len(), 8);
/// assert_eq!(format!("{token:?}"), "DeviceToken(00fc13ad…, 8 bytes)");
/// assert!("<00fc13ad ff785122>".parse::<DeviceToken>().is_err());
/// # Ok::<(), tidings_apns::ParseError>(())
/// ```
#[derive(Clone)]
pub struct DeviceToken(Storage);

#[derive(Clone)]
enum Storage {
    Inline { length: u8, bytes: [u8; INLINE] },
    Boxed(Box<[u8]>),
}

impl DeviceToken {
    /// The longest device token that is taken, in bytes. Apple names no limit; this one only keeps garbage out.
    pub const MAX_BYTES: usize = 512;

    /// The token with these bytes; there must be between 1 and [`Self::MAX_BYTES`] of them.
    pub fn try_from_bytes(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut token = Self::zeroed(bytes.len())?;
        token.bytes_mut().copy_from_slice(bytes);
        Ok(token)
    }

    /// The token written as these hexadecimal digits, of either case.
    ///
    /// The same as parsing, for digits that are bytes rather than text.
    pub fn try_from_hex(digits: &[u8]) -> Result<Self, ParseError> {
        if !digits.len().is_multiple_of(2) {
            check_digits(digits)?;
            return Err(ParseError::OddLength {
                value: VALUE,
                length: digits.len(),
            });
        }
        let mut token = Self::zeroed(digits.len() / 2)?;
        if hex::decode(digits, token.bytes_mut()) {
            Ok(token)
        } else {
            check_digits(digits)?;
            Ok(token)
        }
    }

    /// The bytes of the token.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Storage::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Storage::Boxed(bytes) => bytes,
        }
    }

    /// Appends the token to `out` as lower-case hexadecimal digits, as the path of a request wants it.
    pub fn encode_hex(&self, out: &mut Vec<u8>) {
        hex::encode(self.as_bytes(), out);
    }

    fn zeroed(length: usize) -> Result<Self, ParseError> {
        if length == 0 {
            return Err(ParseError::Empty { value: VALUE });
        }
        if length > Self::MAX_BYTES {
            return Err(ParseError::TooLong {
                value: VALUE,
                length,
                limit: Self::MAX_BYTES,
            });
        }
        Ok(Self(match u8::try_from(length) {
            Ok(short) if length <= INLINE => Storage::Inline {
                length: short,
                bytes: [0; INLINE],
            },
            _ => Storage::Boxed(vec![0; length].into_boxed_slice()),
        }))
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Storage::Inline { length, bytes } => &mut bytes[..usize::from(*length)],
            Storage::Boxed(bytes) => bytes,
        }
    }
}

/// Names the first byte that is no hexadecimal digit.
fn check_digits(digits: &[u8]) -> Result<(), ParseError> {
    match digits.iter().position(|digit| !digit.is_ascii_hexdigit()) {
        None => Ok(()),
        Some(position) => Err(ParseError::Character {
            value: VALUE,
            found: char_at(digits, position),
            position,
            expected: "only hexadecimal digits, without spaces or angle brackets,",
        }),
    }
}

/// The character that begins at `position`, even outside of ASCII.
fn char_at(text: &[u8], position: usize) -> char {
    let rest = text.get(position..).unwrap_or_default();
    let valid = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    valid.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
}

impl FromStr for DeviceToken {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::try_from_hex(text.as_bytes())
    }
}

impl fmt::Display for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(self.as_bytes(), f)
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.as_bytes();
        f.write_str("DeviceToken(")?;
        write_hex(&bytes[..(bytes.len() / 2).min(4)], f)?;
        write!(f, "…, {} bytes)", bytes.len())
    }
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = Vec::new();
    hex::encode(bytes, &mut digits);
    f.write_str(&String::from_utf8_lossy(&digits))
}

impl PartialEq for DeviceToken {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for DeviceToken {}

impl PartialOrd for DeviceToken {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DeviceToken {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for DeviceToken {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Borrow<[u8]> for DeviceToken {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

serde_as_text!(DeviceToken, "a device token as hexadecimal digits");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(length: usize) -> DeviceToken {
        DeviceToken::try_from_bytes(&vec![0xa5; length]).unwrap()
    }

    #[test]
    fn tokens_of_the_usual_length_are_held_without_an_allocation() {
        for length in [1, 32, 38] {
            assert!(matches!(token(length).0, Storage::Inline { .. }), "{length}");
        }
        for length in [39, 40, 54, 80, 512] {
            assert!(matches!(token(length).0, Storage::Boxed(_)), "{length}");
        }
        assert_eq!(size_of::<DeviceToken>(), 40);
    }

    #[test]
    fn every_refusal_says_what_is_wrong_and_quotes_no_token() {
        let long = "ab".repeat(513);
        for (text, message) in [
            ("", "parsing the device token: it is empty"),
            (
                "abc",
                "parsing the device token: 3 hexadecimal digits, an odd number, so one is missing",
            ),
            (
                &long,
                "parsing the device token: 513 bytes are more than the 512 allowed",
            ),
            (
                "<00fc13ad>",
                "parsing the device token: '<' at byte 0 where only hexadecimal digits, without spaces or angle \
                 brackets, belong",
            ),
            (
                "00fc 13ad9",
                "parsing the device token: ' ' at byte 4 where only hexadecimal digits, without spaces or angle \
                 brackets, belong",
            ),
            (
                "00é0",
                "parsing the device token: 'é' at byte 2 where only hexadecimal digits, without spaces or angle \
                 brackets, belong",
            ),
        ] {
            assert_eq!(
                text.parse::<DeviceToken>().unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
        assert!(DeviceToken::try_from_bytes(&[]).is_err());
        assert!(DeviceToken::try_from_bytes(&[0; 513]).is_err());
    }

    #[test]
    fn debug_shows_at_most_half_of_a_token() {
        assert_eq!(format!("{:?}", token(32)), "DeviceToken(a5a5a5a5…, 32 bytes)");
        assert_eq!(format!("{:?}", token(3)), "DeviceToken(a5…, 3 bytes)");
        assert_eq!(format!("{:?}", token(1)), "DeviceToken(…, 1 bytes)");
    }

    #[test]
    fn json_has_the_lower_case_digits() {
        let token: DeviceToken = serde_json::from_str("\"00FC13AD\"").unwrap();
        assert_eq!(serde_json::to_string(&token).unwrap(), "\"00fc13ad\"");
        assert!(serde_json::from_str::<DeviceToken>("\"xyz\"").is_err());
        assert!(serde_json::from_str::<DeviceToken>("17").is_err());
    }

    proptest! {
        #[test]
        fn a_token_of_any_length_comes_back_from_its_digits(bytes in prop::collection::vec(any::<u8>(), 1..=512)) {
            let token = DeviceToken::try_from_bytes(&bytes).unwrap();
            let mut digits = Vec::new();
            token.encode_hex(&mut digits);
            prop_assert_eq!(token.as_bytes(), &bytes[..]);
            prop_assert_eq!(token.to_string().into_bytes(), digits.clone());
            prop_assert_eq!(&DeviceToken::try_from_hex(&digits).unwrap(), &token);
            digits.make_ascii_uppercase();
            prop_assert_eq!(&DeviceToken::try_from_hex(&digits).unwrap(), &token);
        }

        #[test]
        fn any_bytes_are_a_token_exactly_when_they_are_pairs_of_digits(text in prop::collection::vec(any::<u8>(), 0..90)) {
            let valid = !text.is_empty() && text.len().is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit);
            prop_assert_eq!(DeviceToken::try_from_hex(&text).is_ok(), valid);
        }

        #[test]
        fn tokens_compare_as_their_bytes_do(a: Vec<u8>, b: Vec<u8>) {
            if let (Ok(x), Ok(y)) = (DeviceToken::try_from_bytes(&a), DeviceToken::try_from_bytes(&b)) {
                prop_assert_eq!(x.cmp(&y), a.cmp(&b));
                prop_assert_eq!(x == y, a == b);
            }
        }
    }
}
