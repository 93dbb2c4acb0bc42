//! A form with a file, believed only if it comes from one of our pages.

use axum::extract::{FromRequest, Request};
use axum::http::header;

use super::form::{is_same_site, is_token_of};
use super::refusal::Refusal;
use super::session::Session;
use crate::body;
use crate::credentials::{Uploaded, read_of_page};
use crate::limits::CREDENTIAL_BYTES;
use crate::problem::Problem;
use crate::server::Shared;

/// A file that has arrived.
pub(crate) struct GuardedForm {
    token: Option<String>,
    upload: Result<Uploaded, Problem>,
    is_same_site: bool,
}

impl FromRequest<Shared> for GuardedForm {
    type Rejection = Refusal;

    async fn from_request(request: Request, server: &Shared) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(body, CREDENTIAL_BYTES, server.config.request_timeout).await?;
        let content_type = parts.headers.get(header::CONTENT_TYPE);
        let content_type = content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let (token, upload) = read_of_page(content_type, &bytes)?;
        Ok(Self {
            token,
            upload,
            is_same_site: is_same_site(&parts.headers),
        })
    }
}

impl GuardedForm {
    /// What was uploaded, if the form stands on a page of this session.
    pub(crate) fn of(self, session: &Session) -> Result<Result<Uploaded, Problem>, Refusal> {
        let token = self.token.unwrap_or_default();
        if self.is_same_site && is_token_of(session, token.as_bytes()) {
            Ok(self.upload)
        } else {
            Err(Refusal::foreign_form())
        }
    }
}
