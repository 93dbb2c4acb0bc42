//! A notification as it was submitted, and how far it is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidings_apns::{CollapseId, Environment, Priority, PushType, Timestamp, TokenKind};

use crate::audience::Audience;
use crate::ids::{AppId, NotificationId};

/// How much a notification hurries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Calls, and priority 10 to few: before everything.
    Urgent,
    /// To few.
    Normal,
    /// To many.
    Campaign,
}

impl Urgency {
    /// All, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Campaign];
}

/// What to do where it is unknown whether APNs has a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// Send it again under the same apns-id: it may be shown twice.
    #[default]
    Retry,
    /// Do not: it may not be shown.
    Drop,
}

/// A notification to be accepted.
#[derive(Clone, PartialEq, Eq)]
pub struct NewNotification {
    /// Its id.
    pub id: NotificationId,
    /// To whom.
    pub audience: Audience,
    /// The header.
    pub push_type: PushType,
    /// To tokens of which kind.
    pub kind: TokenKind,
    /// The payload, as JSON.
    pub payload: Arc<str>,
    /// The header.
    pub priority: Option<Priority>,
    /// The header.
    pub collapse_id: Option<CollapseId>,
    /// `apns-expiration`; nothing is sent after it.
    pub expires_at: Option<Timestamp>,
    /// When to stop trying, apart from that.
    pub deadline: Option<Timestamp>,
    /// Not before.
    pub send_at: Option<Timestamp>,
    /// Where to send it, whatever is known of the device tokens.
    pub environment: Option<Environment>,
    /// How much it hurries.
    pub urgency: Urgency,
    /// What to do where it is unknown whether APNs has it.
    pub on_unknown: OnUnknown,
}

impl fmt::Debug for NewNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewNotification")
            .field("id", &self.id)
            .field("push_type", &self.push_type)
            .field("kind", &self.kind)
            .field("payload_bytes", &self.payload.len())
            .field("urgency", &self.urgency)
            .finish_non_exhaustive()
    }
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is on the disk.
    New(NotificationId),
    /// It had been submitted before, under the same idempotency key; this is what it was called then.
    Replayed(NotificationId),
}

/// How far a notification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationState {
    /// Its time has not come.
    Scheduled,
    /// It is being sent, or waits to be.
    Active,
    /// Nothing of it is left to be done.
    Finished,
    /// It was cancelled.
    Cancelled,
}

impl NotificationState {
    /// The name of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Active => "active",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How many recipients ended how, or wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All that are known so far.
    pub recipients: u64,
    /// APNs has it.
    pub delivered: u64,
    /// APNs does not want it.
    pub rejected: u64,
    /// It was too late.
    pub expired: u64,
    /// It was cancelled before.
    pub cancelled: u64,
    /// The device token is dead or superseded; nothing was sent.
    pub undeliverable: u64,
    /// It is unknown whether APNs has it, and it was not to be sent twice.
    pub unknown_dropped: u64,
    /// To be tried at some instant.
    pub waiting: u64,
    /// To be tried when something changes.
    pub held: u64,
}

impl Counts {
    /// Recipients that have ended.
    pub const fn terminal(&self) -> u64 {
        self.delivered
            + self.rejected
            + self.expired
            + self.cancelled
            + self.undeliverable
            + self.unknown_dropped
    }
}

/// A notification and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationView {
    /// The app that it is of.
    pub app_id: AppId,
    /// As it was submitted.
    pub notification: NewNotification,
    /// How far it is.
    pub state: NotificationState,
    /// What became of its recipients.
    pub counts: Counts,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When the first of it was sent.
    pub started_at: Option<Timestamp>,
    /// When the last recipient ended.
    pub finished_at: Option<Timestamp>,
}
