//! Sending less to a service that is not well (Google, *Site Reliability Engineering*, "Handling Overload").
//!
//! A request is held back with probability `max(0, (requests - K * accepts) / (requests + 1))` over the last two minutes:
//! nothing while APNs takes half of what is sent, and nearly everything when it takes nothing. What is held back counts as
//! a request too, so the longer a storm lasts the fewer get through. Recovery is a ramp by construction: each accepted
//! probe lets `K` more through.

use std::collections::VecDeque;
use std::time::Duration;

/// How much more is sent than is accepted, at most.
const K: f64 = 2.0;

/// What is remembered.
const WINDOW: Duration = Duration::from_mins(2);

/// The window is counted in pieces of this length.
const PIECE: Duration = Duration::from_secs(2);

/// The longest time without a probe while something is waiting.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// Counts what one lane asked for and what it got.
#[derive(Clone, Debug, Default)]
pub struct Throttle {
    pieces: VecDeque<Piece>,
    last_probe: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    number: u64,
    requests: u64,
    accepts: u64,
}

impl Throttle {
    /// A throttle that holds nothing back.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether something may be sent now. `chance` is a random number from 0 to 1; `now` never goes back.
    pub fn admits(&mut self, now: Duration, chance: f64) -> bool {
        self.forget(now);
        let held_back = self.held_back();
        if held_back <= 0.0 || chance >= held_back {
            return true;
        }
        if self.last_probe.is_none_or(|last| now.saturating_sub(last) >= PROBE_EVERY) {
            self.last_probe = Some(now);
            return true;
        }
        self.piece(now).requests += 1;
        false
    }

    /// Counts requests that were answered: by whatever answer that is not a failure of APNs (a rejection is an answer),
    /// or by such a failure.
    pub fn record(&mut self, now: Duration, answered: u64, failed: u64) {
        self.forget(now);
        let piece = self.piece(now);
        piece.requests += answered + failed;
        piece.accepts += answered;
    }

    /// The share of requests that is held back.
    pub fn share_held_back(&mut self, now: Duration) -> f64 {
        self.forget(now);
        self.held_back()
    }

    fn held_back(&self) -> f64 {
        let (requests, accepts) = self
            .pieces
            .iter()
            .fold((0, 0), |(requests, accepts), piece| {
                (requests + piece.requests, accepts + piece.accepts)
            });
        let (requests, accepts) = (requests as f64, accepts as f64);
        ((requests - K * accepts) / (requests + 1.0)).max(0.0)
    }

    fn forget(&mut self, now: Duration) {
        let oldest = number(now.saturating_sub(WINDOW));
        while self.pieces.front().is_some_and(|piece| piece.number < oldest) {
            self.pieces.pop_front();
        }
    }

    fn piece(&mut self, now: Duration) -> &mut Piece {
        let number = number(now);
        if self.pieces.back().is_none_or(|last| last.number < number) {
            self.pieces.push_back(Piece {
                number,
                ..Piece::default()
            });
        }
        let last = self.pieces.len() - 1;
        &mut self.pieces[last]
    }
}

fn number(at: Duration) -> u64 {
    at.as_secs() / PIECE.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Numbers that look random enough and are the same every time.
    fn chances() -> impl FnMut() -> f64 {
        let mut seed = 7_u64;
        move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// Asks a hundred times a second for so long, and says how often it was let through.
    fn run(throttle: &mut Throttle, from: u64, seconds: u64, well: bool) -> u64 {
        let mut chance = chances();
        let mut sent = 0;
        for step in 0..seconds * 100 {
            let now = Duration::from_millis(from * 1000 + step * 10);
            if throttle.admits(now, chance()) {
                sent += 1;
                throttle.record(now, u64::from(well), u64::from(!well));
            }
        }
        sent
    }

    #[test]
    fn a_healthy_lane_is_never_held_back() {
        let mut throttle = Throttle::new();
        assert_eq!(run(&mut throttle, 0, 300, true), 30_000);
    }

    #[test]
    fn half_of_the_requests_may_fail_before_anything_is_held_back() {
        let mut throttle = Throttle::new();
        throttle.record(SECOND, 500, 500);
        assert!(throttle.share_held_back(SECOND) <= 0.0);
        throttle.record(SECOND, 0, 500);
        assert!(throttle.share_held_back(SECOND) > 0.3);
    }

    #[test]
    fn in_a_storm_little_is_sent_and_never_nothing() {
        let mut throttle = Throttle::new();
        run(&mut throttle, 0, 120, true);
        run(&mut throttle, 120, 240, false);
        let sent = run(&mut throttle, 360, 60, false);
        assert!((59..600).contains(&sent), "{sent} of 6000 were sent");
    }

    #[test]
    fn after_a_storm_everything_is_sent_again_within_the_window() {
        let mut throttle = Throttle::new();
        run(&mut throttle, 0, 600, false);
        run(&mut throttle, 600, 150, true);
        assert_eq!(run(&mut throttle, 750, 10, true), 1000);
    }

    #[test]
    fn memory_is_bounded_by_the_window() {
        let mut throttle = Throttle::new();
        run(&mut throttle, 0, 1000, false);
        assert!(throttle.pieces.len() <= 61);
    }

    #[test]
    fn after_two_quiet_minutes_all_is_forgotten() {
        let mut throttle = Throttle::new();
        throttle.record(SECOND, 0, 1_000_000);
        assert!(throttle.share_held_back(SECOND * 130) <= 0.0);
    }
}
