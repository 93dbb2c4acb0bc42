//! The primitives of a header block, written (RFC 7541, sections 5 and 6).

use super::{Indexing, huffman};

/// Appends the field at `index`.
pub(super) fn write_indexed(index: usize, out: &mut Vec<u8>) {
    write_integer(0x80, 7, index, out);
}

/// Appends the start of a literal field whose name is at `name_index`; 0 says that a name follows.
pub(super) fn write_literal(indexing: Indexing, name_index: usize, out: &mut Vec<u8>) {
    let (pattern, prefix) = match indexing {
        Indexing::Incremental => (0x40, 6),
        Indexing::Without => (0x00, 4),
        Indexing::Never => (0x10, 4),
    };
    write_integer(pattern, prefix, name_index, out);
}

/// Appends the new size of the dynamic table.
pub(super) fn write_table_size(size: usize, out: &mut Vec<u8>) {
    write_integer(0x20, 5, size, out);
}

/// Appends a string in the shorter of its two forms.
pub(super) fn write_string(text: &[u8], out: &mut Vec<u8>) {
    let length = huffman::encoded_len(text);
    if length < text.len() {
        write_integer(0x80, 7, length, out);
        huffman::encode(text, out);
    } else {
        write_raw_string(text, out);
    }
}

/// Appends a string as it is.
#[inline]
pub(super) fn write_raw_string(text: &[u8], out: &mut Vec<u8>) {
    write_integer(0x00, 7, text.len(), out);
    out.extend_from_slice(text);
}

/// Appends an integer whose first byte is `pattern` with `prefix` bits for it.
#[inline]
fn write_integer(pattern: u8, prefix: u32, value: usize, out: &mut Vec<u8>) {
    let mask = (1_u8 << prefix) - 1;
    match u8::try_from(value) {
        Ok(value) if value < mask => out.push(pattern | value),
        _ => {
            out.push(pattern | mask);
            write_continuation(value - usize::from(mask), out);
        }
    }
}

fn write_continuation(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}
