//! What a reason means, whose fault it is, and what to do: Apple's table in words for people.

mod texts;

use super::Reason;

/// A reason explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guidance {
    /// What happened, in one or two sentences.
    pub meaning: &'static str,
    /// Whose fault it was.
    pub fault: Fault,
    /// What to do about it.
    pub what_to_do: &'static str,
    /// Whether the same request may be sent again.
    pub resend: Resend,
    /// Where [`Self::resend`] is known from.
    pub source: Source,
    /// What should become of the connection that brought the answer.
    pub connection: ConnectionFate,
}

/// Whose fault a rejection was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The request was malformed: a mistake in the sending program or in what it was given.
    Request,
    /// The credential, or how the app is set up at Apple.
    Credential,
    /// The device token: dead, damaged, or not meant for this topic or environment.
    DeviceToken,
    /// Too much was sent.
    Load,
    /// Apple.
    Apple,
    /// It cannot be known.
    Unknown,
}

impl Fault {
    /// The fault in a few words, to follow "the fault of".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "the request",
            Self::Credential => "the credential or its configuration",
            Self::DeviceToken => "the device token",
            Self::Load => "too much load",
            Self::Apple => "Apple",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether the same request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resend {
    /// Not the same request to the same device token.
    Never,
    /// Once the cause is repaired; until then the answer will be the same.
    AfterFix,
    /// After a while, and with growing pauses.
    Later,
    /// At once, but on another connection.
    OnAnotherConnection,
}

/// Where a fact is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Apple's documentation.
    Apple,
    /// What providers have seen.
    Field,
    /// Concluded from the two.
    Inferred,
}

/// What should become of the connection that brought an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionFate {
    /// Nothing: it serves on.
    Keep,
    /// It should be replaced by a new one.
    Replace,
}

impl Reason {
    /// What the reason means, whose fault it is, and what to do.
    pub const fn guidance(&self) -> &'static Guidance {
        match self {
            Self::BadCollapseId => &texts::BAD_COLLAPSE_ID,
            Self::BadDeviceToken => &texts::BAD_DEVICE_TOKEN,
            Self::BadExpirationDate => &texts::BAD_EXPIRATION_DATE,
            Self::BadMessageId => &texts::BAD_MESSAGE_ID,
            Self::BadPriority => &texts::BAD_PRIORITY,
            Self::BadTopic => &texts::BAD_TOPIC,
            Self::DeviceTokenNotForTopic => &texts::DEVICE_TOKEN_NOT_FOR_TOPIC,
            Self::DuplicateHeaders => &texts::DUPLICATE_HEADERS,
            Self::IdleTimeout => &texts::IDLE_TIMEOUT,
            Self::InvalidPushType => &texts::INVALID_PUSH_TYPE,
            Self::MissingDeviceToken => &texts::MISSING_DEVICE_TOKEN,
            Self::MissingTopic => &texts::MISSING_TOPIC,
            Self::PayloadEmpty => &texts::PAYLOAD_EMPTY,
            Self::TopicDisallowed => &texts::TOPIC_DISALLOWED,
            Self::BadCertificate => &texts::BAD_CERTIFICATE,
            Self::BadCertificateEnvironment => &texts::BAD_CERTIFICATE_ENVIRONMENT,
            Self::ExpiredProviderToken => &texts::EXPIRED_PROVIDER_TOKEN,
            Self::Forbidden => &texts::FORBIDDEN,
            Self::InvalidProviderToken => &texts::INVALID_PROVIDER_TOKEN,
            Self::MissingProviderToken => &texts::MISSING_PROVIDER_TOKEN,
            Self::UnrelatedKeyIdInToken => &texts::UNRELATED_KEY_ID_IN_TOKEN,
            Self::BadEnvironmentKeyIdInToken => &texts::BAD_ENVIRONMENT_KEY_ID_IN_TOKEN,
            Self::BadEnvironmentKeyInToken => &texts::BAD_ENVIRONMENT_KEY_IN_TOKEN,
            Self::BadPath => &texts::BAD_PATH,
            Self::MethodNotAllowed => &texts::METHOD_NOT_ALLOWED,
            Self::ExpiredToken => &texts::EXPIRED_TOKEN,
            Self::Unregistered => &texts::UNREGISTERED,
            Self::PayloadTooLarge => &texts::PAYLOAD_TOO_LARGE,
            Self::TooManyProviderTokenUpdates => &texts::TOO_MANY_PROVIDER_TOKEN_UPDATES,
            Self::TooManyRequests => &texts::TOO_MANY_REQUESTS,
            Self::InternalServerError => &texts::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => &texts::SERVICE_UNAVAILABLE,
            Self::Shutdown => &texts::SHUTDOWN,
            Self::FeatureNotEnabled => &texts::FEATURE_NOT_ENABLED,
            Self::MissingChannelId => &texts::MISSING_CHANNEL_ID,
            Self::BadChannelId => &texts::BAD_CHANNEL_ID,
            Self::ChannelNotRegistered => &texts::CHANNEL_NOT_REGISTERED,
            Self::BadRequestParams => &texts::BAD_REQUEST_PARAMS,
            Self::BadRequestPayload => &texts::BAD_REQUEST_PAYLOAD,
            Self::CannotCreateChannelConfig => &texts::CANNOT_CREATE_CHANNEL_CONFIG,
            Self::MissingPushType => &texts::MISSING_PUSH_TYPE,
            Self::TopicMismatch => &texts::TOPIC_MISMATCH,
            Self::Unknown(_) => &texts::UNKNOWN,
        }
    }
}
