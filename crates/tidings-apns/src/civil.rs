//! Days and clock readings in UTC, from and to seconds since 1970: what printing instants and reading HTTP
//! dates need of a calendar, and no more.

use std::fmt;

const DAY: u64 = 86_400;

/// A clock reading in UTC in the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime {
    pub(crate) year: u64,
    /// 1 to 12.
    pub(crate) month: u64,
    /// 1 to 31.
    pub(crate) day: u64,
    pub(crate) hour: u64,
    pub(crate) minute: u64,
    /// 0 to 59, or 60 in a leap second.
    pub(crate) second: u64,
}

impl DateTime {
    /// The reading at that many seconds since the start of 1970.
    ///
    /// Years are counted from March, so that the leap day is the last day of a year (Howard Hinnant's
    /// `civil_from_days`).
    pub(crate) fn from_unix_seconds(seconds: u64) -> Self {
        let days = seconds / DAY + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Self {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: seconds % DAY / 3600,
            minute: seconds % 3600 / 60,
            second: seconds % 60,
        }
    }

    /// Seconds since the start of 1970; `None` for a reading that does not exist or lies before it.
    pub(crate) fn to_unix_seconds(self) -> Option<u64> {
        let exists = (1970..=9999).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second <= 60;
        exists.then(|| self.days() * DAY + self.hour * 3600 + self.minute * 60 + self.second)
    }

    /// Days since the start of 1970.
    fn days(self) -> u64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let month_from_march = (self.month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
    }
}

fn days_in_month(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for DateTime {
    /// As RFC 3339 writes it, without the zone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_instants_read_as_the_calendar_says() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (4_107_542_399, "2100-02-28T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
            (784_111_777, "1994-11-06T08:49:37"),
            (253_402_300_799, "9999-12-31T23:59:59"),
        ] {
            assert_eq!(DateTime::from_unix_seconds(seconds).to_string(), text);
        }
    }

    #[test]
    fn days_that_do_not_exist_have_no_instant() {
        let day = |year, month, day| DateTime {
            year,
            month,
            day,
            hour: 0,
            minute: 0,
            second: 0,
        };
        for missing in [
            day(2023, 2, 29),
            day(2100, 2, 29),
            day(2024, 4, 31),
            day(2024, 13, 1),
            day(1969, 1, 1),
        ] {
            assert_eq!(missing.to_unix_seconds(), None, "{missing}");
        }
    }

    proptest! {
        #[test]
        fn reading_the_clock_back_gives_the_same_instant(seconds in 0..=253_402_300_799u64) {
            prop_assert_eq!(DateTime::from_unix_seconds(seconds).to_unix_seconds(), Some(seconds));
        }

        #[test]
        fn every_instant_can_be_read(seconds: u64) {
            prop_assert!(DateTime::from_unix_seconds(seconds).month <= 12);
        }
    }
}
