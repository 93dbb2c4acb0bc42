//! The `Retry-After` header: how long to wait before asking again.

use std::time::{Duration, SystemTime};

use crate::http_date::number;
use crate::unix_seconds::UnixSeconds;

/// When to ask again (RFC 9110, section 10.2.3). Apple documents no such header, but proxies send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so long.
    Delay(Duration),
    /// At that instant.
    At(UnixSeconds),
}

impl RetryAfter {
    /// Reads seconds, or a date in any of the three forms that HTTP knows; `None` for anything else.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use tidings_apns::{RetryAfter, UnixSeconds};
    ///
    /// assert_eq!(RetryAfter::parse(b"120"), Some(RetryAfter::Delay(Duration::from_secs(120))));
    /// let at = RetryAfter::parse(b"Sun, 06 Nov 1994 08:49:37 GMT");
    /// assert_eq!(at, Some(RetryAfter::At(UnixSeconds(784_111_777))));
    /// ```
    pub fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
        if let Some(seconds) = number(text) {
            return Some(Self::Delay(Duration::from_secs(seconds)));
        }
        UnixSeconds::from_http_date(value).map(Self::At)
    }

    /// The longest delay that is believed: a year. Larger numbers are cut, so that they can be added to any clock.
    pub const MAX_DELAY: Duration = Duration::from_hours(365 * 24);

    /// How long that is from `now`; nothing if the instant has passed.
    pub fn delay(self, now: SystemTime) -> Duration {
        self.exact_delay(now).min(Self::MAX_DELAY)
    }

    fn exact_delay(self, now: SystemTime) -> Duration {
        match self {
            Self::Delay(delay) => delay,
            Self::At(at) => at
                .to_system_time()
                .and_then(|at| at.duration_since(now).ok())
                .unwrap_or_default(),
        }
    }
}
