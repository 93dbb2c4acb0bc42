//! What goes wrong, as RFC 9457 tells it: `application/problem+json` with a stable type, the field that is to blame, and
//! what to do.

mod kind;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tidings_store::StoreError;
use utoipa::ToSchema;

pub(crate) use kind::ProblemKind;

/// Something that went wrong with a request.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    detail: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    hint: Option<Cow<'static, str>>,
    /// What explains it further.
    help: Option<Box<str>>,
    retry_after_seconds: Option<u32>,
}

/// The body of every answer that is no success (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// A stable name of the problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:tidings:problem:invalid-field")]
    kind: String,
    /// The same in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What exactly went wrong this time.
    detail: &'a str,
    /// What is to blame: a JSON pointer into the body, or the name of a parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// What to do.
    hint: &'a str,
    /// Where the reason that APNs gave is explained: a path of this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference", example = "/help/BadDeviceToken")]
    help: Option<&'a str>,
    /// When to ask again, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u32>,
}

impl ProblemBody<'_> {
    /// What is to blame.
    pub(crate) const fn field(&self) -> Option<&str> {
        self.field
    }
}

/// What a handler answers.
pub(crate) type Answered<T> = Result<T, Problem>;

impl Problem {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            field: None,
            hint: None,
            help: None,
            retry_after_seconds: kind.retry_after_seconds(),
        }
    }

    /// The value of a field makes no sense.
    pub(crate) fn field(field: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::InvalidField, detail).at(field)
    }

    /// With the field that is to blame.
    pub(crate) fn at(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same about an app that a body names and not the path: that it is not known is then no reason to say that what the
    /// path names is not there.
    pub(crate) fn named_at(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        if self.kind == ProblemKind::AppNotFound {
            self.kind = ProblemKind::InvalidField;
            self.hint.get_or_insert(ProblemKind::AppNotFound.hint().into());
        }
        self.at(field)
    }

    /// With something better to do than what the table says.
    pub(crate) fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With what explains it further: the code of a finding, or a reason of APNs.
    pub(crate) fn explained_by(mut self, code: &str) -> Self {
        self.help = Some(crate::help::path(code).into());
        self
    }

    pub(crate) fn body(&self) -> ProblemBody<'_> {
        ProblemBody {
            kind: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status(),
            detail: &self.detail,
            field: self.field.as_deref(),
            hint: self.advice(),
            help: self.help.as_deref(),
            retry_after_seconds: self.retry_after_seconds,
        }
    }

    /// What exactly went wrong this time.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// What to do.
    pub(crate) fn advice(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.kind.hint())
    }

    /// When to ask again, where that can help.
    pub(crate) const fn retry_after(&self) -> Option<u32> {
        self.retry_after_seconds
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let json = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = Response::new(Body::from(json));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind.status() == 401 {
            let challenge = HeaderValue::from_static("Bearer realm=\"tidings\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Full => ProblemKind::StorageFull,
            StoreError::Conflict { .. } => ProblemKind::Conflict,
            StoreError::IdempotencyMismatch => ProblemKind::IdempotencyMismatch,
            StoreError::IdempotencyInFlight => ProblemKind::IdempotencyInFlight,
            StoreError::Broken(_) | StoreError::Closed | StoreError::Fenced => {
                ProblemKind::StorageUnavailable
            }
            _ => ProblemKind::Internal,
        };
        if matches!(kind, ProblemKind::StorageUnavailable | ProblemKind::Internal) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the store did not do what was asked"
            );
        }
        Self::new(kind, sentence(&error.to_string())).hint(error.hint())
    }
}

/// An error's clause as a sentence.
pub(crate) fn sentence(clause: &str) -> String {
    let mut characters = clause.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_where_and_what_to_do() {
        let problem = Problem::field("/to/tokens/3", "It is empty.");
        let json = serde_json::to_value(problem.body()).unwrap();
        assert_eq!(json["type"], "urn:tidings:problem:invalid-field");
        assert_eq!(json["status"], 422);
        assert_eq!(json["field"], "/to/tokens/3");
        assert!(!json["hint"].as_str().unwrap().is_empty());
    }

    #[test]
    fn what_can_be_asked_again_says_when() {
        let response = Problem::from(StoreError::Full).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "5");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }

    #[test]
    fn errors_of_the_store_have_their_problems() {
        for (error, kind) in [
            (StoreError::IdempotencyMismatch, ProblemKind::IdempotencyMismatch),
            (StoreError::IdempotencyInFlight, ProblemKind::IdempotencyInFlight),
            (StoreError::Broken(None), ProblemKind::StorageUnavailable),
            (StoreError::Closed, ProblemKind::StorageUnavailable),
            (StoreError::Corrupt(None), ProblemKind::Internal),
        ] {
            assert_eq!(Problem::from(error).kind, kind);
        }
    }
}
