//! Checks of the method, the path, single headers and the body.

use uuid::Uuid;

use crate::authentication::session::Service;
use crate::vocabulary::{PushType, Rejection};

use super::Examination;
use super::request::{Route, parse_number};

/// The longest collapse id, in bytes.
const COLLAPSE_ID_LIMIT: usize = 64;

pub(super) fn method(examination: &Examination<'_>) -> Option<Rejection> {
    (examination.request.method != "POST").then_some(Rejection::METHOD_NOT_ALLOWED)
}

pub(super) fn path(examination: &Examination<'_>) -> Option<Rejection> {
    let request = examination.request;
    let exists = match (examination.session.service, request.route()) {
        (Service::Push, Route::Device(_) | Route::Broadcast(_)) => true,
        (Service::Channels, Route::Channels(_)) => {
            matches!(request.method.as_str(), "POST" | "GET" | "DELETE")
        }
        (Service::Channels, Route::AllChannels(_)) => request.method == "GET",
        (Service::Push, Route::Channels(_) | Route::AllChannels(_) | Route::Unknown)
        | (Service::Channels, Route::Device(_) | Route::Broadcast(_) | Route::Unknown) => false,
    };
    (!exists).then_some(Rejection::BAD_PATH)
}

pub(super) fn duplicate_headers(examination: &Examination<'_>) -> Option<Rejection> {
    examination
        .request
        .has_duplicate_headers()
        .then_some(Rejection::DUPLICATE_HEADERS)
}

pub(super) fn apns_id(examination: &Examination<'_>) -> Option<Rejection> {
    refuse_unless(
        examination,
        "apns-id",
        is_canonical_uuid,
        Rejection::BAD_MESSAGE_ID,
    )
}

pub(super) fn expiration(examination: &Examination<'_>) -> Option<Rejection> {
    let is_good = |value: &str| parse_number(value).is_some();
    refuse_unless(
        examination,
        "apns-expiration",
        is_good,
        Rejection::BAD_EXPIRATION_DATE,
    )
}

pub(super) fn priority(examination: &Examination<'_>) -> Option<Rejection> {
    refuse_unless(examination, "apns-priority", is_priority, Rejection::BAD_PRIORITY)
}

pub(super) fn collapse_id(examination: &Examination<'_>) -> Option<Rejection> {
    let is_good = |value: &str| value.len() <= COLLAPSE_ID_LIMIT;
    refuse_unless(
        examination,
        "apns-collapse-id",
        is_good,
        Rejection::BAD_COLLAPSE_ID,
    )
}

pub(super) fn push_type(examination: &Examination<'_>) -> Option<Rejection> {
    let is_good = |value: &str| PushType::parse(value).is_some();
    refuse_unless(
        examination,
        "apns-push-type",
        is_good,
        Rejection::INVALID_PUSH_TYPE,
    )
}

pub(super) fn background_priority(examination: &Examination<'_>) -> Option<Rejection> {
    let request = examination.request;
    let is_urgent = request
        .header("apns-priority")
        .is_none_or(|priority| priority == "10");
    (request.push_type() == Some(PushType::Background) && is_urgent).then_some(Rejection::BAD_PRIORITY)
}

pub(super) fn payload_present(examination: &Examination<'_>) -> Option<Rejection> {
    examination
        .request
        .body
        .is_empty()
        .then_some(Rejection::PAYLOAD_EMPTY)
}

pub(super) fn payload_size(examination: &Examination<'_>) -> Option<Rejection> {
    let request = examination.request;
    (request.body.len() > request.body_limit()).then_some(Rejection::PAYLOAD_TOO_LARGE)
}

pub(super) fn is_priority(value: &str) -> bool {
    matches!(value, "10" | "5" | "1")
}

/// Whether a text is a UUID in the form 8-4-4-4-12, in either case.
pub(crate) fn is_canonical_uuid(value: &str) -> bool {
    value.len() == 36 && Uuid::try_parse(value).is_ok()
}

fn refuse_unless(
    examination: &Examination<'_>,
    header: &str,
    is_good: impl FnOnce(&str) -> bool,
    rejection: Rejection,
) -> Option<Rejection> {
    let value = examination.request.header(header)?;
    (!is_good(value)).then_some(rejection)
}
