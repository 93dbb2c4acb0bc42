//! The body of a notification: a JSON object, kept byte for byte.

mod activity_alert;
mod alert;
mod aps;
mod builder;
mod interruption_level;
mod live_activity;
mod sound;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::IgnoredAny;

pub use activity_alert::{ActivityAlert, Text};
pub use alert::Alert;
pub use builder::{AlertOrText, PayloadBuilder};
pub use interruption_level::InterruptionLevel;
pub use live_activity::{
    ActivityInput, LiveActivity, LiveActivityEnd, LiveActivityStart, LiveActivityUpdate,
};
pub use sound::{CriticalSound, Sound};

/// The body of a notification: one JSON object.
///
/// [`Payload::from_json`] takes it as it stands and never changes a byte of it; [`Payload::builder`] and
/// [`LiveActivity`] write it.
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
    /// It is not JSON.
    #[error("reading a payload of {size} bytes as JSON")]
    NotJson {
        /// Its size in bytes.
        size: usize,
        /// Where it goes wrong; it names a line and a column, and quotes nothing.
        source: serde_json::Error,
    },
    /// It is JSON, but not an object.
    #[error("reading a payload of {size} bytes: it is JSON, but not an object between braces")]
    NotAnObject {
        /// Its size in bytes.
        size: usize,
    },
}

/// Why a payload cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildPayloadError {
    /// `aps` was given as a key beside `aps`.
    #[error("adding the custom key `aps`: that name is taken by Apple's own dictionary")]
    ReservedKey,
    /// A value cannot be written as JSON.
    #[error("writing `{key}` as JSON")]
    NotJson {
        /// The key.
        key: Box<str>,
        /// What its serializer says.
        source: serde_json::Error,
    },
    /// A value must be a JSON object and is something else.
    #[error("writing `{key}`: it is not a JSON object")]
    NotAnObject {
        /// The key.
        key: &'static str,
    },
    /// A number is outside of what the key may have.
    #[error("writing `{key}`: {number} is not {expected}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// The number.
        number: f64,
        /// What it may be.
        expected: &'static str,
    },
}

impl Payload {
    /// The payload with these bytes, which must be one JSON object and are sent exactly as they are.
    ///
    /// ```
    /// use tidings_apns::Payload;
    ///
    /// let json = r#"{ "aps": {"alert": "Tea is ready"}, "pot": 7 }"#;
    /// assert_eq!(Payload::from_json(json)?.as_bytes(), json.as_bytes());
    /// assert!(Payload::from_json("[1, 2]").is_err());
    /// # Ok::<(), tidings_apns::ReadPayloadError>(())
    /// ```
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, ReadPayloadError> {
        let json = json.as_ref();
        let size = json.len();
        let text = std::str::from_utf8(json).map_err(|source| ReadPayloadError::NotText { size, source })?;
        serde_json::from_str::<IgnoredAny>(text)
            .map_err(|source| ReadPayloadError::NotJson { size, source })?;
        if !text.trim_start().starts_with('{') {
            return Err(ReadPayloadError::NotAnObject { size });
        }
        Ok(Self(json.into()))
    }

    /// Begins a payload with an `aps` dictionary and keys beside it.
    pub fn builder() -> PayloadBuilder {
        PayloadBuilder::default()
    }

    /// Wakes the app and shows nothing: `{"aps":{"content-available":1}}`.
    pub fn background() -> Self {
        Self(Arc::from(*br#"{"aps":{"content-available":1}}"#))
    }

    /// Reloads widgets or controls: `{"aps":{"content-changed":true}}` (Apple, *Updating widgets with `WidgetKit`
    /// push notifications*).
    pub fn content_changed() -> Self {
        Self(Arc::from(*br#"{"aps":{"content-changed":true}}"#))
    }

    /// Tells a Wallet pass that there is a newer one: `{}`.
    pub fn wallet() -> Self {
        Self(Arc::from(*b"{}"))
    }

    /// Tells a managed device to contact its server: the `PushMagic` of that device and nothing else (Apple,
    /// *Sending MDM commands to a device*).
    pub fn mdm(push_magic: &str) -> Self {
        Self::from_members(&[("mdm", push_magic)])
    }

    /// Tells a File Provider extension that something in a container changed.
    pub fn file_provider(container_identifier: &str, domain: &str) -> Self {
        Self::from_members(&[("container-identifier", container_identifier), ("domain", domain)])
    }

    /// The bytes, as they are sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The size in bytes.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a payload has at least its two braces"
    )]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// An object of texts, in this order.
    fn from_members(members: &[(&str, &str)]) -> Self {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let members: Vec<_> = members
            .iter()
            .map(|(key, value)| format!("{}:{}", text(key), text(value)))
            .collect();
        Self(format!("{{{}}}", members.join(",")).into_bytes().into())
    }

    /// What a serializer writes, which must be an object.
    fn write(value: &impl Serialize) -> Result<Self, BuildPayloadError> {
        let bytes = serde_json::to_vec(value).map_err(|source| BuildPayloadError::NotJson {
            key: "aps".into(),
            source,
        })?;
        Ok(Self(bytes.into()))
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

/// A `Debug` that names the type and keeps the content to itself.
macro_rules! redacted_debug {
    ($($type:ty),* $(,)?) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        }
    )*};
}

use redacted_debug;
