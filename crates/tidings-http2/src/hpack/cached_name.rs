//! The name of a field whose value is always another.

use super::stamp::Stamp;
use super::static_table;

/// The name of a field whose value is always another, such as `:path`.
///
/// The name goes out as an index as soon as there is one, the value as it is: Huffman coding would cost
/// more time than the bytes it saves. It is right with any encoder, and fast when used with one only.
#[derive(Clone, Debug)]
pub struct CachedName {
    name: Box<[u8]>,
    index: NameIndex,
}

/// Where the name is.
#[derive(Clone, Debug)]
enum NameIndex {
    Unknown,
    Static(usize),
    /// In the dynamic table, as long as that is the same.
    Dynamic(usize, Stamp),
}

impl CachedName {
    /// For fields with this name, in lower case.
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        let known = static_table::entries().find(|(_, entry)| entry.name() == name);
        let index = known.map_or(NameIndex::Unknown, |(index, _)| NameIndex::Static(index));
        Self {
            name: name.into(),
            index,
        }
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// The name's index in the static table.
    pub(super) fn static_index(&self) -> Option<usize> {
        match self.index {
            NameIndex::Static(index) => Some(index),
            NameIndex::Dynamic(..) | NameIndex::Unknown => None,
        }
    }

    /// The name's index, if it has one that is known to be right.
    #[inline]
    pub(super) fn index(&self, stamp: &Stamp) -> Option<usize> {
        match &self.index {
            NameIndex::Static(index) => Some(*index),
            NameIndex::Dynamic(index, found) if found == stamp => Some(*index),
            NameIndex::Dynamic(..) | NameIndex::Unknown => None,
        }
    }

    /// Remembers where in the dynamic table the name is.
    pub(super) fn keep_index(&mut self, index: usize, stamp: &Stamp) {
        self.index = NameIndex::Dynamic(index, stamp.clone());
    }
}
