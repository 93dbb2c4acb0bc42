//! Reading a stream forwards only, so that a hundred megabytes of code pass by and are never held.

use std::io::{self, Read};

/// What is thrown away at once.
const DISCARD: usize = 64 << 10;

/// A stream, and how far it has been read.
pub(super) struct Forward<R> {
    source: R,
    position: u64,
    discarded: Vec<u8>,
}

impl<R: Read> Forward<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            position: 0,
            discarded: Vec::new(),
        }
    }

    /// Goes on to a place. Going back is an error: who reads sorts the places first.
    pub(super) fn skip_to(&mut self, place: u64) -> io::Result<()> {
        let Some(mut left) = place.checked_sub(self.position) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "parts of it overlap"));
        };
        self.discarded.resize(DISCARD, 0);
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(DISCARD).min(DISCARD);
            let read = self
                .source
                .read(self.discarded.get_mut(..wanted).unwrap_or_default())?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left -= read as u64;
            self.position += read as u64;
        }
        Ok(())
    }

    /// The next bytes, all of them or an error. The caller bounds the count.
    pub(super) fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = (&mut self.source).take(count as u64).read_to_end(&mut bytes)?;
        self.position += read as u64;
        if read < count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }
}
