//! The document as far as client libraries are made of it.

use anyhow::{Context, Result};
use serde_json::Value;

use super::operation::Operation;
use super::schema::{Schema, Shape};

/// What is generated from.
pub(super) struct Document {
    pub(super) version: String,
    pub(super) schemas: Vec<Schema>,
    pub(super) operations: Vec<Operation>,
    pub(super) problems: Vec<Problem>,
    pub(super) events: Vec<EventType>,
}

/// A type of problem.
pub(super) struct Problem {
    pub(super) uri: String,
    pub(super) title: String,
}

/// A type of event, and the schema of what it says.
pub(super) struct EventType {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) data: String,
}

impl Document {
    pub(super) fn read(document: &Value) -> Result<Self> {
        Ok(Self {
            version: text(&document["info"], "version")?,
            schemas: schemas(document)?,
            operations: operations(document)?,
            problems: each(&document["x-tidings-problems"], |problem| {
                Ok(Problem {
                    uri: text(problem, "type")?,
                    title: text(problem, "title")?,
                })
            })?,
            events: each(&document["x-tidings-events"], |event| {
                Ok(EventType {
                    name: text(event, "type")?,
                    about: text(event, "meaning")?,
                    data: text(event, "data")?,
                })
            })?,
        })
    }

    /// The schema with this name, if it is an object by itself.
    pub(super) fn fields(&self, name: &str) -> Option<&[super::schema::Field]> {
        let schema = self.schemas.iter().find(|schema| schema.name == name)?;
        match &schema.shape {
            Shape::Object(fields) => Some(fields),
            _ => None,
        }
    }
}

fn schemas(document: &Value) -> Result<Vec<Schema>> {
    let schemas = document["components"]["schemas"].as_object();
    let schemas = schemas.context("there are no schemas")?.iter();
    schemas.map(|(name, schema)| Schema::read(name, schema)).collect()
}

fn operations(document: &Value) -> Result<Vec<Operation>> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().context("there are no paths")? {
        for (method, operation) in item.as_object().context("a path has no operations")? {
            let read = Operation::read(method, path, operation, document);
            operations.push(read.with_context(|| format!("reading {method} {path}"))?);
        }
    }
    operations.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(operations)
}

fn each<T>(list: &Value, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    list.as_array()
        .context("a list is missing")?
        .iter()
        .map(read)
        .collect()
}

fn text(object: &Value, field: &str) -> Result<String> {
    let text = object[field].as_str();
    Ok(text.with_context(|| format!("there is no {field}"))?.to_owned())
}
