//! Which state of which encoder's table something was derived from.

use std::sync::Arc;

/// Names one state of one encoder's dynamic table: two are equal only if the tables are.
///
/// The encoder is told by the address of an allocation that every copy keeps alive, so it cannot be
/// mistaken for another, even for one that comes after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamp {
    encoder: Arc<()>,
    generation: u64,
}

impl Stamp {
    /// The table has changed.
    pub(super) fn advance(&mut self) {
        self.generation += 1;
    }
}

impl PartialEq for Stamp {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.generation == other.generation && Arc::ptr_eq(&self.encoder, &other.encoder)
    }
}
