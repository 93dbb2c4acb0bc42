//! How many connections a pool should have: a decision over measurements, without I/O or clock.
//!
//! One connection carries about `min(window / bytes, streams) / round trip` notifications a second, and none of the
//! three is known before it is seen. So the governor climbs: while work waits and every connection is held back by the
//! peer's limits it adds connections, and takes them back when that moved nothing more, because then something else is
//! the bottleneck.

use std::time::Duration;

/// How many connections a pool may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSize {
    /// Connections that are kept open even when idle, once there was something to send. At least 1.
    pub min: usize,
    /// Connections that there may be at most.
    pub max: usize,
}

impl Default for PoolSize {
    /// From 1 to 16.
    fn default() -> Self {
        Self { min: 1, max: 16 }
    }
}

impl PoolSize {
    /// Always this many.
    pub fn fixed(connections: usize) -> Self {
        let connections = connections.max(1);
        Self {
            min: connections,
            max: connections,
        }
    }

    pub(crate) fn sane(self) -> Self {
        let min = self.min.max(1);
        Self {
            min,
            max: self.max.max(min),
        }
    }
}

/// What was measured since the last decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Live connections that take work.
    pub(crate) connections: usize,
    /// Of those, how many could not send although work was waiting, because of a stream limit or a window.
    pub(crate) stalled: usize,
    /// Requests that wait in the queue.
    pub(crate) queued: usize,
    /// Answers that came.
    pub(crate) answers: u64,
    /// Since the last sample.
    pub(crate) elapsed: Duration,
    /// A typical time from request to answer.
    pub(crate) round_trip: Duration,
}

/// The memory between decisions.
#[derive(Debug)]
pub(crate) struct Governor {
    size: PoolSize,
    target: usize,
    period: Period,
    /// The growth whose effect is being measured.
    trial: Option<Trial>,
    /// No growth before this much more time has gone by.
    rest: Duration,
}

/// The time over which the pool's throughput is measured. Answers come in bursts of a round trip, so shorter looks
/// would see nothing or twice the truth.
#[derive(Clone, Copy, Debug, Default)]
struct Period {
    elapsed: Duration,
    /// Of it, while every connection was held back and work was waiting.
    held_back: Duration,
    /// Of it, until new connections had filled their windows.
    settling: Duration,
    answers: u64,
}

/// A growth, to be compared with what was before.
#[derive(Clone, Copy, Debug)]
struct Trial {
    from: usize,
    rate_before: f64,
}

/// A growth must bring this part of the throughput that the added connections promise.
const WORTH: f64 = 0.3;

/// After a growth that brought nothing, the pool stays as it is for this long.
const REST: Duration = Duration::from_secs(10);

/// The shortest measurement.
const SHORTEST: Duration = Duration::from_millis(50);

/// Round trips until a new connection has filled its window and the answers come back.
const SETTLING_ROUND_TRIPS: u32 = 2;

/// Round trips over which throughput is measured.
const MEASURED_ROUND_TRIPS: u32 = 2;

impl Governor {
    pub(crate) fn new(size: PoolSize) -> Self {
        let size = size.sane();
        Self {
            size,
            target: size.min,
            period: Period::default(),
            trial: None,
            rest: Duration::ZERO,
        }
    }

    /// How many connections there should be.
    pub(crate) fn target(&self) -> usize {
        self.target
    }

    /// Takes a sample and decides anew.
    pub(crate) fn observe(&mut self, sample: Sample) -> usize {
        self.rest = self.rest.saturating_sub(sample.elapsed);
        if sample.connections < self.target {
            self.period = Period::default();
            return self.target;
        }
        if self.period.settling < sample.round_trip * SETTLING_ROUND_TRIPS {
            self.period.settling += sample.elapsed;
            return self.target;
        }
        self.period.add(sample);
        if self.period.elapsed >= (sample.round_trip * MEASURED_ROUND_TRIPS).max(SHORTEST) {
            self.decide();
        }
        self.target
    }

    /// The pool went back to its minimum, because there was nothing to do.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.size);
    }

    fn decide(&mut self) {
        let period = std::mem::take(&mut self.period);
        let rate = period.answers as f64 / period.elapsed.as_secs_f64();
        let held_back = period.held_back * 2 > period.elapsed;
        if let Some(trial) = self.trial.take() {
            let promised = trial.rate_before * (self.target as f64 / trial.from as f64 - 1.0);
            if held_back && rate - trial.rate_before < promised * WORTH {
                self.target = trial.from;
                self.rest = REST;
                return;
            }
        }
        if held_back && self.rest.is_zero() && self.target < self.size.max {
            self.trial = Some(Trial {
                from: self.target,
                rate_before: rate,
            });
            self.target = (self.target * 2).min(self.size.max);
        } else {
            // Nothing changes, so nothing has to settle either.
            self.period.settling = Duration::MAX;
        }
    }
}

impl Period {
    fn add(&mut self, sample: Sample) {
        self.elapsed += sample.elapsed;
        self.answers += sample.answers;
        if sample.queued > 0 && sample.stalled >= sample.connections {
            self.held_back += sample.elapsed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(25);
    const STEPS_A_SECOND: u32 = 40;
    const ROUND_TRIP: Duration = Duration::from_millis(50);

    /// Runs a pool for some time against a server that gives `answers(connections)` in each step, while more work waits
    /// than it can do.
    fn settle(governor: &mut Governor, seconds: u32, answers: impl Fn(usize) -> u64) -> usize {
        for _ in 0..seconds * STEPS_A_SECOND {
            let connections = governor.target();
            governor.observe(Sample {
                connections,
                stalled: connections,
                queued: 1000,
                answers: answers(connections),
                elapsed: STEP,
                round_trip: ROUND_TRIP,
            });
        }
        governor.target()
    }

    #[test]
    fn a_far_away_server_gets_as_many_connections_as_help() {
        let mut governor = Governor::new(PoolSize { min: 1, max: 16 });
        assert_eq!(
            settle(&mut governor, 2, |connections| connections as u64 * 160),
            16
        );
    }

    #[test]
    fn connections_that_bring_nothing_are_taken_back() {
        let mut governor = Governor::new(PoolSize { min: 1, max: 16 });
        assert_eq!(settle(&mut governor, 5, |_| 7_500), 1);
    }

    #[test]
    fn growth_stops_where_something_else_becomes_the_bottleneck() {
        let mut governor = Governor::new(PoolSize { min: 1, max: 64 });
        assert_eq!(
            settle(&mut governor, 5, |connections| connections.min(8) as u64 * 160),
            8
        );
    }

    #[test]
    fn without_waiting_work_there_is_no_growth() {
        let mut governor = Governor::new(PoolSize { min: 2, max: 16 });
        for _ in 0..1000 {
            governor.observe(Sample {
                connections: 2,
                stalled: 0,
                queued: 0,
                answers: 100,
                elapsed: STEP,
                round_trip: ROUND_TRIP,
            });
        }
        assert_eq!(governor.target(), 2);
    }

    #[test]
    fn an_idle_pool_goes_back_to_its_minimum() {
        let mut governor = Governor::new(PoolSize { min: 1, max: 16 });
        settle(&mut governor, 2, |connections| connections as u64 * 160);
        governor.reset();
        assert_eq!(governor.target(), 1);
    }

    #[test]
    fn a_pool_size_is_at_least_one_connection() {
        assert_eq!(PoolSize { min: 0, max: 0 }.sane(), PoolSize { min: 1, max: 1 });
        assert_eq!(PoolSize::fixed(0), PoolSize { min: 1, max: 1 });
    }
}
