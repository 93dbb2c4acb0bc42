//! The refusals that the simulator pronounces by itself: status and reason as Apple's tables give them (Apple,
//! *Handling notification responses from APNs* and *Handling error responses from APNs*).

use crate::clock::Timestamp;

/// A status other than success, with the reason in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    /// With 410: when APNs confirmed that the device token is dead.
    pub(crate) confirmed_at: Option<Timestamp>,
}

impl Rejection {
    const fn of(status: u16, reason: &'static str) -> Self {
        Self {
            status,
            reason,
            confirmed_at: None,
        }
    }

    pub(crate) const BAD_CHANNEL_ID: Self = Self::of(400, "BadChannelId");
    pub(crate) const BAD_COLLAPSE_ID: Self = Self::of(400, "BadCollapseId");
    pub(crate) const BAD_DEVICE_TOKEN: Self = Self::of(400, "BadDeviceToken");
    pub(crate) const BAD_EXPIRATION_DATE: Self = Self::of(400, "BadExpirationDate");
    pub(crate) const BAD_MESSAGE_ID: Self = Self::of(400, "BadMessageId");
    pub(crate) const BAD_PRIORITY: Self = Self::of(400, "BadPriority");
    pub(crate) const BAD_REQUEST_PARAMS: Self = Self::of(400, "BadRequestParams");
    pub(crate) const BAD_REQUEST_PAYLOAD: Self = Self::of(400, "BadRequestPayload");
    pub(crate) const BAD_TOPIC: Self = Self::of(400, "BadTopic");
    pub(crate) const CANNOT_CREATE_CHANNEL: Self = Self::of(400, "CannotCreateChannelConfig");
    pub(crate) const CHANNEL_NOT_REGISTERED: Self = Self::of(400, "ChannelNotRegistered");
    pub(crate) const DEVICE_TOKEN_NOT_FOR_TOPIC: Self = Self::of(400, "DeviceTokenNotForTopic");
    pub(crate) const DUPLICATE_HEADERS: Self = Self::of(400, "DuplicateHeaders");
    pub(crate) const FEATURE_NOT_ENABLED: Self = Self::of(400, "FeatureNotEnabled");
    pub(crate) const INVALID_PUSH_TYPE: Self = Self::of(400, "InvalidPushType");
    pub(crate) const MISSING_CHANNEL_ID: Self = Self::of(400, "MissingChannelId");
    pub(crate) const MISSING_DEVICE_TOKEN: Self = Self::of(400, "MissingDeviceToken");
    pub(crate) const MISSING_PUSH_TYPE: Self = Self::of(400, "MissingPushType");
    pub(crate) const MISSING_TOPIC: Self = Self::of(400, "MissingTopic");
    pub(crate) const PAYLOAD_EMPTY: Self = Self::of(400, "PayloadEmpty");
    pub(crate) const TOPIC_DISALLOWED: Self = Self::of(400, "TopicDisallowed");
    pub(crate) const BAD_CERTIFICATE: Self = Self::of(403, "BadCertificate");
    pub(crate) const BAD_CERTIFICATE_ENVIRONMENT: Self = Self::of(403, "BadCertificateEnvironment");
    /// The spelling seen on the wire.
    pub(crate) const BAD_ENVIRONMENT_KEY_IN_TOKEN: Self = Self::of(403, "BadEnvironmentKeyInToken");
    /// The spelling of Apple's table.
    pub(crate) const BAD_ENVIRONMENT_KEY_ID_IN_TOKEN: Self = Self::of(403, "BadEnvironmentKeyIdInToken");
    pub(crate) const EXPIRED_PROVIDER_TOKEN: Self = Self::of(403, "ExpiredProviderToken");
    pub(crate) const INVALID_PROVIDER_TOKEN: Self = Self::of(403, "InvalidProviderToken");
    pub(crate) const MISSING_PROVIDER_TOKEN: Self = Self::of(403, "MissingProviderToken");
    pub(crate) const TOPIC_MISMATCH: Self = Self::of(403, "TopicMismatch");
    pub(crate) const UNRELATED_KEY_ID_IN_TOKEN: Self = Self::of(403, "UnrelatedKeyIdInToken");
    pub(crate) const BAD_PATH: Self = Self::of(404, "BadPath");
    pub(crate) const METHOD_NOT_ALLOWED: Self = Self::of(405, "MethodNotAllowed");
    pub(crate) const PAYLOAD_TOO_LARGE: Self = Self::of(413, "PayloadTooLarge");
    pub(crate) const TOO_MANY_PROVIDER_TOKEN_UPDATES: Self = Self::of(429, "TooManyProviderTokenUpdates");
    pub(crate) const TOO_MANY_REQUESTS: Self = Self::of(429, "TooManyRequests");

    /// The app was removed; APNs learnt of it at that time.
    pub(crate) const fn unregistered(confirmed_at: Timestamp) -> Self {
        Self {
            status: 410,
            reason: "Unregistered",
            confirmed_at: Some(confirmed_at),
        }
    }

    /// The device token's time was over at that time.
    pub(crate) const fn expired_token(confirmed_at: Timestamp) -> Self {
        Self {
            status: 410,
            reason: "ExpiredToken",
            confirmed_at: Some(confirmed_at),
        }
    }
}
