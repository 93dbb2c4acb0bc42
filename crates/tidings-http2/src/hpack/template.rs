//! Fields that are the same in every block.

use std::fmt;

use super::FieldList;
use super::stamp::Stamp;

/// Fields that are the same in every block: written once, then referred to.
///
/// The first encoding tells the peer those that are in no table; later ones refer to them, and as long as
/// the table does not change they are one copy of the references. It is right with any encoder, and fast
/// when used with one only. For what must not be stored by the peer use
/// [`Encoder::encode`](super::Encoder::encode) with [`Indexing::Never`](super::Indexing::Never).
#[derive(Clone)]
pub struct Template {
    fields: FieldList,
    block: Vec<u8>,
    /// The table that `block` refers to.
    stamp: Option<Stamp>,
}

impl Template {
    /// A template of these (name, value) pairs; names are in lower case, pseudo-header fields come first.
    pub fn new<N, V>(fields: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<[u8]>,
        V: AsRef<[u8]>,
    {
        let mut list = FieldList::new();
        for (name, value) in fields {
            list.push(name.as_ref(), value.as_ref());
        }
        Self {
            fields: list,
            block: Vec::new(),
            stamp: None,
        }
    }

    /// The encoded block, if it is still right.
    #[inline]
    pub(super) fn block(&self, stamp: &Stamp) -> Option<&[u8]> {
        (self.stamp.as_ref() == Some(stamp)).then_some(self.block.as_slice())
    }

    /// Keeps the block that says the fields in terms of this table.
    pub(super) fn keep_block(&mut self, block: &[u8], stamp: &Stamp) {
        self.block.clear();
        self.block.extend_from_slice(block);
        self.stamp = Some(stamp.clone());
    }

    pub(super) fn fields(&self) -> &FieldList {
        &self.fields
    }
}

/// Names only: values may be secret.
impl fmt::Debug for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Template").field(&self.fields).finish()
    }
}
