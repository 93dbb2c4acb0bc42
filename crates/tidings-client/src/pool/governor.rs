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
    /// A growth whose effect is not known yet.
    trial: Option<Trial>,
    /// No growth before this much more time has gone by.
    rest: Duration,
}

/// A growth under observation.
#[derive(Clone, Copy, Debug)]
struct Trial {
    from: usize,
    rate_before: f64,
    /// Time since every connection of the trial was up.
    watched: Duration,
    answers: u64,
}

/// A growth must bring this much more throughput, as a part of what the added connections promise.
const WORTH: f64 = 0.3;

/// After a growth that brought nothing, the pool stays as it is for this long.
const REST: Duration = Duration::from_secs(10);

impl Governor {
    pub(crate) fn new(size: PoolSize) -> Self {
        let size = size.sane();
        Self {
            size,
            target: size.min,
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
        if let Some(trial) = self.trial {
            self.watch(trial, sample);
        } else if self.should_grow(sample) {
            self.grow(sample);
        }
        self.target
    }

    /// The pool went back to its minimum, because there was nothing to do.
    pub(crate) fn reset(&mut self) {
        self.target = self.size.min;
        self.trial = None;
    }

    fn should_grow(&self, sample: Sample) -> bool {
        let all_held_back = sample.connections > 0 && sample.stalled >= sample.connections;
        self.target < self.size.max
            && self.rest.is_zero()
            && sample.connections >= self.target
            && sample.queued > 0
            && all_held_back
    }

    fn grow(&mut self, sample: Sample) {
        let rate_before = rate(sample.answers, sample.elapsed);
        self.trial = Some(Trial {
            from: self.target,
            rate_before,
            watched: Duration::ZERO,
            answers: 0,
        });
        self.target = (self.target * 2).min(self.size.max);
    }

    /// Waits until the new connections have shown what they can do: two round trips under load.
    fn watch(&mut self, mut trial: Trial, sample: Sample) {
        if sample.connections < self.target {
            return;
        }
        trial.watched += sample.elapsed;
        trial.answers += sample.answers;
        let settled = trial.watched >= sample.round_trip * 3 && trial.watched >= sample.elapsed * 2;
        if !settled {
            self.trial = Some(trial);
            return;
        }
        self.trial = None;
        let promised = trial.rate_before * (self.target as f64 / trial.from as f64 - 1.0);
        let gained = rate(trial.answers, trial.watched) - trial.rate_before;
        let still_busy = sample.queued > 0;
        if still_busy && gained < promised * WORTH {
            self.target = trial.from;
            self.rest = REST;
        }
    }
}

fn rate(answers: u64, elapsed: Duration) -> f64 {
    answers as f64 / elapsed.as_secs_f64().max(1e-6)
}
