//! The entries that one end has told the other (RFC 7541, section 2.3.2).

use std::collections::VecDeque;
use std::fmt;

use super::entry::{Entry, OVERHEAD};

/// A bounded queue of fields, newest first.
///
/// All bytes lie in one buffer of at most twice the capacity. New entries go to its end; when that is
/// reached, the live bytes move to its start, which costs each byte about one move in its life.
pub(super) struct DynamicTable {
    bytes: Vec<u8>,
    /// Oldest first.
    spans: VecDeque<Span>,
    size: usize,
    capacity: usize,
}

/// Where in the buffer an entry lies.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    name_len: usize,
    end: usize,
}

impl Span {
    fn size(self) -> usize {
        self.end - self.start + OVERHEAD
    }
}

impl DynamicTable {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            bytes: Vec::new(),
            spans: VecDeque::new(),
            size: 0,
            capacity,
        }
    }

    /// How large the entries may be together.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// How large the entries are together.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Whether an entry of this size can be inserted without evicting another.
    pub(super) fn has_room(&self, size: usize) -> bool {
        self.size + size <= self.capacity
    }

    /// The entry at `index`, where 0 is the newest.
    #[inline]
    pub(super) fn entry(&self, index: usize) -> Option<Entry<'_>> {
        let position = self.spans.len().checked_sub(index)?.checked_sub(1)?;
        self.spans.get(position).map(|&span| self.at(span))
    }

    /// All entries with their indices, newest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = (usize, Entry<'_>)> {
        self.spans.iter().rev().map(|&span| self.at(span)).enumerate()
    }

    /// Inserts an entry and evicts what it displaces. One that is larger than the whole table empties it
    /// and is itself lost, which is no error.
    #[inline]
    pub(super) fn insert(&mut self, entry: Entry<'_>) {
        let joined = entry.joined();
        self.evict_until(self.capacity.saturating_sub(entry.size()));
        if self.has_room(entry.size()) {
            self.make_way(joined.len());
            let start = self.bytes.len();
            self.bytes.extend_from_slice(joined);
            self.spans.push_back(Span {
                start,
                name_len: entry.name_len(),
                end: self.bytes.len(),
            });
            self.size += entry.size();
        }
    }

    /// Changes the capacity and evicts what does not fit any more.
    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
        self.evict_until(capacity);
    }

    #[inline]
    fn at(&self, span: Span) -> Entry<'_> {
        Entry::new(&self.bytes[span.start..span.end], span.name_len)
    }

    /// Evicts the oldest entries until the others are no larger than `size`.
    #[inline]
    fn evict_until(&mut self, size: usize) {
        while self.size > size {
            let Some(oldest) = self.spans.pop_front() else {
                break;
            };
            self.size -= oldest.size();
        }
    }

    /// Moves the live bytes to the start if `length` more would make the buffer too long.
    #[inline]
    fn make_way(&mut self, length: usize) {
        if self.bytes.len() + length > 2 * self.capacity {
            self.compact();
        }
    }

    #[cold]
    fn compact(&mut self) {
        let dead = self.spans.front().map_or(self.bytes.len(), |oldest| oldest.start);
        self.bytes.drain(..dead);
        for span in &mut self.spans {
            span.start -= dead;
            span.end -= dead;
        }
    }
}

/// Sizes only: values may be secret.
impl fmt::Debug for DynamicTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = formatter.debug_struct("DynamicTable");
        table.field("entries", &self.spans.len());
        table
            .field("size", &self.size)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
