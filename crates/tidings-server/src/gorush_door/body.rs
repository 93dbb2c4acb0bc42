//! A request in gorush's form. What concerns other platforms only is passed over.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A request.
#[derive(Deserialize)]
pub(super) struct Body {
    pub(super) notifications: Vec<Notification>,
}

/// One notification to some device tokens.
#[derive(Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "it has gorush's form")]
pub(super) struct Notification {
    /// The caller's own name for it, which is in the logs.
    pub(super) notif_id: Option<String>,
    /// One more device token.
    pub(super) to: Option<String>,
    pub(super) tokens: Vec<String>,
    /// 1 for Apple's devices, 2 for Android, 3 for Huawei's.
    platform: i64,
    /// `apns-topic`.
    pub(super) topic: Option<String>,
    pub(super) message: Option<String>,
    pub(super) title: Option<String>,
    /// `normal` or `high`.
    pub(super) priority: Option<String>,
    pub(super) content_available: bool,
    pub(super) mutable_content: bool,
    /// A name, or Apple's dictionary.
    pub(super) sound: Option<Value>,
    /// The name of a critical sound.
    pub(super) name: Option<String>,
    /// The volume of a critical sound.
    pub(super) volume: Option<f64>,
    /// The app's own keys.
    pub(super) data: Option<Box<RawValue>>,
    pub(super) badge: Option<i64>,
    pub(super) category: Option<String>,
    #[serde(rename = "thread-id")]
    pub(super) thread_id: Option<String>,
    #[serde(rename = "url-args")]
    pub(super) url_args: Option<Vec<String>>,
    pub(super) alert: Option<Alert>,
    pub(super) interruption_level: Option<String>,
    /// Seconds since the start of 1970; 0 for once.
    pub(super) expiration: Option<i64>,
    pub(super) apns_id: Option<String>,
    pub(super) collapse_id: Option<String>,
    pub(super) push_type: Option<String>,
    production: bool,
    development: bool,
    #[serde(rename = "content-state")]
    pub(super) content_state: Option<Value>,
    #[serde(rename = "stale-date")]
    pub(super) stale_date: Option<i64>,
    #[serde(rename = "dismissal-date")]
    pub(super) dismissal_date: Option<i64>,
    /// `start`, `update` or `end` of a Live Activity.
    pub(super) event: Option<String>,
    pub(super) timestamp: Option<i64>,
}

/// Apple's dictionary, as far as gorush knows it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Alert {
    pub(super) action: Option<String>,
    pub(super) action_loc_key: Option<String>,
    pub(super) body: Option<String>,
    pub(super) launch_image: Option<String>,
    pub(super) loc_args: Option<Vec<String>>,
    pub(super) loc_key: Option<String>,
    pub(super) title: Option<String>,
    pub(super) subtitle: Option<String>,
    pub(super) title_loc_args: Option<Vec<String>>,
    pub(super) title_loc_key: Option<String>,
    pub(super) summary_arg: Option<String>,
    pub(super) summary_arg_count: Option<i64>,
}

/// Whose devices are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    Apple,
    Android,
    Huawei,
    Unknown,
}

impl Notification {
    pub(super) const fn platform(&self) -> Platform {
        match self.platform {
            1 => Platform::Apple,
            2 => Platform::Android,
            3 => Platform::Huawei,
            _ => Platform::Unknown,
        }
    }

    /// All device tokens that it is for, as they were given.
    pub(super) fn all_tokens(&self) -> Vec<&str> {
        let one = self.to.as_deref().filter(|token| !token.is_empty());
        self.tokens.iter().map(String::as_str).chain(one).collect()
    }

    /// Where the caller believes its device tokens to belong.
    pub(super) const fn claimed(&self) -> Option<tidings_apns::Environment> {
        match (self.production, self.development) {
            (true, _) => Some(tidings_apns::Environment::Production),
            (false, true) => Some(tidings_apns::Environment::Sandbox),
            (false, false) => None,
        }
    }

    #[cfg(test)]
    #[expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
    pub(super) fn example(json: &str) -> Self {
        serde_json::from_str(json).expect(json)
    }
}
