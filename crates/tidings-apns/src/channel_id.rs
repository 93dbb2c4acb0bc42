//! The identity of a broadcast channel.

use std::str::FromStr;
use std::sync::Arc;

use crate::parse_error::{ParseError, check_text};
use crate::text_form::{serde_as_text, text_newtype};

/// The value of `apns-channel-id`: what APNs called a broadcast channel when it was made.
///
/// It is base64 text of no fixed length, never shared between environments and never given out twice (Apple,
/// *Sending channel management requests to APNs*). It is kept as it was received, because APNs compares text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(Arc<str>);

text_newtype!(ChannelId);

impl ChannelId {
    /// The longest channel id that is taken, in bytes. Apple names no limit; this one only keeps garbage out.
    pub const MAX_BYTES: usize = 512;
}

impl FromStr for ChannelId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const VALUE: &str = "channel id";
        const EXPECTED: &str = "only base64 digits, with `=` at the end,";
        let digits = text.trim_end_matches('=');
        if text.len() - digits.len() > 2 {
            let position = digits.len() + 2;
            return Err(ParseError::Character {
                value: VALUE,
                found: '=',
                position,
                expected: EXPECTED,
            });
        }
        check_text(VALUE, digits, Self::MAX_BYTES - 2, EXPECTED, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
        })?;
        Ok(Self(text.into()))
    }
}

serde_as_text!(ChannelId, "a channel id in base64");
