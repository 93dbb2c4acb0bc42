//! When a recipient's notification is too late, and when it is tried again.

use std::time::Duration;

use tidings_apns::Timestamp;

use crate::backoff::BackoffRules;

/// Until when a notification may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// `apns-expiration`: it is worth nothing afterwards, wherever it is.
    pub expires_at: Option<Timestamp>,
    /// When we stop trying, whatever APNs would do with it.
    pub deadline: Option<Timestamp>,
}

/// What the clock says of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// It may be sent, or kept.
    InTime,
    /// Nobody wants it any more.
    TooLate,
}

/// What comes after an attempt that failed and may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Another attempt, not before that instant.
    At(Timestamp),
    /// None: it would be too late. The recipient is kept until that instant in name only, so it ends now.
    TooLate,
    /// None: it has been tried often enough.
    Exhausted,
}

impl Schedule {
    /// Whether it may be sent at that instant. Judged once, immediately before sending.
    pub fn timing(&self, now: Timestamp) -> Timing {
        if self.end().is_some_and(|end| end <= now) {
            Timing::TooLate
        } else {
            Timing::InTime
        }
    }

    /// The first instant at which it is too late.
    pub fn end(&self) -> Option<Timestamp> {
        match (self.expires_at, self.deadline) {
            (Some(expiry), Some(deadline)) => Some(expiry.min(deadline)),
            (either, other) => either.or(other),
        }
    }

    /// What comes after the attempt with this number (from 1).
    pub fn again(
        &self,
        attempts: u16,
        jitter: f64,
        retry_after: Option<Duration>,
        now: Timestamp,
        rules: &BackoffRules,
    ) -> Again {
        let at = now.saturating_add(rules.pause(attempts, jitter, retry_after));
        self.again_at(attempts, at, rules)
    }

    /// The same where the instant is decided by something else.
    pub fn again_at(&self, attempts: u16, at: Timestamp, rules: &BackoffRules) -> Again {
        // An end of its own is the better bound; without one, attempts are counted.
        match self.end() {
            Some(end) if end <= at => Again::TooLate,
            None if attempts >= rules.attempts => Again::Exhausted,
            _ => Again::At(at),
        }
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
    fn an_attempt_that_would_be_too_late_is_not_planned() {
        let rules = BackoffRules::default();
        let schedule = schedule(Some(10), None);
        assert_eq!(schedule.again(1, 1.0, None, at(7), &rules), Again::At(at(9)));
        assert_eq!(schedule.again(1, 1.0, None, at(8), &rules), Again::TooLate);
        let far = Some(Duration::from_mins(1));
        assert_eq!(schedule.again(1, 0.0, far, at(1), &rules), Again::TooLate);
    }

    #[test]
    fn without_an_end_attempts_are_counted_and_with_one_they_are_not() {
        let rules = BackoffRules {
            attempts: 3,
            ..BackoffRules::default()
        };
        assert_eq!(Schedule::default().again(3, 1.0, None, at(1), &rules), Again::Exhausted);
        assert!(matches!(Schedule::default().again(2, 1.0, None, at(1), &rules), Again::At(_)));
        let long = schedule(Some(1_000_000), None);
        assert!(matches!(long.again(200, 1.0, None, at(1), &rules), Again::At(_)));
    }
}
