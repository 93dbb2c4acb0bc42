//! What is to be done, and by whom: an engine works under an epoch, and one of an older epoch is refused.

use tidings_apns::Timestamp;

use crate::ids::{AppId, DeviceId, NotificationId};
use crate::notification::NewNotification;
use crate::recipient::RecipientException;

/// The right to write results. A newer epoch ends the older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub(crate) i64);

/// A notification that is not planned to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyNotification {
    /// The app.
    pub app_id: AppId,
    /// As it was submitted.
    pub notification: NewNotification,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// The pages up to this device token have begun.
    pub planned_after: DeviceId,
    /// The last device token that belongs to it.
    pub planned_upto: DeviceId,
}

/// Part of an audience that has begun and not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPage {
    /// The ids greater than this.
    pub after: DeviceId,
    /// Up to and with this.
    pub last: DeviceId,
    /// How many recipients it has.
    pub recipients: u32,
}

/// What became of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageOutcome {
    /// How many recipients are simply delivered.
    pub delivered: u32,
    /// All others.
    pub exceptions: Vec<RecipientException>,
}

/// What became of a notification to few, all at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectOutcome {
    /// Which.
    pub notification_id: NotificationId,
    /// When it was taken up to be sent.
    pub begun_at: Timestamp,
    /// How many recipients it has.
    pub recipients: u32,
    /// How many are simply delivered and have no row in `rows`.
    pub delivered: u32,
    /// The others. Delivered ones may be among them, so that they can be shown one by one.
    pub rows: Vec<RecipientException>,
}
