//! A field as either table stores it.

/// What an entry costs above its bytes (RFC 7541, section 4.1; RFC 9113, section 6.5.2).
pub(super) const OVERHEAD: usize = 32;

/// A field as either table stores it: the value follows the name directly, so that both are copied at once.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    joined: &'a [u8],
    name_len: usize,
}

impl<'a> Entry<'a> {
    /// The first `name_len` bytes of `joined` are the name, the rest is the value.
    pub(super) const fn new(joined: &'a [u8], name_len: usize) -> Self {
        Self { joined, name_len }
    }

    /// Name and value in one piece.
    pub(super) const fn joined(self) -> &'a [u8] {
        self.joined
    }

    pub(super) const fn name_len(self) -> usize {
        self.name_len
    }

    pub(super) fn name(self) -> &'a [u8] {
        &self.joined[..self.name_len]
    }

    pub(super) fn value(self) -> &'a [u8] {
        &self.joined[self.name_len..]
    }

    /// The size that counts against table and list limits.
    pub(super) const fn size(self) -> usize {
        self.joined.len() + OVERHEAD
    }
}
