//! Until when APNs keeps a notification for a device that cannot be reached.

use std::fmt;

use crate::unix_seconds::UnixSeconds;

/// The value of the `apns-expiration` header (Apple, *Sending notification requests to APNs*).
///
/// Without the header APNs keeps the notification for up to 30 days. Both ways are best effort: a
/// notification may still arrive after it expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expiration {
    /// Try once and never store: the header's value is `0`.
    Once,
    /// Store, and try until then: seconds since 1970. `At(0)` is the same header as `Once`.
    At(u64),
}

impl Expiration {
    /// Store and try until then.
    pub fn at(at: impl Into<UnixSeconds>) -> Self {
        match at.into().0 {
            0 => Self::Once,
            seconds => Self::At(seconds),
        }
    }

    /// The number in the header.
    pub const fn as_unix_seconds(self) -> u64 {
        match self {
            Self::Once => 0,
            Self::At(seconds) => seconds,
        }
    }

    /// Whether APNs will keep the notification if the device cannot be reached.
    pub const fn is_stored(self) -> bool {
        self.as_unix_seconds() != 0
    }
}

impl fmt::Display for Expiration {
    /// As the header has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_unix_seconds().fmt(f)
    }
}
