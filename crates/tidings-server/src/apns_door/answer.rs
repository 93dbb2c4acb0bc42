//! What is answered to a request, in Apple's form.

use std::borrow::Cow;

use serde::Serialize;
use tidings_apns::{Reason, Timestamp};

/// An answer: what APNs would say, or has said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(super) status: u16,
    pub(crate) reason: Option<Cow<'static, str>>,
    /// With 410: when the device token was dead.
    pub(super) timestamp: Option<Timestamp>,
}

/// An answer and the id of the request that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    pub(super) apns_id: String,
    /// Whether the request proved who sent it.
    pub(super) trust: Trust,
}

/// What a request has shown of whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// It holds a key of the app.
    Proven,
    /// Nothing.
    None,
}

#[derive(Serialize)]
struct Body<'a> {
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<u64>,
}

impl Answer {
    /// Accepted: it was delivered to APNs, or will be.
    pub(super) const fn accepted() -> Self {
        Self {
            status: 200,
            reason: None,
            timestamp: None,
        }
    }

    /// A refusal with the status that Apple documents for its reason.
    pub(super) fn refused(reason: &Reason) -> Self {
        let status = reason.documented_statuses().first().copied().unwrap_or(500);
        Self::said(status, reason.as_str().to_owned())
    }

    /// The device token is dead since then.
    pub(super) fn gone(reason: &Reason, since: Timestamp) -> Self {
        Self {
            timestamp: Some(since),
            ..Self::said(410, reason.as_str().to_owned())
        }
    }

    /// What APNs said.
    pub(super) const fn said(status: u16, reason: String) -> Self {
        Self {
            status,
            reason: Some(Cow::Owned(reason)),
            timestamp: None,
        }
    }

    /// The body; empty for a success.
    pub(super) fn body(&self) -> Vec<u8> {
        let Some(reason) = &self.reason else {
            return Vec::new();
        };
        let timestamp = self.timestamp.map(Timestamp::as_unix_millis);
        serde_json::to_vec(&Body { reason, timestamp }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_apples_form() {
        assert_eq!(Answer::accepted().body(), b"");
        let refused = Answer::refused(&Reason::BadTopic);
        assert_eq!(
            (refused.status, refused.body()),
            (400, br#"{"reason":"BadTopic"}"#.to_vec())
        );
        let gone = Answer::gone(&Reason::Unregistered, Timestamp::from_unix_millis(7));
        assert_eq!(
            (gone.status, gone.body()),
            (410, br#"{"reason":"Unregistered","timestamp":7}"#.to_vec())
        );
    }

    #[test]
    fn every_reason_that_the_door_gives_has_the_status_that_apple_gives_it() {
        for (reason, status) in [
            (Reason::BadPath, 404),
            (Reason::MethodNotAllowed, 405),
            (Reason::MissingProviderToken, 403),
            (Reason::InvalidProviderToken, 403),
            (Reason::ExpiredProviderToken, 403),
            (Reason::PayloadTooLarge, 413),
            (Reason::TooManyRequests, 429),
            (Reason::InternalServerError, 500),
            (Reason::ServiceUnavailable, 503),
        ] {
            assert_eq!(Answer::refused(&reason).status, status, "{reason:?}");
        }
    }
}
