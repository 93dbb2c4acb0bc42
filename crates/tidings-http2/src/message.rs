//! When a header block is a well-formed message (RFC 9113, sections 8.1 to 8.3).

use crate::hpack::FieldList;

/// What a header block is, by its place on the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A request, as a server receives it.
    Request,
    /// A response with this status.
    Response(u16),
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
    let regular = pseudo_fields(fields, |name, value| {
        let bit = match name {
            b":method" => METHOD,
            b":scheme" => SCHEME,
            b":path" => PATH,
            b":authority" => AUTHORITY,
            _ => return Err(Malformed),
        };
        path_is_empty |= bit == PATH && value.is_empty();
        if seen & bit != 0 {
            return Err(Malformed);
        }
        seen |= bit;
        Ok(())
    })?;
    regular_fields(fields, regular)?;
    let is_connect = fields.first(b":method") == Some(b"CONNECT");
    let whole = if is_connect {
        seen == METHOD | AUTHORITY
    } else {
        seen & 7 == 7 && !path_is_empty
    };
    whole.then_some(Block::Request).ok_or(Malformed)
}

/// The field block of a response: exactly one `:status` of three digits.
pub(crate) fn response(fields: &FieldList) -> Result<Block, Malformed> {
    let mut status = None;
    let regular = pseudo_fields(fields, |name, value| match (name, status) {
        (b":status", None) => {
            status = Some(parse_status(value)?);
            Ok(())
        }
        _ => Err(Malformed),
    })?;
    regular_fields(fields, regular)?;
    status.map(Block::Response).ok_or(Malformed)
}

/// Trailers: no pseudo-header fields at all.
pub(crate) fn trailers(fields: &FieldList) -> Result<Block, Malformed> {
    regular_fields(fields, 0).map(|()| Block::Trailers)
}

/// The value of `content-length`, if there is one that is a number.
pub(crate) fn content_length(fields: &FieldList) -> Result<Option<u64>, Malformed> {
    let Some(value) = fields.first(b"content-length") else {
        return Ok(None);
    };
    let text = str::from_utf8(value).map_err(|_not_text| Malformed)?;
    text.parse().map(Some).map_err(|_not_a_number| Malformed)
}

fn parse_status(value: &[u8]) -> Result<u16, Malformed> {
    match value {
        [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
            Ok(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
        }
        _ => Err(Malformed),
    }
}

/// Gives each leading pseudo-header field to `check`; answers how many there are.
fn pseudo_fields(
    fields: &FieldList,
    mut check: impl FnMut(&[u8], &[u8]) -> Result<(), Malformed>,
) -> Result<usize, Malformed> {
    let mut count = 0;
    for (name, value) in fields.iter().take_while(|(name, _)| name.first() == Some(&b':')) {
        check(name, value)?;
        count += 1;
    }
    Ok(count)
}

/// Checks the fields from position `from` on: lower-case names, no connection-specific fields, sane values.
fn regular_fields(fields: &FieldList, from: usize) -> Result<(), Malformed> {
    let well_formed = |(name, value): (&[u8], &[u8])| {
        is_field_name(name) && is_field_value(value) && !is_connection_specific(name, value)
    };
    fields
        .iter()
        .skip(from)
        .all(well_formed)
        .then_some(())
        .ok_or(Malformed)
}

fn is_field_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| NAME_BYTES[usize::from(byte)])
}

fn is_field_value(value: &[u8]) -> bool {
    let padded = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let forbidden = |byte: &u8| matches!(byte, 0 | b'\n' | b'\r');
    !value.iter().any(forbidden) && !padded(value.first()) && !padded(value.last())
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
        assert_eq!(request(&fields(&GET)), Ok(Block::Request));
        assert_eq!(
            request(&fields(&[(":method", "CONNECT"), (":authority", "a:1")])),
            Ok(Block::Request)
        );
        for missing in 0..3 {
            let mut list = GET.to_vec();
            list.remove(missing);
            assert_eq!(
                request(&fields(&list)),
                Err(Malformed),
                "without {}",
                GET[missing].0
            );
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
            Ok(Block::Response(410))
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
    fn a_content_length_is_a_number_or_absent() {
        assert_eq!(content_length(&fields(&[("content-length", "12")])), Ok(Some(12)));
        assert_eq!(content_length(&fields(&[])), Ok(None));
        assert_eq!(
            content_length(&fields(&[("content-length", "-1")])),
            Err(Malformed)
        );
    }
}
