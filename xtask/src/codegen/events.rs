//! The kinds of events, as the server's own description has them.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::Value;

use super::openapi::server_document;

/// What each kind of event means and says.
pub(super) fn kinds() -> Result<String> {
    let document = server_document()?;
    let events = document["x-tidings-events"]
        .as_array()
        .context("there are no events")?;
    let mut text = String::new();
    for event in events {
        describe(&mut text, event)?;
    }
    Ok(text)
}

fn describe(text: &mut String, event: &Value) -> Result<()> {
    let word = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    writeln!(
        text,
        "## `{}`\n\n{}\n\n`subject` is {}.\n",
        word(event, "type"),
        word(event, "meaning"),
        word(event, "subject")
    )?;
    let fields = event["fields"].as_array().context("an event has no fields")?;
    if fields.is_empty() {
        return Ok(writeln!(text, "`data` is empty.\n")?);
    }
    writeln!(text, "| in `data` | is |\n| --- | --- |")?;
    for field in fields {
        let (name, meaning) = (word(field, "name"), word(field, "meaning"));
        writeln!(text, "| `{name}` | {meaning}{} |", remarks(field))?;
    }
    Ok(writeln!(text)?)
}

/// The words that can stand there, and whether nothing can.
fn remarks(field: &Value) -> String {
    let words: Vec<String> = field["words"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|word| format!("`{word}`"))
        .collect();
    let mut text = String::new();
    if !words.is_empty() {
        let choice = field["choice"].as_str().unwrap_or_default();
        text = format!(" {choice} {}.", words.join(", "));
    }
    if field["nullable"] == true {
        text.push_str(" May be `null`.");
    }
    text
}
