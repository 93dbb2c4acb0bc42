//! What a reason means, whose fault it is, and what to do: Apple's table in words for people.

mod broadcast;
mod device;

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
            Self::Unknown => "nobody we know",
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

impl Resend {
    /// The answer to "when may it be sent again?".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AfterFix => "after the cause is repaired",
            Self::Later => "later, with growing pauses",
            Self::OnAnotherConnection => "at once, on another connection",
        }
    }
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

impl Source {
    /// The source in a few words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apple => "Apple's documentation",
            Self::Field => "observed in the field",
            Self::Inferred => "concluded from documentation and observation",
        }
    }
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
            Self::BadCollapseId => &device::BAD_COLLAPSE_ID,
            Self::BadDeviceToken => &device::BAD_DEVICE_TOKEN,
            Self::BadExpirationDate => &device::BAD_EXPIRATION_DATE,
            Self::BadMessageId => &device::BAD_MESSAGE_ID,
            Self::BadPriority => &device::BAD_PRIORITY,
            Self::BadTopic => &device::BAD_TOPIC,
            Self::DeviceTokenNotForTopic => &device::DEVICE_TOKEN_NOT_FOR_TOPIC,
            Self::DuplicateHeaders => &device::DUPLICATE_HEADERS,
            Self::IdleTimeout => &device::IDLE_TIMEOUT,
            Self::InvalidPushType => &device::INVALID_PUSH_TYPE,
            Self::MissingDeviceToken => &device::MISSING_DEVICE_TOKEN,
            Self::MissingTopic => &device::MISSING_TOPIC,
            Self::PayloadEmpty => &device::PAYLOAD_EMPTY,
            Self::TopicDisallowed => &device::TOPIC_DISALLOWED,
            Self::BadCertificate => &device::BAD_CERTIFICATE,
            Self::BadCertificateEnvironment => &device::BAD_CERTIFICATE_ENVIRONMENT,
            Self::ExpiredProviderToken => &device::EXPIRED_PROVIDER_TOKEN,
            Self::Forbidden => &device::FORBIDDEN,
            Self::InvalidProviderToken => &device::INVALID_PROVIDER_TOKEN,
            Self::MissingProviderToken => &device::MISSING_PROVIDER_TOKEN,
            Self::UnrelatedKeyIdInToken => &device::UNRELATED_KEY_ID_IN_TOKEN,
            Self::BadEnvironmentKeyIdInToken | Self::BadEnvironmentKeyInToken => {
                &device::BAD_ENVIRONMENT_KEY_ID_IN_TOKEN
            }
            Self::BadPath => &device::BAD_PATH,
            Self::MethodNotAllowed => &device::METHOD_NOT_ALLOWED,
            Self::ExpiredToken => &device::EXPIRED_TOKEN,
            Self::Unregistered => &device::UNREGISTERED,
            Self::PayloadTooLarge => &device::PAYLOAD_TOO_LARGE,
            Self::TooManyProviderTokenUpdates => &device::TOO_MANY_PROVIDER_TOKEN_UPDATES,
            Self::TooManyRequests => &device::TOO_MANY_REQUESTS,
            Self::InternalServerError => &device::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => &device::SERVICE_UNAVAILABLE,
            Self::Shutdown => &device::SHUTDOWN,
            Self::FeatureNotEnabled => &broadcast::FEATURE_NOT_ENABLED,
            Self::MissingChannelId => &broadcast::MISSING_CHANNEL_ID,
            Self::BadChannelId => &broadcast::BAD_CHANNEL_ID,
            Self::ChannelNotRegistered => &broadcast::CHANNEL_NOT_REGISTERED,
            Self::BadRequestParams => &broadcast::BAD_REQUEST_PARAMS,
            Self::BadRequestPayload => &broadcast::BAD_REQUEST_PAYLOAD,
            Self::CannotCreateChannelConfig => &broadcast::CANNOT_CREATE_CHANNEL_CONFIG,
            Self::MissingPushType => &broadcast::MISSING_PUSH_TYPE,
            Self::TopicMismatch => &broadcast::TOPIC_MISMATCH,
            Self::Unknown(_) => &device::UNKNOWN,
        }
    }
}
