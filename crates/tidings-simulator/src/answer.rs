//! What is sent back: status, headers, body.

use serde_json::json;

use crate::clock::Timestamp;
use crate::vocabulary::Rejection;

/// An answer before it is HTTP/2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Kept beside the body, for statistics and for the connection's stream limit.
    pub(crate) reason: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A success without a body.
    pub(crate) fn success(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// A success with a JSON body.
    pub(crate) fn json(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            body,
            ..Self::default()
        }
        .with("content-type", "application/json")
    }

    /// A refusal in the form that APNs gives it: compact JSON, with 410 the time in milliseconds.
    pub(crate) fn refusal(status: u16, reason: &str, timestamp: Option<Timestamp>) -> Self {
        let body = match timestamp {
            Some(timestamp) => json!({"reason": reason, "timestamp": timestamp.as_millis()}),
            None => json!({"reason": reason}),
        };
        Self {
            reason: Some(reason.to_owned()),
            ..Self::json(body.to_string().into_bytes())
        }
        .with_status(status)
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

impl From<Rejection> for Answer {
    fn from(rejection: Rejection) -> Self {
        Self::refusal(rejection.status, rejection.reason, rejection.confirmed_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_compact_json_and_410_has_milliseconds() {
        let answer = Answer::from(Rejection::BAD_DEVICE_TOKEN);
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (400, &br#"{"reason":"BadDeviceToken"}"#[..])
        );
        let gone = Answer::from(Rejection::unregistered(Timestamp::from_millis(1_700_000_000_123)));
        assert_eq!(gone.status, 410);
        assert_eq!(
            gone.body,
            br#"{"reason":"Unregistered","timestamp":1700000000123}"#
        );
    }
}
