//! The types and operations of `clients/python`.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::ORIGIN;
use super::document::Document;
use super::operation::{Answer, BodyForm, Idempotency, Operation};
use super::schema::{Field, Shape};
use super::words::{docstring, listed, pascal};

/// Words that cannot be names.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// How far methods and what they do are moved in, and what is listed in them.
const METHOD: (&str, &str) = ("    ", "        ");
const BODY: (&str, &str) = ("        ", "            ");

/// The two ways to call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Waiting,
    Async,
}

pub(super) fn types(document: &Document) -> Result<String> {
    let mut types = Types::default();
    for schema in &document.schemas {
        types.declare(&schema.name, &schema.about, &schema.shape, document)?;
    }
    types.declare_events(document)?;
    let mut text =
        format!("\"\"\"What goes to the server and what it answers, as JSON has it.\n\n{ORIGIN}\n\"\"\"\n\n");
    text +=
        "from __future__ import annotations\n\nfrom typing import Any, Literal, TypedDict, Union, final\n\n";
    text += &problems(document);
    text += "\n\n";
    text += types.classes.trim_start();
    // Aliases are evaluated at once: after the classes that they name.
    text += "\n\n";
    text += &types.aliases;
    Ok(text)
}

pub(super) fn operations(document: &Document) -> String {
    let mut text = format!("\"\"\"A method for each operation of the API.\n\n{ORIGIN}\n\"\"\"\n\n");
    text += "from __future__ import annotations\n\n";
    text += "from collections.abc import AsyncIterator, Iterator\nfrom typing import Any\n\nfrom . import types\n";
    text += "from ._call import AsyncLines, Call, Lines, place\nfrom ._core import AsyncCore, AsyncEventStream, Core, EventStream\n\n";
    let _ = write!(text, "VERSION = \"{}\"\n\n", document.version);
    let classes = [
        (
            Way::Waiting,
            "Operations(Core)",
            "A method for each operation of the API.",
        ),
        (
            Way::Async,
            "AsyncOperations(AsyncCore)",
            "A method for each operation of the API, to be awaited.",
        ),
    ];
    for (way, class, about) in classes {
        let _ = write!(text, "\nclass {class}:\n    \"\"\"{about}\"\"\"\n");
        for operation in &document.operations {
            text += &method(operation, way);
            text += &iterating(operation, way).unwrap_or_default();
        }
    }
    text
}

/// Classes, and what is only another name for a type.
#[derive(Default)]
struct Types {
    classes: String,
    aliases: String,
}

impl Types {
    fn declare(&mut self, name: &str, about: &str, shape: &Shape, document: &Document) -> Result<()> {
        match shape {
            Shape::Object(fields) => self.class(name, "TypedDict", about, fields),
            Shape::All(shapes) => self.derived(name, about, shapes, document)?,
            shape => {
                let written = self.written(name, shape, "");
                let _ = writeln!(self.aliases, "{name} = {}", alias(&written));
                self.aliases += &docstring("", &[about.to_owned()]);
            }
        }
        Ok(())
    }

    /// A class of what two or more schemas have.
    fn derived(&mut self, name: &str, about: &str, shapes: &[Shape], document: &Document) -> Result<()> {
        let mut all = Vec::new();
        for shape in shapes {
            match shape {
                Shape::Named(base) => {
                    let fields = document.fields(base);
                    all.extend_from_slice(fields.with_context(|| format!("{base} is no object"))?);
                }
                Shape::Object(fields) => all.extend_from_slice(fields),
                other => anyhow::bail!("{name} is made of {other:?}"),
            }
        }
        self.class(name, "TypedDict", about, &all);
        Ok(())
    }

    /// What need not be there is in a class that derives from one with what must be: Python 3.10 knows no other way.
    fn class(&mut self, name: &str, base: &str, about: &str, fields: &[Field]) {
        let (required, optional): (Vec<_>, Vec<_>) = fields.iter().partition(|field| field.is_required);
        let (bases, fields) = match (required.is_empty(), optional.is_empty()) {
            (_, true) => (base.to_owned(), required),
            (true, false) => (format!("{base}, total=False"), optional),
            (false, false) => {
                self.one_class(&format!("_{name}"), base, "", name, &required);
                (format!("_{name}, total=False"), optional)
            }
        };
        self.one_class(name, &bases, about, name, &fields);
    }

    fn one_class(&mut self, name: &str, bases: &str, about: &str, owner: &str, fields: &[&Field]) {
        let fields: Vec<(&Field, String)> = fields
            .iter()
            .map(|field| {
                let inner = format!("{owner}{}", pascal(&field.name));
                (*field, self.written(&inner, &field.shape, ""))
            })
            .collect();
        let text = if fields.iter().all(|(field, _)| is_identifier(&field.name)) {
            class_text(name, bases, about, &fields)
        } else {
            call_text(name, bases, &fields)
        };
        self.classes += &text;
    }

    /// A shape in Python's words. An object inside gets a class of its own, under the name that is given.
    fn written(&mut self, name: &str, shape: &Shape, scope: &str) -> String {
        match shape {
            Shape::Object(fields) => {
                self.class(name, "TypedDict", "", fields);
                format!("{scope}{name}")
            }
            Shape::List(item) => format!("list[{}]", self.written(name, item, scope)),
            Shape::Nullable(shape) => format!("{} | None", self.written(name, shape, scope)),
            Shape::Union(shapes) => {
                let parts = shapes.iter().enumerate();
                let parts: Vec<String> = parts
                    .map(|(number, shape)| self.written(&format!("{name}{}", number + 1), shape, scope))
                    .collect();
                parts.join(" | ")
            }
            shape => plain(shape, scope),
        }
    }

    fn declare_events(&mut self, document: &Document) -> Result<()> {
        let fields = document.fields("Event").context("there is no schema Event")?;
        let mut names = Vec::new();
        for event in &document.events {
            let name = format!("{}Event", pascal(&event.name));
            let fields: Vec<Field> = fields
                .iter()
                .map(|field| match field.name.as_str() {
                    "type" => of_shape(field, Shape::Words(vec![event.name.clone().into()])),
                    "data" => of_shape(field, Shape::Named(event.data.clone())),
                    _ => field.clone(),
                })
                .collect();
            self.class(&name, "TypedDict", &event.about, &fields);
            names.push(name);
        }
        let _ = writeln!(
            self.aliases,
            "KnownEvent = Union[\n    {},\n]",
            names.join(",\n    ")
        );
        self.aliases += &docstring(
            "",
            &["An event of a type that this version knows: `type` tells what `data` is.".to_owned()],
        );
        Ok(())
    }
}

fn of_shape(field: &Field, shape: Shape) -> Field {
    Field {
        shape,
        ..field.clone()
    }
}

fn class_text(name: &str, bases: &str, about: &str, fields: &[(&Field, String)]) -> String {
    // Of what is final, `"id" in line` tells which of several it is.
    let is_final = if name.starts_with('_') { "" } else { "@final\n" };
    let mut text = format!("\n\n{is_final}class {name}({bases}):\n");
    text += &docstring("    ", &[about.to_owned()]);
    if fields.is_empty() {
        text += "    pass\n";
    }
    for (field, shape) in fields {
        let _ = writeln!(text, "    {}: {shape}", field.name);
        text += &docstring("    ", std::slice::from_ref(&field.about));
    }
    text
}

/// A class some of whose fields cannot be written as names.
fn call_text(name: &str, bases: &str, fields: &[(&Field, String)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(field, shape)| format!("    \"{}\": \"{shape}\",\n", field.name))
        .collect();
    let fields = fields.concat();
    match bases.split_once(", ") {
        None if bases == "TypedDict" => format!("\n\n{name} = TypedDict(\"{name}\", {{\n{fields}}})\n"),
        Some(("TypedDict", total)) => {
            format!("\n\n{name} = TypedDict(\"{name}\", {{\n{fields}}}, {total})\n")
        }
        _ => {
            let base = bases.split(',').next().unwrap_or(bases);
            format!(
                "\n\n_{name}More = TypedDict(\"_{name}More\", {{\n{fields}}}, total=False)\n\n\n\
                 class {name}({base}, _{name}More):\n    pass\n"
            )
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let plain = name
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || character == '_');
    plain && !name.starts_with(|first: char| first.is_ascii_digit()) && !KEYWORDS.contains(&name)
}

/// `A | None` cannot be evaluated in Python 3.10 when A is a name in quotation marks; `Union` can.
fn alias(written: &str) -> String {
    match written.split(" | ").collect::<Vec<_>>().as_slice() {
        [one] => (*one).to_owned(),
        many => format!("Union[{}]", many.join(", ")),
    }
}

/// A shape that needs no class of its own.
fn plain(shape: &Shape, scope: &str) -> String {
    match shape {
        Shape::Boolean => "bool".to_owned(),
        Shape::Integer => "int".to_owned(),
        Shape::Number => "float".to_owned(),
        Shape::Text => "str".to_owned(),
        Shape::Words(words) => {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            format!("Literal[{}]", words.join(", "))
        }
        Shape::Named(name) => format!("{scope}{name}"),
        Shape::List(item) => format!("list[{}]", plain(item, scope)),
        Shape::Map(value) => format!("dict[str, {}]", plain(value, scope)),
        Shape::Nullable(shape) => format!("{} | None", plain(shape, scope)),
        Shape::Anything | Shape::Object(_) | Shape::All(_) | Shape::Union(_) => "Any".to_owned(),
    }
}

fn problems(document: &Document) -> String {
    let uris: Vec<String> = document
        .problems
        .iter()
        .map(|problem| format!("    \"{}\",\n", problem.uri))
        .collect();
    let about = docstring("", &["The types of problems.".to_owned()]);
    format!("ProblemType = Literal[\n{}]\n{about}", uris.concat())
}

fn method(operation: &Operation, way: Way) -> String {
    let (define, wait) = match way {
        Way::Async => ("async def", "await "),
        Way::Waiting => ("def", ""),
    };
    let (ask, answer) = asking(operation, way);
    let mut text = "\n".to_owned();
    let close = format!(") -> {answer}:");
    text += &listed(
        METHOD,
        &format!("{define} {}(", operation.id),
        &parameters(operation, way),
        &close,
    );
    text += &docstring("        ", &operation.paragraphs());
    if matches!(operation.answer, Answer::Nothing) {
        text += &listed(BODY, &format!("{wait}self.{ask}(Call("), &call(operation), "))");
    } else {
        let open = format!("answer: {answer} = {wait}self.{ask}(Call(");
        text += &listed(BODY, &open, &call(operation), "))");
        text += "        return answer\n";
    }
    text
}

fn asking(operation: &Operation, way: Way) -> (&'static str, String) {
    let stream = match way {
        Way::Waiting => "EventStream",
        Way::Async => "AsyncEventStream",
    };
    match &operation.answer {
        Answer::Nothing => ("_nothing", "None".to_owned()),
        Answer::Text => ("_text", "str".to_owned()),
        Answer::Json(shape) => ("_json", plain(shape, "types.")),
        Answer::Lines(shape) => ("_lines", format!("list[{}]", plain(shape, "types."))),
        Answer::Events => ("_events", format!("{stream}[types.KnownEvent]")),
    }
}

fn parameters(operation: &Operation, way: Way) -> Vec<String> {
    let mut parameters = vec!["self".to_owned()];
    let in_path = operation.in_path.iter();
    parameters.extend(in_path.map(|field| format!("{}: {}", name(field), plain(&field.shape, "types."))));
    if let Some(body) = &operation.body {
        let shape = plain(&body.shape, "types.");
        let lines = if way == Way::Async { "AsyncLines" } else { "Lines" };
        parameters.push(match (body.form, body.is_required) {
            (BodyForm::Lines, _) => format!("lines: {lines}[{shape}]"),
            (BodyForm::Json, true) => format!("body: {shape}"),
            (BodyForm::Json, false) => format!("body: {shape} | None = None"),
        });
    }
    parameters.push("*".to_owned());
    parameters.extend(operation.query.iter().map(query_parameter));
    if operation.idempotency == Idempotency::ByKey {
        parameters.push("idempotency_key: str | None = None".to_owned());
    }
    parameters.push("timeout: float | None = None".to_owned());
    parameters
}

fn query_parameter(field: &Field) -> String {
    let shape = plain(&field.shape, "types.");
    if field.is_required {
        format!("{}: {shape}", name(field))
    } else {
        format!(
            "{}: {} | None = None",
            name(field),
            shape.trim_end_matches(" | None")
        )
    }
}

fn name(field: &Field) -> String {
    let name = field.name.replace('-', "_");
    if KEYWORDS.contains(&name.as_str()) {
        name + "_"
    } else {
        name
    }
}

fn call(operation: &Operation) -> Vec<String> {
    let mut parts = vec![format!("\"{}\"", operation.method), path(operation)];
    if !operation.query.is_empty() {
        let query: Vec<String> = operation
            .query
            .iter()
            .map(|field| format!("\"{}\": {}", field.name, name(field)))
            .collect();
        parts.push(format!("query={{{}}}", query.join(", ")));
    }
    parts.extend(
        operation
            .body
            .as_ref()
            .map(|body| match (body.form, body.is_required) {
                (BodyForm::Lines, _) => "lines=lines".to_owned(),
                (BodyForm::Json, true) => "body=body".to_owned(),
                (BodyForm::Json, false) => "body=body or {}".to_owned(),
            }),
    );
    if operation.idempotency == Idempotency::ByKey {
        parts.extend(["keyed=True", "idempotency_key=idempotency_key"].map(str::to_owned));
    }
    parts.push("timeout=timeout".to_owned());
    parts
}

fn path(operation: &Operation) -> String {
    if operation.in_path.is_empty() {
        return format!("\"{}\"", operation.path);
    }
    let values: Vec<String> = operation
        .in_path
        .iter()
        .map(|field| format!("{}={0}", name(field)))
        .collect();
    let template = operation
        .in_path
        .iter()
        .fold(operation.path.clone(), |path, field| {
            path.replace(&format!("{{{}}}", field.name), &format!("{{{}}}", name(field)))
        });
    format!("place(\"{template}\", {})", values.join(", "))
}

fn iterating(operation: &Operation, way: Way) -> Option<String> {
    let pages = operation.pages.as_ref()?;
    let iterator = match way {
        Way::Waiting => "Iterator",
        Way::Async => "AsyncIterator",
    };
    let close = format!(") -> {iterator}[{}]:", plain(&pages.item, "types."));
    let open = format!("def {}(", operation.iterating_id());
    let mut text = "\n".to_owned() + &listed(METHOD, &open, &parameters(operation, way), &close);
    text += &docstring(
        "        ",
        &[format!("Goes through all pages of `{}`.", operation.id)],
    );
    let in_path = operation.in_path.iter().map(name);
    let next = name(&pages.parameter);
    let query = operation.query.iter().map(|field| match name(field) {
        name if name == next => format!("{name}=at"),
        name => format!("{name}={name}"),
    });
    let given: Vec<String> = in_path
        .chain(query)
        .chain(["timeout=timeout".to_owned()])
        .collect();
    let parts = [
        next,
        format!("lambda at: self.{}({})", operation.id, given.join(", ")),
        format!("lambda page: page[\"{}\"]", pages.items),
        format!("lambda page: page.get(\"{}\")", pages.next),
    ];
    text += &listed(BODY, "return self._pages(", &parts, ")");
    Some(text)
}
