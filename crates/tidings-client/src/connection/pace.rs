//! When a connection waits for events, and when it looks by the clock instead.
//!
//! Answers of a far-away server trickle in one by one. Waking for each costs far more than handling it, so a busy
//! connection takes its socket out of the event queue and looks every millisecond, as network drivers do under load.
//! An idle one waits for events, and a lone notification is sent and answered without any delay.

use std::time::{Duration, Instant};

/// How often a busy connection looks.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Requests in flight below which gathering is not worth a delay.
const BUSY: usize = 32;

/// Things done in one turn that are batch enough by themselves.
const LARGE_TURN: usize = 48;

/// Small turns in a row that call for gathering.
const SMALL_TURNS: u32 = 4;

/// Empty looks in a row after which the connection waits for events again.
const EMPTY_LOOKS: u32 = 3;

/// How the connection learns of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// By events of the socket and of the queue.
    Events,
    /// By looking once a [`TICK`].
    Ticks,
}

/// What a connection did in one turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// Requests written and answers read.
    pub(crate) done: usize,
    /// Requests in flight after it.
    pub(crate) in_flight: usize,
}

/// Chooses the [`Mode`] from turn to turn.
#[derive(Debug)]
pub(crate) struct Pace {
    mode: Mode,
    streak: u32,
    last_turn_at: Instant,
}

impl Pace {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            mode: Mode::Events,
            streak: 0,
            last_turn_at: now,
        }
    }

    /// Takes in what a turn did, and says how to wait for the next.
    pub(crate) fn after(&mut self, turn: Turn, now: Instant) -> Mode {
        let since_last = now.saturating_duration_since(self.last_turn_at);
        self.last_turn_at = now;
        let counts = match self.mode {
            Mode::Events => turn.in_flight >= BUSY && turn.done < LARGE_TURN && since_last < TICK,
            Mode::Ticks => turn.done == 0 || turn.in_flight == 0,
        };
        self.streak = if counts { self.streak + 1 } else { 0 };
        let (enough, other) = match self.mode {
            Mode::Events => (SMALL_TURNS, Mode::Ticks),
            Mode::Ticks => (EMPTY_LOOKS, Mode::Events),
        };
        if self.streak >= enough {
            self.mode = other;
            self.streak = 0;
        }
        self.mode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pace: &mut Pace, now: &mut Instant, turns: &[(u64, usize, usize)]) -> Mode {
        let mut mode = Mode::Events;
        for &(after_us, done, in_flight) in turns {
            *now += Duration::from_micros(after_us);
            mode = pace.after(Turn { done, in_flight }, *now);
        }
        mode
    }

    #[test]
    fn answers_that_trickle_in_are_gathered() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(run(&mut pace, &mut now, &[(50, 2, 1000); 3]), Mode::Events);
        assert_eq!(run(&mut pace, &mut now, &[(50, 2, 1000)]), Mode::Ticks);
        assert_eq!(run(&mut pace, &mut now, &[(1000, 20, 1000); 100]), Mode::Ticks);
    }

    #[test]
    fn bursts_are_batches_already_and_are_not_delayed() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(run(&mut pace, &mut now, &[(90, 190, 1000); 100]), Mode::Events);
    }

    #[test]
    fn a_lone_notification_is_never_delayed() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(
            run(&mut pace, &mut now, &[(10, 1, 1), (10, 1, 0)].repeat(100)),
            Mode::Events
        );
    }

    #[test]
    fn slow_traffic_waits_for_events() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(run(&mut pace, &mut now, &[(1500, 2, 100); 100]), Mode::Events);
    }

    #[test]
    fn when_the_load_ends_events_are_waited_for_again() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(run(&mut pace, &mut now, &[(50, 2, 1000); 4]), Mode::Ticks);
        assert_eq!(run(&mut pace, &mut now, &[(1000, 0, 900); 2]), Mode::Ticks);
        assert_eq!(run(&mut pace, &mut now, &[(1000, 0, 900)]), Mode::Events);
    }
}
