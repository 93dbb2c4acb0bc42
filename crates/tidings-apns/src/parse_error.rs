//! Why a text is not the value it should be: one error for every value that is read from text.

/// A text or byte string that is not the value it was read as.
///
/// It never holds the offending text as a whole, because that may be a device token: it says which value was
/// being read, which rule was broken and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Nothing was given.
    #[error("parsing the {value}: it is empty")]
    Empty {
        /// What was being read, such as `device token`.
        value: &'static str,
    },
    /// More was given than the value may have.
    #[error("parsing the {value}: {length} bytes are more than the {limit} allowed")]
    TooLong {
        /// What was being read.
        value: &'static str,
        /// How long it was, in bytes.
        length: usize,
        /// How long it may be, in bytes.
        limit: usize,
    },
    /// A fixed length was not met.
    #[error("parsing the {value}: {length} characters instead of {expected}")]
    WrongLength {
        /// What was being read.
        value: &'static str,
        /// How long it was, in bytes.
        length: usize,
        /// How long it must be, in bytes.
        expected: usize,
    },
    /// Hexadecimal digits come in pairs, and one is left over.
    #[error("parsing the {value}: {length} hexadecimal digits, an odd number, so one is missing")]
    OddLength {
        /// What was being read.
        value: &'static str,
        /// How many digits there were.
        length: usize,
    },
    /// A character that the value cannot hold.
    #[error("parsing the {value}: {found:?} at byte {position} where {expected} belong")]
    Character {
        /// What was being read.
        value: &'static str,
        /// The first offending character.
        found: char,
        /// Its offset in bytes.
        position: usize,
        /// What is allowed there.
        expected: &'static str,
    },
    /// Well formed, but none of the words that the value knows.
    #[error("parsing the {value}: {found:?} is none of {expected}")]
    Unknown {
        /// What was being read.
        value: &'static str,
        /// The word, shortened when long.
        found: Box<str>,
        /// The words that are known.
        expected: &'static str,
    },
}

impl ParseError {
    /// An unknown word, kept short enough for a message.
    pub(crate) fn unknown(value: &'static str, found: &str, expected: &'static str) -> Self {
        Self::Unknown {
            value,
            found: found.chars().take(40).collect(),
            expected,
        }
    }
}

/// Refuses an empty text, one longer than `limit`, and one with a character that `allowed` does not know.
pub(crate) fn check_text(
    value: &'static str,
    text: &str,
    limit: usize,
    expected: &'static str,
    allowed: fn(u8) -> bool,
) -> Result<(), ParseError> {
    if text.is_empty() {
        return Err(ParseError::Empty { value });
    }
    if text.len() > limit {
        return Err(ParseError::TooLong {
            value,
            length: text.len(),
            limit,
        });
    }
    match text
        .char_indices()
        .find(|&(_, c)| !u8::try_from(c).is_ok_and(allowed))
    {
        Some((position, found)) => Err(ParseError::Character {
            value,
            found,
            position,
            expected,
        }),
        None => Ok(()),
    }
}
