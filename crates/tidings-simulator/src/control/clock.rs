//! The simulator's clock.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::{Now, Timestamp};

use super::Control;

/// What the simulator's clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClockReading {
    /// The simulated time.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
    /// How far it is ahead of the real one.
    pub ahead_seconds: u64,
}

impl Control {
    /// What the clock shows.
    pub fn clock(&self) -> ClockReading {
        self.shared.lock().clock.now().into()
    }

    /// Moves the clock forward: provider tokens age, stored notifications expire, 410 begins.
    pub fn advance(&self, by: Duration) -> ClockReading {
        let clock = &mut self.shared.lock().clock;
        clock.advance(by);
        clock.now().into()
    }
}

impl From<Now> for ClockReading {
    fn from(now: Now) -> Self {
        Self {
            now: now.simulated,
            ahead_seconds: now.ahead.as_secs(),
        }
    }
}
