//! What makes several notifications one on the device.

use std::str::FromStr;
use std::sync::Arc;

use crate::parse_error::{ParseError, check_text};
use crate::text_form::{serde_as_text, text_newtype};

/// The value of the `apns-collapse-id` header: notifications with the same one replace each other.
///
/// At most 64 bytes (Apple, *Sending notification requests to APNs*), and only what an HTTP header can hold:
/// visible ASCII characters, with spaces inside but not around them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollapseId(Arc<str>);

text_newtype!(CollapseId);

impl CollapseId {
    /// The longest collapse id, in bytes.
    pub const MAX_BYTES: usize = 64;
}

impl FromStr for CollapseId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const VALUE: &str = "collapse id";
        check_text(
            VALUE,
            text,
            Self::MAX_BYTES,
            "only visible ASCII characters",
            |byte| byte.is_ascii_graphic() || byte == b' ',
        )?;
        if let Some(position) = outer_space(text) {
            let expected = "no spaces at either end";
            return Err(ParseError::Character {
                value: VALUE,
                found: ' ',
                position,
                expected,
            });
        }
        Ok(Self(text.into()))
    }
}

/// Where a space begins or ends the text; HTTP would drop it.
fn outer_space(text: &str) -> Option<usize> {
    if text.starts_with(' ') {
        Some(0)
    } else {
        text.ends_with(' ').then(|| text.len() - 1)
    }
}

serde_as_text!(CollapseId, "a collapse id of at most 64 bytes");
