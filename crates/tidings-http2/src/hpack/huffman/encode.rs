//! Text to Huffman code.

use super::CODES;

/// How many bytes `text` takes when coded, padding included.
pub(in crate::hpack) fn encoded_len(text: &[u8]) -> usize {
    let bits: usize = text
        .iter()
        .map(|&byte| usize::from(CODES[usize::from(byte)].length))
        .sum();
    bits.div_ceil(8)
}

/// Appends `text`, coded and padded with ones to a whole byte.
pub(in crate::hpack) fn encode(text: &[u8], out: &mut Vec<u8>) {
    let mut window = 0_u64;
    let mut held = 0;
    for &byte in text {
        let code = CODES[usize::from(byte)];
        window = (window << code.length) | u64::from(code.bits);
        held += u32::from(code.length);
        if held >= 32 {
            held -= 32;
            out.extend_from_slice(&low_half(window >> held));
        }
    }
    finish(window, held, out);
}

/// Appends the last `held` (fewer than 32) bits of `window` and the padding.
fn finish(window: u64, held: u32, out: &mut Vec<u8>) {
    let padded = ((window << 32) | u64::from(u32::MAX)) >> held;
    let bytes = held.div_ceil(8) as usize;
    out.extend_from_slice(&low_half(padded)[..bytes]);
}

/// The lower 32 bits, first bit first.
fn low_half(window: u64) -> [u8; 4] {
    let [_, _, _, _, a, b, c, d] = window.to_be_bytes();
    [a, b, c, d]
}
