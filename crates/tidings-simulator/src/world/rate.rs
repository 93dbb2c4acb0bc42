//! Fixed-window rates: how often something happened lately, bounded in memory.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::behaviour::Rate;
use crate::clock::Timestamp;

/// Keys that are counted at a time; beyond it the windows that are over are dropped, and if that frees nothing, all.
const KEYS: usize = 100_000;

/// Windows by key.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    windows: HashMap<K, Window>,
}

#[derive(Debug)]
struct Window {
    began_at: Timestamp,
    count: u32,
}

impl<K> Default for Rates<K> {
    fn default() -> Self {
        Self {
            windows: HashMap::new(),
        }
    }
}

impl<K: Eq + Hash> Rates<K> {
    /// Whether one more now would exceed the rate.
    pub(crate) fn is_exhausted<Q>(&self, key: &Q, rate: Rate, now: Timestamp) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.windows
            .get(key)
            .is_some_and(|window| !window.is_over(rate, now) && window.count >= rate.count)
    }

    /// Counts one.
    pub(crate) fn count(&mut self, key: K, rate: Rate, now: Timestamp) {
        if self.windows.len() >= KEYS {
            self.make_room(rate, now);
        }
        let window = self.windows.entry(key).or_insert(Window {
            began_at: now,
            count: 0,
        });
        if window.is_over(rate, now) {
            *window = Window {
                began_at: now,
                count: 0,
            };
        }
        window.count = window.count.saturating_add(1);
    }

    fn make_room(&mut self, rate: Rate, now: Timestamp) {
        self.windows.retain(|_, window| !window.is_over(rate, now));
        if self.windows.len() >= KEYS {
            self.windows.clear();
        }
    }
}

impl Window {
    fn is_over(&self, rate: Rate, now: Timestamp) -> bool {
        now.since(self.began_at) >= Duration::from_secs(rate.per_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_exhausted_within_its_window_only() {
        let rate = Rate {
            count: 2,
            per_seconds: 10,
        };
        let at = Timestamp::from_seconds;
        let mut rates = Rates::<String>::default();
        for second in [0, 1] {
            assert!(!rates.is_exhausted("a", rate, at(second)));
            rates.count("a".to_owned(), rate, at(second));
        }
        assert!(rates.is_exhausted("a", rate, at(9)));
        assert!(!rates.is_exhausted("b", rate, at(9)));
        assert!(!rates.is_exhausted("a", rate, at(10)));
    }
}
