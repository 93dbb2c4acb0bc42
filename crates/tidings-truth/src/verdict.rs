//! What one answer of APNs means: for the device token, for the notification, for the lane.

use tidings_apns::{Environment, Reason, Rejected, Response, Timestamp};

use crate::evidence::{Evidence, Generation};

/// Under what circumstances a request was sent and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The generation of the device token when the request was made.
    pub generation: Generation,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it was answered.
    pub answered_at: Timestamp,
    /// Where it was sent.
    pub environment: Environment,
    /// Whether APNs had accepted a notification to this token there before. Only such tokens bear witness about the lane.
    pub proven: bool,
    /// Whether the lane was doing well by other tokens.
    pub lane_is_credible: bool,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it proves about the device token; most answers prove nothing.
    pub evidence: Option<Evidence>,
    /// What becomes of the notification.
    pub next: NextStep,
    /// What a proven token's answer says of the lane: `Some(true)` does well, `Some(false)` does badly.
    pub vote: Option<bool>,
}

/// What becomes of a notification for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// APNs has it.
    Done,
    /// The new standing of the device token decides: it goes elsewhere, waits, or has failed.
    AsTheTokenStands,
    /// It is the notification that is wrong, or something that this version does not know. It has failed.
    Failed,
    /// Another time, with growing pauses: only this token is meant.
    Later,
    /// Another time, with growing pauses: APNs is not well.
    LaterForTheLane,
    /// At once, under a new provider token; if that was tried already, as [`Self::LanePauses`].
    RenewProviderToken,
    /// When the provider token is old enough to be renewed; the one in use stays in use.
    KeepProviderToken,
    /// Nothing more can be sent with this credential until somebody repairs it. It waits.
    LanePauses,
}

/// Reads an answer. Exhaustive on purpose: a new reason must be thought about here.
pub fn judge(answer: &Response, circumstances: &Circumstances) -> Verdict {
    match answer {
        Response::Accepted(_) => Verdict {
            evidence: Some(Evidence::Accepted {
                generation: circumstances.generation,
                sent_at: circumstances.sent_at,
                environment: circumstances.environment,
            }),
            next: NextStep::Done,
            vote: Some(true),
        },
        Response::Rejected(rejected) => refused(rejected, circumstances),
    }
}

fn refused(rejected: &Rejected, circumstances: &Circumstances) -> Verdict {
    let next = next_step(rejected);
    let evidence = match (&rejected.reason, rejected.status) {
        // The status must agree: only then is it Apple's word about a token.
        (Reason::BadDeviceToken, 400) => Some(circumstances.bad_token()),
        (Reason::DeviceTokenNotForTopic, 400) => Some(circumstances.wrong_topic()),
        (Reason::Unregistered, 410) => Some(circumstances.unregistered(rejected.timestamp)),
        (Reason::ExpiredToken, 410) => Some(circumstances.expired(rejected.timestamp)),
        _ => None,
    };
    let speaks_against_the_lane = matches!(
        evidence,
        Some(Evidence::BadToken { .. } | Evidence::WrongTopic { .. })
    );
    Verdict {
        next: if next == NextStep::AsTheTokenStands && evidence.is_none() {
            by_class(rejected.status)
        } else {
            next
        },
        vote: (circumstances.proven && speaks_against_the_lane).then_some(false),
        evidence,
    }
}

fn next_step(rejected: &Rejected) -> NextStep {
    match &rejected.reason {
        Reason::BadDeviceToken
        | Reason::DeviceTokenNotForTopic
        | Reason::Unregistered
        | Reason::ExpiredToken => NextStep::AsTheTokenStands,

        Reason::ExpiredProviderToken => NextStep::RenewProviderToken,
        Reason::TooManyProviderTokenUpdates => NextStep::KeepProviderToken,

        Reason::BadCertificate
        | Reason::BadCertificateEnvironment
        | Reason::Forbidden
        | Reason::InvalidProviderToken
        | Reason::MissingProviderToken
        | Reason::UnrelatedKeyIdInToken
        | Reason::BadEnvironmentKeyIdInToken
        | Reason::BadEnvironmentKeyInToken
        // The topic is the lane's, not the notification's: it follows from the app and the kind.
        | Reason::BadTopic
        | Reason::MissingTopic
        | Reason::TopicDisallowed
        | Reason::TopicMismatch
        | Reason::FeatureNotEnabled => NextStep::LanePauses,

        Reason::TooManyRequests => NextStep::Later,
        Reason::IdleTimeout | Reason::InternalServerError | Reason::ServiceUnavailable | Reason::Shutdown => {
            NextStep::LaterForTheLane
        }

        Reason::BadCollapseId
        | Reason::BadExpirationDate
        | Reason::BadMessageId
        | Reason::BadPriority
        | Reason::DuplicateHeaders
        | Reason::InvalidPushType
        | Reason::MissingDeviceToken
        | Reason::PayloadEmpty
        | Reason::BadPath
        | Reason::MethodNotAllowed
        | Reason::PayloadTooLarge
        | Reason::MissingChannelId
        | Reason::BadChannelId
        | Reason::ChannelNotRegistered
        | Reason::BadRequestParams
        | Reason::BadRequestPayload
        | Reason::CannotCreateChannelConfig
        | Reason::MissingPushType => NextStep::Failed,

        // `Unknown`, and what a later version of `Reason` may know.
        _ => by_class(rejected.status),
    }
}

/// What is not understood is treated by its status, and never as a dead device.
fn by_class(status: u16) -> NextStep {
    match status {
        403 => NextStep::LanePauses,
        429 => NextStep::Later,
        500.. => NextStep::LaterForTheLane,
        _ => NextStep::Failed,
    }
}

impl Circumstances {
    fn bad_token(&self) -> Evidence {
        Evidence::BadToken {
            generation: self.generation,
            sent_at: self.sent_at,
            answered_at: self.answered_at,
            environment: self.environment,
            credible: self.lane_is_credible,
        }
    }

    fn wrong_topic(&self) -> Evidence {
        Evidence::WrongTopic {
            generation: self.generation,
            sent_at: self.sent_at,
            answered_at: self.answered_at,
            environment: self.environment,
        }
    }

    fn unregistered(&self, dead_at: Option<Timestamp>) -> Evidence {
        Evidence::Unregistered {
            generation: self.generation,
            sent_at: self.sent_at,
            answered_at: self.answered_at,
            environment: self.environment,
            dead_at,
        }
    }

    fn expired(&self, dead_at: Option<Timestamp>) -> Evidence {
        Evidence::Expired {
            generation: self.generation,
            sent_at: self.sent_at,
            answered_at: self.answered_at,
            environment: self.environment,
            dead_at,
        }
    }
}
