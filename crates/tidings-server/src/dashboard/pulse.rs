//! The last hour in a few numbers, taken every ten seconds whoever looks: requests to APNs, and how much waits. Pages show
//! what was measured last, so that nothing is counted row by row for a page.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tidings_apns::Timestamp;
use tidings_store::QueueDepth;

use crate::server::Shared;

/// How often it is measured.
pub(crate) const EVERY: Duration = Duration::from_secs(10);

/// How many measures are kept: an hour.
pub(crate) const KEPT: usize = 360;

/// What was measured in the last hour.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    beats: Mutex<VecDeque<Beat>>,
}

/// What was measured at an instant. Requests are counted since the start of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beat {
    /// Monotonic.
    pub(crate) at: Duration,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) depth: QueueDepth,
    pub(crate) taken_at: Option<Timestamp>,
}

impl Pulse {
    /// All measures, the oldest first.
    pub(crate) fn beats(&self) -> Vec<Beat> {
        let beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        beats.iter().copied().collect()
    }

    fn keep(&self, beat: Beat) {
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        while beats.len() >= KEPT {
            beats.pop_front();
        }
        beats.push_back(beat);
    }
}

/// Measures for ever.
pub(crate) async fn beat_for_ever(server: Shared) {
    loop {
        if let Ok(beat) = measure(&server).await {
            server.dashboard.pulse.keep(beat);
        }
        server.clock.sleep(EVERY).await;
    }
}

/// Measures now.
pub(crate) async fn measure(server: &Shared) -> Result<Beat, tidings_store::StoreError> {
    let now = server.clock.now();
    let depth = server.store.queue_depth(now).await?;
    let (mut accepted, mut refused) = (0, 0);
    for attempt in &server.engine.counters().attempts {
        match attempt.answer.status {
            200 => accepted += attempt.count,
            0 => {}
            _ => refused += attempt.count,
        }
    }
    Ok(Beat {
        at: server.clock.monotonic(),
        accepted,
        refused,
        depth,
        taken_at: Some(now),
    })
}
