//! An event as others read it: the same in the stream and to webhooks, in a form of our own and as a `CloudEvent`.

use serde::Serialize;
use serde_json::Value;
use tidings_apns::Timestamp;
use tidings_store::Event;
use utoipa::ToSchema;

use crate::webhooks::EventTypeName;

/// The version of the form. It changes when something is taken away, and not when something is added.
const VERSION: u8 = 1;

/// The kind of the message by which somebody tries a webhook. It is in no stream.
pub(crate) const TEST: &str = "webhook.test";

/// Something that happened: the `data` of a server-sent event, and the body of a webhook's message.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventBody<'a> {
    /// Its place in the order of events; also the `id` of the server-sent event.
    id: i64,
    /// The version of this form; 1.
    version: u8,
    /// What sort of thing, such as `device.retired`; also the `event` of the server-sent event.
    #[serde(rename = "type")]
    kind: &'a str,
    /// When.
    #[schema(format = DateTime)]
    timestamp: String,
    /// The app, where it concerns one.
    bundle_id: Option<&'a str>,
    /// What it happened to: an id, or the fingerprint of a device token.
    subject: &'a str,
    /// More: what, depends on the type.
    #[schema(value_type = Object)]
    data: &'a Value,
}

impl<'a> EventBody<'a> {
    pub(crate) fn new(event: &'a Event, bundle_id: Option<&'a str>) -> Self {
        Self {
            id: event.id.0,
            version: VERSION,
            kind: event.kind.as_str(),
            timestamp: event.at.to_string(),
            bundle_id,
            subject: &event.subject,
            data: &event.data,
        }
    }

    /// One that tells of nothing.
    pub(crate) fn test(subject: &'a str, data: &'a Value, now: Timestamp) -> Self {
        Self {
            id: 0,
            version: VERSION,
            kind: TEST,
            timestamp: now.to_string(),
            bundle_id: None,
            subject,
            data,
        }
    }
}

/// An event of the stream, by the fields of server-sent events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the OpenAPI document needs it")]
pub(crate) struct StreamedEvent {
    /// Its place in the order of events: what `Last-Event-ID` says, to go on behind it.
    #[schema(pattern = "^[0-9]+$")]
    id: String,
    /// What sort of thing happened.
    #[schema(value_type = EventTypeName)]
    event: &'static str,
    /// The event as JSON, without line ends: an `Event`, or a `CloudEvent` where `format` says so.
    #[schema(content_media_type = "application/json")]
    data: String,
}

/// The same by the rules of `CloudEvents` 1.0, structured.
#[derive(Serialize, ToSchema)]
pub(crate) struct CloudEvent<'a> {
    /// `1.0`.
    specversion: &'static str,
    /// The same for each repetition.
    id: &'a str,
    /// `/tidings`, or `/tidings/apps/` and the bundle id.
    source: String,
    /// The type with `tidings.` before and `.v1` behind it.
    #[serde(rename = "type")]
    kind: String,
    /// When.
    #[schema(format = DateTime)]
    time: &'a str,
    /// What it happened to.
    subject: &'a str,
    /// `application/json`.
    datacontenttype: &'static str,
    /// Its place in the order of events, of twenty digits so that it sorts as text.
    sequence: String,
    /// More: what, depends on the type.
    #[schema(value_type = Object)]
    data: &'a Value,
}

impl<'a> CloudEvent<'a> {
    pub(crate) fn new(id: &'a str, event: &'a EventBody<'a>) -> Self {
        let source = match event.bundle_id {
            Some(bundle_id) => format!("/tidings/apps/{bundle_id}"),
            None => "/tidings".to_owned(),
        };
        Self {
            specversion: "1.0",
            id,
            source,
            kind: format!("tidings.{}.v{VERSION}", event.kind),
            time: &event.timestamp,
            subject: event.subject,
            datacontenttype: "application/json",
            sequence: format!("{:020}", event.id),
            data: event.data,
        }
    }
}

/// What names an event everywhere: its number alone would come again after a backup was restored.
pub(crate) fn message_id(event: &Event) -> String {
    format!("evt_{}_{:x}", event.id, event.at.as_unix_millis())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidings_store::{AppId, EventId, EventKind};

    use super::*;

    #[test]
    fn a_cloud_event_has_all_that_is_required() {
        let event = Event {
            id: EventId(7),
            at: Timestamp::from_unix_millis(1_800_000_000_000),
            app_id: Some(AppId(1)),
            kind: EventKind::DeviceRetired,
            subject: "0102".to_owned(),
            data: json!({"before": "active"}),
        };
        let id = message_id(&event);
        let body = EventBody::new(&event, Some("com.example.app"));
        let cloud = serde_json::to_value(CloudEvent::new(&id, &body)).unwrap();
        assert_eq!(
            cloud,
            json!({
                "specversion": "1.0",
                "id": "evt_7_1a3185c5000",
                "source": "/tidings/apps/com.example.app",
                "type": "tidings.device.retired.v1",
                "time": "2027-01-15T08:00:00.000Z",
                "subject": "0102",
                "datacontenttype": "application/json",
                "sequence": "00000000000000000007",
                "data": {"before": "active"},
            })
        );
    }
}
