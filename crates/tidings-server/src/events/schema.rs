//! The kinds of events in the words of JSON Schema and of the book, from the table in which they are declared.

use serde_json::{Value, json};
use tidings_store::{EventKind, Field, Shape};

/// The schemas of what events of each kind say, by name.
pub(crate) fn schemas() -> impl Iterator<Item = (String, Value)> {
    EventKind::ALL.iter().map(|kind| (name(*kind), schema(*kind)))
}

/// What the book says of each kind.
pub(crate) fn descriptions() -> Vec<Value> {
    let all = EventKind::ALL.iter();
    all.map(|kind| {
        let fields: Vec<Value> = kind.fields().iter().map(describe).collect();
        json!({
            "type": kind.as_str(),
            "meaning": kind.meaning().trim(),
            "subject": kind.subject(),
            "data": name(*kind),
            "fields": fields,
        })
    })
    .collect()
}

/// `device.retired` becomes `EventDataDeviceRetired`.
fn name(kind: EventKind) -> String {
    let mut name = "EventData".to_owned();
    for word in kind.as_str().split(['.', '_']) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn schema(kind: EventKind) -> Value {
    let properties: serde_json::Map<String, Value> = kind
        .fields()
        .iter()
        .map(|field| (field.name.to_owned(), property(field)))
        .collect();
    let required: Vec<&str> = kind.fields().iter().map(|field| field.name).collect();
    json!({
        "type": "object",
        "description": format!("What `{}` says. {}", kind.as_str(), kind.meaning().trim()),
        "required": required,
        "properties": properties,
    })
}

fn property(field: &Field) -> Value {
    let mut schema = shape(field.shape);
    if field.is_nullable {
        let known = schema["type"].take();
        schema["type"] = json!([known, "null"]);
        if let Some(Value::Array(words)) = schema.get_mut("enum") {
            words.push(Value::Null);
        }
    }
    schema["description"] = json!(field.meaning.trim());
    schema
}

fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Count => json!({"type": "integer", "minimum": 0}),
        Shape::Number => json!({"type": "number"}),
        Shape::Instant => json!({"type": "string", "format": "date-time"}),
        Shape::OneOf(words) => json!({"type": "string", "enum": words}),
        Shape::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Shape::SomeOf(words) => json!({"type": "array", "items": {"type": "string", "enum": words}}),
        Shape::Counts(names) => {
            let counts = names
                .iter()
                .map(|name| ((*name).to_owned(), self::shape(Shape::Count)));
            let counts: serde_json::Map<String, Value> = counts.collect();
            json!({"type": "object", "required": names, "properties": counts})
        }
        // A shape of a later version of the store is described when it is known here.
        Shape::Object | _ => json!({"type": "object"}),
    }
}

fn describe(field: &Field) -> Value {
    let (choice, words): (&str, &[&str]) = match field.shape {
        Shape::OneOf(words) => ("One of", words),
        Shape::SomeOf(words) => ("Any of", words),
        Shape::Counts(words) => ("An object with", words),
        _ => ("", &[]),
    };
    json!({
        "name": field.name,
        "meaning": field.meaning.trim(),
        "choice": choice,
        "words": words,
        "nullable": field.is_nullable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_schema_of_its_own() {
        let all: std::collections::BTreeMap<_, _> = schemas().collect();
        assert_eq!(all.len(), EventKind::ALL.len());
        let failed = &all["EventDataRecipientFailed"];
        assert_eq!(failed["properties"]["status"]["type"], json!(["integer", "null"]));
        assert_eq!(failed["properties"]["environment"]["enum"][2], Value::Null);
        assert_eq!(failed["properties"]["attempts"]["type"], "integer");
    }
}
