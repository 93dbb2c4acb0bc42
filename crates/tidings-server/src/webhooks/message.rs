//! An event as a webhook gets it: its id, its body, and the media type.

use bytes::Bytes;
use serde_json::json;
use tidings_apns::Timestamp;
use tidings_store::{Event, WebhookFormat, WebhookId};
use uuid::Uuid;

use crate::events::{CloudEvent, EventBody, message_id};

/// A message, ready to be signed.
pub(crate) struct Enveloped {
    /// The same at each attempt, so that the receiver can tell a repetition.
    pub(crate) id: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
}

/// An event in the form that a webhook wants.
pub(crate) fn envelop(event: &Event, bundle_id: Option<&str>, format: WebhookFormat) -> Enveloped {
    let body = EventBody::new(event, bundle_id);
    of(message_id(event), &body, format)
}

/// A message that tells of nothing, to try a webhook.
pub(crate) fn test(webhook: WebhookId, format: WebhookFormat, now: Timestamp) -> Enveloped {
    let id = format!("test_{}", Uuid::new_v4().simple());
    let (subject, data) = (webhook.to_string(), json!({}));
    let body = EventBody::test(&subject, &data, now);
    of(id, &body, format)
}

fn of(id: String, body: &EventBody<'_>, format: WebhookFormat) -> Enveloped {
    let (content_type, json) = match format {
        WebhookFormat::Plain => ("application/json", serde_json::to_vec(body)),
        WebhookFormat::CloudEvents => (
            "application/cloudevents+json",
            serde_json::to_vec(&CloudEvent::new(&id, body)),
        ),
    };
    Enveloped {
        content_type,
        body: json.unwrap_or_default().into(),
        id,
    }
}
