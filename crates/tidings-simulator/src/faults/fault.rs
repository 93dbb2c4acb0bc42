//! One fault in force.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::random::Random;
use crate::vocabulary::Environment;

use super::injected::{Ending, Injected};
use super::new_fault::FaultMoment;

/// A fault, and when it strikes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) id: String,
    pub(crate) effect: Effect,
    pub(crate) moment: FaultMoment,
    pub(crate) environment: Option<Environment>,
    pub(crate) bundle_id: Option<String>,
    pub(crate) probability: f64,
    /// How often it will strike yet; `None` without end.
    pub(crate) left: Option<u64>,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Status(StatusFault),
    Latency { base: Duration, jitter: Duration },
    Refuse,
    SlowWindow(Duration),
    MaxStreams { limit: u32, flapping: bool, low: bool },
    Ending(Ending),
}

/// An answer that the request did not deserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatusFault {
    pub(crate) status: u16,
    pub(crate) reason: Option<String>,
    /// The `retry-after` header.
    pub(crate) retry_after: Option<String>,
    /// The body in place of `{"reason":…}`.
    pub(crate) body: Option<String>,
    /// The body's timestamp.
    pub(crate) timestamp: TimestampForm,
}

/// Whether the body of an answer has a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampForm {
    /// With status 410 the present time.
    Usual,
    Missing,
    At(Timestamp),
}

/// How a connection is ended by GOAWAY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GoAway {
    pub(crate) last_stream: LastStream,
    pub(crate) code: u32,
    pub(crate) debug: Vec<u8>,
    /// It is sent twice.
    pub(crate) double: bool,
}

/// Which stream a GOAWAY says was the last to be processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastStream {
    Zero,
    /// The one before the request that was struck, which is not processed.
    Previous,
    /// The request that was struck; it is answered.
    Current,
}

impl Fault {
    pub(crate) fn concerns(
        &self,
        moment: FaultMoment,
        environment: Environment,
        bundle_id: Option<&str>,
    ) -> bool {
        self.moment == moment
            && self.environment.is_none_or(|only| only == environment)
            && self
                .bundle_id
                .as_deref()
                .is_none_or(|only| Some(only) == bundle_id)
    }

    /// Whether it strikes this time, which uses up one of its strikes.
    pub(crate) fn strikes(&mut self, random: &mut Random) -> bool {
        if self.left == Some(0) || !random.chance(self.probability) {
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }

    /// Adds what it does to what other faults do already; of two that exclude each other the older one wins.
    pub(crate) fn inject(&mut self, injected: &mut Injected, random: &mut Random) {
        match &mut self.effect {
            Effect::Status(status) => {
                injected.status.get_or_insert_with(|| status.clone());
            }
            Effect::Latency { base, jitter } => {
                let jitter = u64::try_from(jitter.as_millis()).unwrap_or(u64::MAX);
                injected.delay += *base + Duration::from_millis(random.up_to(jitter));
            }
            Effect::Refuse => injected.refuse = true,
            Effect::SlowWindow(delay) => {
                injected.credit_delay.get_or_insert(*delay);
            }
            Effect::MaxStreams { limit, flapping, low } => {
                injected.max_streams.get_or_insert(if *low { 1 } else { *limit });
                *low = *flapping && !*low;
            }
            Effect::Ending(ending) => {
                injected.ending.get_or_insert_with(|| ending.clone());
            }
        }
    }
}
