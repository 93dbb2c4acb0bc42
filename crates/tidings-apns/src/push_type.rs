//! What sort of notification it is: the `apns-push-type` header, and what follows from it.

use std::fmt;
use std::str::FromStr;

use crate::parse_error::ParseError;
use crate::text_form::serde_as_text;

/// The value of the `apns-push-type` header (Apple, *Sending notification requests to APNs*).
///
/// It must agree with the payload and with the topic's suffix; otherwise APNs may refuse, delay or silently
/// drop the notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PushType {
    /// Something for the user to see or hear: an alert, a badge or a sound.
    Alert,
    /// Wakes the app in the background; nothing is shown.
    Background,
    /// An incoming call, by PushKit.
    Voip,
    /// New data for a watchOS complication, by PushKit.
    Complication,
    /// A change for a File Provider extension, by PushKit.
    FileProvider,
    /// Tells a managed device to contact its management server.
    Mdm,
    /// Asks a Location Push Service Extension where the device is.
    Location,
    /// Starts, updates or ends a Live Activity.
    LiveActivity,
    /// Speech on a Push to Talk channel.
    PushToTalk,
    /// Reloads WidgetKit widgets.
    Widgets,
    /// Reloads controls (iOS 18 and later).
    Controls,
}

impl PushType {
    /// All push types that Apple documents.
    pub const ALL: [Self; 11] = [
        Self::Alert,
        Self::Background,
        Self::Voip,
        Self::Complication,
        Self::FileProvider,
        Self::Mdm,
        Self::Location,
        Self::LiveActivity,
        Self::PushToTalk,
        Self::Widgets,
        Self::Controls,
    ];

    /// The value of the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Background => "background",
            Self::Voip => "voip",
            Self::Complication => "complication",
            Self::FileProvider => "fileprovider",
            Self::Mdm => "mdm",
            Self::Location => "location",
            Self::LiveActivity => "liveactivity",
            Self::PushToTalk => "pushtotalk",
            Self::Widgets => "widgets",
            Self::Controls => "controls",
        }
    }

    /// What follows the bundle id in the topic; empty for alert, background and MDM notifications.
    pub const fn topic_suffix(self) -> &'static str {
        match self {
            Self::Alert | Self::Background | Self::Mdm => "",
            Self::Voip => ".voip",
            Self::Complication => ".complication",
            Self::FileProvider => ".pushkit.fileprovider",
            Self::Location => ".location-query",
            Self::LiveActivity => ".push-type.liveactivity",
            Self::PushToTalk => ".voip-ptt",
            Self::Widgets => ".push-type.widgets",
            Self::Controls => ".push-type.controls",
        }
    }

    /// The largest payload in bytes: 5120 for `VoIP`, 4096 for every other type.
    pub const fn payload_limit(self) -> usize {
        match self {
            Self::Voip => 5120,
            Self::Alert
            | Self::Background
            | Self::Complication
            | Self::FileProvider
            | Self::Mdm
            | Self::Location
            | Self::LiveActivity
            | Self::PushToTalk
            | Self::Widgets
            | Self::Controls => 4096,
        }
    }
}

impl fmt::Display for PushType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for PushType {
    type Err = ParseError;

    /// Reads the header's value in any case, because Apple's own pages also write `LiveActivity`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|kind| text.eq_ignore_ascii_case(kind.as_str())).ok_or_else(|| {
            ParseError::unknown(
                "push type",
                text,
                "alert, background, voip, complication, fileprovider, mdm, location, liveactivity, pushtotalk, \
                 widgets, controls",
            )
        })
    }
}

serde_as_text!(PushType, "a push type such as `alert`");
