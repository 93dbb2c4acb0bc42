//! Sending less to a service that is not well, and little to one that is not known yet.
//!
//! It keeps the rule of Google's *Site Reliability Engineering* ("Handling Overload"): at most `K` times as much is sent as
//! is answered. Here it is kept by counting and not by chance. While all is well nothing is held back. When failures have
//! used up the trust that answers had earned, the lane becomes cautious: a probe every few seconds, and `K` requests for each
//! answer. So a storm costs the trust, what was on its way, and the probes; and recovery is a ramp by construction: every
//! round trip lets `K` times more through than the last one. A new lane begins on that ramp, since its credential may be wrong.

use std::time::Duration;

/// How much more is sent than is answered, at most.
const K: u64 = 2;

/// How many failures in excess of answers it takes to become cautious, and how many answers to be trusted again.
const TRUST: u64 = 250;

/// What a lane that nobody knows may send at once.
const FIRST: u64 = 8;

/// The pause before the first probe, doubled with each that is not answered.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between probes: so late is noticed that all is well again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Decides how much one lane may send.
#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    mode: Mode,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Open {
        trust: u64,
    },
    Cautious {
        /// Requests that may be sent now.
        allowance: u64,
        /// Answers in excess of failures.
        earned: u64,
        /// When the next probe may be sent.
        probe_at: Duration,
        /// How long after it another may.
        pause: Duration,
        /// It failed, and is not only new.
        has_failed: bool,
    },
}

impl Throttle {
    /// For a lane of which nothing is known.
    pub(crate) const fn new() -> Self {
        Self {
            mode: Mode::Cautious {
                allowance: FIRST,
                earned: 0,
                probe_at: Duration::ZERO,
                pause: FIRST_PAUSE,
                has_failed: false,
            },
        }
    }

    /// How many of so many requests may be sent now. `now` is a monotonic time.
    pub(crate) fn admit(&mut self, wanted: usize, now: Duration) -> usize {
        let Mode::Cautious {
            allowance,
            probe_at,
            pause,
            ..
        } = &mut self.mode
        else {
            return wanted;
        };
        let granted = usize::try_from(*allowance).map_or(wanted, |allowance| allowance.min(wanted));
        *allowance -= granted as u64;
        if granted > 0 || wanted == 0 || now < *probe_at {
            return granted;
        }
        *probe_at = now + *pause;
        *pause = (*pause * 2).min(LONGEST_PAUSE);
        1
    }

    /// Counts requests that were answered, be it by a refusal.
    pub(crate) fn answered(&mut self, count: u64) {
        match &mut self.mode {
            Mode::Open { trust } => *trust = trust.saturating_add(count).min(TRUST),
            Mode::Cautious {
                allowance,
                earned,
                pause,
                ..
            } => {
                *earned += count;
                *pause = FIRST_PAUSE;
                *allowance = allowance.saturating_add(count.saturating_mul(K));
                if *earned >= TRUST {
                    self.mode = Mode::Open { trust: TRUST };
                }
            }
        }
    }

    /// Counts requests that failed for reasons of the lane.
    pub(crate) fn failed(&mut self, count: u64, now: Duration) {
        match &mut self.mode {
            Mode::Open { trust } if *trust > count => *trust -= count,
            Mode::Open { .. } => self.be_cautious(now + FIRST_PAUSE),
            Mode::Cautious {
                earned, has_failed, ..
            } => {
                *earned = earned.saturating_sub(count);
                *has_failed = true;
            }
        }
    }

    /// Sends nothing until then, and begins again with a probe.
    pub(crate) fn rest(&mut self, until: Duration) {
        let until = match self.mode {
            Mode::Open { .. } => until,
            Mode::Cautious { probe_at, .. } => probe_at.max(until),
        };
        self.be_cautious(until);
    }

    /// Whether nothing is held back.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.mode, Mode::Open { .. })
    }

    /// Whether something may be sent at that instant.
    pub(crate) fn would_admit(&self, now: Duration) -> bool {
        self.until_next(now).is_zero()
    }

    /// How long nothing may be sent.
    pub(crate) fn until_next(&self, now: Duration) -> Duration {
        match self.mode {
            Mode::Cautious {
                allowance: 0,
                probe_at,
                ..
            } => probe_at.saturating_sub(now),
            Mode::Open { .. } | Mode::Cautious { .. } => Duration::ZERO,
        }
    }

    /// How many requests may be sent now; `None` when it is not limited.
    pub(crate) const fn allowance(&self) -> Option<u64> {
        match self.mode {
            Mode::Open { .. } => None,
            Mode::Cautious { allowance, .. } => Some(allowance),
        }
    }

    /// How many requests may be sent now, if less is sent than before because some failed.
    pub(crate) const fn allowance_after_failures(&self) -> Option<u64> {
        match self.mode {
            Mode::Cautious {
                allowance,
                has_failed: true,
                ..
            } => Some(allowance),
            Mode::Open { .. } | Mode::Cautious { .. } => None,
        }
    }

    fn be_cautious(&mut self, probe_at: Duration) {
        self.mode = Mode::Cautious {
            allowance: 0,
            earned: 0,
            probe_at,
            pause: FIRST_PAUSE,
            has_failed: true,
        };
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEP: Duration = Duration::from_millis(10);

    fn trusted() -> Throttle {
        let mut throttle = Throttle::new();
        throttle.answered(TRUST);
        throttle
    }

    /// Wants to send so many every ten milliseconds, is answered at once, and says how many were sent.
    fn run(
        throttle: &mut Throttle,
        from: Duration,
        steps: u32,
        wanted: usize,
        well: impl Fn(u32) -> bool,
    ) -> usize {
        let mut sent = 0;
        for step in 0..steps {
            let now = from + STEP * step;
            let granted = throttle.admit(wanted, now);
            sent += granted;
            if well(step) {
                throttle.answered(granted as u64);
            } else {
                throttle.failed(granted as u64, now);
            }
        }
        sent
    }

    #[test]
    fn a_healthy_lane_is_never_held_back() {
        assert_eq!(run(&mut trusted(), Duration::ZERO, 1_000, 50, |_| true), 50_000);
    }

    #[test]
    fn a_new_lane_sends_a_handful_until_it_is_answered() {
        let mut throttle = Throttle::new();
        assert_eq!(throttle.admit(1_000, Duration::ZERO), 8);
        assert_eq!(throttle.admit(1_000, Duration::ZERO), 1, "a probe");
        assert_eq!(throttle.admit(1_000, STEP), 0);
        throttle.answered(8);
        assert_eq!(throttle.admit(1_000, STEP), 16);
    }

    #[test]
    fn a_new_lane_is_trusted_after_a_few_round_trips() {
        let mut throttle = Throttle::new();
        run(&mut throttle, Duration::ZERO, 7, 10_000, |_| true);
        assert!(throttle.is_open());
    }

    #[test]
    fn half_of_the_requests_may_fail() {
        let mut throttle = trusted();
        assert_eq!(
            run(&mut throttle, Duration::ZERO, 10_000, 10, |step| step % 2 == 0),
            100_000
        );
    }

    #[test]
    fn ten_minutes_of_storm_cost_the_trust_and_a_probe_now_and_then() {
        let mut throttle = trusted();
        let sent = run(&mut throttle, Duration::ZERO, 60_000, 50, |_| false);
        assert!((350..=430).contains(&sent), "{sent} were sent");
        assert!(!throttle.is_open());
    }

    #[test]
    fn after_a_storm_everything_is_sent_within_seconds() {
        let mut throttle = trusted();
        run(&mut throttle, Duration::ZERO, 6_000, 50, |_| false);
        let from = STEP * 6_000;
        run(&mut throttle, from, 700, 50, |_| true);
        assert!(throttle.is_open());
        assert_eq!(run(&mut throttle, from + STEP * 700, 100, 50, |_| true), 5_000);
    }

    #[test]
    fn a_rest_is_kept_and_ends_with_a_probe() {
        let mut throttle = trusted();
        throttle.rest(Duration::from_mins(1));
        throttle.rest(Duration::from_secs(30));
        assert_eq!(throttle.admit(10, Duration::from_secs(59)), 0);
        assert_eq!(
            throttle.until_next(Duration::from_secs(59)),
            Duration::from_secs(1)
        );
        assert_eq!(throttle.admit(10, Duration::from_mins(1)), 1);
    }

    proptest! {
        /// While cautious, no more is sent than the first handful, twice what was answered, and the probes.
        #[test]
        fn no_more_is_sent_than_answers_allow(answers in proptest::collection::vec((1_usize..40, 0_u8..4), 1..200)) {
            let mut throttle = Throttle::new();
            let (mut sent, mut answered, mut probes) = (0, 0, 0);
            for (step, (wanted, luck)) in answers.into_iter().enumerate() {
                if throttle.is_open() {
                    break;
                }
                let now = STEP * u32::try_from(step).unwrap();
                let had = throttle.allowance();
                let granted = throttle.admit(wanted, now) as u64;
                probes += u64::from(had == Some(0) && granted > 0);
                sent += granted;
                if luck == 0 {
                    throttle.failed(granted, now);
                } else {
                    throttle.answered(granted);
                    answered += granted;
                }
                prop_assert!(sent <= FIRST + K * answered + probes);
            }
        }
    }
}
