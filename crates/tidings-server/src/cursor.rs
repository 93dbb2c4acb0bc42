//! Where the next page of a list begins, as text that callers hand back unchanged.
//!
//! A cursor belongs to one list with one set of filters: handed to another it is refused, because it would silently skip
//! rows. It grants nothing, so it is checked and not signed.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::problem::{Problem, ProblemKind};

const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;

/// The list that a cursor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List(u32);

impl List {
    /// The list with this name, of this app, under these filters.
    pub(crate) fn new(name: &str, scope: impl Hash) -> Self {
        // `DefaultHasher::new` has fixed keys, and so the same value until the next version of the standard library;
        // then a cursor in flight is refused, and the caller begins anew.
        let mut hasher = DefaultHasher::new();
        (name, scope).hash(&mut hasher);
        Self(
            (hasher.finish() & u64::from(u32::MAX))
                .try_into()
                .unwrap_or_default(),
        )
    }

    /// The cursor after this row.
    pub(crate) fn cursor(self, after: &[u8]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.0.to_be_bytes());
        bytes.extend_from_slice(after);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The row that a cursor of this list names.
    fn after<const N: usize>(self, cursor: &str) -> Result<[u8; N], Problem> {
        self.read(cursor).ok_or_else(|| {
            Problem::new(
                ProblemKind::InvalidCursor,
                "It is damaged, or belongs to another list or to other filters.",
            )
            .at("cursor")
        })
    }

    /// The row that the page before ended with, if this is not the first page.
    pub(crate) fn begins_after<const N: usize>(
        self,
        cursor: Option<String>,
    ) -> Result<Option<[u8; N]>, Problem> {
        cursor.map(|cursor| self.after(&cursor)).transpose()
    }

    /// The cursor of the next page; none where a page is not full, since nothing follows.
    pub(crate) fn next<T, const N: usize>(
        self,
        page: &[T],
        limit: usize,
        row: impl FnOnce(&T) -> [u8; N],
    ) -> Option<String> {
        let last = page.last().filter(|_| page.len() == limit)?;
        Some(self.cursor(&row(last)))
    }

    fn read<const N: usize>(self, cursor: &str) -> Option<[u8; N]> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        let (&VERSION, content) = content.split_first()? else {
            return None;
        };
        let (list, row) = content.split_at_checked(4)?;
        let is_whole = crc32fast::hash(bytes.get(..bytes.len() - CHECKSUM_BYTES)?).to_be_bytes() == *checksum;
        let is_ours = list == self.0.to_be_bytes();
        (is_whole && is_ours).then(|| row.try_into().ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let list = List::new("devices", (1, "tag"));
        let cursor = list.cursor(&7_i64.to_be_bytes());
        assert_eq!(list.after(&cursor).unwrap(), 7_i64.to_be_bytes());
        for other in [
            List::new("devices", (2, "tag")),
            List::new("devices", (1, "gat")),
            List::new("x", (1, "tag")),
        ] {
            assert_eq!(
                other.after::<8>(&cursor).unwrap_err().kind,
                ProblemKind::InvalidCursor
            );
        }
        assert!(list.after::<16>(&cursor).is_err());
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let list = List::new("devices", 1);
        let cursor = list.cursor(&7_i64.to_be_bytes());
        for place in 0..cursor.len() {
            let mut bytes = cursor.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(list.after::<8>(&changed).is_err(), "{place}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_cursor_or_is_refused(text in ".{0,60}") {
            prop_assert!(List::new("devices", 1).after::<8>(&text).is_err());
        }
    }
}
