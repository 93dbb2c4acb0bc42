//! What a connection has to do later.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Actions by the time they are due; those due at the same time in the order they were added.
#[derive(Debug)]
pub(super) struct Timers<T> {
    queue: BinaryHeap<Reverse<Entry<T>>>,
    added: u64,
}

#[derive(Debug)]
struct Entry<T> {
    due: Instant,
    number: u64,
    action: T,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            queue: BinaryHeap::new(),
            added: 0,
        }
    }
}

impl<T> Timers<T> {
    pub(super) fn add(&mut self, due: Instant, action: T) {
        self.added += 1;
        self.queue.push(Reverse(Entry {
            due,
            number: self.added,
            action,
        }));
    }

    /// When the next action is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse(entry)| entry.due)
    }

    /// The next action, if it is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<T> {
        if self.next_due()? > now {
            return None;
        }
        self.queue.pop().map(|Reverse(entry)| entry.action)
    }
}

impl<T> Entry<T> {
    fn key(&self) -> (Instant, u64) {
        (self.due, self.number)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn actions_come_when_they_are_due_and_in_order() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut timers = Timers::default();
        for (due, action) in [(20, "c"), (10, "a"), (10, "b")] {
            timers.add(at(due), action);
        }
        assert_eq!(timers.take_due(at(9)), None);
        assert_eq!(timers.next_due(), Some(at(10)));
        assert_eq!(timers.take_due(at(10)), Some("a"));
        assert_eq!(timers.take_due(at(10)), Some("b"));
        assert_eq!(timers.take_due(at(19)), None);
        assert_eq!(timers.take_due(at(25)), Some("c"));
        assert_eq!(timers.next_due(), None);
    }
}
