//! An instant in whole seconds since 1970, as the headers and payloads of APNs count time.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::civil;

/// Seconds since 1 January 1970, UTC.
///
/// Everything that is *sent* to APNs counts in seconds; only the [`Timestamp`](crate::Timestamp) of an answer
/// counts in milliseconds. Milliseconds given by mistake are found by the lint rules.
///
/// ```
/// use tidings_apns::UnixSeconds;
/// assert_eq!(UnixSeconds(1_750_000_000).to_string(), "2025-06-15T15:06:40Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub u64);

impl UnixSeconds {
    /// The instant as the standard library knows it; `None` when that cannot hold it.
    pub fn to_system_time(self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.0))
    }
}

impl From<u64> for UnixSeconds {
    fn from(seconds: u64) -> Self {
        Self(seconds)
    }
}

impl From<SystemTime> for UnixSeconds {
    /// Drops the fraction of a second; what lies before 1970 becomes 0.
    fn from(at: SystemTime) -> Self {
        Self(at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        civil::DateTime::from_unix_seconds(self.0).fmt(f)?;
        f.write_str("Z")
    }
}
