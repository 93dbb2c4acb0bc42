//! Schemas, read into the few shapes that the document uses. Another one is an error: a guess would be a wrong type.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

/// A schema with a name.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) shape: Shape,
}

/// A property of an object, or a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) is_required: bool,
    pub(super) shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Anything,
    Boolean,
    Integer,
    Number,
    Text,
    /// Some values and no others.
    Words(Vec<Value>),
    Named(String),
    List(Box<Self>),
    /// An object with any keys.
    Map(Box<Self>),
    Object(Vec<Field>),
    /// An object that has what all of these have.
    All(Vec<Self>),
    Union(Vec<Self>),
    Nullable(Box<Self>),
}

impl Schema {
    pub(super) fn read(name: &str, schema: &Value) -> Result<Self> {
        let shape = Shape::read(schema).with_context(|| format!("reading the schema {name}"))?;
        Ok(Self {
            name: name.to_owned(),
            about: about(schema),
            shape,
        })
    }
}

impl Shape {
    pub(super) fn read(schema: &Value) -> Result<Self> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.strip_prefix("#/components/schemas/");
            return Ok(Self::Named(name.context("a reference to no schema")?.to_owned()));
        }
        if let Some(words) = schema["enum"].as_array() {
            return Ok(of_words(words));
        }
        if let Some(all) = schema["allOf"].as_array() {
            return Ok(Self::All(all.iter().map(Self::read).collect::<Result<_>>()?));
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[key].as_array() {
                return of_choices(choices);
            }
        }
        of_type(schema)
    }

    fn or_null(self) -> Self {
        match self {
            Self::Nullable(_) => self,
            shape => Self::Nullable(Box::new(shape)),
        }
    }
}

pub(super) fn about(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn of_words(words: &[Value]) -> Shape {
    let some: Vec<Value> = words.iter().filter(|word| !word.is_null()).cloned().collect();
    let has_null = some.len() < words.len();
    let shape = Shape::Words(some);
    if has_null { shape.or_null() } else { shape }
}

fn of_choices(choices: &[Value]) -> Result<Shape> {
    let is_null = |choice: &&Value| choice["type"] == "null";
    let mut shapes = choices
        .iter()
        .filter(|choice| !is_null(choice))
        .map(Shape::read)
        .collect::<Result<Vec<_>>>()?;
    let has_null = choices.iter().any(|choice| is_null(&choice));
    let shape = match shapes.len() {
        1 => shapes.remove(0),
        _ => Shape::Union(shapes),
    };
    Ok(if has_null { shape.or_null() } else { shape })
}

fn of_type(schema: &Value) -> Result<Shape> {
    match &schema["type"] {
        Value::String(name) => of_type_named(name, schema),
        Value::Array(names) => of_types(names, schema),
        Value::Null if schema.get("properties").is_none() => Ok(Shape::Anything),
        _ => of_type_named("object", schema),
    }
}

fn of_types(names: &[Value], schema: &Value) -> Result<Shape> {
    let mut shapes = names
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| *name != "null")
        .map(|name| of_type_named(name, schema))
        .collect::<Result<Vec<_>>>()?;
    let has_null = names.iter().any(|name| name == "null");
    let shape = match shapes.len() {
        1 => shapes.remove(0),
        _ => Shape::Union(shapes),
    };
    Ok(if has_null { shape.or_null() } else { shape })
}

fn of_type_named(name: &str, schema: &Value) -> Result<Shape> {
    Ok(match name {
        "string" => Shape::Text,
        "integer" => Shape::Integer,
        "number" => Shape::Number,
        "boolean" => Shape::Boolean,
        "array" => Shape::List(Box::new(Shape::read(&schema["items"])?)),
        "object" => match schema["properties"].as_object() {
            Some(properties) => Shape::Object(fields(properties, schema)?),
            None if schema["additionalProperties"].is_object() => {
                Shape::Map(Box::new(Shape::read(&schema["additionalProperties"])?))
            }
            None => Shape::Map(Box::new(Shape::Anything)),
        },
        other => bail!("there is no shape for the type {other}"),
    })
}

fn fields(properties: &Map<String, Value>, schema: &Value) -> Result<Vec<Field>> {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
    properties
        .iter()
        .map(|(name, property)| {
            Ok(Field {
                name: name.clone(),
                about: about_property(property),
                is_required: is_required(name),
                shape: Shape::read(property).with_context(|| format!("reading {name}"))?,
            })
        })
        .collect()
}

/// What may be null and is described elsewhere has its words beside the reference.
fn about_property(property: &Value) -> String {
    let inner = property["oneOf"].as_array().into_iter().flatten();
    std::iter::once(property)
        .chain(inner)
        .map(about)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_null_says_so_however_it_is_written() {
        let text = Shape::Nullable(Box::new(Shape::Text));
        assert_eq!(Shape::read(&json!({"type": ["string", "null"]})).unwrap(), text);
        let choice = json!({"oneOf": [{"type": "string"}, {"type": "null"}]});
        assert_eq!(Shape::read(&choice).unwrap(), text);
        let words = Shape::read(&json!({"type": ["string", "null"], "enum": ["a", null]})).unwrap();
        assert_eq!(words, Shape::Nullable(Box::new(Shape::Words(vec![json!("a")]))));
    }

    #[test]
    fn an_unknown_type_is_an_error_that_names_where_it_is() {
        let schema = json!({"type": "object", "properties": {"at": {"type": "instant"}}});
        let error = Schema::read("Thing", &schema).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "reading the schema Thing: reading at: there is no shape for the type instant"
        );
    }
}
