//! Requests that were written and wait for their answers, by the tag of their stream.

use std::time::{Duration, Instant};

use tidings_http2::StreamId;

use crate::exchange::RawAnswer;
use crate::job::Job;

/// One request on its stream.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) job: Job,
    pub(crate) stream: StreamId,
    pub(crate) sent_at: Instant,
    pub(crate) deadline: Instant,
    /// Where its first byte lies in all that this connection writes.
    pub(crate) written_at: u64,
    /// The answer, while its body is still coming.
    pub(crate) answer: Option<Box<RawAnswer>>,
}

impl InFlight {
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.sent_at)
    }
}

/// All requests in flight on one connection. A tag is a slot, used again once it is free.
#[derive(Debug, Default)]
pub(crate) struct InFlights {
    slots: Vec<Option<InFlight>>,
    free: Vec<usize>,
}

impl InFlights {
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tag that the next [`Self::insert`] uses.
    pub(crate) fn next_tag(&self) -> u64 {
        self.free.last().copied().unwrap_or(self.slots.len()) as u64
    }

    pub(crate) fn insert(&mut self, entry: InFlight) {
        match self.free.pop() {
            Some(slot) => self.slots[slot] = Some(entry),
            None => self.slots.push(Some(entry)),
        }
    }

    pub(crate) fn get_mut(&mut self, tag: u64) -> Option<&mut InFlight> {
        self.slots.get_mut(slot(tag))?.as_mut()
    }

    pub(crate) fn remove(&mut self, tag: u64) -> Option<InFlight> {
        let slot = slot(tag);
        let entry = self.slots.get_mut(slot)?.take()?;
        self.free.push(slot);
        Some(entry)
    }

    /// Removes the entries that `pick` chooses, in the order of their streams.
    pub(crate) fn extract(&mut self, mut pick: impl FnMut(&InFlight) -> bool) -> Vec<InFlight> {
        let mut picked = Vec::new();
        for (slot, entry) in self.slots.iter_mut().enumerate() {
            if let Some(entry) = entry.take_if(|entry| pick(entry)) {
                picked.push(entry);
                self.free.push(slot);
            }
        }
        picked.sort_unstable_by_key(|entry| entry.stream);
        picked
    }
}

fn slot(tag: u64) -> usize {
    usize::try_from(tag).unwrap_or(usize::MAX)
}
