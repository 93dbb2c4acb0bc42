//! Checks of broadcasts and of channel management (Apple, *Sending broadcast push notification requests to APNs*,
//! *Sending channel management requests to APNs*, *Handling error responses from APNs*).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::vocabulary::{Rejection, split_topic};
use crate::world::channel::{Channel, StoragePolicy};

use super::header::{is_canonical_uuid, is_priority};
use super::request::Route;
use super::{Examination, credential};

/// The longest channel id that is taken for one.
const CHANNEL_ID_LIMIT: usize = 128;

pub(super) fn request_id(examination: &Examination<'_>) -> Option<Rejection> {
    let id = examination.request.header("apns-request-id")?;
    (!is_canonical_uuid(id)).then_some(Rejection::BAD_MESSAGE_ID)
}

pub(super) fn bundle_id_covered(examination: &Examination<'_>) -> Option<Rejection> {
    let bundle_id = examination.request.path_bundle_id()?;
    let is_covered = credential::covers_app(examination, bundle_id)
        || (is_suffixed(examination, bundle_id)
            && credential::covers_app(examination, split_topic(bundle_id).0));
    (!is_covered).then_some(Rejection::TOPIC_MISMATCH)
}

pub(super) fn bundle_id_plain(examination: &Examination<'_>) -> Option<Rejection> {
    let bundle_id = examination.request.path_bundle_id()?;
    is_suffixed(examination, bundle_id).then_some(Rejection::TOPIC_DISALLOWED)
}

pub(super) fn capability(examination: &Examination<'_>) -> Option<Rejection> {
    let bundle_id = examination.request.path_bundle_id()?;
    let is_enabled = examination
        .world
        .accounts
        .app(bundle_id)
        .is_some_and(|app| app.broadcast);
    (!is_enabled).then_some(Rejection::FEATURE_NOT_ENABLED)
}

pub(super) fn channel_id_present(examination: &Examination<'_>) -> Option<Rejection> {
    let is_missing = examination
        .request
        .header("apns-channel-id")
        .is_none_or(str::is_empty);
    (needs_channel(examination) && is_missing).then_some(Rejection::MISSING_CHANNEL_ID)
}

pub(super) fn channel_id_syntax(examination: &Examination<'_>) -> Option<Rejection> {
    let id = needed_channel_id(examination)?;
    let is_good = id.len() <= CHANNEL_ID_LIMIT && STANDARD.decode(id).is_ok();
    (!is_good).then_some(Rejection::BAD_CHANNEL_ID)
}

pub(super) fn channel_registered(examination: &Examination<'_>) -> Option<Rejection> {
    needed_channel_id(examination)?;
    channel(examination)
        .is_none()
        .then_some(Rejection::CHANNEL_NOT_REGISTERED)
}

pub(super) fn push_type(examination: &Examination<'_>) -> Option<Rejection> {
    match examination.request.header("apns-push-type") {
        None => Some(Rejection::MISSING_PUSH_TYPE),
        Some(value) if value.eq_ignore_ascii_case("liveactivity") => None,
        Some(_) => Some(Rejection::INVALID_PUSH_TYPE),
    }
}

pub(super) fn priority(examination: &Examination<'_>) -> Option<Rejection> {
    let is_good = examination
        .request
        .header("apns-priority")
        .is_some_and(is_priority);
    (!is_good).then_some(Rejection::BAD_PRIORITY)
}

pub(super) fn channel_expiration(examination: &Examination<'_>) -> Option<Rejection> {
    let keeps_nothing = channel(examination)?.policy == StoragePolicy::None;
    let asks_to_keep = examination
        .request
        .expiration()
        .is_some_and(|expiration| expiration != 0);
    (keeps_nothing && asks_to_keep).then_some(Rejection::BAD_EXPIRATION_DATE)
}

pub(super) fn rate(examination: &Examination<'_>) -> Option<Rejection> {
    let rate = examination.world.behaviour.channel_rate?;
    let id = needed_channel_id(examination)?;
    examination
        .world
        .channel_rates
        .is_exhausted(id, rate, examination.now)
        .then_some(Rejection::TOO_MANY_REQUESTS)
}

/// The channel that the request addresses, if it exists.
fn channel<'a>(examination: &Examination<'a>) -> Option<&'a Channel> {
    let (bundle_id, id) = (
        examination.request.path_bundle_id()?,
        needed_channel_id(examination)?,
    );
    examination
        .world
        .channels
        .find(examination.session.environment, bundle_id, id)
}

fn needed_channel_id<'a>(examination: &Examination<'a>) -> Option<&'a str> {
    needs_channel(examination).then(|| examination.request.header("apns-channel-id"))?
}

fn needs_channel(examination: &Examination<'_>) -> bool {
    match examination.request.route() {
        Route::Broadcast(_) => true,
        Route::Channels(_) => examination.request.method != "POST",
        Route::Device(_) | Route::AllChannels(_) | Route::Unknown => false,
    }
}

/// Whether the path names a topic of a push type in place of a bundle id.
fn is_suffixed(examination: &Examination<'_>, bundle_id: &str) -> bool {
    examination.world.accounts.app(bundle_id).is_none() && !split_topic(bundle_id).1.is_empty()
}
