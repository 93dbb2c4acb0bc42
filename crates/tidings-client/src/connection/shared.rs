//! What a connection and its pool know of each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// One connection, seen from its pool.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Wakes the connection: there is work, or it is to retire.
    pub(crate) waker: Arc<Notify>,
    phase: AtomicU8,
    retire: AtomicBool,
    stalled: AtomicBool,
    answers: AtomicU64,
    round_trip_us: AtomicU32,
    in_flight: AtomicU32,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    /// TCP, TLS and SETTINGS are under way.
    Connecting,
    /// SETTINGS have arrived; no answer yet.
    Open,
    /// It has answered, so the stream limit is the real one.
    Proven,
    /// It takes no more work and ends with its last answer.
    Retiring,
    /// It is no more.
    Ended,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            waker: Arc::new(Notify::new()),
            phase: AtomicU8::new(Phase::Connecting as u8),
            retire: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            answers: AtomicU64::new(0),
            round_trip_us: AtomicU32::new(0),
            in_flight: AtomicU32::new(0),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Connecting,
            1 => Phase::Open,
            2 => Phase::Proven,
            3 => Phase::Retiring,
            _ => Phase::Ended,
        }
    }

    /// Enters a later phase; there is no way back.
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
    }

    /// Asks the connection to end with its last answer.
    pub(crate) fn retire(&self) {
        self.retire.store(true, Ordering::Release);
        self.waker.notify_one();
    }

    pub(crate) fn is_to_retire(&self) -> bool {
        self.retire.load(Ordering::Acquire)
    }

    /// Publishes what a turn did.
    pub(crate) fn publish(
        &self,
        answers: usize,
        in_flight: usize,
        stalled: bool,
        round_trip: Option<Duration>,
    ) {
        if answers > 0 {
            self.answers.fetch_add(answers as u64, Ordering::Relaxed);
        }
        self.in_flight
            .store(u32::try_from(in_flight).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.stalled.store(stalled, Ordering::Relaxed);
        if let Some(round_trip) = round_trip {
            self.blend_round_trip(round_trip);
        }
    }

    /// A moving average over eight turns.
    fn blend_round_trip(&self, round_trip: Duration) {
        let newest = u32::try_from(round_trip.as_micros()).unwrap_or(u32::MAX / 8);
        let before = self.round_trip_us.load(Ordering::Relaxed);
        let blended = if before == 0 {
            newest
        } else {
            before - before / 8 + newest / 8
        };
        self.round_trip_us.store(blended, Ordering::Relaxed);
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// Answers since the last call.
    pub(crate) fn take_answers(&self) -> u64 {
        self.answers.swap(0, Ordering::Relaxed)
    }

    pub(crate) fn round_trip(&self) -> Duration {
        Duration::from_micros(u64::from(self.round_trip_us.load(Ordering::Relaxed)))
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed) as usize
    }
}
