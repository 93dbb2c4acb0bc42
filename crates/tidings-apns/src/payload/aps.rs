//! Apple's own dictionary in a payload, as it is written.

use serde::Serialize;
use serde_json::value::RawValue;

use super::alert::AlertValue;
use super::{BuildPayloadError, InterruptionLevel, Sound};
use crate::channel_id::ChannelId;
use crate::unix_seconds::UnixSeconds;

/// The keys of `aps` (Apple, *Generating a remote notification* and *Starting and updating Live Activities with
/// `ActivityKit` push notifications*). Which of them go together is the builders' business.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Aps {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<UnixSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_state: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_push_token: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_push_channel: Option<ChannelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stale_date: Option<UnixSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dismissal_date: Option<UnixSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alert: Option<AlertValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) badge: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sound: Option<Sound>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_available: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mutable_content: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_content_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interruption_level: Option<InterruptionLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relevance_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filter_criteria: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_changed: Option<bool>,
}

/// `value` as JSON, once and for all.
pub(super) fn raw(key: &str, value: &impl Serialize) -> Result<Box<RawValue>, BuildPayloadError> {
    serde_json::value::to_raw_value(value).map_err(|source| BuildPayloadError::NotJson {
        key: key.into(),
        source,
    })
}

/// `value` as JSON, if that is an object.
pub(super) fn raw_object(
    key: &'static str,
    value: &impl Serialize,
) -> Result<Box<RawValue>, BuildPayloadError> {
    let json = raw(key, value)?;
    if json.get().trim_start().starts_with('{') {
        Ok(json)
    } else {
        Err(BuildPayloadError::NotAnObject { key })
    }
}
