//! The numbers behind the decisions, with the reasons for their defaults.

use std::time::Duration;

/// How evidence is weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How far our clock and Apple's may be apart. A death that APNs dates up to so long before the newest registration
    /// may be of before or after it.
    pub clock_tolerance: Duration,
    /// A device token is only given up when it was called bad twice, so long apart, and others did well at the second time.
    pub second_bad_after: Duration,
    /// A proven token that is refused in a lane which does well by nobody is tried again after so long, as a canary would be:
    /// where few are sent to, nobody else finds out that a mistake of ours has been mended.
    pub quiet_again_after: Duration,
    /// So long is waited after a death that is dated before the newest registration. Longer than APNs is likely to repeat an
    /// old death at a stretch: only then is the next answer one of its own.
    pub contradicted_again_after: Duration,
    /// A death dated before the newest registration is not believed for so long; then nothing is sent until the app
    /// registers again. Until then the token is tried twice.
    pub contradicted_for: Duration,
    /// The longest pause between two tries of a token whose badness is not believed.
    pub longest_pause: Duration,
    /// How often a `location` token is tried after APNs called it dead: such tokens come back when the device's budget is
    /// renewed (Apple, *Creating a location push service extension*).
    pub location_retry: Duration,
    /// How long a token that updates a Live Activity lives: 8 hours, and 4 more on the lock screen (Apple, *Displaying
    /// live data with Live Activities*). APNs may accept notifications to it for weeks after.
    pub live_activity_life: Duration,
    /// An acceptance that changes nothing is only written down after so long.
    pub accepted_again_after: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            clock_tolerance: Duration::from_mins(1),
            second_bad_after: Duration::from_hours(1),
            quiet_again_after: Duration::from_mins(15),
            contradicted_again_after: Duration::from_hours(24),
            contradicted_for: Duration::from_hours(72),
            longest_pause: Duration::from_hours(7 * 24),
            location_retry: Duration::from_hours(24),
            live_activity_life: Duration::from_hours(12),
            accepted_again_after: Duration::from_hours(24),
        }
    }
}

/// When a lane is suspected. See [`Detector`](crate::Detector).
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorRules {
    /// The probability of a false alarm in one run of the test.
    pub alpha: f64,
    /// The probability of missing a mistake in one run of the test.
    pub beta: f64,
    /// The share of proven tokens that a mistake makes bad, at least.
    pub bad_share: f64,
    /// The largest background share that is believed: a lane that is worse is not normal.
    pub background_most: f64,
    /// The smallest: no lane is so good that two bad tokens are an alarm.
    pub background_least: f64,
}

impl Default for DetectorRules {
    fn default() -> Self {
        Self {
            alpha: 1e-6,
            beta: 1e-3,
            bad_share: 0.3,
            background_most: 0.01,
            background_least: 0.001,
        }
    }
}

/// How an incident is probed. See [`Incident`](crate::Incident).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRules {
    /// How many canaries in a row must be accepted.
    pub canaries: u32,
    /// The pause before the first canary, doubled after each that was refused.
    pub first_pause: Duration,
    /// The longest pause between canaries.
    pub longest_pause: Duration,
}

impl Default for IncidentRules {
    fn default() -> Self {
        Self {
            canaries: 3,
            first_pause: Duration::from_secs(30),
            longest_pause: Duration::from_mins(15),
        }
    }
}
