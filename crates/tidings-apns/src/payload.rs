//! The body of a notification: a JSON object, kept byte for byte.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// The body of a notification: one JSON object.
///
/// [`Payload::from_json`] takes it as it stands and never changes a byte of it.
///
/// `Debug` shows the size and not the content. Cloning it is cheap.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payload(Arc<[u8]>);

/// Why bytes are not a payload.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadPayloadError {
    /// It is not UTF-8.
    #[error("reading a payload of {size} bytes as UTF-8")]
    NotText {
        /// Its size in bytes.
        size: usize,
        /// Where it goes wrong.
        source: std::str::Utf8Error,
    },
    /// It is not JSON, or not an object.
    #[error("reading a payload of {size} bytes as one JSON object")]
    NotAnObject {
        /// Its size in bytes.
        size: usize,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
}

impl Payload {
    /// The payload with these bytes, which must be one JSON object and are sent exactly as they are.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, ReadPayloadError> {
        let json = json.as_ref();
        let size = json.len();
        let text = std::str::from_utf8(json).map_err(|source| ReadPayloadError::NotText { size, source })?;
        serde_json::from_str::<AnyObject>(text)
            .map_err(|source| ReadPayloadError::NotAnObject { size, source })?;
        Ok(Self(json.into()))
    }

    /// The bytes, as they are sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The size in bytes.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a payload has at least the two braces"
    )]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.len())
    }
}

/// Any JSON object, read without keeping it.
struct AnyObject;

impl<'de> Deserialize<'de> for AnyObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = AnyObject;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<AnyObject, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(AnyObject)
            }
        }
        deserializer.deserialize_map(Members)
    }
}
