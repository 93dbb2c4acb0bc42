//! A notification on its way to one device token or to all.

use super::nature::Second;

/// What is sent: its number, when it was submitted, and when it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) number: u32,
    pub(super) sent_at: Second,
    pub(super) expires_at: Second,
}

impl Message {
    pub(super) fn is_expired(self, now: Second) -> bool {
        self.expires_at <= now
    }
}
