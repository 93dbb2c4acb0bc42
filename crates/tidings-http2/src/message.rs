//! When a header block is a well-formed message (RFC 9113, sections 8.1 to 8.3).

use crate::hpack::FieldList;

/// What a well-formed header block is, by its place on the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A request, as a server receives it, and the length of body that it promises.
    Request(Option<u64>),
    /// A response with this status, and the length of body that it promises.
    Response(u16, Option<u64>),
    /// Fields after the body.
    Trailers,
}

/// The block is malformed: the stream is reset with `PROTOCOL_ERROR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The field block of a request: each mandatory pseudo-header field once, no other.
pub(crate) fn request(fields: &FieldList) -> Result<Block, Malformed> {
    const METHOD: u8 = 1;
    const SCHEME: u8 = 2;
    const PATH: u8 = 4;
    const AUTHORITY: u8 = 8;
    let mut seen = 0_u8;
    let mut path_is_empty = false;
    let mut is_connect = false;
    let length = check(fields, |name, value| {
        let bit = match name {
            b":method" => METHOD,
            b":scheme" => SCHEME,
            b":path" => PATH,
            b":authority" => AUTHORITY,
            _ => return Err(Malformed),
        };
        path_is_empty |= bit == PATH && value.is_empty();
        is_connect |= bit == METHOD && value == b"CONNECT";
        let is_first = seen & bit == 0;
        seen |= bit;
        is_first.then_some(()).ok_or(Malformed)
    })?;
    let whole = if is_connect {
        seen == METHOD | AUTHORITY
    } else {
        seen & 7 == 7 && !path_is_empty
    };
    whole.then_some(Block::Request(length)).ok_or(Malformed)
}

/// The field block of a response: exactly one `:status` of three digits.
pub(crate) fn response(fields: &FieldList) -> Result<Block, Malformed> {
    let mut status = None;
    let length = check(fields, |name, value| match (name, status) {
        (b":status", None) => {
            status = Some(parse_status(value)?);
            Ok(())
        }
        _ => Err(Malformed),
    })?;
    let status = status.ok_or(Malformed)?;
    Ok(Block::Response(status, length))
}

/// Trailers: no pseudo-header fields at all.
pub(crate) fn trailers(fields: &FieldList) -> Result<Block, Malformed> {
    check(fields, |_, _| Err(Malformed))?;
    Ok(Block::Trailers)
}

/// Whether the block begins as requests and responses do, and trailers never.
pub(crate) fn has_pseudo_fields(fields: &FieldList) -> bool {
    fields.iter().next().is_some_and(|(name, _)| is_pseudo(name))
}

/// Checks all fields in one pass: the pseudo-header fields in front by `pseudo`, then regular ones. Answers the
/// `content-length`, if there is one.
fn check(
    fields: &FieldList,
    mut pseudo: impl FnMut(&[u8], &[u8]) -> Result<(), Malformed>,
) -> Result<Option<u64>, Malformed> {
    let mut length = None;
    let mut in_front = true;
    for (name, value) in fields.iter() {
        if !is_field_value(value) {
            return Err(Malformed);
        }
        in_front = in_front && is_pseudo(name);
        if in_front {
            pseudo(name, value)?;
        } else if !is_field_name(name) || is_connection_specific(name, value) {
            return Err(Malformed);
        } else if name == b"content-length" {
            length = Some(same_length(length, value)?);
        }
    }
    Ok(length)
}

/// The value of a `content-length` field, which may come again only as the same number (RFC 9110, section 8.6).
fn same_length(before: Option<u64>, value: &[u8]) -> Result<u64, Malformed> {
    let length = parse_length(value).ok_or(Malformed)?;
    if before.is_none_or(|before| before == length) {
        Ok(length)
    } else {
        Err(Malformed)
    }
}

fn parse_length(value: &[u8]) -> Option<u64> {
    let digits = value.iter().map(|byte| byte.wrapping_sub(b'0'));
    let number = digits.into_iter().try_fold(0_u64, |number, digit| match digit {
        0..=9 => number.checked_mul(10)?.checked_add(u64::from(digit)),
        _ => None,
    })?;
    (!value.is_empty()).then_some(number)
}

fn parse_status(value: &[u8]) -> Result<u16, Malformed> {
    match value {
        [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
            Ok(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
        }
        _ => Err(Malformed),
    }
}

fn is_pseudo(name: &[u8]) -> bool {
    name.first() == Some(&b':')
}

fn is_field_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| NAME_BYTES[usize::from(byte)])
}

fn is_field_value(value: &[u8]) -> bool {
    let padded = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    // Without an early end, so that it is compiled to few instructions for many bytes.
    let forbidden = value
        .iter()
        .fold(false, |found, byte| found | matches!(byte, 0 | b'\n' | b'\r'));
    !forbidden && !padded(value.first()) && !padded(value.last())
}

/// Fields that HTTP/2 forbids, because they speak of one connection (RFC 9113, section 8.2.2).
fn is_connection_specific(name: &[u8], value: &[u8]) -> bool {
    match name {
        b"connection" | b"proxy-connection" | b"keep-alive" | b"transfer-encoding" | b"upgrade" => true,
        b"te" => value != b"trailers",
        _ => false,
    }
}

/// The bytes of a token (RFC 9110, section 5.6.2) without upper-case letters.
const NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(
                byte,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            );
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&str, &str)]) -> FieldList {
        let mut fields = FieldList::default();
        for (name, value) in list {
            fields.push(name.as_bytes(), value.as_bytes());
        }
        fields
    }

    const GET: [(&str, &str); 3] = [(":method", "GET"), (":scheme", "https"), (":path", "/")];

    #[test]
    fn a_request_has_each_mandatory_pseudo_field_once() {
        assert_eq!(request(&fields(&GET)), Ok(Block::Request(None)));
        assert_eq!(
            request(&fields(&[(":method", "CONNECT"), (":authority", "a:1")])),
            Ok(Block::Request(None))
        );
        for (missing, (name, _)) in GET.iter().enumerate() {
            let mut list = GET.to_vec();
            list.remove(missing);
            assert_eq!(request(&fields(&list)), Err(Malformed), "without {name}");
        }
        for extra in [(":path", "/x"), (":status", "200"), (":protocol", "x")] {
            assert_eq!(
                request(&fields(&[&GET[..], &[extra]].concat())),
                Err(Malformed),
                "{extra:?}"
            );
        }
        assert_eq!(
            request(&fields(&[
                (":method", "GET"),
                (":scheme", "https"),
                (":path", "")
            ])),
            Err(Malformed)
        );
    }

    #[test]
    fn a_pseudo_field_after_a_regular_one_is_malformed() {
        assert_eq!(
            request(&fields(&[&[("a", "b")], &GET[..]].concat())),
            Err(Malformed)
        );
        assert_eq!(trailers(&fields(&[(":status", "200")])), Err(Malformed));
    }

    #[test]
    fn a_response_has_one_status_of_three_digits() {
        assert_eq!(
            response(&fields(&[(":status", "410"), ("apns-id", "x")])),
            Ok(Block::Response(410, None))
        );
        for list in [
            &[(":status", "20")][..],
            &[(":status", "2000")],
            &[(":status", "099")],
            &[(":status", "2 0")],
            &[],
        ] {
            assert_eq!(response(&fields(list)), Err(Malformed), "{list:?}");
        }
        assert_eq!(
            response(&fields(&[(":status", "200"), (":status", "200")])),
            Err(Malformed)
        );
    }

    #[test]
    fn names_values_and_connection_fields_are_checked() {
        for bad in [
            ("Apns-Id", "x"),
            ("", "x"),
            ("a b", "x"),
            ("a", "x\r\ny"),
            ("a", " x"),
            ("a", "x\t"),
            ("connection", "close"),
            ("transfer-encoding", "chunked"),
            ("te", "gzip"),
        ] {
            assert_eq!(trailers(&fields(&[bad])), Err(Malformed), "{bad:?}");
        }
        assert_eq!(
            trailers(&fields(&[("te", "trailers"), ("x-a_b.c", "é")])),
            Ok(Block::Trailers)
        );
    }

    #[test]
    fn the_values_of_pseudo_fields_are_checked_too() {
        for value in ["/a\0", "/a\r\n", " /a"] {
            let list = [(":method", "GET"), (":scheme", "https"), (":path", value)];
            assert_eq!(request(&fields(&list)), Err(Malformed), "{value:?}");
        }
    }

    #[test]
    fn a_content_length_is_one_number_or_absent() {
        let length = |values: &[&str]| {
            let named = values.iter().map(|&value| ("content-length", value));
            let list: Vec<_> = [(":status", "200")].into_iter().chain(named).collect();
            response(&fields(&list))
        };
        for (values, want) in [
            (&[][..], None),
            (&["12"], Some(12)),
            (&["012", "12"], Some(12)),
            (&["18446744073709551615"], Some(u64::MAX)),
        ] {
            assert_eq!(length(values), Ok(Block::Response(200, want)), "{values:?}");
        }
        for values in [
            &["-1"][..],
            &["+1"],
            &[""],
            &["1 2"],
            &["1", "2"],
            &["18446744073709551616"],
        ] {
            assert_eq!(length(values), Err(Malformed), "{values:?}");
        }
    }
}
