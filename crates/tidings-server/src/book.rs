//! The book under `/docs`, for whoever has the server and perhaps nothing else.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::problem::{Problem, ProblemKind};

/// Where the book is.
const FIRST_PAGE: &str = "/docs/introduction.html";

/// Everything from here and nothing else: the book has no scripts.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A page changes when the program does.
const FRESH: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Leads to the first page.
pub(crate) async fn begin() -> Redirect {
    Redirect::to(FIRST_PAGE)
}

/// A page of the book, or a file that pages show.
pub(crate) async fn page(Path(path): Path<String>) -> Response {
    let Some(found) = tidings_book::get(&path) else {
        let detail = format!("The book has no such page; it begins at {FIRST_PAGE}.");
        return Problem::new(ProblemKind::UnknownRoute, detail).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(found.media_type)),
        (header::CACHE_CONTROL, FRESH),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::OK, headers, found.body.into_owned()).into_response()
}
