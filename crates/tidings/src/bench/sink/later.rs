//! What a far-away server would do later: answers and window credit, each at its own time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use tidings_http2::StreamId;

/// Something that is due at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// The answer on a stream.
    Answer(StreamId),
    /// So many bytes of window go back to the client.
    Credit(u32),
}

/// Things in the order in which they are due.
#[derive(Debug, Default)]
pub(crate) struct Later {
    due: BinaryHeap<Reverse<(Instant, Due)>>,
    seed: u64,
}

impl Later {
    pub(crate) fn add(&mut self, at: Instant, due: Due) {
        self.due.push(Reverse((at, due)));
    }

    /// The next thing, if its time has come.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Due> {
        let Reverse((at, _)) = self.due.peek()?;
        if *at > now {
            return None;
        }
        self.due.pop().map(|Reverse((_, due))| due)
    }

    /// A time between `rtt - jitter` and `rtt + jitter` from now, evenly distributed.
    pub(crate) fn answer_at(&mut self, now: Instant, rtt: Duration, jitter: Duration) -> Instant {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let part = (self.seed >> 40) as f64 / f64::from(1 << 24);
        now + rtt.saturating_sub(jitter) + (jitter * 2).mul_f64(part)
    }
}
