//! A request as it came over HTTP/2: nothing is checked yet but that it is one.

use tidings_http2::hpack::FieldList;

/// The largest body that any push type may have, and one byte more: whoever sends that has sent too much.
pub(super) const BODY_READ_LIMIT: usize = 5120 + 1;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// `:authority`, or `host`.
    pub(super) host: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads a header block; `None` if it is not text.
    pub(super) fn read(fields: &FieldList) -> Option<Self> {
        let mut request = Self::default();
        for (name, value) in fields.iter() {
            let name = std::str::from_utf8(name).ok()?;
            let value = std::str::from_utf8(value).ok()?.to_owned();
            match name {
                ":method" => request.method = value,
                ":path" => request.path = value,
                ":authority" => request.host = value,
                ":scheme" => {}
                "host" if request.host.is_empty() => request.host = value,
                _ => request.headers.push((name.to_owned(), value)),
            }
        }
        Some(request)
    }

    /// Takes a part of the body, as far as any of it matters; tells whether it is already too long.
    pub(super) fn receive(&mut self, data: &[u8]) -> Fullness {
        let room = BODY_READ_LIMIT.saturating_sub(self.body.len());
        self.body.extend_from_slice(&data[..data.len().min(room)]);
        if self.body.len() < BODY_READ_LIMIT {
            Fullness::Room
        } else {
            Fullness::TooMuch
        }
    }

    /// The value of a header, the first if there are more.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether one of these headers is there more than once.
    pub(super) fn repeats_any(&self, names: &[&str]) -> bool {
        let count = |name: &&str| self.headers.iter().filter(|(header, _)| header == name).count();
        names.iter().any(|name| count(name) > 1)
    }

    #[cfg(test)]
    pub(super) fn example(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter();
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            host: "push.example.com".to_owned(),
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.as_bytes().to_vec(),
        }
    }
}

/// Whether more of a body is of any interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fullness {
    Room,
    TooMuch,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_taken_as_far_as_it_matters() {
        let mut request = Request::default();
        assert_eq!(request.receive(&[b'x'; 5120]), Fullness::Room);
        assert_eq!(request.receive(&[b'x'; 9000]), Fullness::TooMuch);
        assert_eq!(request.body.len(), BODY_READ_LIMIT);
    }

    #[test]
    fn what_is_no_text_is_no_request() {
        let mut fields = FieldList::new();
        fields.push(b":method", b"POST");
        fields.push(b"apns-topic", &[0xff]);
        assert_eq!(Request::read(&fields), None);
    }

    #[test]
    fn the_host_is_found_where_libraries_put_it() {
        let mut fields = FieldList::new();
        fields.push(b":method", b"POST");
        fields.push(b":path", b"/3/device/00");
        fields.push(b"host", b"sandbox.push.example.com");
        let request = Request::read(&fields).expect("it is text");
        assert_eq!(request.host, "sandbox.push.example.com");
        assert_eq!(request.header("host"), None);
    }
}
