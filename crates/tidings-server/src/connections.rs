//! The connections to APNs over HTTP: how they do now, and what happened to earlier ones.

pub(crate) mod story;

use axum::extract::State;
use serde::Serialize;
use tidings_client::{ConnectionEvent, ConnectionSnapshot};
use tidings_delivery::{LaneConnection, LaneRecord, Road};
use utoipa::ToSchema;

use crate::authentication::{By, Read};
use crate::names::EnvironmentName;
use crate::problem::Answered;
use crate::server::{BundleIds, Shared};

/// A connection to APNs, as it is now.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub(crate) struct ConnectionBody {
    /// Its number; no two have the same while the server runs.
    id: u64,
    /// The app.
    bundle_id: String,
    #[schema(value_type = EnvironmentName)]
    environment: &'static str,
    /// The credential under which it was opened.
    #[schema(format = "uuid")]
    credential_id: String,
    /// What is sent over it: `express` and `main` to proven device tokens, to few and to many; `express_probation` and
    /// `probation` to those that may be refused; `channels` for what concerns broadcast channels.
    road: &'static str,
    /// `connecting`, `ready` or `draining`.
    state: &'static str,
    /// How long ago it was begun.
    age_seconds: f64,
    /// The address at the other end: the proxy's, if there is one.
    remote: Option<String>,
    /// Requests that wait for their answers.
    streams: u32,
    /// How many may wait at once, as APNs says; `null` while it says nothing of it.
    streams_allowed: Option<u32>,
    /// How many bytes of payload APNs takes now on the whole connection.
    send_window_bytes: i64,
    /// How long an answer takes, a moving average; `null` before the first.
    answer_seconds: Option<f64>,
    /// How long the answer to the last ping took. There are pings only where nothing else is heard.
    ping_seconds: Option<f64>,
    /// Requests that were answered.
    answers: u64,
}

/// Something that happened to a connection.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionRecord)]
pub(crate) struct RecordBody {
    #[schema(format = DateTime)]
    at: String,
    /// The number of the connection.
    connection_id: u64,
    /// The app.
    bundle_id: String,
    #[schema(value_type = EnvironmentName)]
    environment: &'static str,
    #[schema(format = "uuid")]
    credential_id: String,
    /// What was sent over it; as for a connection.
    road: &'static str,
    /// The address at the other end, if it came so far.
    remote: Option<String>,
    /// Requests that it had answered by then.
    answers: u64,
    /// `go_away` when APNs takes no more, `closed` when it is over, `not_opened` when it never was.
    event: &'static str,
    /// The name of GOAWAY's code, or its number.
    code: Option<String>,
    /// The last stream that APNs processed, or may have, as GOAWAY says.
    last_stream: Option<u32>,
    /// What APNs said with GOAWAY, or why the connection ended.
    text: Option<String>,
    /// Requests that APNs has surely not processed; they travel again on another connection.
    given_back: usize,
    /// Requests of which it is not known whether APNs has them.
    unknown: usize,
    /// The same in a sentence or two.
    summary: String,
}

/// The connections of the apps that the key is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionList {
    connections: Vec<ConnectionBody>,
    /// What last happened to connections, the newest first. Only so much is kept, and nothing over a restart.
    log: Vec<RecordBody>,
}

/// Lists the connections to APNs, and what happened to earlier ones
#[utoipa::path(
    get,
    path = "/v1/connections",
    operation_id = "list_connections",
    tag = "operation",
    responses((status = 200, description = "The connections of the apps that the key is for", body = ConnectionList)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn list(State(server): State<Shared>, by: By<Read>) -> Answered<axum::Json<ConnectionList>> {
    let names = server.bundle_ids().await?;
    let report = server.engine.connections();
    let connections = report.connections.iter().filter(|one| by.is_for(one.app_id));
    let log = report.records.iter().rev().filter(|one| by.is_for(one.app_id));
    Ok(axum::Json(ConnectionList {
        connections: connections.map(|one| ConnectionBody::new(one, &names)).collect(),
        log: log.map(|one| RecordBody::new(one, &names)).collect(),
    }))
}

/// The name of a road.
pub(crate) fn road_name(road: Option<Road>) -> &'static str {
    road.map_or("channels", Road::as_str)
}

impl ConnectionBody {
    fn new(lane: &LaneConnection, names: &BundleIds) -> Self {
        let ConnectionSnapshot {
            id,
            state,
            age,
            remote,
            streams,
            streams_allowed,
            send_window,
            answer_time,
            ping_time,
            answers,
            ..
        } = lane.connection;
        Self {
            id: id.value(),
            bundle_id: name(names, lane.app_id),
            environment: lane.environment.as_str(),
            credential_id: lane.credential_id.to_string(),
            road: road_name(lane.road),
            state: state.as_str(),
            age_seconds: age.as_secs_f64(),
            remote: remote.map(|address| address.to_string()),
            streams,
            streams_allowed,
            send_window_bytes: send_window,
            answer_seconds: answer_time.map(|time| time.as_secs_f64()),
            ping_seconds: ping_time.map(|time| time.as_secs_f64()),
            answers,
        }
    }
}

impl RecordBody {
    fn new(lane: &LaneRecord, names: &BundleIds) -> Self {
        let record = &lane.record;
        let mut body = Self {
            at: tidings_apns::Timestamp::from(record.at).to_string(),
            connection_id: record.connection.value(),
            bundle_id: name(names, lane.app_id),
            environment: lane.environment.as_str(),
            credential_id: lane.credential_id.to_string(),
            road: road_name(lane.road),
            remote: record.remote.map(|address| address.to_string()),
            answers: record.answers,
            event: story::event_name(&record.event),
            code: None,
            last_stream: None,
            text: None,
            given_back: 0,
            unknown: 0,
            summary: story::summary(&record.event),
        };
        body.tell(&record.event);
        body
    }

    fn tell(&mut self, event: &ConnectionEvent) {
        match event {
            ConnectionEvent::NotOpened { cause } => self.text = Some(cause.to_string()),
            ConnectionEvent::GoAway {
                last_stream,
                code,
                text,
                given_back,
            } => {
                self.code = Some(code.to_string());
                self.last_stream = Some(*last_stream);
                self.text = Some(text.to_string());
                self.given_back = *given_back;
            }
            ConnectionEvent::Closed {
                cause,
                given_back,
                unknown,
            } => {
                self.text = cause.as_ref().map(ToString::to_string);
                self.given_back = *given_back;
                self.unknown = *unknown;
            }
            _unknown_event => {}
        }
    }
}

fn name(names: &BundleIds, app: tidings_store::AppId) -> String {
    names.get(&app).map(ToString::to_string).unwrap_or_default()
}
