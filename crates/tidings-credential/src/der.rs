//! Just enough DER to recognise a file, read a list of topics and open an old keystore: elements with one-byte
//! tags and definite lengths. Everything else is "not DER".

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_ID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const SEQUENCE: u8 = 0x30;
/// The constructed context tag `[0]`.
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// One tag-length-value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// The element with its tag and length.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The content, if the tag is `tag`.
    pub(crate) fn expect(self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.content)
    }

    /// The fields of a constructed element, or of a document wrapped in an octet string.
    pub(crate) fn inside(self) -> Option<Children<'a>> {
        const CONSTRUCTED: u8 = 0x20;
        match self.tag {
            OCTET_STRING => sequence(self.content),
            tag if tag & CONSTRUCTED != 0 => Some(self.children()),
            _ => None,
        }
    }

    /// The elements inside, up to the first that is damaged.
    pub(crate) fn children(self) -> Children<'a> {
        Children { rest: self.content }
    }
}

/// The elements of a byte string, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Children<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Children<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (element, rest) = read(self.rest)?;
        self.rest = rest;
        Some(element)
    }
}

impl<'a> Children<'a> {
    /// The content of the next element, which must have the tag `tag`.
    pub(crate) fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()?.expect(tag)
    }
}

/// The first element of `input`, and what follows it.
pub(crate) fn read(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, after_tag) = input.split_first()?;
    let (&first, after_first) = after_tag.split_first()?;
    let (length, body) = match first {
        0..=0x7f => (usize::from(first), after_first),
        0x81..=0x84 => {
            let (digits, body) = after_first.split_at_checked(usize::from(first & 0x7f))?;
            (
                digits
                    .iter()
                    .fold(0, |length, &digit| length << 8 | usize::from(digit)),
                body,
            )
        }
        _ => return None,
    };
    let (content, rest) = body.split_at_checked(length)?;
    let whole = input.get(..input.len() - rest.len())?;
    Some((Element { tag, content, whole }, rest))
}

/// The first element of `input`, which must be a SEQUENCE, taken apart.
pub(crate) fn sequence(input: &[u8]) -> Option<Children<'_>> {
    let (element, _) = read(input)?;
    element.expect(SEQUENCE)?;
    Some(element.children())
}

/// An element with this tag and content.
pub(crate) fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length <= 0x7f => out.push(length),
        _ => push_long_length(content.len(), &mut out),
    }
    out.extend_from_slice(content);
    out
}

/// The number of digits, then the digits to the base 256.
fn push_long_length(length: usize, out: &mut Vec<u8>) {
    let first = out.len();
    out.push(0x80);
    for digit in length.to_be_bytes() {
        if digit != 0 || out.len() > first + 1 {
            out.push(digit);
            out[first] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_cut_off_or_indefinite_is_not_read() {
        for input in [
            &[][..],
            &[0x30],
            &[0x30, 2, 5],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x82, 1],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
        ] {
            assert!(read(input).is_none(), "{input:02x?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            tag: u8,
            content in proptest::collection::vec(any::<u8>(), 0..70_000),
            after in proptest::collection::vec(any::<u8>(), 0..10),
        ) {
            let mut bytes = write(tag, &content);
            let length = bytes.len();
            bytes.extend(&after);
            let (element, rest) = read(&bytes).unwrap();
            prop_assert_eq!(element.tag, tag);
            prop_assert_eq!(element.content, &content[..]);
            prop_assert_eq!(element.whole.len(), length);
            prop_assert_eq!(rest, &after[..]);
        }
    }
}
