//! One notification and one device token, where that is worth a row: what is not simply delivered.

use serde::{Deserialize, Serialize};
use tidings_apns::{DeviceToken, Environment, Timestamp};

use crate::attempt::{Attempt, AttemptLog};
use crate::ids::{AppId, DeviceId, NotificationId};

/// How a recipient ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientOutcome {
    /// APNs has it.
    Delivered,
    /// APNs does not want it.
    Rejected,
    /// It was too late.
    Expired,
    /// It was cancelled before.
    Cancelled,
    /// The device token is dead or superseded; nothing was sent.
    Undeliverable,
    /// It is unknown whether APNs has it, and it was not to be sent twice.
    UnknownDropped,
}

impl RecipientOutcome {
    /// The name of the outcome.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Undeliverable => "undeliverable",
            Self::UnknownDropped => "unknown_dropped",
        }
    }

    /// Whether the recipient was not reached, and nobody had wanted that.
    pub const fn is_failure(self) -> bool {
        match self {
            Self::Delivered | Self::Cancelled => false,
            Self::Rejected | Self::Expired | Self::Undeliverable | Self::UnknownDropped => true,
        }
    }
}

/// Where a recipient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientState {
    /// To be tried at some instant.
    Waiting {
        /// When.
        next_at: Timestamp,
    },
    /// To be tried when something changes about its device token or the app's credentials.
    Held,
    /// To be tried when the incident of that environment is over.
    Parked {
        /// Which environment.
        environment: Environment,
    },
    /// It has ended.
    Done(RecipientOutcome),
}

/// A recipient that is worth a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientException {
    /// The device token.
    pub device_id: DeviceId,
    /// Where it is.
    pub state: RecipientState,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// The name of the reason of the last answer.
    pub reason: Option<Box<str>>,
    /// How many requests there were.
    pub attempts: u16,
    /// Where the last went.
    pub environment: Option<Environment>,
    /// When the last was sent.
    pub sent_at: Option<Timestamp>,
    /// Attempts that are to be kept, since the first did not end it: those that were not told before.
    pub trail: Vec<Attempt>,
}

impl RecipientException {
    /// A recipient for which nothing has been sent yet.
    pub const fn unsent(device_id: DeviceId, state: RecipientState) -> Self {
        Self {
            device_id,
            state,
            status: None,
            reason: None,
            attempts: 0,
            environment: None,
            sent_at: None,
            trail: Vec::new(),
        }
    }
}

/// A recipient to whom something happened, and of which notification it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentException {
    /// What happened.
    pub recipient: RecipientException,
    /// The app.
    pub app_id: AppId,
    /// The notification.
    pub notification_id: NotificationId,
    /// When that was accepted.
    pub accepted_at: Timestamp,
}

/// A recipient that is to be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueRecipient {
    /// The notification.
    pub notification_id: NotificationId,
    /// The app.
    pub app_id: AppId,
    /// The device token.
    pub device_id: DeviceId,
    /// How many requests there were.
    pub attempts: u16,
    /// Where the last went.
    pub environment: Option<Environment>,
    /// When the last was sent.
    pub sent_at: Option<Timestamp>,
}

/// A recipient as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientView {
    /// The device token's id.
    pub device_id: DeviceId,
    /// The device token; `None` when it was forgotten since.
    pub token: Option<DeviceToken>,
    /// Where it is.
    pub state: RecipientState,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// The name of the reason of the last answer.
    pub reason: Option<Box<str>>,
    /// How many requests there were.
    pub attempts: u16,
    /// Where the last went.
    pub environment: Option<Environment>,
    /// When the last was sent.
    pub sent_at: Option<Timestamp>,
    /// The attempts one by one, where the first did not end it.
    pub log: AttemptLog,
}

impl RecipientView {
    /// When it will be tried next.
    pub const fn next_at(&self) -> Option<Timestamp> {
        match self.state {
            RecipientState::Waiting { next_at } => Some(next_at),
            RecipientState::Held | RecipientState::Parked { .. } | RecipientState::Done(_) => None,
        }
    }
}
