//! The identity of one request and of its answer.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::parse_error::ParseError;
use crate::text_form::serde_as_text;

/// The value of `apns-id`, and of `apns-request-id` for broadcasts and channels: a UUID.
///
/// Written in lower case, as Apple asks; read in any case, because APNs itself writes upper case (observed in
/// the field). Nothing is known about APNs refusing a second request with the same id: it does not prevent
/// doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApnsId(Uuid);

impl ApnsId {
    /// The length of the text form.
    pub const TEXT_LENGTH: usize = 36;

    /// The id with this value.
    pub const fn from_u128(value: u128) -> Self {
        Self(Uuid::from_u128(value))
    }

    /// The id as a number.
    pub const fn as_u128(self) -> u128 {
        self.0.as_u128()
    }

    /// The id as a UUID.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }

    /// Writes the text form into `buffer`, without an allocation, and returns it.
    pub fn encode(self, buffer: &mut [u8; Self::TEXT_LENGTH]) -> &str {
        self.0.as_hyphenated().encode_lower(buffer)
    }

    /// Reads the text form from the bytes of a header.
    pub fn try_from_header(value: &[u8]) -> Result<Self, ParseError> {
        match Uuid::try_parse_ascii(value) {
            Ok(uuid) if value.len() == Self::TEXT_LENGTH => Ok(Self(uuid)),
            _ => std::str::from_utf8(value).unwrap_or("\u{fffd}").parse(),
        }
    }
}

impl From<Uuid> for ApnsId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl From<ApnsId> for Uuid {
    fn from(id: ApnsId) -> Self {
        id.0
    }
}

impl fmt::Display for ApnsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.encode(&mut [0; Self::TEXT_LENGTH]))
    }
}

impl FromStr for ApnsId {
    type Err = ParseError;

    /// Reads the canonical form, 8-4-4-4-12 hexadecimal digits of any case, and no other.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        const VALUE: &str = "apns-id";
        if text.is_empty() {
            return Err(ParseError::Empty { value: VALUE });
        }
        if text.len() != Self::TEXT_LENGTH {
            let (length, expected) = (text.len(), Self::TEXT_LENGTH);
            return Err(ParseError::WrongLength {
                value: VALUE,
                length,
                expected,
            });
        }
        match Uuid::try_parse(text) {
            Ok(uuid) => Ok(Self(uuid)),
            Err(_) => Err(ParseError::unknown(
                VALUE,
                text,
                "the UUIDs written 8-4-4-4-12 in hexadecimal digits",
            )),
        }
    }
}

serde_as_text!(ApnsId, "a UUID");
