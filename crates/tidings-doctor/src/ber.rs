//! Walking BER, of which DER is the strict part: tags, lengths also of the indefinite kind, and strings in chunks.
//!
//! Not a decoder of everything: what a signed message needs for its content and its signer to be found. Nothing is
//! followed deeper than [`MAX_DEPTH`], and nothing is copied but the content of strings.

/// Deeper than signed messages go.
const MAX_DEPTH: usize = 24;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_ID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

const CONSTRUCTED: u8 = 0x20;
const END_OF_CONTENTS: u8 = 0;

/// A context-specific tag that holds other elements: `[0]`, `[1]`, …
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// A tag and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// The element with its tag and length, as it stands in the file.
    pub(crate) whole: &'a [u8],
    /// Whether its end is marked instead of its length being given.
    pub(crate) is_indefinite: bool,
}

impl<'a> Element<'a> {
    /// The elements in it, up to the first that is damaged.
    pub(crate) fn children(&self) -> Elements<'a> {
        Elements {
            rest: self.content,
            depth: MAX_DEPTH,
        }
    }

    /// The text of a string that may be in chunks, which may be in chunks again.
    pub(crate) fn octets(&self) -> Option<Vec<u8>> {
        let mut joined = Vec::new();
        join(self, MAX_DEPTH, &mut joined)?;
        Some(joined)
    }
}

fn join(element: &Element<'_>, depth: usize, joined: &mut Vec<u8>) -> Option<()> {
    if element.tag & CONSTRUCTED == 0 {
        joined.extend_from_slice(element.content);
        return Some(());
    }
    let depth = depth.checked_sub(1)?;
    let mut chunks = Elements {
        rest: element.content,
        depth,
    };
    for chunk in chunks.by_ref() {
        join(&chunk, depth, joined)?;
    }
    chunks.rest.is_empty().then_some(())
}

/// Elements one after another. Ends at the first that is damaged; [`rest`](Self::rest) is what is left then.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
    depth: usize,
}

/// The elements of a file or of a part of it.
pub(crate) fn elements(bytes: &[u8]) -> Elements<'_> {
    Elements {
        rest: bytes,
        depth: MAX_DEPTH,
    }
}

impl<'a> Elements<'a> {
    /// The next one, if it has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|element| element.tag == tag)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (element, rest) = split(self.rest, self.depth)?;
        self.rest = rest;
        Some(element)
    }
}

fn split(bytes: &[u8], depth: usize) -> Option<(Element<'_>, &[u8])> {
    let (tag, length, rest) = head(bytes)?;
    let (content, rest) = match length {
        Some(length) => rest.split_at_checked(length)?,
        None => split_at_end_of_contents(rest, depth)?,
    };
    let whole = bytes.get(..bytes.len() - rest.len())?;
    let element = Element {
        tag,
        content,
        whole,
        is_indefinite: length.is_none(),
    };
    Some((element, rest))
}

/// Tag, length (nothing if it is indefinite), and what follows. Tags of several bytes do not occur here.
fn head(bytes: &[u8]) -> Option<(u8, Option<usize>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    if length < 0x80 {
        return Some((tag, Some(usize::from(length)), rest));
    }
    if length == 0x80 {
        return (tag & CONSTRUCTED != 0).then_some((tag, None, rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
    let length = digits.iter().try_fold(0_usize, |sum, digit| {
        sum.checked_mul(256)?.checked_add(usize::from(*digit))
    })?;
    Some((tag, Some(length), rest))
}

/// What lies before the mark that ends an element of indefinite length, and what lies after it.
fn split_at_end_of_contents(bytes: &[u8], depth: usize) -> Option<(&[u8], &[u8])> {
    let depth = depth.checked_sub(1)?;
    let mut rest = bytes;
    loop {
        if rest.starts_with(&[END_OF_CONTENTS, 0]) {
            let content = bytes.get(..bytes.len() - rest.len())?;
            return Some((content, rest.get(2..)?));
        }
        rest = split(rest, depth)?.1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_in_chunks_of_chunks_is_joined() {
        let chunked = [
            0x24, 0x80, 0x04, 2, b'a', b'b', 0x24, 0x80, 0x04, 1, b'c', 0, 0, 0x04, 1, b'd', 0, 0,
        ];
        let element = elements(&chunked).next().unwrap();
        assert!(element.is_indefinite);
        assert_eq!(element.octets().unwrap(), b"abcd");
    }

    #[test]
    fn a_long_length_is_read_and_one_beyond_the_end_is_not() {
        let mut long = vec![0x04, 0x82, 0x01, 0x00];
        long.extend([7; 256]);
        assert_eq!(elements(&long).next().unwrap().content.len(), 256);
        long.pop();
        assert_eq!(elements(&long).next(), None);
        assert_eq!(elements(&[0x04, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1]).next(), None);
    }

    #[test]
    fn what_is_nested_too_deep_is_not_followed() {
        let deep = [0x24, 0x80].repeat(100_000);
        assert_eq!(elements(&deep).next(), None);
    }
}
