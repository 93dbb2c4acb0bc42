//! Explanations of what the doctor finds and of what APNs answers, by a stable path: what problems, incidents and log lines
//! link to. They are the catalogue's, of this version, and hold nothing of anybody; so no key is asked for.

use std::fmt::Write as _;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tidings_apns::Reason;
use tidings_doctor::{Entry, catalogue, entry, reason_entry};

use crate::problem::{Problem, ProblemKind};

/// Where something is explained.
pub(crate) fn path(code: &str) -> String {
    format!("/help/{code}")
}

/// The page of the book on which it is explained.
pub(crate) fn page(code: &str) -> String {
    match entry(code) {
        Some(entry) => format!("/docs/{}", entry.path()),
        None => format!("/docs/reference/reasons.html#{}", code.to_lowercase()),
    }
}

/// Lists what can be explained
#[utoipa::path(
    get,
    path = "/help",
    operation_id = "list_help",
    tag = "operation",
    responses((status = 200, description = "A line for each: its path, and what it is", content_type = "text/plain", body = String))
)]
pub(crate) async fn list() -> Response {
    let mut out = String::new();
    for reason in Reason::ALL.iter().map(Reason::as_str) {
        line(&mut out, reason, "an answer of APNs");
    }
    for entry in catalogue() {
        line(&mut out, entry.code, entry.title);
    }
    text(out)
}

/// Explains a finding of the doctor, or a reason of APNs
///
/// What it means, what leads to it, how to tell, and what to do; in words for people.
#[utoipa::path(
    get,
    path = "/help/{code}",
    operation_id = "help",
    tag = "operation",
    params(("code" = String, Path, description = "The code of a finding, or the reason that APNs gave")),
    responses((status = 200, description = "The explanation", content_type = "text/plain", body = String))
)]
pub(crate) async fn describe(Path(code): Path<String>) -> Result<Response, Problem> {
    if let Some(entry) = entry(&code) {
        return Ok(text(of_finding(entry)));
    }
    let found = Reason::ALL
        .iter()
        .find(|reason| reason.as_str().eq_ignore_ascii_case(&code));
    let reason = found.ok_or_else(|| {
        let detail = "Nothing of this name is explained here; `/help` lists everything.";
        Problem::new(ProblemKind::UnknownRoute, detail).at("code")
    })?;
    Ok(text(of_reason(reason)))
}

fn of_finding(entry: &Entry) -> String {
    let mut out = format!("{}\n\n{}\n\n{}\n", entry.code, entry.title, entry.meaning);
    list_of(&mut out, "What leads to it:", entry.causes.iter().copied());
    section(&mut out, "How to tell:", entry.tell);
    section(&mut out, "What to do:", entry.fix);
    section(&mut out, "What Tidings does by itself:", entry.tidings);
    out
}

fn of_reason(reason: &Reason) -> String {
    let explained = reason_entry(reason);
    let guidance = explained.guidance;
    let mut out = format!("{}\n\n{}\n", reason.as_str(), guidance.meaning);
    section(&mut out, "What to do:", guidance.what_to_do);
    let causes = explained
        .causes
        .iter()
        .map(|entry| format!("{} ({})", entry.title, path(entry.code)));
    list_of(&mut out, "What leads to it, the most likely first:", causes);
    section(&mut out, "What Tidings does by itself:", explained.tidings);
    out
}

fn line(out: &mut String, code: &str, what: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}  {what}", path(code));
}

fn section(out: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(out, "\n{name}\n  {text}");
    }
}

fn list_of(out: &mut String, name: &str, lines: impl Iterator<Item = impl std::fmt::Display>) {
    for (number, line) in lines.enumerate() {
        if number == 0 {
            let _ = writeln!(out, "\n{name}");
        }
        let _ = writeln!(out, "  {}. {line}", number + 1);
    }
}

fn text(out: String) -> Response {
    const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
    ([(header::CONTENT_TYPE, PLAIN)], out).into_response()
}
