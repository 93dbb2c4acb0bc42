//! What happened, in order, for webhooks and streams.

use serde::{Deserialize, Serialize};
use tidings_apns::Timestamp;

use crate::ids::{AppId, EventId};

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What sort of thing happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl EventKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

event_kinds! {
    /// A device token changed its state; `data` has `before`, `after` and `device_id`. That one was proven is no event.
    DeviceStateChanged = "device.state_changed",
    /// A device token was forgotten because somebody asked for it.
    DeviceForgotten = "device.forgotten",
    /// A credential was added.
    CredentialAdded = "credential.added",
    /// A credential was removed.
    CredentialRemoved = "credential.removed",
    /// Nothing of a notification is left to be done; `data` has the counts.
    NotificationFinished = "notification.finished",
    /// A notification was cancelled.
    NotificationCancelled = "notification.cancelled",
    /// An incident opened.
    IncidentOpened = "incident.opened",
    /// An incident ended.
    IncidentEnded = "incident.ended",
}

/// Something that happened, to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// The app, where it concerns one.
    pub app_id: Option<AppId>,
    /// What sort of thing.
    pub kind: EventKind,
    /// What it happened to: an id, or the fingerprint of a device token.
    pub subject: String,
    /// More.
    pub data: serde_json::Value,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its cursor.
    pub id: EventId,
    /// When it was written.
    pub at: Timestamp,
    /// The app, where it concerns one.
    pub app_id: Option<AppId>,
    /// What sort of thing.
    pub kind: EventKind,
    /// What it happened to.
    pub subject: String,
    /// More.
    pub data: serde_json::Value,
}
