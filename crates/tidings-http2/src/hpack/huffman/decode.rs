//! Huffman code to text, mostly two symbols at a time.
//!
//! Twelve bits decide at least one symbol of every text that is common in fields, and two of those that
//! digits and most small letters are made of. A table over twelve bits gives both at once; what has a
//! longer code is found by its place among the codes of its length.

use super::canonical::{FIRSTS, LIMITS, STARTS, SYMBOLS};
use super::{CODES, END, LONGEST};

/// How many bits one look-up decides.
const WIDTH: usize = 12;

/// How many look-ups a filled window lasts for.
const LOOKUPS: usize = 4;

/// The room that [`decode`] needs for `length` bytes of code: the shortest code has five bits, and a whole
/// run of symbols is written at once.
pub(in crate::hpack) const fn decoded_bound(length: usize) -> usize {
    length / 5 * 8 + 16
}

/// Decodes `code` into the start of `out` and returns the text's length, or `None` if `code` is not valid.
///
/// `out` has at least [`decoded_bound`] bytes; what follows the text in it is overwritten too.
pub(in crate::hpack) fn decode(code: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut bits = Bits::new(code);
    let mut length = 0;
    loop {
        let run = bits.run();
        out.get_mut(length..length + 8)?
            .copy_from_slice(&run.symbols.to_le_bytes());
        length += run.length;
        if run.stopped {
            if bits.at_end() {
                return Some(length);
            }
            *out.get_mut(length)? = bits.long_symbol()?;
            length += 1;
        }
    }
}

/// Several symbols, first symbol lowest.
struct Run {
    symbols: u64,
    length: usize,
    /// The next symbol, if there is one, has a long code.
    stopped: bool,
}

/// Reads bits from bytes; beyond their end there are ones without end.
///
/// Ones without end are the code of [`END`], and no short code consists of ones, so the end of a valid
/// text needs no looking out for: it looks like a symbol with a long code.
struct Bits<'a> {
    code: &'a [u8],
    /// The next bits, first bit highest.
    window: u64,
    /// How many bits of `window` count.
    held: usize,
    /// The byte that follows those in `window`.
    next: usize,
}

impl<'a> Bits<'a> {
    fn new(code: &'a [u8]) -> Self {
        Self {
            code,
            window: 0,
            held: 0,
            next: 0,
        }
    }

    /// Decodes symbols with short codes until one has not, or the window is used up.
    #[inline]
    fn run(&mut self) -> Run {
        self.refill();
        let (mut symbols, mut filled, mut used) = (0_u64, 0_u32, 0_u32);
        let mut window = self.window;
        let mut last = Lookup::NONE;
        for _ in 0..LOOKUPS {
            last = LOOKUPS_BY_BITS[(window >> (64 - WIDTH)) as usize];
            symbols |= last.symbols() << filled;
            filled += last.symbol_bits();
            used += last.code_bits();
            window = window.wrapping_shl(last.code_bits());
        }
        self.window = window;
        self.held -= used as usize;
        Run {
            symbols,
            length: filled as usize / 8,
            stopped: last.code_bits() == 0,
        }
    }

    /// Whether nothing is left but padding: fewer than eight bits, all ones.
    #[inline]
    fn at_end(&self) -> bool {
        let taken = self.next * 8 - self.held;
        let left = (self.code.len() * 8).checked_sub(taken);
        left.is_some_and(|left| left < 8 && self.window.leading_ones() as usize >= left)
    }

    /// Takes one symbol with a long code by its place among the codes of its length; there is none if the
    /// code is that of [`END`].
    #[cold]
    fn long_symbol(&mut self) -> Option<u8> {
        self.refill();
        let length = (WIDTH + 1..=LONGEST).find(|&length| self.peek(length) < LIMITS[length])?;
        let place = self.peek(length).checked_sub(FIRSTS[length])?;
        let symbol = *SYMBOLS.get(STARTS[length] + place as usize)?;
        self.window <<= length;
        self.held -= length;
        u8::try_from(symbol).ok()
    }

    /// The next `length` bits, aligned to the right.
    fn peek(&self, length: usize) -> u32 {
        let [a, b, c, d, ..] = self.window.to_be_bytes();
        u32::from_be_bytes([a, b, c, d]) >> (32 - length)
    }

    /// Fills the window to at least 56 bits.
    #[inline]
    fn refill(&mut self) {
        self.window |= self.load() >> self.held;
        self.next += (63 - self.held) / 8;
        self.held |= 0b11_1000;
    }

    /// The eight bytes from the next on.
    #[inline]
    fn load(&self) -> u64 {
        let rest = self.code.get(self.next..).unwrap_or_default();
        match rest.first_chunk() {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => self.load_end(rest.len()),
        }
    }

    /// The last bytes, of which `left` are not in the window yet, followed by ones.
    ///
    /// Where there are eight, they are read at once: bytes that were just written one by one cannot be.
    #[inline]
    fn load_end(&self, left: usize) -> u64 {
        if left == 0 {
            return u64::MAX;
        }
        let last = match self.code.last_chunk() {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => self
                .code
                .iter()
                .fold(0, |last, &byte| last << 8 | u64::from(byte)),
        };
        !(!last << (64 - 8 * left))
    }
}

/// What twelve bits start with: one or two symbols, or none if the first code is longer.
///
/// From the lowest byte: the length of their codes, eight times their number, the symbols.
#[derive(Clone, Copy)]
struct Lookup(u32);

impl Lookup {
    const NONE: Self = Self(0);

    const fn one(symbol: u8, length: u8) -> Self {
        Self(u32::from_le_bytes([length, 8, symbol, 0]))
    }

    const fn then(self, second: Self) -> Self {
        let [length, _, symbol, _] = self.0.to_le_bytes();
        let [second_length, _, second_symbol, _] = second.0.to_le_bytes();
        Self(u32::from_le_bytes([
            length + second_length,
            16,
            symbol,
            second_symbol,
        ]))
    }

    const fn code_bits(self) -> u32 {
        self.0 & 0xff
    }

    const fn symbol_bits(self) -> u32 {
        (self.0 >> 8) & 0xff
    }

    fn symbols(self) -> u64 {
        u64::from(self.0 >> 16)
    }
}

static LOOKUPS_BY_BITS: [Lookup; 1 << WIDTH] = pairs(&singles());

/// The first symbol of all combinations of bits.
const fn singles() -> [Lookup; 1 << WIDTH] {
    let mut lookups = [Lookup::NONE; 1 << WIDTH];
    let mut symbol = 0_u16;
    while (symbol as usize) < END {
        let code = CODES[symbol as usize];
        if code.length as usize <= WIDTH {
            let free = WIDTH - code.length as usize;
            let start = (code.bits as usize) << free;
            let mut rest = 0;
            while rest < 1 << free {
                lookups[start + rest] = Lookup::one(symbol.to_le_bytes()[0], code.length);
                rest += 1;
            }
        }
        symbol += 1;
    }
    lookups
}

/// The first two symbols where both fit.
const fn pairs(singles: &[Lookup; 1 << WIDTH]) -> [Lookup; 1 << WIDTH] {
    let mut lookups = *singles;
    let mut bits = 0;
    while bits < 1 << WIDTH {
        let first = singles[bits];
        let second = singles[(bits << first.code_bits()) % (1 << WIDTH)];
        let fits = (first.code_bits() + second.code_bits()) as usize <= WIDTH;
        if first.code_bits() > 0 && second.code_bits() > 0 && fits {
            lookups[bits] = first.then(second);
        }
        bits += 1;
    }
    lookups
}
