//! Instants and lengths of time as people write them on a command line.

use std::str::FromStr;
use std::time::Duration;

use tidings_apns::{Expiration, UnixSeconds};

/// An instant: seconds since 1970, or so long from now (`90s`, `15m`, `1h`, `2d`, `1w`), or `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// At that instant.
    At(UnixSeconds),
    /// That long from now.
    After(Duration),
}

/// Why a text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseTimeError {
    /// It is none of the forms of an instant.
    #[error("give seconds since 1970, or a time from now such as 90s, 15m, 1h, 2d or 1w, or now")]
    When,
    /// It is none of the forms of a length of time.
    #[error("give a length of time such as 500ms, 30s, 5m or 1h")]
    Duration,
}

/// The units of a length of time, in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

impl When {
    /// The instant, seen from `now`.
    pub(crate) fn from(self, now: UnixSeconds) -> UnixSeconds {
        match self {
            Self::At(at) => at,
            Self::After(delay) => UnixSeconds(now.0.saturating_add(delay.as_secs())),
        }
    }

    /// The instant as an expiration; 0 is "try once".
    pub(crate) fn expiration(self, now: UnixSeconds) -> Expiration {
        Expiration::at(self.from(now))
    }
}

impl FromStr for When {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        if text == "now" {
            return Ok(Self::After(Duration::ZERO));
        }
        if let Ok(seconds) = text.parse() {
            return Ok(Self::At(UnixSeconds(seconds)));
        }
        let delay = length(text.strip_prefix('+').unwrap_or(text));
        delay.map(Self::After).ok_or(ParseTimeError::When)
    }
}

/// Reads a length of time: a number and its unit; seconds without one.
pub(crate) fn duration(text: &str) -> Result<Duration, ParseTimeError> {
    let seconds = text.parse().map(Duration::from_secs).ok();
    let length = seconds.or_else(|| length(text));
    length
        .filter(|length| !length.is_zero())
        .ok_or(ParseTimeError::Duration)
}

/// `1h` and the like; parts can follow each other, as in `1h30m`.
fn length(text: &str) -> Option<Duration> {
    let (number, rest) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(unit_end)?;
    let (_, millis) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let here = Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(millis)?);
    if rest.is_empty() {
        return Some(here);
    }
    here.checked_add(length(rest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_750_000_000);

    #[test]
    fn instants_are_read_in_all_their_forms() {
        for (text, seconds) in [
            ("0", 0),
            ("1750000600", 1_750_000_600),
            ("now", NOW.0),
            ("90s", NOW.0 + 90),
            ("15m", NOW.0 + 900),
            ("1h", NOW.0 + 3600),
            ("+1h", NOW.0 + 3600),
            ("1h30m", NOW.0 + 5400),
            ("2d", NOW.0 + 172_800),
            ("1w", NOW.0 + 604_800),
        ] {
            let when: When = text.parse().unwrap();
            assert_eq!(when.from(NOW), UnixSeconds(seconds), "{text}");
        }
    }

    #[test]
    fn only_the_number_zero_means_once() {
        assert_eq!("0".parse::<When>().unwrap().expiration(NOW), Expiration::Once);
        assert_eq!(
            "1h".parse::<When>().unwrap().expiration(NOW),
            Expiration::At(NOW.0 + 3600)
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "h",
            "1",
            "1y",
            "-1h",
            "1h-",
            "1.5h",
            "99999999999999999999h",
            "18446744073709551615w",
        ] {
            let is_number = text.parse::<u64>().is_ok();
            assert!(is_number || text.parse::<When>().is_err(), "{text}");
        }
    }

    #[test]
    fn lengths_of_time_have_a_unit_or_are_seconds() {
        for (text, length) in [
            ("30", Duration::from_secs(30)),
            ("30s", Duration::from_secs(30)),
            ("500ms", Duration::from_millis(500)),
            ("1m30s", Duration::from_secs(90)),
        ] {
            assert_eq!(duration(text), Ok(length), "{text}");
        }
        for text in ["", "0", "0s", "fast", "ms"] {
            assert_eq!(duration(text), Err(ParseTimeError::Duration), "{text}");
        }
    }
}
