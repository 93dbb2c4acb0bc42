//! How long to wait before the next attempt: exponential, with full jitter, so that what failed together does not come
//! back together.

use std::time::Duration;

/// The pauses between attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackoffRules {
    /// The longest pause after the first attempt; doubled with each further one.
    pub first: Duration,
    /// The longest pause of all.
    pub most: Duration,
    /// What a `Retry-After` may ask for, at most.
    pub retry_after_most: Duration,
    /// How long a notification without an expiry and a deadline is tried.
    pub longest_wait: Duration,
}

impl Default for BackoffRules {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            most: Duration::from_mins(10),
            retry_after_most: Duration::from_hours(1),
            longest_wait: Duration::from_hours(30 * 24),
        }
    }
}

impl BackoffRules {
    /// The shortest pause there is; below it a pause is a busy loop.
    pub const LEAST: Duration = Duration::from_millis(50);

    /// The pause after so many attempts. `jitter` is a random number from 0 to 1, and `retry_after` what APNs asked for:
    /// that is the least, and the jitter comes on top of it.
    pub fn pause(&self, attempts: u16, jitter: f64, retry_after: Option<Duration>) -> Duration {
        let jittered = self.ceiling(attempts).mul_f64(if jitter.is_finite() {
            jitter.clamp(0.0, 1.0)
        } else {
            1.0
        });
        let asked = retry_after.unwrap_or_default().min(self.retry_after_most);
        asked.saturating_add(jittered).max(Self::LEAST)
    }

    /// The longest pause after so many attempts.
    fn ceiling(&self, attempts: u16) -> Duration {
        let doublings = u32::from(attempts.saturating_sub(1)).min(30);
        self.first.saturating_mul(1 << doublings).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let rules = BackoffRules::default();
        let pauses: Vec<u64> = (0..14).map(|n| rules.pause(n, 1.0, None).as_secs()).collect();
        assert_eq!(
            pauses,
            [2, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600]
        );
    }

    #[test]
    fn no_number_of_attempts_overflows() {
        let rules = BackoffRules::default();
        for attempts in 0..=u16::MAX {
            let pause = rules.pause(attempts, 1.0, None);
            assert!(pause >= BackoffRules::LEAST && pause <= rules.most);
        }
    }

    #[test]
    fn jitter_spreads_from_nothing_to_the_ceiling() {
        let rules = BackoffRules::default();
        assert_eq!(rules.pause(5, 0.0, None), BackoffRules::LEAST);
        assert_eq!(rules.pause(5, 0.5, None), Duration::from_secs(16));
        for wild in [-1.0, 2.0, f64::NAN, f64::INFINITY] {
            assert!(rules.pause(5, wild, None) <= Duration::from_secs(32));
        }
    }

    #[test]
    fn what_apns_asks_for_is_the_least_and_at_most_an_hour() {
        let rules = BackoffRules::default();
        let asked = |secs, jitter| rules.pause(1, jitter, Some(Duration::from_secs(secs))).as_secs();
        assert_eq!(asked(90, 0.0), 90);
        assert_eq!(asked(90, 1.0), 92);
        assert_eq!(asked(1_000_000, 0.0), 3600);
        assert_eq!(rules.pause(1, 0.0, Some(Duration::ZERO)), BackoffRules::LEAST);
    }
}
