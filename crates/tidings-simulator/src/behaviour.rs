//! How this APNs behaves where Apple's does so too, but at rates and in orders that nobody outside knows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::validation::Orders;

/// The `[behaviour]` table of a world file. Everything has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Stream limits of a connection.
    pub streams: StreamBehaviour,
    /// What rejections do to the connection they travel on.
    pub rejections: RejectionBehaviour,
    /// When APNs learns and tells that an app was removed.
    pub uninstall: UninstallBehaviour,
    /// The rules for provider tokens.
    pub provider_token: ProviderTokenBehaviour,
    /// Which checks run, in which order.
    pub validation: Orders,
    /// How often one device token may be pushed to before `TooManyRequests`; no limit by default.
    pub device_rate: Option<Rate>,
    /// How often one channel may be published to before `TooManyRequests`; no limit by default.
    pub channel_rate: Option<Rate>,
    /// The lengths of device tokens in bytes, each as probable as it is often listed. The default mixes those seen in
    /// the wild; Apple says not to assume any.
    pub token_lengths: Vec<usize>,
    /// Bounds on what is kept and served.
    pub limits: Limits,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            streams: StreamBehaviour::default(),
            rejections: RejectionBehaviour::default(),
            uninstall: UninstallBehaviour::default(),
            provider_token: ProviderTokenBehaviour::default(),
            validation: Orders::default(),
            device_rate: None,
            channel_rate: None,
            token_lengths: vec![32, 32, 32, 40, 54, 80],
            limits: Limits::default(),
        }
    }
}

/// Stream limits of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamBehaviour {
    /// Concurrent streams once the connection is trusted. Apple's was 500 to 1500 in the years it was observed.
    pub limit: u32,
    /// Concurrent streams of a connection without a client certificate until its first valid provider token.
    pub before_first_token: u32,
    /// Refuse, at once, streams that were opened before the client could know of a lower limit (observed in the
    /// field). Otherwise a new limit holds once the client has acknowledged it.
    pub refuse_overshoot: bool,
}

impl Default for StreamBehaviour {
    fn default() -> Self {
        Self {
            limit: 1000,
            before_first_token: 1,
            refuse_overshoot: true,
        }
    }
}

/// When the stream limit falls to 1 after a rejection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Throttle {
    /// Never.
    #[default]
    Off,
    /// After every rejection with a 4xx status other than 410 (observed from 2016 to 2020).
    Every,
    /// After [`RejectionBehaviour::errors`] of them without an accepted notification in between.
    AfterErrors,
}

/// What rejections do to the connection they travel on. 410 is never counted (Apple, *Handling notification responses
/// from APNs*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RejectionBehaviour {
    /// When the stream limit falls to 1; the next accepted notification restores it.
    pub throttle: Throttle,
    /// How many errors `after_errors` waits for.
    pub errors: u32,
    /// After how many errors in a row the connection is ended with GOAWAY; never by default.
    pub disconnect_after: Option<u32>,
    /// How many errors a `BadDeviceToken` counts for.
    pub bad_device_token_weight: u32,
}

impl Default for RejectionBehaviour {
    fn default() -> Self {
        Self {
            throttle: Throttle::Off,
            errors: 10,
            disconnect_after: None,
            bad_device_token_weight: 3,
        }
    }
}

/// When device tokens of a removed app begin to answer 410.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UninstallReport {
    /// From the next push on, dated with the removal. Not what Apple does, but quick to test with.
    #[default]
    AtOnce,
    /// A push must first reach the device while it is online; then, after a random delay, 410 begins, or never.
    /// The timestamp is that of the delivery which found the app gone.
    AsApple,
}

/// When APNs learns and tells that an app was removed. `?report_after=SECONDS` of the control API overrules it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UninstallBehaviour {
    /// The model.
    pub report: UninstallReport,
    /// `as_apple`: the shortest delay, in seconds. Default one hour.
    pub shortest_delay_seconds: u64,
    /// `as_apple`: the longest delay, in seconds. Default 60 days.
    pub longest_delay_seconds: u64,
    /// `as_apple`: how probable it is that a removal is never told. Default 0.05.
    pub never: f64,
}

impl Default for UninstallBehaviour {
    fn default() -> Self {
        Self {
            report: UninstallReport::AtOnce,
            shortest_delay_seconds: 3600,
            longest_delay_seconds: 60 * 86_400,
            never: 0.05,
        }
    }
}

/// How the reason is spelt when a key is used in the wrong environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyEnvironmentReason {
    /// As servers were observed to send it.
    #[default]
    #[serde(rename = "BadEnvironmentKeyInToken")]
    Observed,
    /// As Apple's table has it.
    #[serde(rename = "BadEnvironmentKeyIdInToken")]
    Documented,
}

/// The rules for provider tokens (Apple, *Establishing a token-based connection to APNs*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderTokenBehaviour {
    /// The age from which a token is expired. Default one hour.
    pub max_age_seconds: u64,
    /// How far in the future a token may be issued; beyond it is `InvalidProviderToken`. Default one hour. Apple's
    /// tolerance is unverified.
    pub future_tolerance_seconds: u64,
    /// How long a connection must keep a token before it may change it. Default 20 minutes; 0 for no such rule.
    pub update_interval_seconds: u64,
    /// How many different tokens, valid or not, one address may send in that time; no limit by default. Something
    /// like it was observed in the field.
    pub different_tokens_per_address: Option<u32>,
    /// The spelling for a key of the wrong environment.
    pub key_environment_reason: KeyEnvironmentReason,
    /// Apps that are added later cannot be reached by a connection that is in use already. Default true.
    pub fix_topics_at_first_push: bool,
}

impl Default for ProviderTokenBehaviour {
    fn default() -> Self {
        Self {
            max_age_seconds: 3600,
            future_tolerance_seconds: 3600,
            update_interval_seconds: 20 * 60,
            different_tokens_per_address: None,
            key_environment_reason: KeyEnvironmentReason::Observed,
            fix_topics_at_first_push: true,
        }
    }
}

/// At most `count` in `per_seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how many seconds.
    pub per_seconds: u64,
}

/// Bounds on what is kept and served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at a time; further ones are closed at once. Default 4096.
    pub connections: usize,
    /// Notifications kept for `GET /v1/devices/{id}/notifications`, the newest. Default 1000.
    pub shown_per_device: usize,
    /// Notifications kept for a device while it is offline. Default 100.
    pub stored_per_device: usize,
    /// Seconds without a frame after which a connection gets `GOAWAY` with `IdleTimeout`. Default one hour.
    pub idle_timeout_seconds: u64,
    /// Channels of an app in each environment. Apple's limit, 10,000, is the default.
    pub channels_per_app: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            shown_per_device: 1000,
            stored_per_device: 100,
            idle_timeout_seconds: 3600,
            channels_per_app: 10_000,
        }
    }
}

impl Limits {
    pub(crate) fn idle_timeout(&self) -> Duration {
        Duration::from_secs(self.idle_timeout_seconds)
    }
}
