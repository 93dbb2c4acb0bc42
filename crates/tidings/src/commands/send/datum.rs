//! A piece of the app's own data, as it is written on the command line.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::value::{RawValue, to_raw_value};

/// Keys beside `aps`, with their values. No `Debug` of the content: it is a part of the payload.
#[derive(Clone)]
pub(crate) struct Datum(pub(super) Vec<(String, Box<RawValue>)>);

/// Why a text is not a piece of data. It quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseDatumError {
    /// There is neither `=` nor an object.
    #[error("give KEY=TEXT, KEY:=JSON or a JSON object")]
    Form,
    /// There is no key.
    #[error("there is no key before the `=`")]
    NoKey,
    /// `aps` is Apple's.
    #[error("`aps` is Apple's own dictionary: use the options for it, or --payload")]
    Reserved,
    /// What should be JSON is not.
    #[error("what follows `:=` is not JSON")]
    NotJson,
}

impl FromStr for Datum {
    type Err = ParseDatumError;

    fn from_str(text: &str) -> Result<Self, ParseDatumError> {
        if text.trim_start().starts_with('{') {
            return object(text).map(Self);
        }
        let (key, value) = text.split_once('=').ok_or(ParseDatumError::Form)?;
        let (key, value) = match key.strip_suffix(':') {
            Some(key) => (key, json(value)?),
            None => (key, text_value(value)?),
        };
        check_key(key)?;
        Ok(Self(vec![(key.to_owned(), value)]))
    }
}

fn object(text: &str) -> Result<Vec<(String, Box<RawValue>)>, ParseDatumError> {
    let members: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(text).map_err(|_not_an_object| ParseDatumError::Form)?;
    members
        .into_iter()
        .map(|(key, value)| check_key(&key).map(|()| (key, value)))
        .collect()
}

fn json(text: &str) -> Result<Box<RawValue>, ParseDatumError> {
    serde_json::from_str(text).map_err(|_not_json| ParseDatumError::NotJson)
}

fn text_value(text: &str) -> Result<Box<RawValue>, ParseDatumError> {
    to_raw_value(text).map_err(|_not_json| ParseDatumError::NotJson)
}

fn check_key(key: &str) -> Result<(), ParseDatumError> {
    match key {
        "" => Err(ParseDatumError::NoKey),
        "aps" => Err(ParseDatumError::Reserved),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, ParseDatumError> {
        let Datum(members) = text.parse()?;
        Ok(members
            .into_iter()
            .map(|(key, value)| (key, value.get().to_owned()))
            .collect())
    }

    #[test]
    fn an_equals_sign_gives_text_and_with_a_colon_json() {
        for (text, key, value) in [
            ("pot=7", "pot", r#""7""#),
            ("pot:=7", "pot", "7"),
            ("pot:={\"a\": [1]}", "pot", "{\"a\": [1]}"),
            ("url=https://h/?a=b", "url", r#""https://h/?a=b""#),
            ("note=\"quoted\"", "note", r#""\"quoted\"""#),
            ("empty=", "empty", r#""""#),
        ] {
            assert_eq!(read(text), Ok(vec![(key.to_owned(), value.to_owned())]), "{text}");
        }
    }

    #[test]
    fn an_object_gives_all_its_members() {
        let members = read(r#" {"a": 1, "b": {"c": null}}"#).unwrap();
        let expected = [("a", "1"), ("b", r#"{"c": null}"#)];
        assert_eq!(
            members,
            expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn what_is_no_data_is_refused_by_its_mistake() {
        for (text, error) in [
            ("pot", ParseDatumError::Form),
            ("", ParseDatumError::Form),
            ("{\"a\"", ParseDatumError::Form),
            ("=7", ParseDatumError::NoKey),
            (":=7", ParseDatumError::NoKey),
            ("pot:=seven", ParseDatumError::NotJson),
            ("pot:=", ParseDatumError::NotJson),
            ("aps=1", ParseDatumError::Reserved),
            ("{\"aps\": {}}", ParseDatumError::Reserved),
        ] {
            assert_eq!(read(text).unwrap_err(), error, "{text}");
        }
    }
}
