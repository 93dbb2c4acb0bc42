//! Checks of the request that creates a channel.

use serde_json::{Map, Value};

use crate::vocabulary::Rejection;
use crate::world::channel::StoragePolicy;

use super::Examination;
use super::request::{Request, Route};

pub(super) fn request_payload(examination: &Examination<'_>) -> Option<Rejection> {
    (creates_channel(examination.request) && attributes(examination.request).is_none())
        .then_some(Rejection::BAD_REQUEST_PAYLOAD)
}

pub(super) fn request_parameters(examination: &Examination<'_>) -> Option<Rejection> {
    if !creates_channel(examination.request) {
        return None;
    }
    let attributes = attributes(examination.request)?;
    let is_known = |name: &String| matches!(name.as_str(), "message-storage-policy" | "push-type");
    if !attributes.keys().all(is_known) {
        return Some(Rejection::BAD_REQUEST_PARAMS);
    }
    match attributes.get("push-type").map(Value::as_str) {
        None => return Some(Rejection::MISSING_PUSH_TYPE),
        Some(Some(value)) if value.eq_ignore_ascii_case("liveactivity") => {}
        Some(_) => return Some(Rejection::INVALID_PUSH_TYPE),
    }
    storage_policy(examination.request)
        .is_none()
        .then_some(Rejection::BAD_REQUEST_PARAMS)
}

pub(super) fn channel_limit(examination: &Examination<'_>) -> Option<Rejection> {
    if !creates_channel(examination.request) {
        return None;
    }
    let bundle_id = examination.request.path_bundle_id()?;
    let count = examination
        .world
        .channels
        .count(examination.session.environment, bundle_id);
    let limit = examination.world.behaviour.limits.channels_per_app;
    (count >= limit).then_some(Rejection::CANNOT_CREATE_CHANNEL)
}

/// The storage policy that a request for a new channel asks for.
pub(crate) fn storage_policy(request: &Request) -> Option<StoragePolicy> {
    attributes(request)?
        .get("message-storage-policy")
        .and_then(Value::as_u64)
        .and_then(StoragePolicy::from_number)
}

fn creates_channel(request: &Request) -> bool {
    request.method == "POST" && matches!(request.route(), Route::Channels(_))
}

fn attributes(request: &Request) -> Option<Map<String, Value>> {
    serde_json::from_slice(&request.body).ok()
}
