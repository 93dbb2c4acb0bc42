//! Errors of the control API: RFC 9457 `application/problem+json`.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::ControlError;

/// The body of every answer that is no success.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// A stable name of the problem.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The same in words.
    title: &'static str,
    status: u16,
    /// What exactly went wrong.
    detail: String,
    /// The field of the request that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: String) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail,
            field: None,
        }
    }

    pub(super) fn not_found() -> Self {
        let detail = "the operations are listed at /openapi.json".to_owned();
        Self::new(
            StatusCode::NOT_FOUND,
            "urn:tidings:simulator:no-such-operation",
            "There is no such operation",
            detail,
        )
    }

    fn unreadable(detail: String) -> Self {
        let kind = "urn:tidings:simulator:unreadable-request";
        Self::new(
            StatusCode::BAD_REQUEST,
            kind,
            "The request cannot be read",
            detail,
        )
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let detail = error.to_string();
        match error {
            ControlError::NotFound { .. } => {
                let kind = "urn:tidings:simulator:not-found";
                Self::new(StatusCode::NOT_FOUND, kind, "It does not exist", detail)
            }
            ControlError::Taken { .. } => {
                let kind = "urn:tidings:simulator:taken";
                Self::new(StatusCode::CONFLICT, kind, "The name is taken", detail)
            }
            ControlError::Invalid { field, .. } => {
                let kind = "urn:tidings:simulator:invalid-field";
                let title = "A field makes no sense";
                Self {
                    field: Some(field),
                    ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, title, detail)
                }
            }
            ControlError::Issue(_) => {
                let kind = "urn:tidings:simulator:issuing-failed";
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    kind,
                    "A credential could not be made",
                    detail,
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

/// A JSON body, whatever its content type says; an empty one is `{}`.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Problem::unreadable(rejection.body_text()))?;
        let json = if bytes.is_empty() { &b"{}"[..] } else { &bytes };
        serde_json::from_slice(json)
            .map(Self)
            .map_err(|error| Problem::unreadable(error.to_string()))
    }
}

/// What a handler answers.
pub(super) type Answered<T> = Result<T, Problem>;
