//! Property lists in XML and in binary, read into what the facts need of them.
//!
//! The readers are our own because the inputs are hostile: a binary list can name one large array a million times, and a
//! nested one can be a million deep. What comes out is bounded in depth, in values and in bytes ([`Budget`]), whatever goes
//! in. They are also more forgiving than a general reader: base64 that is none costs the value and not the file.

mod binary;
mod budget;
mod xml;

use tidings_apns::Timestamp;

use budget::Budget;

/// The largest property list that is looked at. A profile with a hundred thousand devices would be about half of it.
pub(crate) const MAX_BYTES: usize = 8 << 20;

const BINARY_MAGIC: &[u8] = b"bplist0";

/// A value of a property list. Numbers and what else no fact is made of are [`Other`](Self::Other).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    Bytes(Vec<u8>),
    Instant(Timestamp),
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
    Other,
}

/// How a property list was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Xml,
    Binary,
}

/// What looks like a property list, and what it turned out to be: nothing if it is damaged or out of bounds.
pub(crate) fn read(bytes: &[u8]) -> Option<(Form, Value)> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    if is_binary(bytes) {
        return Some((Form::Binary, binary::read(bytes, &mut Budget::default())?));
    }
    let text = text(bytes)?;
    Some((Form::Xml, xml::read(&text, &mut Budget::default())?))
}

/// Whether it begins as a binary property list does.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(BINARY_MAGIC)
}

/// Whether it begins as XML does, after a byte order mark and white space.
pub(crate) fn is_xml(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    text(head).is_some_and(|text| {
        let text = text.trim_start();
        ["<?xml", "<plist", "<!DOCTYPE plist", "<dict"]
            .iter()
            .any(|start| text.starts_with(start))
    })
}

/// The text of an XML file in UTF-8 or, with its byte order mark, in UTF-16. Damaged bytes become replacement characters.
fn text(bytes: &[u8]) -> Option<String> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    Some(match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [] => return None,
        _ => String::from_utf8_lossy(bytes).into_owned(),
    })
}

impl Value {
    /// The value under a key of a table.
    pub(crate) fn at(&self, key: &str) -> Option<&Self> {
        self.table()?
            .iter()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    pub(crate) fn text_at(&self, key: &str) -> Option<&str> {
        self.at(key)?.text()
    }

    pub(crate) fn flag_at(&self, key: &str) -> Option<bool> {
        match self.at(key)? {
            Self::Flag(flag) => Some(*flag),
            Self::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" => Some(true),
                "false" | "no" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn instant_at(&self, key: &str) -> Option<Timestamp> {
        match self.at(key)? {
            Self::Instant(at) => Some(*at),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The texts of a list under a key, or the one text that stands there instead of a list.
    pub(crate) fn texts_at(&self, key: &str) -> Vec<&str> {
        match self.at(key) {
            Some(Self::List(items)) => items.iter().filter_map(Self::text).collect(),
            Some(Self::Text(text)) => vec![text],
            _ => Vec::new(),
        }
    }

    pub(crate) fn list_at(&self, key: &str) -> Option<&[Self]> {
        self.at(key)?.list()
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn table(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Table(entries) => Some(entries),
            _ => None,
        }
    }
}
