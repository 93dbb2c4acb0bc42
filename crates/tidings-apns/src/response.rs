//! What APNs answered.

use std::time::Duration;

use crate::apns_id::ApnsId;
use crate::error_body::ErrorBody;
use crate::reason::{Reason, Resend};
use crate::timestamp::Timestamp;

/// The answer of APNs to one request. A rejection is an answer, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// APNs took the notification and will try to deliver it. This neither means that it was delivered, nor
    /// that the app is still installed.
    Accepted(Accepted),
    /// APNs refused it, and said why.
    Rejected(Box<Rejected>),
}

/// APNs took the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The id of the request, repeated: `apns-id`, or `apns-request-id` of a broadcast.
    pub apns_id: Option<ApnsId>,
    /// Where to find the notification in Apple's Push Notifications Console; only the sandbox says so.
    pub apns_unique_id: Option<Box<str>>,
}

/// APNs refused the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The HTTP status.
    pub status: u16,
    /// Why.
    pub reason: Reason,
    /// Since when the device token is known to be dead; only with status 410.
    pub timestamp: Option<Timestamp>,
    /// How long to wait before trying again, if the answer said so. Apple documents no such header.
    pub retry_after: Option<Duration>,
    /// The id of the request, repeated: `apns-id`, or `apns-request-id` of a broadcast.
    pub apns_id: Option<ApnsId>,
    /// Where to find the request in Apple's Push Notifications Console; only the sandbox says so.
    pub apns_unique_id: Option<Box<str>>,
}

/// The headers of an answer that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerHeaders {
    /// `apns-id`, or `apns-request-id` of a broadcast.
    pub apns_id: Option<ApnsId>,
    /// `apns-unique-id`.
    pub apns_unique_id: Option<Box<str>>,
    /// `retry-after`, as the time that is left; see [`RetryAfter`](crate::RetryAfter).
    pub retry_after: Option<Duration>,
}

impl Response {
    /// The answer with this status and body. A 200 is taken without looking at the body; the body of anything
    /// else is read as far as it can be.
    pub fn new(status: u16, headers: AnswerHeaders, body: &[u8]) -> Self {
        let AnswerHeaders {
            apns_id,
            apns_unique_id,
            retry_after,
        } = headers;
        if (200..300).contains(&status) {
            return Self::Accepted(Accepted {
                apns_id,
                apns_unique_id,
            });
        }
        let ErrorBody { reason, timestamp } = ErrorBody::parse(body);
        Self::Rejected(Box::new(Rejected {
            status,
            reason,
            timestamp,
            retry_after,
            apns_id,
            apns_unique_id,
        }))
    }

    /// Whether APNs took the request.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// The rejection, if it is one.
    pub fn rejected(&self) -> Option<&Rejected> {
        match self {
            Self::Rejected(rejected) => Some(rejected),
            Self::Accepted(_) => None,
        }
    }

    /// The id of the request, as APNs repeated it.
    pub fn apns_id(&self) -> Option<ApnsId> {
        match self {
            Self::Accepted(accepted) => accepted.apns_id,
            Self::Rejected(rejected) => rejected.apns_id,
        }
    }

    /// Where to find the request in Apple's Push Notifications Console.
    pub fn apns_unique_id(&self) -> Option<&str> {
        match self {
            Self::Accepted(accepted) => accepted.apns_unique_id.as_deref(),
            Self::Rejected(rejected) => rejected.apns_unique_id.as_deref(),
        }
    }
}

impl Rejected {
    /// Whether the same request may be sent again: by the reason, and by the status when the reason is not
    /// known. Then 429 and 5xx pass, and anything else stays until its cause is repaired.
    pub fn resend(&self) -> Resend {
        if !self.reason.is_known() && (self.status == 429 || self.status >= 500) {
            return Resend::Later;
        }
        self.reason.guidance().resend
    }
}

const _: () = assert!(
    size_of::<Response>() <= 64,
    "an answer is kept for every notification in flight"
);
