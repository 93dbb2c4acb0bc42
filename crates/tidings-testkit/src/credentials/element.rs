//! Writing DER by hand, for structures that no crate here writes.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: &[u8] = &[0x05, 0x00];
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const EXPLICIT_0: u8 = 0xa0;
pub(super) const IMPLICIT_0: u8 = 0x80;

/// An element with a tag and a content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..=0x7f => vec![tag, to_byte(length)],
        0x80..=0xff => vec![tag, 0x81, to_byte(length)],
        _ => vec![tag, 0x82, to_byte(length >> 8), to_byte(length & 0xff)],
    };
    [head.as_slice(), content].concat()
}

/// An element of several.
pub(super) fn of_all(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A number that is not negative.
pub(super) fn integer(number: u32) -> Vec<u8> {
    let digits = number.to_be_bytes();
    let significant = digits.iter().skip_while(|&&digit| digit == 0).copied();
    let mut content = significant.collect::<Vec<_>>();
    if content.first().is_none_or(|&first| first >= 0x80) {
        content.insert(0, 0);
    }
    element(INTEGER, &content)
}

/// Nothing that is written here is as long as 64 KiB.
fn to_byte(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
