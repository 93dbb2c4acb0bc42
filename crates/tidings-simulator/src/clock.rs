//! The simulator's own time: starts as the real time and can be moved forward.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime};

/// An instant, in milliseconds since 1970. In JSON an RFC 3339 text in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The instant that many milliseconds after the start of 1970.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The instant that many seconds after the start of 1970; the last representable one if that is too far away.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the start of 1970.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the start of 1970.
    pub const fn as_seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The time from `earlier` to here; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The instant `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// The instant `duration` earlier, not before 1970.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// As HTTP writes dates (RFC 9110, section 5.6.7).
    pub(crate) fn to_http_date(self) -> String {
        let at = self.to_date_time();
        let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
        format!(
            "{weekday:.3}, {:02} {month:.3} {} {:02}:{:02}:{:02} GMT",
            at.day(),
            at.year(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    /// As a calendar date; the last day of 9999 if it is later.
    pub(crate) fn to_date_time(self) -> OffsetDateTime {
        i64::try_from(self.as_seconds())
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .map_or_else(last_date_time, |second| {
                second + Duration::from_millis(self.0 % 1000)
            })
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Far enough away to be never.
fn last_date_time() -> OffsetDateTime {
    PrimitiveDateTime::MAX.assume_utc()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self
            .to_date_time()
            .format(&Rfc3339)
            .map_err(|_unprintable| fmt::Error)?;
        f.write_str(&text)
    }
}

/// The text is not an RFC 3339 time after 1970.
#[derive(Debug, thiserror::Error)]
#[error("reading {text:?} as a time such as 2026-11-23T10:00:00Z")]
pub struct ParseTimestampError {
    text: String,
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || ParseTimestampError {
            text: text.chars().take(64).collect(),
        };
        let date_time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_not_rfc3339| refused())?;
        let millis = date_time.unix_timestamp_nanos() / 1_000_000;
        u64::try_from(millis).map(Self).map_err(|_before_1970| refused())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What the clocks show at one moment.
///
/// Providers know only the real clock, tests also know this one. A time in a request is therefore read on the clock
/// on which it makes sense; see [`Now::issued_at`] and [`Now::expires_at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    /// The simulator's clock, which everything is judged by.
    pub(crate) simulated: Timestamp,
    /// How far it is ahead of the real one.
    pub(crate) ahead: Duration,
}

impl Now {
    fn real(self) -> Timestamp {
        self.simulated.minus(self.ahead)
    }

    /// When something was issued that a provider says was issued at `said`: on the real clock, unless it would lie
    /// in that one's future.
    pub(crate) fn issued_at(self, said: Timestamp) -> Timestamp {
        if said > self.real().plus(CLOCK_TOLERANCE) {
            said
        } else {
            said.plus(self.ahead)
        }
    }

    /// When something expires that a provider says expires at `said`: on the simulator's clock, unless it is over
    /// there while on the real one it is not.
    pub(crate) fn expires_at(self, said: Timestamp) -> Timestamp {
        if said <= self.simulated && said > self.real() {
            said.plus(self.ahead)
        } else {
            said
        }
    }
}

/// How far the clock of a provider on the same machine may differ.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);

/// The simulator's clock: the real one plus what it was advanced by.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead: Duration,
}

impl Clock {
    /// How far the clock can be moved altogether: two hundred years.
    pub(crate) const FURTHEST: Duration = Duration::from_hours(200 * 365 * 24);

    /// What the clocks show now.
    pub(crate) fn now(&self) -> Now {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            simulated: Timestamp(0).plus(real + self.ahead),
            ahead: self.ahead,
        }
    }

    /// Moves the clock forward, at most to its end.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by).min(Self::FURTHEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn now(seconds: u64, ahead: Duration) -> Now {
        Now {
            simulated: Timestamp::from_seconds(seconds),
            ahead,
        }
    }

    #[test]
    fn http_has_its_own_way_of_writing_dates() {
        let date = Timestamp::from_seconds(784_111_777).to_http_date();
        assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn a_timestamp_reads_back_what_it_writes() {
        let instant = Timestamp::from_millis(1_795_000_000_123);
        assert_eq!(instant.to_string().parse::<Timestamp>().unwrap(), instant);
        assert_eq!(Timestamp::from_seconds(0).to_string(), "1970-01-01T00:00:00Z");
        assert!("1969-12-31T23:59:59Z".parse::<Timestamp>().is_err());
        assert!("yesterday".parse::<Timestamp>().is_err());
        assert!(
            Timestamp::from_millis(u64::MAX)
                .to_string()
                .starts_with("9999-12-31")
        );
    }

    #[test]
    fn an_issue_time_of_the_real_clock_is_as_old_as_it_really_is() {
        let now = now(1_000_000, 10 * HOUR);
        assert_eq!(now.issued_at(Timestamp::from_seconds(964_000)), now.simulated);
    }

    #[test]
    fn an_issue_time_of_the_simulators_clock_is_taken_as_it_is() {
        let now = now(1_000_000, 10 * HOUR);
        assert_eq!(
            now.issued_at(Timestamp::from_seconds(999_990)),
            Timestamp::from_seconds(999_990)
        );
    }

    #[test]
    fn an_expiry_in_the_real_future_is_never_over_at_once() {
        let now = now(1_000_000, 10 * HOUR);
        assert_eq!(
            now.expires_at(Timestamp::from_seconds(964_060)),
            Timestamp::from_seconds(1_000_060)
        );
        assert_eq!(
            now.expires_at(Timestamp::from_seconds(1_000_060)),
            Timestamp::from_seconds(1_000_060)
        );
        assert_eq!(
            now.expires_at(Timestamp::from_seconds(5)),
            Timestamp::from_seconds(5)
        );
    }

    #[test]
    fn the_clock_only_moves_forward_and_not_without_end() {
        let mut clock = Clock::default();
        let before = clock.now().simulated;
        clock.advance(HOUR);
        assert!(clock.now().simulated >= before.plus(HOUR));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().ahead, Clock::FURTHEST);
    }
}
