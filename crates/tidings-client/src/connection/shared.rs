//! What a connection and its pool know of each other.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::watch::{ConnectionId, ConnectionSnapshot, ConnectionState, Purpose};

/// Stands for a number of streams that the peer has not limited.
const UNLIMITED: u32 = u32::MAX;

/// One connection, seen from its pool.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Wakes the connection: there is work, or it is to retire.
    pub(crate) waker: Arc<Notify>,
    pub(crate) id: ConnectionId,
    begun_at: Instant,
    remote: OnceLock<SocketAddr>,
    phase: AtomicU8,
    retire: AtomicBool,
    stalled: AtomicBool,
    answers: AtomicU64,
    /// Answers that the pool has heard of.
    answers_taken: AtomicU64,
    round_trip_us: AtomicU32,
    in_flight: AtomicU32,
    streams_allowed: AtomicU32,
    send_window: AtomicI64,
    /// One more than the microseconds; 0 before the first.
    ping_us: AtomicU32,
}

/// What a turn did, and how it left the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Published {
    pub(crate) answers: usize,
    pub(crate) in_flight: usize,
    pub(crate) stalled: bool,
    pub(crate) round_trip: Option<Duration>,
    pub(crate) streams_allowed: Option<u32>,
    pub(crate) send_window: i64,
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
            id: ConnectionId::next(),
            begun_at: Instant::now(),
            remote: OnceLock::new(),
            phase: AtomicU8::new(Phase::Connecting as u8),
            retire: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            answers: AtomicU64::new(0),
            answers_taken: AtomicU64::new(0),
            round_trip_us: AtomicU32::new(0),
            in_flight: AtomicU32::new(0),
            streams_allowed: AtomicU32::new(UNLIMITED),
            send_window: AtomicI64::new(0),
            ping_us: AtomicU32::new(0),
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

    /// The address at the other end is known.
    pub(crate) fn reached(&self, remote: SocketAddr) {
        // There is one connection only, and one address.
        let _known = self.remote.set(remote);
    }

    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.remote.get().copied()
    }

    /// Publishes what a turn did. Only the connection's own task does so, which spares it locked instructions.
    pub(crate) fn publish(&self, turn: Published) {
        if turn.answers > 0 {
            let answers = self.answers.load(Ordering::Relaxed) + turn.answers as u64;
            self.answers.store(answers, Ordering::Relaxed);
        }
        let in_flight = u32::try_from(turn.in_flight).unwrap_or(u32::MAX);
        self.in_flight.store(in_flight, Ordering::Relaxed);
        self.stalled.store(turn.stalled, Ordering::Relaxed);
        let allowed = turn.streams_allowed.unwrap_or(UNLIMITED);
        self.streams_allowed.store(allowed, Ordering::Relaxed);
        self.send_window.store(turn.send_window, Ordering::Relaxed);
        if let Some(round_trip) = turn.round_trip {
            self.blend_round_trip(round_trip);
        }
    }

    /// A ping was answered.
    pub(crate) fn ping_answered(&self, after: Duration) {
        let micros = u32::try_from(after.as_micros()).unwrap_or(u32::MAX);
        self.ping_us.store(micros.saturating_add(1), Ordering::Relaxed);
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
        let answers = self.answers.load(Ordering::Relaxed);
        answers - self.answers_taken.swap(answers, Ordering::Relaxed)
    }

    pub(crate) fn round_trip(&self) -> Duration {
        Duration::from_micros(u64::from(self.round_trip_us.load(Ordering::Relaxed)))
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed) as usize
    }

    /// Answers since the beginning.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// Everything that is known, for whoever looks.
    pub(crate) fn snapshot(&self, purpose: Purpose, now: Instant) -> ConnectionSnapshot {
        let allowed = self.streams_allowed.load(Ordering::Relaxed);
        let ping = self.ping_us.load(Ordering::Relaxed).checked_sub(1);
        ConnectionSnapshot {
            id: self.id,
            purpose,
            state: self.phase().into(),
            age: now.saturating_duration_since(self.begun_at),
            remote: self.remote(),
            streams: self.in_flight.load(Ordering::Relaxed),
            streams_allowed: (allowed != UNLIMITED).then_some(allowed),
            send_window: self.send_window.load(Ordering::Relaxed),
            answer_time: Some(self.round_trip()).filter(|_| self.answers() > 0),
            ping_time: ping.map(|micros| Duration::from_micros(u64::from(micros))),
            answers: self.answers(),
        }
    }
}

impl From<Phase> for ConnectionState {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Connecting => Self::Connecting,
            Phase::Open | Phase::Proven => Self::Ready,
            Phase::Retiring => Self::Draining,
            Phase::Ended => Self::Closed,
        }
    }
}
