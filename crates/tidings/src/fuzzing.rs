//! Doors for the fuzz targets to the readers of foreign bytes, which nobody else has a use for. Each panics when what it
//! was given does what no input may do.

use std::path::Path;

use crate::commands::devices::{Form, read_lines};
use crate::configuration;

/// A text as `tidings.toml`: it is refused with mistakes that can be told, or understood the same again.
pub fn configuration(text: &str) {
    let read = || configuration::read(Some((Path::new("tidings.toml"), text)), [], &[]);
    match (read(), read()) {
        (Ok(one), Ok(other)) => assert_eq!(one.set, other.set, "it is understood otherwise the second time"),
        (Err(mistakes), Err(_)) => assert!(!mistakes.is_empty(), "it is refused for no reason"),
        _ => unreachable!("it is refused only sometimes"),
    }
}

/// Bytes as a file of devices: the first says whether a table or lines of objects. Each line is taken as an object for the
/// server with a device token, left out, or refused in words.
pub fn devices(data: &[u8]) {
    let Some((form, content)) = data.split_first() else {
        return;
    };
    let form = if form % 2 == 0 { Form::Csv } else { Form::Ndjson };
    let Ok(lines) = read_lines(form, content.to_vec()) else {
        return;
    };
    for line in lines {
        match line {
            Ok(Some(object)) => {
                let object: serde_json::Value = serde_json::from_str(&object).unwrap_or_default();
                assert!(object["token"].is_string(), "an object without a device token");
            }
            Ok(None) => {}
            Err(refusal) => assert!(!refusal.is_empty(), "a line is refused for no reason"),
        }
    }
}
