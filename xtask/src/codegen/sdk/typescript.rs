//! The types and operations of `clients/typescript`.

use std::fmt::Write as _;

use super::ORIGIN;
use super::document::Document;
use super::operation::{Answer, BodyForm, Idempotency, Operation, Pages};
use super::schema::{Field, Shape};
use super::words::{camel, jsdoc, listed, pascal};

/// How far methods and what they do are moved in, and what is listed in them.
const METHOD: (&str, &str) = ("  ", "    ");
const BODY: (&str, &str) = ("    ", "      ");

pub(super) fn types(document: &Document) -> String {
    let mut text = format!("// {ORIGIN}\n\n");
    for schema in &document.schemas {
        text += &jsdoc("", std::slice::from_ref(&schema.about));
        text += &declaration(&schema.name, &schema.shape);
    }
    text += &events(document);
    text += &problems(document);
    for operation in &document.operations {
        text += &query_type(operation);
    }
    text
}

pub(super) fn operations(document: &Document) -> String {
    let mut text = format!("// {ORIGIN}\n\n");
    text += "import { type CallOptions, Core, type KeyedOptions, type Lines, iterate, place } from './core.js';\n";
    text += "import type { EventStream } from './event-stream.js';\n";
    text += "import type * as types from './types.js';\n\n";
    let _ = writeln!(
        text,
        "/** The version of the API that this was made for. */\nexport const VERSION = '{}';\n",
        document.version
    );
    text +=
        "/** A method for each operation of the API. */\nexport abstract class Operations extends Core {\n";
    let methods: Vec<String> = document
        .operations
        .iter()
        .flat_map(|operation| [Some(method(operation)), iterating(operation)])
        .flatten()
        .collect();
    text += &methods.join("\n");
    text + "}\n"
}

fn declaration(name: &str, shape: &Shape) -> String {
    match shape {
        Shape::Object(fields) => format!("export interface {name} {}\n\n", object("", fields, "")),
        shape => format!("export type {name} = {};\n\n", written("", shape, "")),
    }
}

/// A shape in TypeScript's words; `scope` stands before the names of schemas.
fn written(indent: &str, shape: &Shape, scope: &str) -> String {
    match shape {
        Shape::Anything => "unknown".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Integer | Shape::Number => "number".to_owned(),
        Shape::Text => "string".to_owned(),
        Shape::Words(words) => joined(words, " | ", |word| word.to_string().replace('"', "'")),
        Shape::Named(name) => format!("{scope}{name}"),
        Shape::List(item) => match written(indent, item, scope) {
            item if item.contains([' ', '|', '&']) => format!("Array<{item}>"),
            item => format!("{item}[]"),
        },
        Shape::Map(value) => format!("Record<string, {}>", written(indent, value, scope)),
        Shape::Object(fields) => object(indent, fields, scope),
        Shape::All(shapes) => joined(shapes, " & ", |shape| written(indent, shape, scope)),
        Shape::Union(shapes) => joined(shapes, " | ", |shape| written(indent, shape, scope)),
        Shape::Nullable(shape) => format!("{} | null", written(indent, shape, scope)),
    }
}

fn joined<T>(parts: &[T], between: &str, write: impl Fn(&T) -> String) -> String {
    parts.iter().map(write).collect::<Vec<_>>().join(between)
}

fn object(indent: &str, fields: &[Field], scope: &str) -> String {
    let inner = format!("{indent}  ");
    let mut text = "{\n".to_owned();
    for field in fields {
        text += &jsdoc(&inner, std::slice::from_ref(&field.about));
        let shape = written(&inner, &field.shape, scope);
        let name = property(&field.name);
        // With `exactOptionalPropertyTypes`, too, a variable may be passed on that has no value.
        let (mark, nothing) = if field.is_required {
            ("", "")
        } else {
            ("?", " | undefined")
        };
        let _ = writeln!(text, "{inner}{name}{mark}: {shape}{nothing};");
    }
    format!("{text}{indent}}}")
}

fn property(name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let begins = name.chars().next().is_some_and(|first| !first.is_ascii_digit());
    if begins && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("'{name}'")
    }
}

fn events(document: &Document) -> String {
    let mut text = "/** What each type of event says. */\nexport interface EventDataByType {\n".to_owned();
    for event in &document.events {
        text += &jsdoc("  ", std::slice::from_ref(&event.about));
        let _ = writeln!(text, "  '{}': {};", event.name, event.data);
    }
    text += "}\n\n/** An event of a type that this version knows: `type` tells what `data` is. */\n";
    text +=
        "export type KnownEvent = {\n  [Type in keyof EventDataByType]: Omit<Event, 'type' | 'data'> & {\n";
    text += "    type: Type;\n    data: EventDataByType[Type];\n  };\n}[keyof EventDataByType];\n\n";
    text
}

fn problems(document: &Document) -> String {
    let mut text = "/** The types of problems. */\nexport type ProblemType =\n".to_owned();
    for problem in &document.problems {
        let _ = writeln!(text, "  /** {} */\n  | '{}'", problem.title, problem.uri);
    }
    text.truncate(text.trim_end().len());
    text + ";\n\n"
}

fn query_type(operation: &Operation) -> String {
    if operation.query.is_empty() {
        return String::new();
    }
    let about = format!("What `{}` can be asked for.", camel(&operation.id));
    let name = query_name(operation);
    format!(
        "{}export interface {name} {}\n\n",
        jsdoc("", &[about]),
        object("", &operation.query, "")
    )
}

fn query_name(operation: &Operation) -> String {
    format!("{}Query", pascal(&operation.id))
}

fn method(operation: &Operation) -> String {
    let mut text = jsdoc("  ", &operation.paragraphs());
    let name = camel(&operation.id);
    let (ask, answer) = asking(operation);
    text += &listed(
        METHOD,
        &format!("{name}("),
        &parameters(operation),
        &format!("): {answer} {{"),
    );
    text += &listed(BODY, &format!("return this.{ask}({{ "), &call(operation), " });");
    text += "  }\n";
    text
}

fn parameters(operation: &Operation) -> Vec<String> {
    let mut parameters: Vec<String> = operation
        .in_path
        .iter()
        .map(|field| format!("{}: {}", camel(&field.name), written("", &field.shape, "types.")))
        .collect();
    if let Some(body) = &operation.body {
        let shape = written("", &body.shape, "types.");
        parameters.push(match (body.form, body.is_required) {
            (BodyForm::Lines, _) => format!("lines: Lines<{shape}>"),
            (BodyForm::Json, true) => format!("body: {shape}"),
            (BodyForm::Json, false) => format!("body: {shape} = {{}}"),
        });
    }
    if !operation.query.is_empty() {
        parameters.push(query_parameter(operation));
    }
    let options = match operation.idempotency {
        Idempotency::ByKey => "options: KeyedOptions = {}",
        Idempotency::None => "options: CallOptions = {}",
    };
    parameters.push(options.to_owned());
    parameters
}

fn query_parameter(operation: &Operation) -> String {
    let name = query_name(operation);
    let is_required = operation.query.iter().any(|field| field.is_required);
    let default = if is_required { "" } else { " = {}" };
    format!("query: types.{name}{default}")
}

/// The method of the core, and the type of the answer.
fn asking(operation: &Operation) -> (String, String) {
    match &operation.answer {
        Answer::Nothing => ("nothing".to_owned(), "Promise<void>".to_owned()),
        Answer::Text => ("text".to_owned(), "Promise<string>".to_owned()),
        Answer::Json(shape) => {
            let shape = written("", shape, "types.");
            (format!("json<{shape}>"), format!("Promise<{shape}>"))
        }
        Answer::Lines(shape) => {
            let shape = written("", shape, "types.");
            (format!("lines<{shape}>"), format!("Promise<Array<{shape}>>"))
        }
        Answer::Events => {
            let shape = "types.KnownEvent";
            (
                format!("events<{shape}>"),
                format!("Promise<EventStream<{shape}>>"),
            )
        }
    }
}

fn call(operation: &Operation) -> Vec<String> {
    let mut parts = vec![
        format!("method: '{}'", operation.method),
        format!("path: {}", path(operation)),
    ];
    if !operation.query.is_empty() {
        parts.push("query".to_owned());
    }
    match operation.body.as_ref().map(|body| body.form) {
        Some(BodyForm::Json) => parts.push("body".to_owned()),
        Some(BodyForm::Lines) => parts.push("lines".to_owned()),
        None => {}
    }
    if operation.idempotency == Idempotency::ByKey {
        parts.push("keyed: true".to_owned());
    }
    parts.push("options".to_owned());
    parts
}

fn path(operation: &Operation) -> String {
    if operation.in_path.is_empty() {
        return format!("'{}'", operation.path);
    }
    let filled = operation
        .in_path
        .iter()
        .fold(operation.path.clone(), |path, field| {
            path.replace(
                &format!("{{{}}}", field.name),
                &format!("${{{}}}", camel(&field.name)),
            )
        });
    format!("place`{filled}`")
}

fn iterating(operation: &Operation) -> Option<String> {
    let pages = operation.pages.as_ref()?;
    let name = camel(&operation.iterating_id());
    let one = camel(&operation.id);
    let item = written("", &pages.item, "types.");
    let mut text = jsdoc("  ", &[format!("Goes through all pages of `{one}`.")]);
    let mut given: Vec<String> = operation.in_path.iter().map(|field| camel(&field.name)).collect();
    given.extend(["page".to_owned(), "options".to_owned()]);
    let answer = format!("): AsyncGenerator<{item}, void, undefined> {{");
    text += &listed(METHOD, &format!("{name}("), &parameters(operation), &answer);
    text += &listed(
        BODY,
        "return iterate(",
        &iterate(pages, &one, &given.join(", ")),
        ");",
    );
    text += "  }\n";
    Some(text)
}

fn iterate(pages: &Pages, method: &str, given: &str) -> Vec<String> {
    vec![
        "query".to_owned(),
        format!("'{}'", pages.parameter.name),
        format!("(page) => this.{method}({given})"),
        format!("(page) => page.{}", pages.items),
        format!("(page) => page.{}", pages.next),
    ]
}
