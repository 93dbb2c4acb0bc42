//! What happened, in order, for webhooks and streams. Every kind, with what it says, is declared in [`kinds`]; nothing else
//! writes an event.

mod declaration;
mod kinds;

use tidings_apns::Timestamp;

pub use declaration::{Field, Shape};
pub use kinds::EventKind;
pub(crate) use kinds::{
    CredentialAdded, CredentialExpiring, CredentialRemoved, DeviceForgotten, DeviceLearned,
    DeviceQuarantined, DeviceRestored, DeviceRetired, DeviceUnregisteredWave, IncidentEnded, IncidentOpened,
    NotificationCancelled, NotificationFinished, RecipientFailed, RegistrationConflict, WebhookDisabled,
};

use crate::ids::{AppId, EventId};

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

/// What an event of one kind says.
pub(crate) trait Happening: serde::Serialize {
    const KIND: EventKind;
}

impl NewEvent {
    pub(crate) fn new<H: Happening>(app_id: Option<AppId>, subject: impl Into<String>, says: &H) -> Self {
        Self {
            app_id,
            kind: H::KIND,
            subject: subject.into(),
            // What is declared is plain data; it has no way to fail.
            data: serde_json::to_value(says).unwrap_or_default(),
        }
    }
}
