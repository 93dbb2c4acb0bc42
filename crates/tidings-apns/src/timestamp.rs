//! The instant in a rejection that says since when a device token is known to be dead.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::civil;

/// Milliseconds since 1 January 1970, UTC: when APNs confirmed that a device token was no longer valid for the
/// topic. Comes only with status 410 (Apple, *Handling notification responses from APNs*).
///
/// It is not when the app was deleted. Its one sound use: a device token that the app registered **after** it
/// is alive again.
///
/// ```
/// use tidings_apns::Timestamp;
/// assert_eq!(Timestamp::from_unix_millis(1_750_000_000_042).to_string(), "2025-06-15T15:06:40.042Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The instant that many milliseconds after the start of 1970.
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the start of 1970.
    pub const fn as_unix_millis(self) -> u64 {
        self.0
    }

    /// The instant as the standard library knows it; `None` when that cannot hold it.
    pub fn to_system_time(self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_millis(self.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        civil::DateTime::from_unix_seconds(self.0 / 1000).fmt(f)?;
        write!(f, ".{:03}Z", self.0 % 1000)
    }
}
