//! How much one property list may come to, however little it is on the disk.

/// Deeper than any that Apple's tools write.
const MAX_DEPTH: usize = 64;

/// About a profile with a hundred thousand devices.
const MAX_VALUES: usize = 200_000;

/// Text and data of all values together.
const MAX_BYTES: usize = 16 << 20;

/// What is left of the bounds.
#[derive(Debug)]
pub(super) struct Budget {
    depth: usize,
    values: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            depth: MAX_DEPTH,
            values: MAX_VALUES,
            bytes: MAX_BYTES,
        }
    }
}

impl Budget {
    /// Pays for a value with so many bytes of text or data in it; nothing if it cannot be afforded.
    pub(super) fn pay(&mut self, bytes: usize) -> Option<()> {
        self.values = self.values.checked_sub(1)?;
        self.bytes = self.bytes.checked_sub(bytes)?;
        Some(())
    }

    /// Goes into a list or table; nothing if that is too deep.
    pub(super) fn enter(&mut self) -> Option<()> {
        self.depth = self.depth.checked_sub(1)?;
        Some(())
    }

    /// Comes out of it again.
    pub(super) fn leave(&mut self) {
        self.depth += 1;
    }
}
