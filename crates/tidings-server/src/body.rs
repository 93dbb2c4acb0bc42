//! Bodies: read whole, bounded in size and in time, and as JSON with the place of what is wrong.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::body::Body as AxumBody;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_path_to_error::Segment;

use crate::limits::JSON_BODY_BYTES;
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;

/// A JSON body. An empty one is `{}`.
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body and the bytes that it was read from.
pub(crate) struct JsonWithBytes<T> {
    pub(crate) value: T,
    pub(crate) bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Shared) -> Result<Self, Problem> {
        let read = JsonWithBytes::from_request(request, server).await?;
        Ok(Self(read.value))
    }
}

impl<T: DeserializeOwned> FromRequest<Shared> for JsonWithBytes<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Shared) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        must_be_json(&parts.headers)?;
        let bytes = read(body, JSON_BODY_BYTES, server.config.request_timeout).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// Refuses what is said to be something else than JSON. Where nothing is said, it is read as JSON.
fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    must_not_be_encoded(headers)?;
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let essence = essence(content_type.to_str().unwrap_or_default());
    if essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json") {
        return Ok(());
    }
    let detail = format!("The body is `{}`.", printable(essence));
    Err(Problem::new(ProblemKind::UnsupportedMediaType, detail).at("content-type"))
}

/// Refuses NDJSON that is said to be something else entirely.
pub(crate) fn must_be_ndjson(headers: &HeaderMap) -> Result<(), Problem> {
    const TAKEN: [&str; 5] = [
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/json",
        "text/plain",
    ];
    must_not_be_encoded(headers)?;
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let essence = essence(content_type.to_str().unwrap_or_default());
    if TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let detail = format!("The body is `{}`.", printable(essence));
    Err(Problem::new(ProblemKind::UnsupportedMediaType, detail)
        .at("content-type")
        .hint("Send `Content-Type: application/x-ndjson`: one JSON object on each line."))
}

fn must_not_be_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::CONTENT_ENCODING) {
        None => Ok(()),
        Some(encoding) if encoding == "identity" => Ok(()),
        Some(_) => Err(
            Problem::new(ProblemKind::UnsupportedMediaType, "The body is compressed.")
                .at("content-encoding")
                .hint("Send the body as it is."),
        ),
    }
}

/// A media type without its parameters.
pub(crate) fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// A piece of the caller's text, short and harmless.
pub(crate) fn printable(text: &str) -> String {
    let harmless = text.chars().filter(|character| !character.is_control());
    harmless.take(64).collect()
}

/// Reads a whole body.
pub(crate) async fn read(body: AxumBody, limit: usize, within: Duration) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let timeout = tokio::time::timeout(within, collect(body, limit));
    timeout.await.map_err(|_elapsed| too_slow(within))?
}

/// What came in one piece is not copied.
async fn collect(mut body: AxumBody, limit: usize) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(piece) = next_piece(&mut body).await? {
        if first.len() + all.len() + piece.len() > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() && all.is_empty() {
            first = piece;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&piece);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// The next data of a body; `None` at its end.
pub(crate) async fn next_piece(body: &mut AxumBody) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_cut| {
            Problem::new(
                ProblemKind::MalformedRequest,
                "The body broke off, or is badly framed.",
            )
        })?;
        if let Ok(piece) = frame.into_data() {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(
        ProblemKind::BodyTooLarge,
        format!("At most {limit} bytes are taken here."),
    )
}

pub(crate) fn too_slow(after: Duration) -> Problem {
    let detail = format!("It was waited for {} seconds.", after.as_secs());
    Problem::new(ProblemKind::RequestTimeout, detail)
}

/// Reads JSON; says what is wrong with it, and where.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    must_be_an_object(bytes)?;
    let json = or_empty_object(bytes);
    // What is right is read fast; what is wrong is read again, to find the place.
    serde_json::from_slice(json).or_else(|_wrong| locate(json))
}

/// Nothing is an empty object.
fn or_empty_object(bytes: &[u8]) -> &[u8] {
    if bytes.trim_ascii().is_empty() {
        b"{}"
    } else {
        bytes
    }
}

/// Lists are taken for objects otherwise, by the order of the fields.
fn must_be_an_object(bytes: &[u8]) -> Result<(), Problem> {
    let text = bytes.trim_ascii_start();
    if text.is_empty() || text.starts_with(b"{") {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(text).map_err(|error| invalid_json(&error))?;
    Err(Problem::field(
        "",
        "It is JSON, but not an object between braces.",
    ))
}

/// Reads a field that must be an object and nothing else.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// The same, where there may be none.
pub(crate) fn maybe_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    struct Maybe<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Maybe<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            object(deserializer).map(Some)
        }
    }

    deserializer.deserialize_option(Maybe(PhantomData))
}

/// The same for what holds secrets: the place is told, and nothing of what stands there.
pub(crate) fn parse_secret<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    must_be_an_object(bytes)?;
    let mut deserializer = serde_json::Deserializer::from_slice(or_empty_object(bytes));
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        if error.inner().classify() == Category::Data {
            let detail = "There is no such field, or its value is of another type.";
            return Problem::field(pointer(error.path()), detail);
        }
        invalid_json(error.inner())
    })?;
    deserializer.end().map_err(|error| invalid_json(&error))?;
    Ok(value)
}

fn locate<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| refusal(&error))?;
    deserializer.end().map_err(|error| invalid_json(&error))?;
    Ok(value)
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    match inner.classify() {
        Category::Data => Problem::field(pointer(error.path()), data_error(inner)),
        Category::Syntax | Category::Eof | Category::Io => invalid_json(inner),
    }
}

fn invalid_json(error: &serde_json::Error) -> Problem {
    Problem::new(
        ProblemKind::InvalidJson,
        crate::problem::sentence(&error.to_string()),
    )
}

/// The message without the line and column, which the pointer makes superfluous.
fn data_error(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let end = message.rfind(" at line ").unwrap_or(message.len());
    crate::problem::sentence(message.get(..end).unwrap_or_default())
}

/// A path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut out = String::new();
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => escape(key),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        out.push('/');
        out.push_str(&step);
    }
    out
}

/// A key as a part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(default)]
        list: Vec<Inner>,
        raw: Option<Box<RawValue>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "a/b")]
        _number: u8,
    }

    fn problem(json: &str) -> (ProblemKind, Option<String>, String) {
        let problem = parse::<Outer>(json.as_bytes()).expect_err(json);
        let body = serde_json::to_value(problem.body()).expect("a problem is JSON");
        let field = body["field"].as_str().map(str::to_owned);
        (
            problem.kind,
            field,
            body["detail"].as_str().unwrap_or_default().to_owned(),
        )
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let (kind, field, detail) = problem(r#"{"list": [{"a/b": 1}, {"a/b": "x"}]}"#);
        assert_eq!(kind, ProblemKind::InvalidField);
        assert_eq!(field.as_deref(), Some("/list/1/a~1b"));
        assert_eq!(detail, "Invalid type: string \"x\", expected u8.");
    }

    #[test]
    fn an_unknown_field_is_named() {
        let (kind, field, detail) = problem(r#"{"list": [{"a/b": 1, "c": 2}]}"#);
        assert_eq!(kind, ProblemKind::InvalidField);
        assert!(field.unwrap_or_default().starts_with("/list/0"));
        assert!(
            detail.contains("unknown field `c`") || detail.contains("Unknown field `c`"),
            "{detail}"
        );
    }

    #[test]
    fn what_is_no_json_says_where_it_ends_to_be() {
        for json in [r#"{"list": ["#, "{} x", "nonsense", "{\"list\": [\u{1}]}"] {
            let (kind, _, detail) = problem(json);
            assert_eq!(kind, ProblemKind::InvalidJson, "{json}");
            assert!(detail.contains("line 1 column"), "{detail}");
        }
    }

    #[test]
    fn a_list_is_no_object() {
        for json in ["[[], null]", "7", "\"x\"", "null"] {
            let (kind, field, _) = problem(json);
            assert_eq!(
                (kind, field.as_deref()),
                (ProblemKind::InvalidField, Some("")),
                "{json}"
            );
        }
    }

    #[test]
    fn nothing_is_an_empty_object() {
        assert!(parse::<Outer>(b" \n").unwrap().list.is_empty());
    }

    #[test]
    fn a_part_can_be_kept_as_it_stands() {
        let outer: Outer = parse(br#"{"raw": {"a": 1.50}}"#).unwrap();
        assert_eq!(outer.raw.unwrap().get(), r#"{"a": 1.50}"#);
        let (_, field, _) = problem(r#"{"raw": {"a": 1}, "list": 7}"#);
        assert_eq!(field.as_deref(), Some("/list"));
    }
}
