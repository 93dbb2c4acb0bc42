//! Hexadecimal text.

use std::fmt::Write as _;

/// Lower-case digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Digits of either case; `None` if there are none, an odd number of them, or anything else.
pub(crate) fn decode(text: &str) -> Option<Box<[u8]>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_either_case() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = encode(&bytes);
        assert_eq!(decode(&text).as_deref(), Some(&bytes[..]));
        assert_eq!(decode(&text.to_ascii_uppercase()).as_deref(), Some(&bytes[..]));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "a", "abc", "zz", " a", "é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
