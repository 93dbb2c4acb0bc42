//! Property lists, written by a library that is not the reader under test.

use plist::{Dictionary, Value};

/// How a property list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlistForm {
    /// XML.
    Xml,
    /// Binary.
    Binary,
}

/// A table of keys and values.
pub fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Dictionary {
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// A property list as the bytes of a file.
///
/// # Panics
///
/// Never: writing to memory does not fail.
pub fn written(list: Dictionary, form: PlistForm) -> Vec<u8> {
    let mut bytes = Vec::new();
    let list = Value::Dictionary(list);
    match form {
        PlistForm::Xml => list.to_writer_xml(&mut bytes),
        PlistForm::Binary => list.to_writer_binary(&mut bytes),
    }
    .expect("memory takes it");
    bytes
}

/// A list of texts.
pub(super) fn texts<T: AsRef<str>>(texts: &[T]) -> Value {
    Value::Array(texts.iter().map(|text| text.as_ref().into()).collect())
}
