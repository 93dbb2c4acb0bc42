//! Stream identifiers (RFC 9113, section 5.1.1).

use std::fmt;

/// The number of a stream on its connection: 31 bits, odd for streams that the client opened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(u32);

impl StreamId {
    /// Stream zero: the connection itself.
    pub const CONNECTION: Self = Self(0);
    /// The largest stream id there is. In a GOAWAY it announces an end without naming the last stream yet.
    pub const MAX: Self = Self(0x7fff_ffff);

    /// A stream id from its number on the wire; the reserved first bit is ignored.
    pub fn from_wire(value: u32) -> Self {
        Self(value & 0x7fff_ffff)
    }

    /// The number.
    pub fn value(self) -> u32 {
        self.0
    }

    pub(crate) fn is_connection(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn is_client_initiated(self) -> bool {
        self.0 % 2 == 1
    }

    /// The next stream that the same side may open, while there is one.
    pub(crate) fn successor(self) -> Option<Self> {
        (self.0 <= Self::MAX.0 - 2).then(|| Self(self.0 + 2))
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId({})", self.0)
    }
}
