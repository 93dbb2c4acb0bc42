//! Checks of notifications to one device: topic and device token.

use crate::authentication::Presented;
use crate::vocabulary::{Rejection, split_topic};
use crate::world::device_token::TokenRecord;

use super::request::Route;
use super::{Examination, credential};

/// The longest topic that is looked at.
const TOPIC_LIMIT: usize = 255;

pub(super) fn token_present(examination: &Examination<'_>) -> Option<Rejection> {
    (examination.request.route() == Route::Device("")).then_some(Rejection::MISSING_DEVICE_TOKEN)
}

pub(super) fn topic_present(examination: &Examination<'_>) -> Option<Rejection> {
    topic(examination).is_none().then_some(Rejection::MISSING_TOPIC)
}

pub(super) fn topic_syntax(examination: &Examination<'_>) -> Option<Rejection> {
    let topic = topic(examination)?;
    let is_good = is_topic(topic) && !contradicts_push_type(examination, topic);
    (!is_good).then_some(Rejection::BAD_TOPIC)
}

pub(super) fn topic_allowed(examination: &Examination<'_>) -> Option<Rejection> {
    let topic = topic(examination)?;
    let is_allowed = match examination.presented {
        Presented::Certificate(certificate) => certificate.topics.contains(topic),
        Presented::Token(_) | Presented::Nothing | Presented::InvalidToken => {
            credential::covers_app(examination, topic)
                || credential::covers_app(examination, split_topic(topic).0)
        }
    };
    (!is_allowed).then_some(Rejection::TOPIC_DISALLOWED)
}

pub(super) fn token_known(examination: &Examination<'_>) -> Option<Rejection> {
    record(examination)
        .is_none()
        .then_some(Rejection::BAD_DEVICE_TOKEN)
}

pub(super) fn token_topic(examination: &Examination<'_>) -> Option<Rejection> {
    let (record, topic) = (record(examination)?, topic(examination)?);
    (!record.is_for(topic)).then_some(Rejection::DEVICE_TOKEN_NOT_FOR_TOPIC)
}

pub(super) fn token_alive(examination: &Examination<'_>) -> Option<Rejection> {
    record(examination)?.rejection(examination.now)
}

pub(super) fn rate(examination: &Examination<'_>) -> Option<Rejection> {
    let rate = examination.world.behaviour.device_rate?;
    let token = examination.request.device_token()?;
    examination
        .world
        .device_rates
        .is_exhausted(&token, rate, examination.now)
        .then_some(Rejection::TOO_MANY_REQUESTS)
}

/// The request's topic, or the one that the client certificate implies.
pub(crate) fn topic<'a>(examination: &Examination<'a>) -> Option<&'a str> {
    let named = examination
        .request
        .header("apns-topic")
        .filter(|topic| !topic.is_empty());
    named.or_else(|| match examination.presented {
        Presented::Certificate(certificate) => certificate.default_topic(),
        Presented::Nothing | Presented::InvalidToken | Presented::Token(_) => None,
    })
}

fn record<'a>(examination: &Examination<'a>) -> Option<&'a TokenRecord> {
    let token = examination.request.device_token()?;
    examination
        .world
        .devices
        .token(examination.session.environment, &token)
}

fn is_topic(topic: &str) -> bool {
    topic.len() <= TOPIC_LIMIT
        && topic
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// Whether topic and push type are of different kinds. A topic that is an app by itself, whatever it ends with, is one
/// without suffix.
fn contradicts_push_type(examination: &Examination<'_>, topic: &str) -> bool {
    let Some(push_type) = examination.request.push_type() else {
        return false;
    };
    let is_app = examination.world.accounts.app(topic).is_some();
    let suffix = if is_app { "" } else { split_topic(topic).1 };
    suffix != push_type.topic_suffix()
}
