//! An instant in milliseconds: what a 410 says of a device token's death, and what is compared with it.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::civil::DateTime;
use crate::parse_error::ParseError;
use crate::text_form::serde_as_text;

/// Milliseconds since 1 January 1970, UTC.
///
/// In an answer with status 410 it is when APNs confirmed that a device token was no longer valid for the topic
/// (Apple, *Handling notification responses from APNs*). That is not when the app was deleted. Its one sound use: a
/// device token that the app registered **after** it is alive again. So what it is compared with is kept in the same
/// unit.
///
/// Its text is that of RFC 3339, always in UTC when printed.
///
/// ```
/// use tidings_apns::Timestamp;
/// let at = Timestamp::from_unix_millis(1_750_000_000_042);
/// assert_eq!(at.to_string(), "2025-06-15T15:06:40.042Z");
/// assert_eq!("2025-06-15T17:06:40.042+02:00".parse(), Ok(at));
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

    /// So much later, or the last instant there is.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(duration)))
    }

    /// So much earlier, or the start of 1970.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(whole_millis(duration)))
    }

    /// How much later it is than another instant; nothing if it is not.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl From<SystemTime> for Timestamp {
    /// Drops what is smaller than a millisecond; what lies before 1970 becomes its start.
    fn from(at: SystemTime) -> Self {
        Self(at.duration_since(UNIX_EPOCH).map_or(0, whole_millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DateTime::from_unix_seconds(self.0 / 1000).fmt(f)?;
        write!(f, ".{:03}Z", self.0 % 1000)
    }
}

impl FromStr for Timestamp {
    type Err = ParseError;

    /// Reads a date and time of RFC 3339, section 5.6, with any offset; fractions finer than a millisecond are dropped.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        read(text).ok_or_else(|| {
            ParseError::unknown(
                "time",
                text,
                "a date and time with zone such as 2026-11-24T18:30:00Z",
            )
        })
    }
}

serde_as_text!(Timestamp, "a date and time such as 2026-11-24T18:30:00Z");

fn read(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let (time, zone) = time.split_at_checked(8)?;
    let (millis, zone) = fraction(zone)?;
    let mut date = date.split('-').map(digits);
    let mut time = time.split(':').map(digits);
    let reading = DateTime {
        year: date.next()??,
        month: date.next()??,
        day: date.next()??,
        hour: time.next()??,
        minute: time.next()??,
        second: time.next()??,
    };
    if date.next().is_some() || time.next().is_some() {
        return None;
    }
    let seconds = i64::try_from(reading.to_unix_seconds()?).ok()?;
    let seconds = u64::try_from(seconds - offset_seconds(zone)?).ok()?;
    seconds.checked_mul(1000)?.checked_add(millis).map(Timestamp)
}

/// Splits `.042Z` into milliseconds and zone.
fn fraction(text: &str) -> Option<(u64, &str)> {
    let Some(text) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (fraction, zone) = text.split_at_checked(end)?;
    let digit = |place: usize| {
        fraction
            .as_bytes()
            .get(place)
            .map_or(0, |digit| u64::from(digit - b'0'))
    };
    (end > 0).then(|| (digit(0) * 100 + digit(1) * 10 + digit(2), zone))
}

/// The offset from UTC: `Z`, or `+hh:mm`.
fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let fits = zone.len() == 6 && hours < 24 && minutes < 60;
    fits.then_some(sign * i64::try_from(hours * 3600 + minutes * 60).ok()?)
}

/// A number of digits and nothing else.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_read_with_any_offset_and_fraction() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2025-06-15T15:06:40.042Z", 1_750_000_000_042),
            ("2025-06-15T15:06:40.0429999z", 1_750_000_000_042),
            ("2025-06-15 17:36:40.0+02:30", 1_750_000_000_000),
            ("2025-06-15T10:06:40-05:00", 1_750_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2025-06-15",
            "2025-06-15T15:06:40",
            "2025-06-15T15:06:40.Z",
            "2025-02-30T00:00:00Z",
            "2025-06-15T25:06:40Z",
            "+025-06-15T15:06:40Z",
            "2025-06-15T15:06:40+2:00",
            "2025-06-15T15:06:40+24:00",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "2025-06-15T15:06:40Z ",
            "２０２５-06-15T15:06:40Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(millis in 0..=253_402_300_799_999_u64) {
            let at = Timestamp(millis);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
