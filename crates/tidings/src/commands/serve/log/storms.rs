//! When a line of the log is one too many. Pure: time is an argument.
//!
//! Lines that are alike make a class. The first lines of a class are told whole; then only how many more there were, once
//! in each interval, until an interval was calm. Lines that differ are in different classes, so that a storm of one hides
//! nothing of another.

use std::collections::HashMap;
use std::time::Instant;

use crate::configuration::StormRules;

/// Classes that one place in the program can have; what goes beyond them is one class more. So lines that all differ, by
/// an identifier in their text, are a storm all the same.
const MOST_OF_PLACE: usize = 64;

/// Classes of all places together, for memory.
const MOST: usize = 4_096;

/// Which lines are alike: the place in the program, and a number for what its fields say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Alike<P> {
    pub(super) place: P,
    pub(super) says: u64,
}

/// Lines that were not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suppressed<T> {
    pub(super) count: u64,
    /// What one of them was like.
    pub(super) like: T,
}

/// All classes, by the places in the program.
#[derive(Debug)]
pub(super) struct Storms<P, T> {
    rules: StormRules,
    places: HashMap<P, HashMap<Option<u64>, Class<T>>>,
    known: usize,
}

#[derive(Debug)]
struct Class<T> {
    since: Instant,
    told: usize,
    suppressed: u64,
    like: Option<T>,
}

impl<P: std::hash::Hash + Eq, T> Storms<P, T> {
    pub(super) fn new(rules: StormRules) -> Self {
        Self {
            rules,
            places: HashMap::new(),
            known: 0,
        }
    }

    /// Whether a line is told. What it is like is only asked for when it is the first of its class that is not.
    pub(super) fn is_told(&mut self, alike: Alike<P>, like: impl FnOnce() -> T, now: Instant) -> bool {
        if self.rules.whole == 0 {
            return true;
        }
        let is_full = self.known >= MOST;
        let classes = self.places.entry(alike.place).or_default();
        let is_known = classes.contains_key(&Some(alike.says));
        let has_room = !is_full && classes.len() < MOST_OF_PLACE;
        let name = (is_known || has_room).then_some(alike.says);
        let before = classes.len();
        let class = classes.entry(name).or_insert(Class {
            since: now,
            told: 0,
            suppressed: 0,
            like: None,
        });
        let is_told = class.told < self.rules.whole;
        if is_told {
            class.told += 1;
        } else {
            class.suppressed += 1;
            class.like.get_or_insert_with(like);
        }
        self.known += classes.len() - before;
        is_told
    }

    /// What was not told in the intervals that are over. Call it now and then.
    pub(super) fn sweep(&mut self, now: Instant) -> Vec<Suppressed<T>> {
        let interval = self.rules.interval;
        self.sweep_those(
            |class| now.saturating_duration_since(class.since) >= interval,
            now,
        )
    }

    /// All that was not told yet: before the end.
    pub(super) fn finish(&mut self, now: Instant) -> Vec<Suppressed<T>> {
        self.sweep_those(|_| true, now)
    }

    fn sweep_those(&mut self, is_over: impl Fn(&Class<T>) -> bool, now: Instant) -> Vec<Suppressed<T>> {
        let mut told = Vec::new();
        let calm = self.rules.whole as u64;
        for classes in self.places.values_mut() {
            classes.retain(|_, class| {
                if !is_over(class) {
                    return true;
                }
                let count = std::mem::take(&mut class.suppressed);
                told.extend(class.like.take().map(|like| Suppressed { count, like }));
                class.since = now;
                // So few in a whole interval are no storm any more: the next ones are told whole again.
                count > calm
            });
        }
        self.places.retain(|_, classes| !classes.is_empty());
        self.known = self.places.values().map(HashMap::len).sum();
        told
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// Storms in which a line is a number, and its place another.
    struct Log {
        storms: Storms<u8, String>,
        now: Instant,
    }

    impl Log {
        fn new() -> Self {
            let rules = StormRules {
                whole: 3,
                interval: MINUTE,
            };
            Self {
                storms: Storms::new(rules),
                now: Instant::now(),
            }
        }

        /// How many of these lines are told.
        fn say(&mut self, place: u8, says: u64, times: usize) -> usize {
            let alike = Alike { place, says };
            let told = (0..times).filter(|_| {
                let like = || format!("{place}/{says}");
                self.storms.is_told(alike, like, self.now)
            });
            told.count()
        }

        fn after(&mut self, time: Duration) -> Vec<(u64, String)> {
            self.now += time;
            let swept = self.storms.sweep(self.now).into_iter();
            swept.map(|one| (one.count, one.like)).collect()
        }
    }

    #[test]
    fn the_first_lines_are_whole_and_the_others_are_counted() {
        let mut log = Log::new();
        assert_eq!(log.say(1, 1, 12_348), 3);
        assert_eq!(log.after(MINUTE / 2), []);
        assert_eq!(log.after(MINUTE / 2), [(12_345, "1/1".to_owned())]);
    }

    #[test]
    fn a_storm_that_goes_on_is_one_line_in_each_interval() {
        let mut log = Log::new();
        log.say(1, 1, 100);
        assert_eq!(log.after(MINUTE).len(), 1);
        for _ in 0..3 {
            assert_eq!(log.say(1, 1, 100), 0);
            assert_eq!(log.after(MINUTE), [(100, "1/1".to_owned())]);
        }
    }

    #[test]
    fn after_a_calm_interval_lines_are_whole_again() {
        let mut log = Log::new();
        log.say(1, 1, 100);
        assert_eq!(log.after(MINUTE).len(), 1);
        assert_eq!(log.after(MINUTE), []);
        assert_eq!(log.say(1, 1, 5), 3);
    }

    #[test]
    fn what_comes_now_and_then_is_always_whole() {
        let mut log = Log::new();
        for _ in 0..50 {
            assert_eq!(log.say(1, 1, 3), 3);
            assert_eq!(log.after(MINUTE), []);
        }
    }

    #[test]
    fn a_storm_hides_nothing_that_differs() {
        let mut log = Log::new();
        log.say(1, 1, 1_000_000);
        assert_eq!(log.say(1, 2, 1), 1);
        assert_eq!(log.say(2, 1, 1), 1);
    }

    #[test]
    fn lines_that_all_differ_are_a_storm_too_and_take_bounded_memory() {
        let mut log = Log::new();
        let told: usize = (0..100_000).map(|says| log.say(1, says, 1)).sum();
        assert_eq!(told, MOST_OF_PLACE + 3);
        let others: usize = (2..=255)
            .flat_map(|place| (0..100).map(move |says| (place, says)))
            .map(|(place, says)| log.say(place, says, 1))
            .sum();
        assert!(others > 0);
        assert!(log.storms.known <= MOST + 255, "{}", log.storms.known);
        let counted: u64 = log.after(MINUTE).iter().map(|(count, _)| count).sum();
        assert_eq!(counted + (told + others) as u64, 100_000 + 254 * 100);
    }

    #[test]
    fn nothing_is_lost_at_the_end() {
        let mut log = Log::new();
        log.say(1, 1, 10);
        let rest = log.storms.finish(log.now);
        assert_eq!(rest.iter().map(|one| one.count).sum::<u64>(), 7);
    }

    #[test]
    fn without_a_limit_everything_is_told() {
        let mut log = Log::new();
        log.storms.rules.whole = 0;
        assert_eq!(log.say(1, 1, 1000), 1000);
    }
}
