//! Forms: small, and believed only if they come from one of our pages.

use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};

use super::refusal::Refusal;
use super::session::Session;
use crate::body;
use crate::problem::{Problem, sentence};
use crate::server::Shared;

/// A form of text.
const FORM_BYTES: usize = 128 << 10;

/// The field that says on whose page the form stands.
const TOKEN: &str = "form_token";

/// A form that has arrived. Its fields are had by [`Self::of`] alone, which looks where it comes from.
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    is_same_site: bool,
}

/// The fields of a form that is believed.
pub(crate) struct Fields(Vec<(String, String)>);

impl FromRequest<Shared> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, server: &Shared) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(body, FORM_BYTES, server.config.request_timeout).await?;
        let fields = form_urlencoded::parse(&bytes).into_owned().collect();
        Ok(Self {
            fields,
            is_same_site: is_same_site(&parts.headers),
        })
    }
}

impl Form {
    /// The fields, if the form stands on a page of this session.
    pub(crate) fn of(self, session: &Session) -> Result<Fields, Refusal> {
        let fields = Fields(self.fields);
        let token = fields.text(TOKEN);
        if self.is_same_site && is_token_of(session, token.as_bytes()) {
            Ok(fields)
        } else {
            Err(Refusal::foreign_form())
        }
    }

    /// The fields of a form that nobody has signed in for.
    pub(crate) fn of_nobody(self) -> Result<Fields, Refusal> {
        if self.is_same_site {
            Ok(Fields(self.fields))
        } else {
            Err(Refusal::foreign_form())
        }
    }
}

/// Whether this is what the forms of a session carry.
pub(crate) fn is_token_of(session: &Session, token: &[u8]) -> bool {
    verify_slices_are_equal(token, session.form_token().as_bytes()).is_ok()
}

/// Whether browsers say that it comes from one of our pages. What says nothing is no browser of this decade.
pub(crate) fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let fetched_by_us = text("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let is_ours = |origin: &str| origin.split_once("://").is_some_and(|(_, place)| place == host);
    fetched_by_us && text(header::ORIGIN.as_str()).is_none_or(is_ours)
}

impl Fields {
    /// A field, without space around it; empty where it is missing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// A field as it was typed, with the space around it: a password, for instance.
    pub(crate) fn exact(&self, name: &str) -> &str {
        let mut named = self.0.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All fields with a name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.trim())
    }

    /// A field, read; nothing where it is empty.
    pub(crate) fn value<T: FromStr<Err: std::fmt::Display>>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, Problem> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let read = text.parse().map(Some);
        read.map_err(|error: T::Err| Problem::field(name, sentence(&error.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let parsed = pairs.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().expect("it is a name");
            (name, value.parse().expect("it is a value"))
        });
        parsed.collect()
    }

    #[test]
    fn a_form_of_another_site_is_told_apart() {
        for (pairs, is_ours) in [
            (&[("host", "a:1"), ("origin", "http://a:1")][..], true),
            (&[("host", "a:1")], true),
            (&[("host", "a:1"), ("sec-fetch-site", "same-origin")], true),
            (&[("host", "a:1"), ("origin", "http://b:1")], false),
            (&[("host", "a:1"), ("origin", "null")], false),
            (&[("host", "a:1"), ("sec-fetch-site", "cross-site")], false),
            (&[("host", "a:1"), ("sec-fetch-site", "same-site")], false),
        ] {
            assert_eq!(is_same_site(&headers(pairs)), is_ours, "{pairs:?}");
        }
    }
}
