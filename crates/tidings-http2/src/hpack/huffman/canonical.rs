//! The code by lengths: how to tell a code's symbol from its place among the codes of its length.

use super::{CODES, END, LENGTHS, LONGEST};

/// The first code of each length.
pub(super) static FIRSTS: [u32; LONGEST + 1] = bounds(false);

/// What follows the last code of each length. Bits that are no shorter code and lie below are a code.
pub(super) static LIMITS: [u32; LONGEST + 1] = bounds(true);

/// Where in [`SYMBOLS`] the symbols of each length start.
pub(super) static STARTS: [usize; LONGEST + 1] = starts();

/// All symbols in the order of their codes.
pub(super) static SYMBOLS: [u16; END + 1] = symbols();

const fn bounds(after: bool) -> [u32; LONGEST + 1] {
    let mut bounds = [0; LONGEST + 1];
    let mut next = 0;
    let mut length = 1;
    while length <= LONGEST {
        next <<= 1;
        let count = count(length);
        bounds[length] = if after { next + count } else { next };
        next += count;
        length += 1;
    }
    bounds
}

/// How many codes have this length.
const fn count(length: usize) -> u32 {
    let mut count = 0;
    let mut symbol = 0;
    while symbol <= END {
        count += (LENGTHS[symbol] as usize == length) as u32;
        symbol += 1;
    }
    count
}

/// How many codes are shorter, for each length.
const fn starts() -> [usize; LONGEST + 1] {
    let mut starts = [0; LONGEST + 1];
    let mut symbol = 0;
    while symbol <= END {
        let mut length = LENGTHS[symbol] as usize + 1;
        while length <= LONGEST {
            starts[length] += 1;
            length += 1;
        }
        symbol += 1;
    }
    starts
}

const fn symbols() -> [u16; END + 1] {
    let firsts = bounds(false);
    let starts = starts();
    let mut symbols = [0; END + 1];
    let mut symbol = 0_u16;
    while symbol as usize <= END {
        let code = CODES[symbol as usize];
        let place = code.bits - firsts[code.length as usize];
        symbols[starts[code.length as usize] + place as usize] = symbol;
        symbol += 1;
    }
    symbols
}
