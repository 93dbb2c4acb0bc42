//! Property lists in XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

use super::Value;
use super::budget::Budget;

pub(super) fn read(text: &str, budget: &mut Budget) -> Option<Value> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if start.local_name().as_ref() == "plist" => {}
            Event::Start(start) => return value(start.local_name().as_ref(), &mut reader, budget),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The value whose first tag was read just now.
fn value(tag: &str, reader: &mut Reader<&[u8]>, budget: &mut Budget) -> Option<Value> {
    if matches!(tag, "array" | "dict") {
        budget.pay(0)?;
        budget.enter()?;
        let value = if tag == "array" {
            list(reader, budget)
        } else {
            table(reader, budget)
        };
        budget.leave();
        return value;
    }
    let content = content(reader)?;
    budget.pay(content.len())?;
    Some(match tag {
        "string" => Value::Text(content),
        "true" => Value::Flag(true),
        "false" => Value::Flag(false),
        "data" => data(content),
        "date" => content.trim().parse().map_or(Value::Other, Value::Instant),
        _ => Value::Other,
    })
}

fn list(reader: &mut Reader<&[u8]>, budget: &mut Budget) -> Option<Value> {
    let mut items = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => items.push(value(start.local_name().as_ref(), reader, budget)?),
            Event::End(_) => return Some(Value::List(items)),
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn table(reader: &mut Reader<&[u8]>, budget: &mut Budget) -> Option<Value> {
    let mut entries = Vec::new();
    let mut key = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if start.local_name().as_ref() == "key" => {
                let name = content(reader)?;
                budget.pay(name.len())?;
                key = Some(name);
            }
            Event::Start(start) => {
                let value = value(start.local_name().as_ref(), reader, budget)?;
                entries.extend(key.take().map(|key| (key, value)));
            }
            Event::End(_) => return Some(Value::Table(entries)),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The text up to the end of the element that was begun. Elements inside it are not expected, and end it in error.
fn content(reader: &mut Reader<&[u8]>) -> Option<String> {
    let mut content = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Text(text) => content.push_str(&text),
            Event::CData(text) => content.push_str(&text),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(character) => content.push(character),
                None => content.push_str(resolve_xml_entity(&reference).unwrap_or_default()),
            },
            Event::End(_) => return Some(content),
            Event::Start(_) | Event::Eof => return None,
            _ => {}
        }
    }
}

/// Data in base64. What is none, as in profiles made by hand, costs this value only.
fn data(mut content: String) -> Value {
    content.retain(|character| !character.is_ascii_whitespace());
    STANDARD.decode(&content).map_or(Value::Other, Value::Bytes)
}
