//! Whether the peer reads what it makes us answer.
//!
//! Acknowledgements, pings sent back, resets and returned credit are written because of what the peer sent. One that
//! sends and never reads would make them pile up. What the owner itself writes is its own business and not counted.

use crate::error::{ConnectionError, Violation};

/// Bytes of answers that may wait to be written.
const MOST: usize = 1 << 20;

/// Counts answers by epochs: an epoch is over when the output that was there at its beginning was taken. So up to two
/// epochs' answers can be waiting, and nothing need be known about where in the output they are.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Bytes of answers since the epoch began.
    answers: usize,
    /// Bytes of output to be taken until the epoch is over.
    ahead: usize,
}

impl Backlog {
    /// Counts an answer of `bytes`, which is written after `output` other bytes.
    ///
    /// # Errors
    ///
    /// `ENHANCE_YOUR_CALM` when the peer has left too much unread.
    pub(crate) fn add(&mut self, bytes: usize, output: usize) -> Result<(), ConnectionError> {
        if self.ahead == 0 {
            self.answers = 0;
            self.ahead = output + bytes;
        }
        self.answers += bytes;
        if self.answers > MOST {
            return Err(Violation::Flood.error());
        }
        Ok(())
    }

    /// So much of the output was taken.
    pub(crate) fn taken(&mut self, bytes: usize) {
        self.ahead = self.ahead.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_never_reads_is_found_out() {
        let mut backlog = Backlog::default();
        let honest = (0..MOST / 16).all(|n| backlog.add(16, n * 16).is_ok());
        assert!(honest);
        assert_eq!(backlog.add(16, MOST), Err(Violation::Flood.error()));
    }

    #[test]
    fn a_peer_that_reads_slowly_is_left_alone_for_ever() {
        let mut backlog = Backlog::default();
        for _ in 0..MOST {
            backlog.add(16, 10_000).unwrap();
            backlog.taken(16);
        }
    }
}
