//! Every key of the configuration, as the binary lists it.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::program::{output_quietly, tidings};

/// A key, as `tidings config keys --format json` tells it.
#[derive(Deserialize)]
struct Key {
    section: String,
    name: String,
    variable: String,
    default: Option<String>,
    example: Option<String>,
    meaning: String,
}

pub(super) fn keys() -> Result<String> {
    let lines = output_quietly(Command::new(tidings()?).args(["config", "keys", "--format", "json"]))?;
    let keys: Result<Vec<Key>, _> = lines.lines().map(serde_json::from_str).collect();
    Ok(told(&keys.context("reading the list of keys")?))
}

fn told(keys: &[Key]) -> String {
    let mut text = String::new();
    let mut section = "";
    for key in keys {
        if key.section != section {
            section = &key.section;
            // Writing to a string cannot fail.
            let _ = write!(text, "## {section}\n\n");
        }
        text.push_str(&entry(key));
    }
    text
}

fn entry(key: &Key) -> String {
    let value = match (&key.default, &key.example) {
        (Some(default), _) => format!("Default: `{default}`. "),
        (None, Some(example)) => format!("No default; for example `{example}`. "),
        (None, None) => String::new(),
    };
    format!(
        "### `{}`\n\n{}\n\n{value}Variable: `{}`.\n\n",
        key.name, key.meaning, key.variable
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_under_their_section() {
        let key = |name: &str, default: Option<&str>| Key {
            section: "log".to_owned(),
            name: format!("log.{name}"),
            variable: format!("TIDINGS_LOG__{}", name.to_uppercase()),
            default: default.map(str::to_owned),
            example: None,
            meaning: "How it is said.".to_owned(),
        };
        let text = told(&[key("level", Some("\"info\"")), key("format", None)]);
        assert_eq!(text.matches("## log\n").count(), 1);
        assert!(text.contains(
            "### `log.level`\n\nHow it is said.\n\nDefault: `\"info\"`. Variable: `TIDINGS_LOG__LEVEL`.\n"
        ));
    }
}
