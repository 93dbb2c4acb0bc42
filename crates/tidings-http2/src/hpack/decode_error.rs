//! Why a header block could not be decoded.

/// Why a header block could not be decoded.
///
/// All but [`DecodeError::ListTooLarge`] leave the two ends with different dynamic tables and therefore
/// end the connection with `COMPRESSION_ERROR` (RFC 9113, section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The fields together are larger than we accept. The block was decoded to its end all the same, so
    /// the dynamic table is in step and only the stream need be refused.
    #[error("decoding a header block with more fields than are accepted")]
    ListTooLarge,
    /// The block ends within a field.
    #[error("decoding a header block that ends within a field")]
    Truncated,
    /// An integer is larger, or written with more bytes, than any honest one.
    #[error("decoding an integer beyond all bounds")]
    IntegerOverflow,
    /// A field refers to an entry that is in neither table.
    #[error("decoding a reference to an entry that is in no table")]
    UnknownIndex,
    /// A string is not a sequence of Huffman codes followed by less than a byte of padding with ones.
    #[error("decoding a string that is not validly Huffman-coded")]
    Huffman,
    /// A change of the dynamic table's size is above the limit we announced, is not at the start of the
    /// block, or is missing although we lowered the limit.
    #[error("decoding a dynamic table size update that is too large, misplaced or missing")]
    TableSize,
}
