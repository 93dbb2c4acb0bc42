//! The date as it was when the engine started, and the time that has gone by since: what pauses are measured with.
//!
//! A pause that is written down as a date would end at once, or a day late, when the machine's date is corrected. So what
//! waits, waits on this clock, and only expiry and schedules, which people and Apple mean by the date, look at the date.

use std::sync::Arc;
use std::time::Duration;

use tidings_apns::Timestamp;

use crate::clock::Clock;

/// A date that never jumps.
#[derive(Clone, Debug)]
pub(crate) struct Steady {
    clock: Arc<dyn Clock>,
    origin: Timestamp,
    origin_monotonic: Duration,
}

impl Steady {
    /// Starts with the date of now.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            origin: clock.now(),
            origin_monotonic: clock.monotonic(),
            clock,
        }
    }

    /// The date, had nobody corrected it since the start.
    pub(crate) fn now(&self) -> Timestamp {
        let since = self.clock.monotonic().saturating_sub(self.origin_monotonic);
        self.origin.saturating_add(since)
    }
}
