//! The code against its definition, bit by bit.

use proptest::prelude::*;

use super::*;

/// Decodes as the RFC tells it: one bit after the other, until the bits are a symbol's code.
fn decode_slowly(code: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let (mut bits, mut length) = (0_u32, 0_u8);
    for bit in code
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |shift| byte >> shift & 1))
    {
        bits = bits << 1 | u32::from(bit);
        length += 1;
        let symbol = CODES
            .iter()
            .position(|code| (code.bits, code.length) == (bits, length));
        if let Some(symbol) = symbol {
            text.push(u8::try_from(symbol).ok()?);
            (bits, length) = (0, 0);
        }
    }
    (length < 8 && bits == (1 << length) - 1).then_some(text)
}

fn decode_fast(code: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; decoded_bound(code.len())];
    let length = decode(code, &mut out)?;
    out.truncate(length);
    Some(out)
}

fn encode_to_vec(text: &[u8]) -> Vec<u8> {
    let mut code = Vec::new();
    encode(text, &mut code);
    code
}

#[test]
fn the_codes_are_those_of_the_appendix() {
    for (symbol, bits, length) in [
        (0, 0x1ff8, 13),
        (usize::from(b'0'), 0x0, 5),
        (usize::from(b'z'), 0x7b, 7),
        (usize::from(b'~'), 0x1ffd, 13),
        (127, 0x0fff_fffc, 28),
        (128, 0xf_ffe6, 20),
        (249, 0x0fff_fffe, 28),
        (255, 0x03ff_ffee, 26),
        (END, 0x3fff_ffff, 30),
    ] {
        assert_eq!(
            (CODES[symbol].bits, CODES[symbol].length),
            (bits, length),
            "symbol {symbol}"
        );
    }
}

#[test]
fn no_code_starts_another() {
    for (one, first) in CODES.iter().enumerate() {
        for (other, second) in CODES.iter().enumerate() {
            let starts =
                second.length >= first.length && second.bits >> (second.length - first.length) == first.bits;
            assert_eq!(starts, one == other, "symbols {one} and {other}");
        }
    }
}

#[test]
fn each_symbol_survives_alone_and_before_another() {
    for first in 0..=u8::MAX {
        assert_eq!(decode_fast(&encode_to_vec(&[first])), Some(vec![first]));
        for second in 0..=u8::MAX {
            assert_eq!(
                decode_fast(&encode_to_vec(&[first, second])),
                Some(vec![first, second])
            );
        }
    }
}

#[test]
fn all_short_codes_are_judged_as_the_rfc_does() {
    assert_eq!(decode_fast(&[]), Some(Vec::new()));
    for bytes in 0..=u16::MAX {
        let code = bytes.to_be_bytes();
        assert_eq!(decode_fast(&code), decode_slowly(&code), "{code:02x?}");
        assert_eq!(decode_fast(&code[..1]), decode_slowly(&code[..1]), "{code:02x?}");
    }
}

proptest! {
    #[test]
    fn text_survives(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let code = encode_to_vec(&text);
        prop_assert_eq!(code.len(), encoded_len(&text));
        prop_assert_eq!(decode_fast(&code), Some(text));
    }

    #[test]
    fn common_text_survives(text in "[0-9a-z/.-]{0,200}") {
        prop_assert_eq!(decode_fast(&encode_to_vec(text.as_bytes())), Some(text.into_bytes()));
    }

    #[test]
    fn any_code_is_judged_as_the_rfc_does(code in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(decode_fast(&code), decode_slowly(&code));
    }

    /// Mistakes at the end, where decoding differs most from what came before.
    #[test]
    fn a_wrong_end_is_judged_as_the_rfc_does(text in "[0-9a-f-]{0,40}", end in prop::collection::vec(
        prop_oneof![Just(0xff), any::<u8>()], 0..5)) {
        let mut code = encode_to_vec(text.as_bytes());
        code.extend(end);
        prop_assert_eq!(decode_fast(&code), decode_slowly(&code));
        code.pop();
        prop_assert_eq!(decode_fast(&code), decode_slowly(&code));
    }
}
