//! The checks by name.

use serde::{Deserialize, Serialize};

use crate::vocabulary::Rejection;

use super::{Examination, broadcast, credential, device, header, management};

/// One check of a request. In world files the name is in `snake_case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 405 `MethodNotAllowed` unless it is POST.
    Method,
    /// 404 `BadPath`; channel management answers a wrong method so too.
    Path,
    /// 400 `MissingDeviceToken`: nothing follows `/3/device/`.
    DeviceTokenPresent,
    /// 400 `DuplicateHeaders`: one of the headers that APNs knows came twice.
    DuplicateHeaders,
    /// 403 `MissingProviderToken`: no client certificate and no usable `authorization`.
    CredentialPresent,
    /// 403 `BadCertificate`: not issued here, revoked, expired.
    CertificateValid,
    /// 403 `InvalidProviderToken`: malformed, unknown or revoked key, another team, a wrong signature, an issue time
    /// too far in the future.
    ProviderTokenValid,
    /// 403 `BadEnvironmentKeyInToken`: the key is for the other environment.
    KeyEnvironment,
    /// 403 `UnrelatedKeyIdInToken`: the key may not follow the connection's first one.
    KeyRelation,
    /// 403 `ExpiredProviderToken`.
    ProviderTokenAge,
    /// 429 `TooManyProviderTokenUpdates`.
    ProviderTokenUpdates,
    /// 400 `BadMessageId`: `apns-id` is not a UUID.
    ApnsId,
    /// 400 `BadExpirationDate`: `apns-expiration` is not a number.
    Expiration,
    /// 400 `BadPriority`: `apns-priority` is not 10, 5 or 1.
    Priority,
    /// 400 `BadCollapseId`: `apns-collapse-id` is longer than 64 bytes.
    CollapseId,
    /// 400 `InvalidPushType`: `apns-push-type` is unknown.
    PushType,
    /// 400 `BadPriority`: background with priority 10. Not in the default order: Apple calls it an error, but nobody has
    /// seen a rejection.
    BackgroundPriority,
    /// 400 `MissingTopic`.
    TopicPresent,
    /// 400 `BadTopic`: not of the form of a topic, or its suffix contradicts the push type.
    TopicSyntax,
    /// 400 `TopicDisallowed`: the credential does not cover the topic.
    TopicAllowed,
    /// 400 `PayloadEmpty`.
    PayloadPresent,
    /// 413 `PayloadTooLarge`.
    PayloadSize,
    /// 400 `BadDeviceToken`: not hexadecimal, or unknown in this environment.
    DeviceTokenKnown,
    /// 400 `DeviceTokenNotForTopic`.
    DeviceTokenTopic,
    /// 410 `Unregistered` or `ExpiredToken`.
    DeviceTokenAlive,
    /// 429 `TooManyRequests` for one device token.
    DeviceRate,
    /// 400 `BadMessageId`: `apns-request-id` is not a UUID.
    RequestId,
    /// 403 `TopicMismatch`: the credential does not cover the bundle id in the path.
    BundleIdCovered,
    /// 400 `TopicDisallowed`: the bundle id in the path has the suffix of a push type.
    BundleIdPlain,
    /// 400 `FeatureNotEnabled`: the app has no broadcast capability.
    Capability,
    /// 400 `MissingChannelId`.
    ChannelIdPresent,
    /// 400 `BadChannelId`: not base64, or too long.
    ChannelIdSyntax,
    /// 400 `ChannelNotRegistered`.
    ChannelRegistered,
    /// 400 `MissingPushType` or `InvalidPushType`: a broadcast is always for Live Activities.
    BroadcastPushType,
    /// 400 `BadPriority`: a broadcast must name its priority.
    BroadcastPriority,
    /// 400 `BadExpirationDate`: a channel without storage takes only 0.
    ChannelExpiration,
    /// 429 `TooManyRequests` for one channel.
    ChannelRate,
    /// 400 `BadRequestPayload`: the body is not a JSON object.
    RequestPayload,
    /// 400 `BadRequestParams`, `MissingPushType` or `InvalidPushType`: the attributes of a new channel are wrong.
    RequestParameters,
    /// 400 `CannotCreateChannelConfig`: the app has as many channels as it may.
    ChannelLimit,
}

impl Step {
    /// Makes the check.
    pub(crate) fn check(self, examination: &Examination<'_>) -> Option<Rejection> {
        self.function()(examination)
    }

    /// Whether the check is part of authentication.
    pub(crate) fn is_about_the_credential(self) -> bool {
        matches!(
            self,
            Self::CredentialPresent
                | Self::CertificateValid
                | Self::ProviderTokenValid
                | Self::KeyEnvironment
                | Self::KeyRelation
                | Self::ProviderTokenAge
                | Self::ProviderTokenUpdates
        )
    }

    fn function(self) -> fn(&Examination<'_>) -> Option<Rejection> {
        match self {
            Self::Method => header::method,
            Self::Path => header::path,
            Self::DuplicateHeaders => header::duplicate_headers,
            Self::ApnsId => header::apns_id,
            Self::Expiration => header::expiration,
            Self::Priority => header::priority,
            Self::CollapseId => header::collapse_id,
            Self::PushType => header::push_type,
            Self::BackgroundPriority => header::background_priority,
            Self::PayloadPresent => header::payload_present,
            Self::PayloadSize => header::payload_size,
            Self::CredentialPresent => credential::present,
            Self::CertificateValid => credential::certificate_valid,
            Self::ProviderTokenValid => credential::provider_token_valid,
            Self::KeyEnvironment => credential::key_environment,
            Self::KeyRelation => credential::key_relation,
            Self::ProviderTokenAge => credential::provider_token_age,
            Self::ProviderTokenUpdates => credential::provider_token_updates,
            Self::TopicPresent => device::topic_present,
            Self::TopicSyntax => device::topic_syntax,
            Self::TopicAllowed => device::topic_allowed,
            Self::DeviceTokenPresent => device::token_present,
            Self::DeviceTokenKnown => device::token_known,
            Self::DeviceTokenTopic => device::token_topic,
            Self::DeviceTokenAlive => device::token_alive,
            Self::DeviceRate => device::rate,
            Self::RequestId => broadcast::request_id,
            Self::BundleIdCovered => broadcast::bundle_id_covered,
            Self::BundleIdPlain => broadcast::bundle_id_plain,
            Self::Capability => broadcast::capability,
            Self::ChannelIdPresent => broadcast::channel_id_present,
            Self::ChannelIdSyntax => broadcast::channel_id_syntax,
            Self::ChannelRegistered => broadcast::channel_registered,
            Self::BroadcastPushType => broadcast::push_type,
            Self::BroadcastPriority => broadcast::priority,
            Self::ChannelExpiration => broadcast::channel_expiration,
            Self::ChannelRate => broadcast::rate,
            Self::RequestPayload => management::request_payload,
            Self::RequestParameters => management::request_parameters,
            Self::ChannelLimit => management::channel_limit,
        }
    }
}
