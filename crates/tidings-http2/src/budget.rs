//! How much a peer may send that does no work.
//!
//! Pings, settings, resets and empty frames cost the receiver time and move nothing. A lifetime count of them would
//! end honest connections that live for days, so they are forgiven as time passes.

use std::time::Instant;

use crate::error::{ConnectionError, Violation};

/// Frames without work that are forgiven each second.
pub const FORGIVEN_PER_SECOND: u32 = 100;

/// A token bucket: `burst` at once, [`FORGIVEN_PER_SECOND`] in the long run.
#[derive(Debug)]
pub(crate) struct Budget {
    burst: u32,
    left: u32,
    forgiven_at: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(burst: u32) -> Self {
        Self {
            burst,
            left: burst,
            forgiven_at: None,
        }
    }

    /// Takes one frame from the budget.
    ///
    /// # Errors
    ///
    /// `ENHANCE_YOUR_CALM` when nothing is left.
    pub(crate) fn spend(&mut self, now: Instant) -> Result<(), ConnectionError> {
        if self.left == 0 {
            self.forgive(now);
        }
        self.left = self.left.checked_sub(1).ok_or(Violation::Flood.error())?;
        self.forgiven_at.get_or_insert(now);
        Ok(())
    }

    /// Allows frames beyond the burst, because something of ours lets an honest peer send that many.
    pub(crate) fn grant(&mut self, frames: u32) {
        self.left = self.left.saturating_add(frames);
    }

    fn forgive(&mut self, now: Instant) {
        let Some(since) = self.forgiven_at else { return };
        let elapsed = now.saturating_duration_since(since).as_millis();
        let forgiven = u32::try_from(elapsed * u128::from(FORGIVEN_PER_SECOND) / 1000).unwrap_or(u32::MAX);
        if forgiven > 0 {
            self.left = self.left.saturating_add(forgiven).min(self.burst);
            self.forgiven_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_allowed_and_one_more_is_not() {
        let now = Instant::now();
        let mut budget = Budget::new(3);
        for _ in 0..3 {
            budget.spend(now).unwrap();
        }
        assert_eq!(budget.spend(now), Err(Violation::Flood.error()));
    }

    #[test]
    fn an_honest_peer_that_pings_for_weeks_is_never_cut_off() {
        let mut now = Instant::now();
        let mut budget = Budget::new(1);
        for _ in 0..100_000 {
            budget.spend(now).unwrap();
            now += Duration::from_secs(15);
        }
    }

    #[test]
    fn what_is_granted_does_not_fade() {
        let mut now = Instant::now();
        let mut budget = Budget::new(1);
        budget.grant(4);
        for _ in 0..5 {
            budget.spend(now).unwrap();
            now += Duration::from_millis(1);
        }
        assert!(budget.spend(now).is_err());
    }

    #[test]
    fn time_forgives_no_more_than_the_burst() {
        let mut now = Instant::now();
        let mut budget = Budget::new(2);
        budget.spend(now).unwrap();
        budget.spend(now).unwrap();
        now += Duration::from_hours(1);
        budget.spend(now).unwrap();
        budget.spend(now).unwrap();
        assert!(budget.spend(now).is_err());
    }
}
