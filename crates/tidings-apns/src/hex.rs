//! Hexadecimal text, eight digits at a time in one register: device tokens are read and written once per
//! notification, and this is the only work done on them.

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_NIBBLES: u64 = 0x0f * ONES;

/// Appends `bytes` to `out` as lower-case hexadecimal digits.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() * 2);
    let (quads, rest) = bytes.as_chunks::<4>();
    for quad in quads {
        out.extend_from_slice(&encode_quad(*quad));
    }
    if !rest.is_empty() {
        let mut quad = [0; 4];
        quad[..rest.len()].copy_from_slice(rest);
        out.extend_from_slice(&encode_quad(quad)[..rest.len() * 2]);
    }
}

/// Reads hexadecimal digits of either case into `out`, which must be half as long as `digits`.
///
/// Returns `false` when something else is among them; `out` is then meaningless.
pub(crate) fn decode(digits: &[u8], out: &mut [u8]) -> bool {
    debug_assert_eq!(digits.len(), out.len() * 2);
    let (groups, rest) = digits.as_chunks::<8>();
    let (quads, tail) = out.as_chunks_mut::<4>();
    let mut wrong = 0;
    for (group, quad) in groups.iter().zip(quads) {
        let (bytes, difference) = decode_group(*group);
        *quad = bytes;
        wrong |= difference;
    }
    if !rest.is_empty() {
        let mut group = [b'0'; 8];
        group[..rest.len()].copy_from_slice(rest);
        let (bytes, difference) = decode_group(group);
        tail.copy_from_slice(&bytes[..tail.len()]);
        wrong |= difference;
    }
    wrong == 0
}

/// Eight digits for four bytes.
fn encode_quad(quad: [u8; 4]) -> [u8; 8] {
    let mut nibbles = u64::from(u32::from_be_bytes(quad));
    nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff;
    nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff;
    nibbles = (nibbles | nibbles << 4) & LOW_NIBBLES;
    digits_of(nibbles).to_be_bytes()
}

/// The lower-case digit of each nibble; a nibble sits alone in each byte.
fn digits_of(nibbles: u64) -> u64 {
    let letters = ((nibbles + 6 * ONES) >> 4) & ONES;
    nibbles + u64::from(b'0') * ONES + letters * u64::from(b'a' - b'0' - 10)
}

/// Four bytes for eight digits, and zero if all eight were digits.
///
/// The value of a digit is its low nibble, plus nine for a letter. Whether it was a digit at all is seen by
/// writing that value again and comparing.
fn decode_group(group: [u8; 8]) -> ([u8; 4], u64) {
    let text = u64::from_be_bytes(group);
    let letters = (text >> 6) & ONES;
    let nibbles = ((text & LOW_NIBBLES) + letters * 9) & LOW_NIBBLES;
    let difference = digits_of(nibbles) ^ (text | letters << 5);
    let pairs = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let halves = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let [_, _, high0, high1, _, _, low0, low1] = halves.to_be_bytes();
    ([high0, high1, low0, low1], difference)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain_value(digit: u8) -> Option<u8> {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    }

    #[test]
    fn every_byte_is_a_digit_exactly_when_the_standard_library_says_so_in_every_place() {
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                let mut digits = [b'0'; 8];
                digits[place] = byte;
                let mut out = [0; 4];
                let valid = decode(&digits, &mut out);
                assert_eq!(valid, plain_value(byte).is_some(), "byte {byte:#x} at {place}");
                if let Some(value) = plain_value(byte) {
                    let mut expected = [0; 4];
                    expected[place / 2] = if place % 2 == 0 { value << 4 } else { value };
                    assert_eq!(out, expected);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_what_the_standard_library_writes(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
            let mut out = Vec::new();
            encode(&bytes, &mut out);
            let plain: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(String::from_utf8(out).unwrap(), plain.concat());
        }

        #[test]
        fn decoding_undoes_encoding_in_either_case(bytes in prop::collection::vec(any::<u8>(), 0..70), upper: bool) {
            let mut digits = Vec::new();
            encode(&bytes, &mut digits);
            if upper {
                digits.make_ascii_uppercase();
            }
            let mut back = vec![0; bytes.len()];
            prop_assert!(decode(&digits, &mut back));
            prop_assert_eq!(back, bytes);
        }

        #[test]
        fn anything_that_is_not_all_digits_is_refused(pairs in prop::collection::vec(any::<[u8; 2]>(), 0..40)) {
            let digits = pairs.concat();
            let mut out = vec![0; pairs.len()];
            prop_assert_eq!(decode(&digits, &mut out), digits.iter().all(u8::is_ascii_hexdigit));
        }
    }
}
