//! The primitives of a header block: integers and string literals (RFC 7541, section 5).

use super::{DecodeError, FieldList};

/// The bytes after the first that an integer may have: enough for 32 bits.
const MAX_CONTINUATION: usize = 5;

/// What is left of a header block.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(block: &'a [u8]) -> Self {
        Self { rest: block }
    }

    /// The next byte, which is not taken.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// An integer whose first byte has `prefix` bits for it.
    #[inline]
    pub(super) fn integer(&mut self, prefix: u32) -> Result<usize, DecodeError> {
        let mask = (1 << prefix) - 1;
        let value = self.byte()? & mask;
        if value < mask {
            Ok(usize::from(value))
        } else {
            self.continuation(value)
        }
    }

    /// A string literal, decoded to the end of `out`.
    #[inline]
    pub(super) fn string(&mut self, out: &mut FieldList) -> Result<(), DecodeError> {
        let huffman = self.peek().is_some_and(|byte| byte & 0x80 != 0);
        let length = self.integer(7)?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        if huffman {
            return out.append_huffman(text).ok_or(DecodeError::Huffman);
        }
        out.append(text);
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let (&byte, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    /// What an integer that does not fit its first byte goes on with, seven bits a byte, lowest first.
    fn continuation(&mut self, prefix: u8) -> Result<usize, DecodeError> {
        let mut value = u64::from(prefix);
        for place in 0..MAX_CONTINUATION {
            let byte = self.byte()?;
            value += u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return bounded(value);
            }
        }
        Err(DecodeError::IntegerOverflow)
    }
}

fn bounded(value: u64) -> Result<usize, DecodeError> {
    let value = u32::try_from(value)
        .ok()
        .and_then(|value| usize::try_from(value).ok());
    value.ok_or(DecodeError::IntegerOverflow)
}
