//! The body of a rejection, read as far as it can be: a provider must not fall over an answer.

use serde::Deserialize;

use crate::reason::Reason;
use crate::timestamp::Timestamp;

/// What the body of a rejection says: `{"reason":"Unregistered","timestamp":1750000000042}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorBody {
    /// Why. A body that is not what Apple documents is kept as [`Reason::Unknown`], shortened.
    pub reason: Reason,
    /// Since when the device token is known to be dead.
    pub timestamp: Option<Timestamp>,
}

/// Where reading stops: Apple's bodies have less than 100 bytes, and memory is not the sender's to spend.
const MAX_READ: usize = 4096;

impl ErrorBody {
    /// Reads a body; every body is one. An empty body, a text, a proxy's HTML page become
    /// [`Reason::Unknown`] with what they said, cut to [`Reason::MAX_UNKNOWN_BYTES`].
    ///
    /// ```
    /// use tidings_apns::{ErrorBody, Reason};
    ///
    /// let body = ErrorBody::parse(br#"{"reason":"Unregistered","timestamp":1750000000042}"#);
    /// assert_eq!(body.reason, Reason::Unregistered);
    /// assert_eq!(body.timestamp.map(|at| at.as_unix_millis()), Some(1_750_000_000_042));
    /// assert_eq!(ErrorBody::parse(b"<html>Bad Gateway</html>").reason.as_str(), "<html>Bad Gateway</html>");
    /// ```
    pub fn parse(body: &[u8]) -> Self {
        let read = &body[..body.len().min(MAX_READ)];
        match serde_json::from_slice::<Wire>(read) {
            Ok(Wire {
                reason: Some(reason),
                timestamp,
            }) => Self {
                reason: Reason::from_name(&reason),
                timestamp: timestamp.and_then(Millis::read),
            },
            _ => Self {
                reason: Reason::from_bytes(read),
                timestamp: None,
            },
        }
    }
}

#[derive(Deserialize)]
struct Wire {
    reason: Option<String>,
    #[serde(default)]
    timestamp: Option<Millis>,
}

/// A timestamp, or something in its place that is not understood and must not cost us the reason.
#[derive(Deserialize)]
#[serde(untagged)]
enum Millis {
    Integer(u64),
    Other(serde::de::IgnoredAny),
}

impl Millis {
    fn read(self) -> Option<Timestamp> {
        match self {
            Self::Integer(millis) => Some(Timestamp::from_unix_millis(millis)),
            Self::Other(_) => None,
        }
    }
}
