//! The values of `apns-push-type` and the topic that each belongs to.

/// A push type (Apple, *Sending notification requests to APNs*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushType {
    Alert,
    Background,
    Voip,
    Complication,
    FileProvider,
    Mdm,
    Location,
    LiveActivity,
    PushToTalk,
    Widgets,
    Controls,
}

impl PushType {
    /// Reads the header's value, which is lower-case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "alert" => Self::Alert,
            "background" => Self::Background,
            "voip" => Self::Voip,
            "complication" => Self::Complication,
            "fileprovider" => Self::FileProvider,
            "mdm" => Self::Mdm,
            "location" => Self::Location,
            "liveactivity" => Self::LiveActivity,
            "pushtotalk" => Self::PushToTalk,
            "widgets" => Self::Widgets,
            "controls" => Self::Controls,
            _ => return None,
        })
    }

    /// What the topic of such a notification ends with; empty for the plain bundle id.
    pub(crate) fn topic_suffix(self) -> &'static str {
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
}
