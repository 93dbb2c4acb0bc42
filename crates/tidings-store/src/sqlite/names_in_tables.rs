//! What the writer knows of the tables of names without looking: which names are surely not there.
//!
//! At first it knows nothing, and reads some more of the tables with every commit, and while there is nothing to do, until it has
//! seen all. What goes into them in the meantime it is told.

use super::name_filter::NameFilter;
use super::recent_names::SORTS;

/// How many names of a sort are read at once.
pub(crate) const AT_ONCE: i64 = 1024;

/// What is known of the table of each sort.
#[derive(Default)]
pub(crate) struct NamesInTables {
    sorts: [Sort; SORTS],
}

struct Sort {
    /// The names that are in the table.
    once: NameFilter,
    /// Those that are there for several devices.
    more_than_once: NameFilter,
    /// The first key that was not read yet; none when all were.
    unread: Option<i64>,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            once: NameFilter::default(),
            more_than_once: NameFilter::default(),
            unread: Some(i64::MIN),
        }
    }
}

impl NamesInTables {
    /// Whether the table may have a name.
    pub(crate) fn may_have(&self, sort: usize, key: i64) -> bool {
        let known = &self.sorts[sort];
        known.unread.is_some() || known.once.holds(key)
    }

    /// Whether the table may have a name, that is there for one device, for another one, too.
    pub(crate) fn may_have_more(&self, sort: usize, key: i64) -> bool {
        let known = &self.sorts[sort];
        known.unread.is_some() || known.more_than_once.holds(key)
    }

    /// A name goes into the table.
    pub(crate) fn added(&mut self, sort: usize, key: i64) {
        self.sorts[sort].insert(key);
    }

    /// From which key on a table is still to be read; nothing when all was.
    pub(crate) const fn unread(&self, sort: usize) -> Option<i64> {
        self.sorts[sort].unread
    }

    /// These were the next in the table, in their order, of at most so many.
    pub(crate) fn has_read(&mut self, sort: usize, keys: &[i64], limit: i64) {
        let known = &mut self.sorts[sort];
        for key in keys {
            known.insert(*key);
        }
        let is_all = i64::try_from(keys.len()).is_ok_and(|read| read < limit);
        known.unread = match keys {
            _ if is_all => None,
            // There may be more of the last: so it is read again, and taken for one that is there twice.
            [first, .., last] if first != last => Some(*last),
            [.., last] => last.checked_add(1),
            [] => None,
        };
    }
}

impl Sort {
    fn insert(&mut self, key: i64) {
        if self.once.holds(key) {
            self.more_than_once.insert(key);
        } else {
            self.once.insert(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_may_have_every_name_until_all_of_it_was_read() {
        // Keys are hashes, in the order of the table.
        let [first, second, told, last, other] = [
            -0x3a1c_94e7_52f0_8b6d,
            0x1b87_e3c2_6d4f_905a,
            0x29f4_0d7b_c831_5ea6,
            0x5e60_a9f1_374c_d82b,
            0x7c12_5b8e_e0a9_463f,
        ];
        let mut names = NamesInTables::default();
        names.has_read(0, &[first, second], 2);
        assert!(names.may_have(0, other));
        assert_eq!(names.unread(0), Some(second));
        names.added(0, told);
        names.has_read(0, &[last], 2);
        assert_eq!(names.unread(0), None);
        assert!(
            [first, second, told, last]
                .iter()
                .all(|key| names.may_have(0, *key))
        );
        assert!(!names.may_have(0, other));
        assert!(names.may_have(1, other), "of the others nothing is known");
    }

    #[test]
    fn a_name_of_several_devices_is_known_to_be_one() {
        let [shared, own] = [-0x3a1c_94e7_52f0_8b6d, 0x1b87_e3c2_6d4f_905a];
        let mut names = NamesInTables::default();
        assert!(names.may_have_more(0, own), "nothing was read yet");
        names.has_read(0, &[shared, shared, own], 9);
        assert!(names.may_have_more(0, shared));
        assert!(!names.may_have_more(0, own));
        names.added(0, own);
        assert!(names.may_have_more(0, own));
    }

    #[test]
    fn a_name_is_known_to_be_of_several_devices_wherever_reading_stops() {
        let [shared, next] = [-0x3a1c_94e7_52f0_8b6d, 0x1b87_e3c2_6d4f_905a];
        let mut names = NamesInTables::default();
        names.has_read(0, &[i64::MIN, shared], 2);
        assert_eq!(names.unread(0), Some(shared));
        names.has_read(0, &[shared, shared], 2);
        assert_eq!(names.unread(0), Some(shared + 1), "it goes on");
        names.has_read(0, &[next], 2);
        assert!(names.may_have_more(0, shared));
        assert!(!names.may_have_more(0, next));
    }

    #[test]
    fn the_greatest_key_is_the_last() {
        let mut names = NamesInTables::default();
        names.has_read(0, &[i64::MAX], 1);
        assert_eq!(names.unread(0), None);
    }
}
