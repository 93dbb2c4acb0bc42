//! Dates as HTTP headers write them.

use crate::civil::DateTime;
use crate::unix_seconds::UnixSeconds;

impl UnixSeconds {
    /// Reads a date in any of the three forms that HTTP knows, such as that of a `date` header; `None` for anything else.
    ///
    /// ```
    /// use tidings_apns::UnixSeconds;
    ///
    /// let at = UnixSeconds::from_http_date(b"Sun, 06 Nov 1994 08:49:37 GMT");
    /// assert_eq!(at, Some(UnixSeconds(784_111_777)));
    /// ```
    pub fn from_http_date(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
        http_date(text)?.to_unix_seconds().map(Self)
    }
}

/// The forms of RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and
/// `Sun Nov  6 08:49:37 1994`.
fn http_date(text: &str) -> Option<DateTime> {
    let mut words = text.split([' ', ',', '-']).filter(|word| !word.is_empty());
    let _day_name = words.next()?;
    let fields = [words.next()?, words.next()?, words.next()?, words.next()?];
    let zone = words.next();
    if words.next().is_some() {
        return None;
    }
    match (fields, zone) {
        ([month, day, time, year], None) | ([day, month, year, time], Some("GMT")) => {
            date_time(year, month, day, time)
        }
        _ => None,
    }
}

fn date_time(year: &str, month: &str, day: &str, time: &str) -> Option<DateTime> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = (1..)
        .zip(MONTHS)
        .find_map(|(number, name)| (name == month).then_some(number))?;
    let mut clock = time.split(':');
    let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
    if clock.next().is_some() {
        return None;
    }
    Some(DateTime {
        year: full_year(year)?,
        month,
        day: number(day)?,
        hour: number(hour)?,
        minute: number(minute)?,
        second: number(second)?,
    })
}

/// Two digits of a year mean this century, since no answer is from the last one, except for what would be decades ahead.
fn full_year(year: &str) -> Option<u64> {
    match (year.len(), number(year)?) {
        (2, short) if short < 70 => Some(2000 + short),
        (2, short) => Some(1900 + short),
        (4, full) => Some(full),
        _ => None,
    }
}

/// A number of digits only; one that is too large for us is very large all the same.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}
