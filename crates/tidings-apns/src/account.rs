//! The names that Apple gives to a team of developers and to their signing keys.

use std::str::FromStr;
use std::sync::Arc;

use crate::parse_error::{ParseError, check_text};
use crate::text_form::{serde_as_text, text_newtype};

/// A developer team's identifier: ten letters and digits, such as `ABCDE12345`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TeamId(Arc<str>);

/// A signing key's identifier: ten letters and digits. It is also in the name of the file that Apple hands
/// out, `AuthKey_<key id>.p8`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Arc<str>);

text_newtype!(TeamId);
text_newtype!(KeyId);
serde_as_text!(TeamId, "a team id of ten letters and digits");
serde_as_text!(KeyId, "a key id of ten letters and digits");

const LENGTH: usize = 10;

impl FromStr for TeamId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        ten_characters("team id", text).map(Self)
    }
}

impl FromStr for KeyId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        ten_characters("key id", text).map(Self)
    }
}

fn ten_characters(value: &'static str, text: &str) -> Result<Arc<str>, ParseError> {
    check_text(value, text, usize::MAX, "only letters and digits", |byte| {
        byte.is_ascii_alphanumeric()
    })?;
    if text.len() == LENGTH {
        Ok(text.into())
    } else {
        Err(ParseError::WrongLength {
            value,
            length: text.len(),
            expected: LENGTH,
        })
    }
}
