//! The entries that both ends know from the start (RFC 7541, appendix A).

use super::entry::Entry;

/// How many entries there are; the dynamic table's indices follow.
pub(super) const LENGTH: usize = ENTRIES.len();

/// The entry at `index`, where 1 is the first.
pub(super) fn entry(index: usize) -> Option<Entry<'static>> {
    ENTRIES.get(index.checked_sub(1)?).copied()
}

/// All entries with their indices.
pub(super) fn entries() -> impl Iterator<Item = (usize, Entry<'static>)> {
    (1..).zip(ENTRIES.iter().copied())
}

macro_rules! entries {
    ($(($name:literal, $value:literal),)*) => {
        [$(Entry::new(concat!($name, $value).as_bytes(), $name.len()),)*]
    };
}

static ENTRIES: [Entry<'static>; 61] = entries![
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indices_are_those_of_the_appendix() {
        for (index, name, value) in [
            (1, ":authority", ""),
            (2, ":method", "GET"),
            (8, ":status", "200"),
            (16, "accept-encoding", "gzip, deflate"),
            (23, "authorization", ""),
            (28, "content-length", ""),
            (61, "www-authenticate", ""),
        ] {
            let entry = entry(index).unwrap();
            assert_eq!((entry.name(), entry.value()), (name.as_bytes(), value.as_bytes()));
        }
    }

    #[test]
    fn there_is_nothing_before_the_first_and_after_the_last() {
        assert!(entry(0).is_none());
        assert!(entry(LENGTH + 1).is_none());
    }
}
