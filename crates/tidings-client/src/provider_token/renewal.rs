//! When a new provider token is due. A pure decision over monotonic time.
//!
//! Two rules of Apple pull in opposite directions: a token older than an hour is refused with
//! `ExpiredProviderToken`, and a sender that changes its token more than once in twenty minutes is refused with
//! `TooManyProviderTokenUpdates` (Apple, *Establishing a token-based connection to APNs*). So:
//!
//! * a token is replaced when it is [`RENEW_AFTER`] old, by monotonic time;
//! * the wall clock never causes a renewal. It may have jumped to a wrong time, and a token minted at a wrong time
//!   is worse than the one in use. If the token really has become too old (the machine slept, the clock was wrong
//!   when it was minted), APNs says so;
//! * when APNs says `ExpiredProviderToken` the token is replaced at once, but at most once in [`MINIMUM_GAP`]: if
//!   the replacement is expired too, this machine's clock is wrong and minting more tokens cannot help.

use std::time::Duration;

/// The age at which a token is replaced without being asked: inside Apple's 20 to 60 minutes, with room for
/// requests that wait in a queue before they are written.
pub(crate) const RENEW_AFTER: Duration = Duration::from_mins(50);

/// The least time between two replacements that APNs asked for.
pub(crate) const MINIMUM_GAP: Duration = Duration::from_mins(20);

/// What is remembered about the mints of one signing key; all times are monotonic.
#[derive(Debug, Clone, Copy)]
pub(crate) struct History {
    minted_at: Duration,
    replaced_as_expired_at: Option<Duration>,
}

impl History {
    /// The first token was minted at `now`.
    pub(crate) fn starting(now: Duration) -> Self {
        Self {
            minted_at: now,
            replaced_as_expired_at: None,
        }
    }

    /// Whether the token in use has reached the age at which it is replaced.
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        now.saturating_sub(self.minted_at) >= RENEW_AFTER
    }

    /// Whether a token that APNs called expired may be replaced now.
    pub(crate) fn may_replace_expired(&self, now: Duration) -> bool {
        self.replaced_as_expired_at
            .is_none_or(|at| now.saturating_sub(at) >= MINIMUM_GAP)
    }

    /// A token was minted at `now` because the last one was due.
    pub(crate) fn renewed(&mut self, now: Duration) {
        self.minted_at = now;
    }

    /// A token was minted at `now` because APNs called the last one expired.
    pub(crate) fn replaced_as_expired(&mut self, now: Duration) {
        self.minted_at = now;
        self.replaced_as_expired_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_token_is_due_at_fifty_minutes_and_not_before() {
        let history = History::starting(7 * MINUTE);
        assert!(!history.is_due(7 * MINUTE));
        assert!(!history.is_due(56 * MINUTE + 59 * SECOND));
        assert!(history.is_due(57 * MINUTE));
    }

    #[test]
    fn a_fresh_token_called_expired_is_replaced_once_and_then_not_for_twenty_minutes() {
        let mut history = History::starting(Duration::ZERO);
        assert!(history.may_replace_expired(MINUTE));
        history.replaced_as_expired(MINUTE);
        assert!(!history.may_replace_expired(2 * MINUTE));
        assert!(!history.may_replace_expired(20 * MINUTE + 59 * SECOND));
        assert!(history.may_replace_expired(21 * MINUTE));
    }

    #[test]
    fn a_replacement_starts_the_fifty_minutes_anew() {
        let mut history = History::starting(Duration::ZERO);
        history.replaced_as_expired(49 * MINUTE);
        assert!(!history.is_due(51 * MINUTE));
        assert!(history.is_due(99 * MINUTE));
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Mint {
        Scheduled,
        Expired,
    }

    proptest! {
        /// Whatever the traffic and whatever APNs says: replacements on request are twenty minutes apart, and
        /// nothing else ever follows a mint within fifty.
        #[test]
        fn mints_are_never_closer_than_the_rules_allow(
            steps in proptest::collection::vec((0u64..2_000, any::<bool>()), 0..200),
        ) {
            let mut now = Duration::ZERO;
            let mut history = History::starting(now);
            let mut mints = vec![(now, Mint::Scheduled)];
            for (seconds, called_expired) in steps {
                now += Duration::from_secs(seconds);
                if history.is_due(now) {
                    history.renewed(now);
                    mints.push((now, Mint::Scheduled));
                } else if called_expired && history.may_replace_expired(now) {
                    history.replaced_as_expired(now);
                    mints.push((now, Mint::Expired));
                }
            }
            for pair in mints.windows(2) {
                if pair[1].1 == Mint::Scheduled {
                    prop_assert!(pair[1].0 >= pair[0].0 + RENEW_AFTER);
                }
            }
            let on_request: Vec<_> = mints.iter().filter(|mint| mint.1 == Mint::Expired).collect();
            for pair in on_request.windows(2) {
                prop_assert!(pair[1].0 >= pair[0].0 + MINIMUM_GAP);
            }
        }
    }
}
