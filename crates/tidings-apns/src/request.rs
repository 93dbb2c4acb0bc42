//! One notification for one device.

use std::sync::Arc;

use crate::apns_id::ApnsId;
use crate::device_token::DeviceToken;
use crate::notification::Notification;

/// One request to APNs: a notification, whom to, and under which id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is sent; shared by all requests of the same notification.
    pub notification: Arc<Notification>,
    /// Whom to.
    pub device_token: DeviceToken,
    /// The id of this request. APNs repeats it in its answer.
    pub apns_id: ApnsId,
}

impl Request {
    /// A request. A notification that is sent once may be given as it is, one that is sent often in an `Arc`.
    pub fn new(
        notification: impl Into<Arc<Notification>>,
        device_token: DeviceToken,
        apns_id: ApnsId,
    ) -> Self {
        Self {
            notification: notification.into(),
            device_token,
            apns_id,
        }
    }
}
