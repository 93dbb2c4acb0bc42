//! The identifier of an app.

use std::str::FromStr;
use std::sync::Arc;

use crate::parse_error::{ParseError, check_text};
use crate::text_form::{serde_as_text, text_newtype};

/// An app's bundle id such as `com.example.app`, without the suffix that some topics add.
///
/// Letters, digits, hyphens and full stops (Apple, *`CFBundleIdentifier`*), and underscores, which some
/// identifiers in the field have. Pass type identifiers and MDM topics look the same and are read as well.
/// Cloning it is cheap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId(Arc<str>);

text_newtype!(BundleId);

impl BundleId {
    /// The longest bundle id, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// A part of a topic, which was checked as a whole.
    pub(crate) fn unchecked(text: &str) -> Self {
        Self(text.into())
    }
}

impl FromStr for BundleId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        check_identifier("bundle id", text)?;
        Ok(Self(text.into()))
    }
}

/// The rule that bundle ids and topics share.
pub(crate) fn check_identifier(value: &'static str, text: &str) -> Result<(), ParseError> {
    const EXPECTED: &str = "only letters, digits, `-`, `_` and `.`";
    check_text(value, text, BundleId::MAX_BYTES, EXPECTED, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
    })
}

serde_as_text!(BundleId, "a bundle id such as `com.example.app`");
