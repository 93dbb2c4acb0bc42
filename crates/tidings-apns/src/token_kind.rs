//! What a device token is for: an app has a separate one for each kind.

use std::fmt;
use std::str::FromStr;

use crate::bundle_id::BundleId;
use crate::parse_error::ParseError;
use crate::push_type::PushType;
use crate::text_form::serde_as_text;
use crate::topic::Topic;

/// The kind of a device token. Each kind has tokens of its own and a topic of its own; sending to the token of one kind
/// on the topic of another is answered by `DeviceTokenNotForTopic` (observed in the field).
///
/// ```
/// use tidings_apns::{PushType, TokenKind};
/// assert_eq!("voip".parse(), Ok(TokenKind::Voip));
/// assert!(TokenKind::Alert.takes(PushType::Background));
/// assert!(!TokenKind::Alert.takes(PushType::Voip));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// The app's ordinary token, from `didRegisterForRemoteNotificationsWithDeviceToken`: for alerts, background
    /// updates, Wallet passes and MDM.
    #[default]
    Alert,
    /// Calls, by `PushKit`.
    Voip,
    /// Watch complications, by `PushKit`.
    Complication,
    /// File providers, by `PushKit`.
    FileProvider,
    /// Location pushes. Such a token comes back by itself when the device's budget is renewed.
    Location,
    /// Push to Talk, while joined to a channel.
    PushToTalk,
    /// WidgetKit widgets.
    Widget,
    /// WidgetKit controls.
    Controls,
    /// Starts Live Activities; replaced whenever the app reports another.
    LiveActivityStart,
    /// Updates one Live Activity, and ends with it.
    LiveActivityUpdate,
}

impl TokenKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Alert,
        Self::Voip,
        Self::Complication,
        Self::FileProvider,
        Self::Location,
        Self::PushToTalk,
        Self::Widget,
        Self::Controls,
        Self::LiveActivityStart,
        Self::LiveActivityUpdate,
    ];

    /// The name of the kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Voip => "voip",
            Self::Complication => "complication",
            Self::FileProvider => "fileprovider",
            Self::Location => "location",
            Self::PushToTalk => "ptt",
            Self::Widget => "widget",
            Self::Controls => "controls",
            Self::LiveActivityStart => "liveactivity-start",
            Self::LiveActivityUpdate => "liveactivity-update",
        }
    }

    /// The push type that is usual for tokens of this kind.
    pub const fn push_type(self) -> PushType {
        match self {
            Self::Alert => PushType::Alert,
            Self::Voip => PushType::Voip,
            Self::Complication => PushType::Complication,
            Self::FileProvider => PushType::FileProvider,
            Self::Location => PushType::Location,
            Self::PushToTalk => PushType::PushToTalk,
            Self::Widget => PushType::Widgets,
            Self::Controls => PushType::Controls,
            Self::LiveActivityStart | Self::LiveActivityUpdate => PushType::LiveActivity,
        }
    }

    /// Whether notifications of a push type can go to tokens of this kind: whether both have the same topic.
    pub fn takes(self, push_type: PushType) -> bool {
        self.push_type().topic_suffix() == push_type.topic_suffix()
    }

    /// The topic under which an app's tokens of this kind are reached.
    pub fn topic(self, app: &BundleId) -> Topic {
        Topic::for_kind(app, self.push_type())
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TokenKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| {
            ParseError::unknown(
                "kind of device token",
                text,
                "`alert`, `voip`, `complication`, `fileprovider`, `location`, `ptt`, `widget`, `controls`, \
                 `liveactivity-start` or `liveactivity-update`",
            )
        })
    }
}

serde_as_text!(TokenKind, "a kind of device token such as `alert` or `voip`");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_name_and_takes_its_own_push_type() {
        for kind in TokenKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert!(kind.takes(kind.push_type()), "{kind}");
        }
    }

    #[test]
    fn every_push_type_can_go_to_some_kind() {
        for push_type in PushType::ALL {
            assert!(
                TokenKind::ALL.iter().any(|kind| kind.takes(push_type)),
                "{push_type}"
            );
        }
    }
}
