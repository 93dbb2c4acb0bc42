//! A page that is not shown: why, and what to do; or where to sign in.

use askama::Template;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tidings_store::{DashboardRole, StoreError};

use super::assets::{self, Addresses};
use super::wording::Foreign;
use crate::problem::Problem;

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nobody is signed in; afterwards it goes on there.
    SignIn {
        next: String,
        /// Whether a part of a page was asked for, which cannot be replaced by another page.
        is_part: bool,
    },
    /// It is explained on a page.
    Explained(Box<Explanation>),
}

/// What is said instead of the page.
#[derive(Debug)]
pub(crate) struct Explanation {
    status: StatusCode,
    title: &'static str,
    detail: String,
    hint: String,
    retry_after_seconds: Option<u32>,
}

impl Refusal {
    /// To sign in, and then to come back if the page was only looked at.
    pub(crate) fn sign_in(parts: &Parts) -> Self {
        let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
        let is_looked_at = parts.method == Method::GET && path.len() < 512;
        Self::SignIn {
            next: if is_looked_at {
                path.to_owned()
            } else {
                String::new()
            },
            is_part: parts.headers.contains_key("hx-request"),
        }
    }

    /// The role does not allow it.
    pub(crate) fn role_missing(needed: DashboardRole, has: DashboardRole) -> Self {
        Self::explained(
            StatusCode::FORBIDDEN,
            "Your role does not allow this",
            format!("It needs the role {needed}, and yours is {has}."),
            "Ask an admin of this server for a link with that role.",
        )
    }

    /// The form was not sent from one of our pages.
    pub(crate) fn foreign_form() -> Self {
        Self::explained(
            StatusCode::FORBIDDEN,
            "The form did not come from this dashboard",
            "Nothing was done: what proves that a form stands on a page of your session is missing or old."
                .to_owned(),
            "Go back, load the page again, and send the form once more.",
        )
    }

    /// There were too many attempts to sign in.
    pub(crate) fn too_many_attempts() -> Self {
        let mut explained = Explanation {
            status: StatusCode::TOO_MANY_REQUESTS,
            title: "Too many attempts to sign in",
            detail: "There were ten that failed within a minute.".to_owned(),
            hint: "Wait a minute, then try again.".to_owned(),
            retry_after_seconds: None,
        };
        explained.retry_after_seconds = Some(60);
        Self::Explained(Box::new(explained))
    }

    /// Something that does not exist.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::explained(
            StatusCode::NOT_FOUND,
            "There is nothing here",
            format!("There is no such {what}."),
            "It may have been removed since, or the address has a slip in it.",
        )
    }

    fn explained(status: StatusCode, title: &'static str, detail: String, hint: &str) -> Self {
        Self::Explained(Box::new(Explanation {
            status,
            title,
            detail,
            hint: hint.to_owned(),
            retry_after_seconds: None,
        }))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Explained(Box::new(Explanation {
            status: problem.status(),
            title: problem.kind.title(),
            detail: problem.detail().to_owned(),
            hint: problem.advice().to_owned(),
            retry_after_seconds: problem.retry_after(),
        }))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

#[derive(Template)]
#[template(path = "dashboard/refusal.html")]
struct RefusalPage<'a> {
    assets: &'static Addresses,
    status: u16,
    title: &'a str,
    detail: Foreign,
    hint: Foreign,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn { next, is_part: false } => Redirect::to(&address(&next)).into_response(),
            Self::SignIn { next, is_part: true } => {
                let mut headers = HeaderMap::new();
                if let Ok(value) = HeaderValue::try_from(address(&next)) {
                    headers.insert("hx-redirect", value);
                }
                (StatusCode::UNAUTHORIZED, headers).into_response()
            }
            Self::Explained(explanation) => explanation.into_response(),
        }
    }
}

fn address(next: &str) -> String {
    if next.is_empty() || next == "/dashboard" {
        return "/dashboard/sign-in".to_owned();
    }
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    format!("/dashboard/sign-in?{query}")
}

impl IntoResponse for Explanation {
    fn into_response(self) -> Response {
        let page = RefusalPage {
            assets: assets::addresses(),
            status: self.status.as_u16(),
            title: self.title,
            detail: Foreign::new(&self.detail),
            hint: Foreign::new(&self.hint),
        };
        let html = page.render().unwrap_or_default();
        let mut response = (self.status, Html(html)).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            let seconds = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
