//! What the server says when it does not do what it was asked (RFC 9457).

use hyper::StatusCode;
use serde::Deserialize;

/// The server did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the server refused ({status}): {detail}")]
pub(crate) struct Problem {
    pub(crate) status: u16,
    /// What went wrong, in words.
    pub(crate) detail: String,
    /// What to do about it.
    pub(crate) hint: String,
}

/// The parts of the answer that people need.
#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    hint: String,
    field: Option<String>,
}

impl Problem {
    /// Reads the answer; one that is no problem document comes from something else than the server.
    pub(super) fn read(status: StatusCode, body: &[u8]) -> Self {
        let read: Body = serde_json::from_slice(body).unwrap_or_default();
        let detail = match (read.detail.is_empty(), read.title.is_empty()) {
            (false, _) => read.detail,
            (true, false) => read.title,
            (true, true) => status.canonical_reason().unwrap_or("no reason given").to_owned(),
        };
        let hint = if read.hint.is_empty() {
            "check the address: something else than a Tidings server may have answered".to_owned()
        } else {
            read.hint
        };
        Self {
            status: status.as_u16(),
            detail: match read.field {
                Some(field) => format!("{field}: {detail}"),
                None => detail,
            },
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_is_told_with_its_field_and_its_advice() {
        let body = br#"{"title":"T","detail":"D.","field":"/aps","hint":"H."}"#;
        let problem = Problem::read(StatusCode::UNPROCESSABLE_ENTITY, body);
        assert_eq!(problem.to_string(), "the server refused (422): /aps: D.");
        assert_eq!(problem.hint, "H.");
    }

    #[test]
    fn an_answer_of_something_else_is_told_as_such() {
        let problem = Problem::read(StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!(problem.detail, "Bad Gateway");
        assert!(problem.hint.contains("check the address"));
    }
}
