//! The head of a proxy's answer to CONNECT, as far as it matters: status, phrase, and which sign-in it wants.

/// A proxy's answer, read from bytes that anyone on the way may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The words after the status, printable and at most 100 characters.
    pub phrase: String,
    /// The ways to sign in that the proxy offers, such as `Basic` or `NTLM`.
    pub schemes: Vec<String>,
    /// How many bytes the head takes, with the empty line that ends it.
    pub head_length: usize,
}

/// The bytes are not the head of an HTTP/1 answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotHttp;

impl ProxyAnswer {
    /// Reads an answer; `None` if more bytes are needed.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, NotHttp> {
        const START: &[u8] = b"HTTP/1.";
        let common = bytes.len().min(START.len());
        if bytes.get(..common) != START.get(..common) {
            return Err(NotHttp);
        }
        let Some(head_length) = head_length(bytes) else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(bytes.get(..head_length).unwrap_or_default());
        let mut lines = head.lines();
        let (status, phrase) = status_line(lines.next().unwrap_or_default()).ok_or(NotHttp)?;
        Ok(Some(Self {
            status,
            phrase,
            schemes: lines.filter_map(scheme).take(10).collect(),
            head_length,
        }))
    }
}

/// Up to and with the first empty line; a bare line feed ends a line too (RFC 9112, section 2.2).
fn head_length(bytes: &[u8]) -> Option<usize> {
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    ends.iter()
        .filter_map(|end| find(bytes, end).map(|at| at + end.len()))
        .min()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// `HTTP/1.1 407 Proxy Authentication Required`
fn status_line(line: &str) -> Option<(u16, String)> {
    let mut words = line.splitn(3, ' ');
    let version = words.next()?;
    let status = words.next().filter(|status| status.len() == 3)?.parse().ok()?;
    let phrase = words.next().unwrap_or_default();
    let printable = phrase
        .trim()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(100)
        .collect();
    (version.len() == "HTTP/1.1".len()).then_some((status, printable))
}

/// `Proxy-Authenticate: Basic realm="…"`
fn scheme(line: &str) -> Option<String> {
    let (name, value) = line.split_once(':')?;
    let scheme = value.split_whitespace().next()?;
    let is_token = scheme.len() <= 20
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (name.eq_ignore_ascii_case("proxy-authenticate") && is_token).then(|| scheme.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(bytes: &[u8]) -> ProxyAnswer {
        ProxyAnswer::parse(bytes).unwrap().unwrap()
    }

    #[test]
    fn status_phrase_and_length_are_read() {
        let cases: [(&[u8], u16, &str, usize); 5] = [
            (
                b"HTTP/1.1 200 Connection established\r\n\r\n",
                200,
                "Connection established",
                39,
            ),
            (b"HTTP/1.0 200 OK\r\nVia: x\r\n\r\nmore", 200, "OK", 27),
            (b"HTTP/1.1 500\r\n\r\n", 500, "", 16),
            (b"HTTP/1.1 503 No\x1b[31m way\n\n", 503, "No[31m way", 26),
            (b"HTTP/1.1 200 \xff\xfe\r\n\r\n", 200, "\u{fffd}\u{fffd}", 19),
        ];
        for (bytes, status, phrase, length) in cases {
            let answer = parsed(bytes);
            assert_eq!(
                (answer.status, &*answer.phrase, answer.head_length),
                (status, phrase, length),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn the_offered_ways_to_sign_in_are_read() {
        let answer = parsed(
            b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: NTLM\r\nX: y\r\nProxy-Authenticate: Basic realm=\"a b\"\r\nProxy-Authenticate:\r\n\r\n",
        );
        assert_eq!(answer.schemes, ["NTLM", "Basic"]);
    }

    #[test]
    fn what_is_not_http_is_refused_at_its_first_wrong_byte() {
        for bytes in [
            &b"SSH-2.0"[..],
            b"HTTQ",
            b"HTTP/2",
            b"HTTP/1.1 2x0 OK\r\n\r\n",
            b"HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 20 OK\n\n",
        ] {
            assert_eq!(ProxyAnswer::parse(bytes), Err(NotHttp), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn an_answer_cut_anywhere_asks_for_more(at in 0usize..38) {
            let whole = b"HTTP/1.1 200 Connection established\r\n\r\n";
            prop_assert_eq!(ProxyAnswer::parse(&whole[..at]), Ok(None));
        }

        #[test]
        fn any_bytes_after_the_version_are_survived(tail: Vec<u8>) {
            let _ = ProxyAnswer::parse(&[b"HTTP/1.1 ".as_slice(), &tail].concat());
        }
    }
}
