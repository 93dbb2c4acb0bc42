//! A notification on its way to a device, and as the device has shown it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::vocabulary::{Environment, TokenKind};

/// A notification that was accepted. It holds a payload and a device token, hence no `Debug`.
#[expect(
    clippy::struct_field_names,
    reason = "`_at` names an instant, here that of the acceptance"
)]
pub(crate) struct Accepted {
    pub(crate) apns_id: String,
    pub(crate) environment: Environment,
    pub(crate) bundle_id: Arc<str>,
    pub(crate) topic: String,
    pub(crate) push_type: Option<String>,
    /// The kind of the device token; `None` for a broadcast.
    pub(crate) kind: Option<TokenKind>,
    /// The device token it was sent to; `None` for a broadcast.
    pub(crate) device_token: Option<Box<[u8]>>,
    pub(crate) channel_id: Option<String>,
    pub(crate) collapse_id: Option<String>,
    /// The moment after which it is not delivered any more.
    pub(crate) expires_at: Timestamp,
    /// It is tried once and never stored.
    pub(crate) once: bool,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) payload: Vec<u8>,
    pub(crate) accepted_at: Timestamp,
}

/// A notification that reached a device, as the control API tells it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShownNotification {
    /// The notification's `apns-id` (a broadcast's `apns-request-id`).
    pub apns_id: String,
    /// The environment it came from.
    pub environment: Environment,
    /// The app.
    pub bundle_id: String,
    /// The topic it was sent to.
    pub topic: String,
    /// `apns-push-type`, where given.
    pub push_type: Option<String>,
    /// The kind of the device token; null for a broadcast.
    pub kind: Option<TokenKind>,
    /// The channel of a broadcast.
    pub channel_id: Option<String>,
    /// `apns-collapse-id`, where given.
    pub collapse_id: Option<String>,
    /// The request's `apns-…` headers.
    pub headers: BTreeMap<String, String>,
    /// The payload, if it is JSON.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// The payload as text, if it is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_text: Option<String>,
    /// When APNs accepted it.
    #[schema(value_type = String, format = DateTime)]
    pub accepted_at: Timestamp,
    /// When it reached the device.
    #[schema(value_type = String, format = DateTime)]
    pub shown_at: Timestamp,
}

/// A notification in a device's log.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) notification: Arc<Accepted>,
    pub(crate) shown_at: Timestamp,
}

impl Shown {
    pub(crate) fn describe(&self) -> ShownNotification {
        let it = &self.notification;
        let payload = serde_json::from_slice(&it.payload).ok();
        ShownNotification {
            apns_id: it.apns_id.clone(),
            environment: it.environment,
            bundle_id: it.bundle_id.to_string(),
            topic: it.topic.clone(),
            push_type: it.push_type.clone(),
            kind: it.kind,
            channel_id: it.channel_id.clone(),
            collapse_id: it.collapse_id.clone(),
            headers: it.headers.clone(),
            payload_text: payload
                .is_none()
                .then(|| String::from_utf8_lossy(&it.payload).into_owned()),
            payload: payload.unwrap_or(Value::Null),
            accepted_at: it.accepted_at,
            shown_at: self.shown_at,
        }
    }
}
