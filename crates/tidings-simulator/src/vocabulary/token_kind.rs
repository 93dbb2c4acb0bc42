//! What a device token is for: an app has a separate one for each kind.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kind of a device token. Each kind has its own token, its own topic suffix, and some their own life time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum TokenKind {
    /// Alerts, background updates, Wallet passes and MDM: the token from `didRegisterForRemoteNotifications`.
    #[serde(rename = "alert", alias = "app", alias = "background")]
    Alert,
    /// Calls, by PushKit.
    #[serde(rename = "voip")]
    Voip,
    /// Watch complications, by PushKit.
    #[serde(rename = "complication")]
    Complication,
    /// File providers, by PushKit.
    #[serde(rename = "fileprovider", alias = "file_provider")]
    FileProvider,
    /// Location pushes.
    #[serde(rename = "location")]
    Location,
    /// Push to Talk, while joined to a channel.
    #[serde(rename = "ptt", alias = "pushtotalk", alias = "push_to_talk")]
    PushToTalk,
    /// `WidgetKit` widgets.
    #[serde(rename = "widget", alias = "widgets")]
    Widget,
    /// `WidgetKit` controls.
    #[serde(rename = "controls", alias = "control")]
    Controls,
    /// Starting Live Activities.
    #[serde(rename = "liveactivity-start", alias = "liveactivity_start")]
    LiveActivityStart,
    /// Updating one Live Activity; the token lives at most eight hours.
    #[serde(
        rename = "liveactivity-update",
        alias = "liveactivity_update",
        alias = "liveactivity"
    )]
    LiveActivityUpdate,
}

impl TokenKind {
    /// What follows the bundle id in the topic (Apple, *Sending notification requests to APNs*).
    pub(crate) fn topic_suffix(self) -> &'static str {
        match self {
            Self::Alert => "",
            Self::Voip => ".voip",
            Self::Complication => ".complication",
            Self::FileProvider => ".pushkit.fileprovider",
            Self::Location => ".location-query",
            Self::PushToTalk => ".voip-ptt",
            Self::Widget => ".push-type.widgets",
            Self::Controls => ".push-type.controls",
            Self::LiveActivityStart | Self::LiveActivityUpdate => ".push-type.liveactivity",
        }
    }

    /// The name of the kind inside a certificate's list of topics, where it has one.
    pub(crate) fn certificate_kind(self) -> Option<&'static str> {
        match self {
            Self::Alert => Some("app"),
            Self::Voip => Some("voip"),
            Self::Complication => Some("complication"),
            Self::FileProvider
            | Self::Location
            | Self::PushToTalk
            | Self::Widget
            | Self::Controls
            | Self::LiveActivityStart
            | Self::LiveActivityUpdate => None,
        }
    }
}

/// Every suffix that a topic can have.
const SUFFIXES: [&str; 8] = [
    ".voip",
    ".complication",
    ".pushkit.fileprovider",
    ".location-query",
    ".voip-ptt",
    ".push-type.widgets",
    ".push-type.controls",
    ".push-type.liveactivity",
];

/// Splits a topic into bundle id and suffix, which is empty for a plain topic.
pub(crate) fn split_topic(topic: &str) -> (&str, &'static str) {
    SUFFIXES
        .iter()
        .find_map(|suffix| topic.strip_suffix(suffix).map(|bundle_id| (bundle_id, *suffix)))
        .unwrap_or((topic, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_splits_into_bundle_id_and_suffix() {
        for (topic, expected) in [
            ("com.example.app", ("com.example.app", "")),
            ("com.example.app.voip", ("com.example.app", ".voip")),
            ("com.example.app.voip-ptt", ("com.example.app", ".voip-ptt")),
            ("com.example.app.voip.voip", ("com.example.app.voip", ".voip")),
            (
                "com.example.app.push-type.liveactivity",
                ("com.example.app", ".push-type.liveactivity"),
            ),
        ] {
            assert_eq!(split_topic(topic), expected);
        }
    }

    #[test]
    fn the_suffix_of_every_kind_is_recognised_again() {
        for kind in [
            TokenKind::Alert,
            TokenKind::Voip,
            TokenKind::Complication,
            TokenKind::FileProvider,
            TokenKind::Location,
            TokenKind::PushToTalk,
            TokenKind::Widget,
            TokenKind::Controls,
            TokenKind::LiveActivityStart,
            TokenKind::LiveActivityUpdate,
        ] {
            let topic = format!("com.example{}", kind.topic_suffix());
            assert_eq!(split_topic(&topic), ("com.example", kind.topic_suffix()));
        }
    }
}
