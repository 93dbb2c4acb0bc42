//! Names of devices that are not in their tables yet.
//!
//! What devices are found by is a hash, so that each new one would touch pages all over the tables: with millions of devices,
//! several pages written for every registration. So names are collected here, and go into the tables in the order of their
//! keys, many to a page. Which devices have names here, a log in the database says: it is read again at the next start.
//!
//! A name here may be of a device that was never committed, or that has another name by now: whoever finds a device compares.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::ids::DeviceId;

/// How many names of a sort are usually collected. With ten million devices that are some to each page of a table; and all are
/// collected again within a second or two when a store is opened.
pub(crate) const MOST: usize = 400_000;

/// How many names are brought into the tables with a commit at least, when there are too many.
const SOME: usize = 256;

/// For a reader that reads nothing.
const NOTHING: u64 = u64::MAX;

/// What a device is found by, and the device.
pub(crate) type Name = (i64, i64);

/// How many sorts of names there are.
pub(crate) const SORTS: usize = 3;

/// Names that are not in the tables yet, for all to look up.
pub(crate) struct RecentNames {
    sets: RwLock<[BTreeMap<Name, Stage>; SORTS]>,
    /// How many of a sort are collected.
    most: usize,
    /// Counts commits.
    commits: AtomicU64,
    /// For each reader, how many commits there were when it began to read.
    readers: Vec<AtomicU64>,
}

/// Where a name is besides here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nowhere.
    Here,
    /// In the table, for whoever began to read after this commit.
    InTable(NonZeroU64),
}

impl RecentNames {
    /// None yet, and so many at most; for so many readers.
    pub(crate) fn new(most: usize, readers: usize) -> Self {
        Self {
            sets: RwLock::default(),
            most,
            commits: AtomicU64::new(1),
            readers: (0..readers).map(|_| AtomicU64::new(NOTHING)).collect(),
        }
    }

    /// Adds to these the devices that may have a name.
    pub(crate) fn find(&self, sort: usize, key: i64, found: &mut Vec<DeviceId>) {
        let sets = self.sets.read().unwrap_or_else(PoisonError::into_inner);
        let named = sets[sort].range((key, i64::MIN)..=(key, i64::MAX));
        let before = found.len();
        found.extend(named.map(|((_, device), _)| DeviceId(*device)));
        if found.len() > before {
            found.sort_unstable();
            found.dedup();
        }
    }

    pub(crate) fn insert(&self, sort: usize, name: Name) {
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        sets[sort].insert(name, Stage::Here);
    }

    /// Adds many to none.
    pub(crate) fn fill(&self, sort: usize, names: Vec<Name>) {
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        sets[sort] = names.into_iter().map(|name| (name, Stage::Here)).collect();
    }

    /// A reader begins: what it will see, is what was committed by now, or later.
    pub(crate) fn enter(&self, reader: usize) {
        let commits = self.commits.load(Ordering::SeqCst);
        self.readers[reader].store(commits, Ordering::SeqCst);
    }

    /// A reader has ended.
    pub(crate) fn leave(&self, reader: usize) {
        self.readers[reader].store(NOTHING, Ordering::SeqCst);
    }

    /// The commits that all who read have seen.
    fn seen_by_all(&self) -> u64 {
        let began = self.readers.iter().map(|reader| reader.load(Ordering::SeqCst));
        began.min().unwrap_or(NOTHING)
    }
}

/// Names that go into the tables with a commit: all that are collected of a range of keys, of all sorts.
pub(crate) struct Step<'a> {
    /// The keys begin after this one, or with the first.
    pub(crate) after: Option<i64>,
    /// The last of the keys.
    pub(crate) upto: i64,
    /// Those of the range that are in no table, in the order of their keys.
    pub(crate) names: &'a [(usize, Name)],
}

/// The writer's side: which names go into the tables next, and which are there.
#[derive(Default)]
pub(crate) struct NameFlow {
    /// The names up to this key have gone into the tables in this round.
    cursor: Option<i64>,
    /// The last entry of the log when the round began.
    round_began_at: i64,
    /// Entries of the log up to this are of no use any more.
    pub(crate) logged_upto: i64,
    /// How many names were added since the last commit.
    pub(crate) added: usize,
    /// What this commit brings into the tables.
    moving: Vec<(usize, Name)>,
    /// What is in the tables and still here, with the commit.
    moved: Vec<(NonZeroU64, usize, Name)>,
    /// Names that this commit takes away, and those that the operation does.
    removed: BTreeSet<(usize, Name)>,
    removed_now: Vec<(usize, Name)>,
    before_commit: (Option<i64>, i64, i64),
}

impl NameFlow {
    pub(crate) fn added(&mut self, sort: usize, name: Name) {
        self.added += 1;
        self.removed.remove(&(sort, name));
        self.removed_now.retain(|removed| *removed != (sort, name));
    }

    pub(crate) fn removed(&mut self, sort: usize, name: Name) {
        self.removed_now.push((sort, name));
    }

    /// The operation did what it was asked to, and stays.
    pub(crate) fn operation_stays(&mut self) {
        self.removed.extend(self.removed_now.drain(..));
    }

    /// The operation was undone.
    pub(crate) fn operation_is_undone(&mut self) {
        self.removed_now.clear();
    }

    /// What is to be brought into the tables with this commit. `newest` is the last entry of the log.
    pub(crate) fn next(&mut self, names: &RecentNames, newest: i64) -> Option<Step<'_>> {
        self.before_commit = (self.cursor, self.round_began_at, self.logged_upto);
        let sets = names.sets.read().unwrap_or_else(PoisonError::into_inner);
        let fullest = sets
            .iter()
            .max_by_key(|set| set.len())
            .filter(|set| set.len() > names.most)?;
        let after = self.cursor;
        if after.is_none() {
            self.round_began_at = newest;
        }
        let start = after.map_or(Bound::Unbounded, |key| Bound::Excluded((key, i64::MAX)));
        let some = SOME.max(2 * self.added);
        let end = fullest
            .range((start, Bound::Unbounded))
            .nth(some)
            .map(|(name, _)| name.0);
        let upto = end.unwrap_or(i64::MAX);
        for (sort, set) in sets.iter().enumerate() {
            let waiting = set
                .range((start, Bound::Included((upto, i64::MAX))))
                .filter(|(_, stage)| **stage == Stage::Here);
            self.moving.extend(waiting.map(|(name, _)| (sort, *name)));
        }
        self.cursor = end;
        if end.is_none() {
            self.logged_upto = self.round_began_at;
        }
        Some(Step {
            after,
            upto,
            names: &self.moving,
        })
    }

    /// What was to be written, is; what everybody can see in the tables by now, is not kept here any more.
    pub(crate) fn committed(&mut self, names: &RecentNames) {
        let commit = NonZeroU64::MIN.saturating_add(names.commits.fetch_add(1, Ordering::SeqCst));
        let has_nothing_to_do = self.moving.is_empty() && self.moved.is_empty() && self.removed.is_empty();
        self.added = 0;
        if has_nothing_to_do {
            return;
        }
        let mut sets = names.sets.write().unwrap_or_else(PoisonError::into_inner);
        for (sort, name) in std::mem::take(&mut self.removed) {
            sets[sort].remove(&name);
        }
        for (sort, name) in self.moving.drain(..) {
            if let Some(stage) = sets[sort].get_mut(&name) {
                *stage = Stage::InTable(commit);
                self.moved.push((commit, sort, name));
            }
        }
        let seen = names.seen_by_all();
        self.moved.retain(|(commit, sort, name)| {
            let is_needed = commit.get() > seen;
            if !is_needed && sets[*sort].get(name) == Some(&Stage::InTable(*commit)) {
                sets[*sort].remove(name);
            }
            is_needed
        });
    }

    /// Nothing was written.
    pub(crate) fn abandoned(&mut self) {
        (self.cursor, self.round_began_at, self.logged_upto) = self.before_commit;
        self.moving.clear();
        self.removed.clear();
        self.removed_now.clear();
        self.added = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &RecentNames, key: i64) -> Vec<i64> {
        let mut found = Vec::new();
        names.find(0, key, &mut found);
        found.into_iter().map(|device| device.0).collect()
    }

    fn moving(flow: &mut NameFlow, names: &RecentNames) -> Vec<(usize, Name)> {
        flow.next(names, 7)
            .map(|step| step.names.to_vec())
            .unwrap_or_default()
    }

    fn full() -> (RecentNames, NameFlow) {
        let (names, mut flow) = (RecentNames::new(1000, 1), NameFlow::default());
        for key in 0..=1000_i64 {
            names.insert(0, (key, key + 1));
            flow.added(0, (key, key + 1));
        }
        (names, flow)
    }

    #[test]
    fn few_names_stay_here() {
        let (names, mut flow) = (RecentNames::new(1000, 1), NameFlow::default());
        names.insert(0, (5, 1));
        names.insert(0, (5, 2));
        flow.added(0, (5, 1));
        assert!(flow.next(&names, 9).is_none());
        flow.committed(&names);
        assert_eq!(found(&names, 5), [1, 2]);
        assert_eq!(found(&names, 6), [] as [i64; 0]);
    }

    #[test]
    fn a_name_stays_until_everybody_sees_it_in_the_table() {
        let (names, mut flow) = full();
        names.enter(0);
        let moving = moving(&mut flow, &names);
        assert!(!moving.is_empty());
        flow.committed(&names);
        assert_eq!(
            found(&names, 0),
            [1],
            "the reader does not see the table as it is now"
        );
        names.leave(0);
        flow.next(&names, 7);
        flow.committed(&names);
        assert_eq!(found(&names, 0), [] as [i64; 0]);
    }

    #[test]
    fn a_round_ends_with_all_that_was_there_when_it_began() {
        let (names, mut flow) = full();
        let mut moved = 0;
        for _ in 0..10_000 {
            moved += moving(&mut flow, &names).len();
            flow.committed(&names);
            if flow.logged_upto == 7 {
                break;
            }
            // So that there are too many until the end.
            names.insert(0, (i64::MAX - 1, i64::try_from(moved).unwrap()));
            names.insert(1, (i64::MAX, 1));
        }
        assert!(moved >= SOME);
    }

    #[test]
    fn what_was_not_committed_is_moved_again() {
        let (names, mut flow) = full();
        let first = moving(&mut flow, &names);
        flow.abandoned();
        flow.added = 1000;
        assert!(moving(&mut flow, &names).starts_with(&first));
    }

    #[test]
    fn a_name_that_is_taken_away_and_given_again_stays() {
        let (names, mut flow) = (RecentNames::new(1000, 0), NameFlow::default());
        names.insert(0, (5, 1));
        flow.removed(0, (5, 1));
        flow.operation_is_undone();
        flow.committed(&names);
        assert_eq!(found(&names, 5), [1]);
        flow.removed(0, (5, 1));
        flow.operation_stays();
        flow.committed(&names);
        assert_eq!(found(&names, 5), [] as [i64; 0]);
        flow.removed(0, (5, 1));
        names.insert(0, (5, 1));
        flow.added(0, (5, 1));
        flow.operation_stays();
        flow.committed(&names);
        assert_eq!(found(&names, 5), [1]);
    }
}
