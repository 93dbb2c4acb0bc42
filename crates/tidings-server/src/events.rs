//! What happens, as a stream of server-sent events that can be resumed where it broke off.

mod body;
pub(crate) mod schema;

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tidings_store::{AppId, Event, EventId, WebhookFormat};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;
use utoipa::ToSchema;

pub(crate) use body::{CloudEvent, EventBody, StreamedEvent, message_id};

use crate::authentication::{By, Caller, Read};
use crate::limits::{EVENT_SILENCE, EVENTS_AT_ONCE};
use crate::parameters::{Parameters, invalid};
use crate::problem::{Answered, Problem, ProblemKind};
use crate::server::{BundleIds, Phase, Shared};
use crate::serving::ends;

/// In which form events are streamed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EventFormat {
    /// As the schema `Event` says.
    #[default]
    Tidings,
    /// Structured `CloudEvents` 1.0.
    CloudEvents,
}

impl From<EventFormat> for WebhookFormat {
    fn from(format: EventFormat) -> Self {
        match format {
            EventFormat::Tidings => Self::Plain,
            EventFormat::CloudEvents => Self::CloudEvents,
        }
    }
}

impl From<WebhookFormat> for EventFormat {
    fn from(format: WebhookFormat) -> Self {
        match format {
            WebhookFormat::Plain => Self::Tidings,
            WebhookFormat::CloudEvents => Self::CloudEvents,
        }
    }
}

impl std::str::FromStr for EventFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "tidings" => Ok(Self::Tidings),
            "cloudevents" => Ok(Self::CloudEvents),
            _ => Err("it is neither `tidings` nor `cloudevents`"),
        }
    }
}

/// Streams what happens
///
/// Server-sent events. Without `Last-Event-ID` it begins now; with it, after that event: `0` is the beginning, as far as
/// events are kept. A comment every 15 seconds keeps the way open.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "stream_events",
    tag = "events",
    params(
        ("app" = Option<String>, Query, description = "Only those of the app with this bundle id"),
        ("after" = Option<i64>, Query, minimum = 0, description = "What `Last-Event-ID` says, for clients that cannot send the header"),
        ("format" = Option<EventFormat>, Query, description = "`tidings` where nothing is said"),
        ("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "The event after which to begin")
    ),
    responses((status = 200, description = "A stream without end", body = StreamedEvent, content_type = "text/event-stream")),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn stream(
    State(server): State<Shared>,
    by: By<Read>,
    mut parameters: Parameters,
    headers: HeaderMap,
) -> Answered<Response> {
    let bundle_id = parameters.text("app")?;
    let after = begin(&mut parameters, &headers)?;
    let format = parameters.value("format")?.unwrap_or_default();
    parameters.finish()?;
    let app = match &bundle_id {
        Some(bundle_id) => Some(server.app(&by, bundle_id).await?),
        None => None,
    };
    let room = std::sync::Arc::clone(&server.streams).try_acquire_owned();
    let room = room.map_err(|_full| {
        Problem::new(
            ProblemKind::Overloaded,
            "As many event streams are open as the server takes.",
        )
    })?;
    let news = server.store.watch_events();
    let after = after.unwrap_or_else(|| *news.borrow());
    let names = server.bundle_ids().await?;
    let reader = Reader {
        phase: server.phase.subscribe(),
        server,
        caller: by.clone(),
        app,
        format,
        after,
        news,
        names,
        ready: VecDeque::from([beginning(after)]),
        _room: room,
    };
    let events = stream::unfold(reader, |mut reader| async move {
        let next = reader.next().await?;
        Some((Ok::<_, Infallible>(next), reader))
    });
    Ok(response(Body::from_stream(events)))
}

fn response(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies of one kind hold streams back otherwise.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The first lines: where the stream stands, so that a client that has seen no event yet can come back without a gap.
fn beginning(after: EventId) -> Bytes {
    format!("id: {after}\nretry: 2000\n\n").into()
}

/// Where to begin: the header of a client that comes back, or the parameter.
fn begin(parameters: &mut Parameters, headers: &HeaderMap) -> Result<Option<EventId>, Problem> {
    let parameter: Option<EventId> = parameters.value("after")?;
    if parameter.is_some_and(|id| id.0 < 0) {
        return Err(invalid("after", "It is not the id of an event."));
    }
    let Some(header) = headers.get("last-event-id") else {
        return Ok(parameter);
    };
    let text = header.to_str().unwrap_or_default();
    match text.parse::<EventId>() {
        Ok(id) if id.0 >= 0 => Ok(Some(id)),
        _ => Err(invalid("Last-Event-ID", "It is not the id of an event.")),
    }
}

/// One stream on its way.
struct Reader {
    server: Shared,
    caller: Caller,
    app: Option<AppId>,
    format: EventFormat,
    /// The last event that was looked at.
    after: EventId,
    news: watch::Receiver<EventId>,
    phase: watch::Receiver<Phase>,
    names: BundleIds,
    ready: VecDeque<Bytes>,
    _room: OwnedSemaphorePermit,
}

impl Reader {
    /// The next bytes of the stream; `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            self.news.borrow_and_update();
            if self.read().await? {
                continue;
            }
            let mut phase = self.phase.clone();
            tokio::select! {
                changed = timeout(EVENT_SILENCE, self.news.changed()) => match changed {
                    Ok(Ok(())) => {}
                    Ok(Err(_closed)) => return None,
                    Err(_silence) => self.ready.push_back(Bytes::from_static(b":\n\n")),
                },
                () = ends(&mut phase) => return None,
            }
            if !self.caller.is_still_good(&self.server).await {
                return None;
            }
        }
    }

    /// Reads on; whether there was something. `None` when the store cannot be read any more.
    async fn read(&mut self) -> Option<bool> {
        let events = self
            .server
            .store
            .events(self.after, self.app, EVENTS_AT_ONCE)
            .await
            .ok()?;
        let Some(last) = events.last() else {
            return Some(false);
        };
        self.after = last.id;
        for event in events {
            if self.may_see(&event) {
                let name = self.name(event.app_id).await;
                self.ready.push_back(frame(&event, name.as_deref(), self.format));
            }
        }
        Some(true)
    }

    fn may_see(&self, event: &Event) -> bool {
        match event.app_id {
            Some(app) => self.caller.is_for(app),
            None => self.caller.apps().is_none(),
        }
    }

    /// The bundle id of an app, which may be newer than the stream.
    async fn name(&mut self, app: Option<AppId>) -> Option<String> {
        let app = app?;
        if !self.names.contains_key(&app)
            && let Ok(names) = self.server.bundle_ids().await
        {
            self.names = names;
        }
        self.names.get(&app).map(ToString::to_string)
    }
}

/// An event as it stands in the stream. JSON has no line ends of its own.
fn frame(event: &Event, bundle_id: Option<&str>, format: EventFormat) -> Bytes {
    let body = EventBody::new(event, bundle_id);
    let json = match format {
        EventFormat::Tidings => serde_json::to_string(&body),
        EventFormat::CloudEvents => serde_json::to_string(&CloudEvent::new(&message_id(event), &body)),
    };
    format!(
        "id: {}\nevent: {}\ndata: {}\n\n",
        event.id,
        event.kind.as_str(),
        json.unwrap_or_default()
    )
    .into()
}

#[cfg(test)]
mod tests {
    use tidings_apns::Timestamp;
    use tidings_store::EventKind;

    use super::*;

    #[test]
    fn an_event_is_one_frame_whatever_is_in_it() {
        let event = Event {
            id: EventId(7),
            at: Timestamp::from_unix_millis(0),
            app_id: Some(AppId(1)),
            kind: EventKind::DeviceRetired,
            subject: "a\nb".to_owned(),
            data: serde_json::json!({"text": "one\n\ntwo"}),
        };
        let frame = frame(&event, Some("com.example.app"), EventFormat::Tidings);
        let text = std::str::from_utf8(&frame).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(&lines[..2], ["id: 7", "event: device.retired"]);
        let json: serde_json::Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(json["bundle_id"], "com.example.app");
        assert_eq!(json["data"]["text"], "one\n\ntwo");
    }
}
