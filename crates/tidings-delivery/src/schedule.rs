//! When a recipient's notification is too late, and when it is tried again.

use std::time::Duration;

use tidings_apns::Timestamp;

use crate::backoff::BackoffRules;

/// `apns-expiration: 0`.
pub(crate) const NOT_STORED: Timestamp = Timestamp::from_unix_millis(0);

/// Until when a notification may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// `apns-expiration`: it is worth nothing afterwards, wherever it is. That of 1970 ends nothing: it says that APNs shall
    /// not store the notification.
    pub(crate) expires_at: Option<Timestamp>,
    /// When we stop trying, whatever APNs would do with it.
    pub(crate) deadline: Option<Timestamp>,
}

/// What the clock says of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    /// It may be sent, or kept.
    InTime,
    /// Nobody wants it any more.
    TooLate,
}

/// What comes after an attempt that failed and may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// Another attempt, after this pause.
    After(Duration),
    /// None: it would be too late.
    TooLate,
}

/// Where in the time that is left a last try is made.
const LAST_TRY: f64 = 0.8;

impl Schedule {
    /// Whether it may be sent at that instant. Judged once, immediately before sending.
    pub(crate) fn timing(&self, now: Timestamp) -> Timing {
        if self.end().is_some_and(|end| end <= now) {
            Timing::TooLate
        } else {
            Timing::InTime
        }
    }

    /// The first instant at which it is too late.
    pub(crate) fn end(&self) -> Option<Timestamp> {
        let expires_at = self.expires_at.filter(|at| *at != NOT_STORED);
        match (expires_at, self.deadline) {
            (Some(expiry), Some(deadline)) => Some(expiry.min(deadline)),
            (either, other) => either.or(other),
        }
    }

    /// What comes after the attempt with this number (from 1). A pause that would outlast the end is shortened: whatever is
    /// still wanted is tried once more in time. What APNs asked for is not.
    pub(crate) fn again(
        &self,
        attempts: u16,
        jitter: f64,
        retry_after: Option<Duration>,
        now: Timestamp,
        rules: &BackoffRules,
    ) -> Again {
        let pause = rules.pause(attempts, jitter, retry_after);
        let Some(end) = self.end() else {
            return Again::After(pause);
        };
        let left = end.saturating_since(now);
        let least = retry_after.map_or(BackoffRules::LEAST, |asked| asked.min(rules.retry_after_most));
        if left <= least {
            return Again::TooLate;
        }
        Again::After(pause.min(left.mul_f64(LAST_TRY)).max(least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_unix_millis(secs * 1000)
    }

    fn schedule(expires: Option<u64>, deadline: Option<u64>) -> Schedule {
        Schedule {
            expires_at: expires.map(at),
            deadline: deadline.map(at),
        }
    }

    #[test]
    fn the_earlier_of_expiry_and_deadline_ends_it() {
        for (expires, deadline, end) in [
            (None, None, None),
            (Some(5), None, Some(5)),
            (None, Some(5), Some(5)),
            (Some(5), Some(7), Some(5)),
            (Some(7), Some(5), Some(5)),
            (Some(0), None, None),
            (Some(0), Some(5), Some(5)),
        ] {
            assert_eq!(schedule(expires, deadline).end(), end.map(at));
        }
    }

    #[test]
    fn nothing_is_sent_at_or_after_the_end() {
        let schedule = schedule(Some(10), None);
        assert_eq!(schedule.timing(at(9)), Timing::InTime);
        assert_eq!(schedule.timing(at(10)), Timing::TooLate);
        assert_eq!(schedule.timing(at(11)), Timing::TooLate);
        assert_eq!(Schedule::default().timing(at(u64::MAX / 2000)), Timing::InTime);
    }

    #[test]
    fn the_last_pause_is_shortened_so_that_it_ends_in_time() {
        let rules = BackoffRules::default();
        let schedule = schedule(Some(10), None);
        let after =
            |now, asked: Option<u64>| schedule.again(1, 1.0, asked.map(Duration::from_secs), at(now), &rules);
        assert_eq!(after(1, None), Again::After(Duration::from_secs(2)));
        assert_eq!(after(8, None), Again::After(Duration::from_millis(1_600)));
        assert_eq!(after(10, None), Again::TooLate);
        assert_eq!(after(1, Some(8)), Again::After(Duration::from_secs(8)));
        assert_eq!(after(1, Some(9)), Again::TooLate);
        assert_eq!(after(1, Some(60)), Again::TooLate);
    }

    #[test]
    fn without_an_end_it_is_tried_for_ever() {
        let rules = BackoffRules::default();
        for attempts in [1, 50, u16::MAX] {
            let again = Schedule::default().again(attempts, 1.0, None, at(1), &rules);
            assert!(matches!(again, Again::After(pause) if pause <= rules.most));
        }
    }
}
