//! The fixed Huffman code of HPACK strings (RFC 7541, appendix B).
//!
//! The code is canonical: codes of one length are consecutive numbers in the order of their symbols, and
//! shorter codes come first. The lengths alone therefore say everything, and all tables are computed from
//! them at compile time.

mod canonical;
mod decode;
mod encode;

pub(super) use decode::{decode, decoded_bound};
pub(super) use encode::{encode, encoded_len};

/// The symbol that ends a text; it has a code but never appears in a valid string.
const END: usize = 256;

/// The length of the longest codes in bits.
const LONGEST: usize = 30;

/// The length of each symbol's code in bits.
#[rustfmt::skip]
static LENGTHS: [u8; END + 1] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// A symbol's code, aligned to the right.
#[derive(Clone, Copy)]
struct Code {
    bits: u32,
    length: u8,
}

/// Each symbol's code.
static CODES: [Code; END + 1] = codes();

const fn codes() -> [Code; END + 1] {
    let mut codes = [Code { bits: 0, length: 0 }; END + 1];
    let mut next = 0;
    let mut length = 1;
    while length as usize <= LONGEST {
        next <<= 1;
        let mut symbol = 0;
        while symbol <= END {
            if LENGTHS[symbol] == length {
                codes[symbol] = Code { bits: next, length };
                next += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    codes
}

#[cfg(test)]
mod tests;
