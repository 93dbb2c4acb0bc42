//! Broadcast channels for Live Activities, straight through to APNs: nothing of them is kept here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tidings_apns::{
    Broadcast, BundleId, ChannelId, Environment, Payload, Priority, Reason, Rejected, StoragePolicy,
    UnixSeconds,
};
use tidings_client::{Client, ManageChannelError};
use tidings_delivery::NoClient;
use utoipa::ToSchema;

use crate::authentication::{By, Caller, Read, Send};
use crate::body::{self, Json};
use crate::limits::JSON_BODY_BYTES;
use crate::names::{EnvironmentName, PriorityNumber};
use crate::notifications::{Instant, Warning, compose, too_large};
use crate::parameters::{Parameters, Place, action, read};
use crate::problem::{Answered, Problem, ProblemKind, sentence};
use crate::routing::unknown_action;
use crate::server::Shared;

/// A channel to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewChannel)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChannelBody {
    /// Where; `production` where nothing is said.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<Environment>,
    /// What the channel keeps for devices that cannot be reached; it can never be changed.
    storage: Storage,
}

/// What a channel keeps for devices that cannot be reached.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Storage {
    /// Nothing: more updates may be published, and each must expire at once.
    NoStorage,
    /// The latest update, for at most eight hours.
    MostRecent,
}

/// A channel.
#[derive(Serialize, ToSchema)]
#[schema(as = Channel)]
pub(crate) struct ChannelBody {
    /// What APNs calls it. It has to be percent-encoded in paths.
    channel_id: String,
    #[schema(value_type = EnvironmentName)]
    environment: &'static str,
    storage: Storage,
}

/// The channels of an app in one environment.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelList {
    #[schema(value_type = EnvironmentName)]
    environment: &'static str,
    channel_ids: Vec<String>,
}

/// An update for everybody who follows a channel.
#[derive(Deserialize, ToSchema)]
#[schema(as = Broadcast)]
#[serde(deny_unknown_fields)]
pub(crate) struct BroadcastBody {
    /// Where; `production` where nothing is said.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<Environment>,
    /// Apple's dictionary, with `event`, `timestamp` and `content-state`.
    #[schema(value_type = Object)]
    aps: Box<RawValue>,
    /// Keys beside it.
    #[schema(value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
    /// 10, 5 or 1; 10 where nothing is said.
    #[schema(value_type = Option<PriorityNumber>)]
    priority: Option<Priority>,
    /// Until when APNs keeps it; `0`, at once or never, where nothing is said.
    expires_at: Option<Instant>,
}

/// An update that APNs has accepted.
#[derive(Serialize, ToSchema)]
#[schema(as = PublishedBroadcast)]
pub(crate) struct PublishedBody {
    /// The id that APNs gave it.
    apns_request_id: Option<String>,
    /// What will hardly do what was meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
}

/// Makes a channel
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/channels",
    operation_id = "create_channel",
    tag = "channels",
    params(("bundle_id" = String, Path, description = "The app's bundle id")),
    request_body = NewChannelBody,
    responses((status = 201, description = "The channel", body = ChannelBody)),
    security(("api_key" = ["send"]))
)]
pub(crate) async fn create(
    State(server): State<Shared>,
    by: By<Send>,
    Place(bundle_id): Place<String>,
    Json(new): Json<NewChannelBody>,
) -> Answered<(StatusCode, axum::Json<ChannelBody>)> {
    let lane = Lane::of(&server, &by, &bundle_id, new.environment).await?;
    let created = lane.client.channels().create(&lane.app, new.storage.into()).await;
    let channel = created.map_err(|error| refusal(&error))?;
    tracing::info!(app = bundle_id, key = by.key_id(), environment = %lane.environment, "a channel was made");
    Ok((StatusCode::CREATED, axum::Json(lane.body(&channel, new.storage))))
}

/// Lists the channels of an app in one environment
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/channels",
    operation_id = "list_channels",
    tag = "channels",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("environment" = Option<EnvironmentName>, Query, description = "Where; `production` where nothing is said")
    ),
    responses((status = 200, description = "The channels", body = ChannelList)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn list(
    State(server): State<Shared>,
    by: By<Read>,
    Place(bundle_id): Place<String>,
    parameters: Parameters,
) -> Answered<axum::Json<ChannelList>> {
    let lane = Lane::of(&server, &by, &bundle_id, environment(parameters)?).await?;
    let listed = lane.client.channels().list(&lane.app).await;
    let channels = listed.map_err(|error| refusal(&error))?;
    Ok(axum::Json(ChannelList {
        environment: lane.environment.as_str(),
        channel_ids: channels.iter().map(ToString::to_string).collect(),
    }))
}

/// Describes a channel
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/channels/{channel_id}",
    operation_id = "describe_channel",
    tag = "channels",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("channel_id" = String, Path, description = "The channel"),
        ("environment" = Option<EnvironmentName>, Query, description = "Where; `production` where nothing is said")
    ),
    responses((status = 200, description = "The channel", body = ChannelBody)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Read>,
    Place((bundle_id, channel)): Place<(String, String)>,
    parameters: Parameters,
) -> Answered<axum::Json<ChannelBody>> {
    let channel: ChannelId = read("channel_id", &channel)?;
    let lane = Lane::of(&server, &by, &bundle_id, environment(parameters)?).await?;
    let policy = lane.client.channels().read(&lane.app, &channel).await;
    let policy = policy.map_err(|error| refusal(&error))?;
    Ok(axum::Json(lane.body(&channel, policy.into())))
}

/// Deletes a channel
#[utoipa::path(
    delete,
    path = "/v1/apps/{bundle_id}/channels/{channel_id}",
    operation_id = "delete_channel",
    tag = "channels",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("channel_id" = String, Path, description = "The channel"),
        ("environment" = Option<EnvironmentName>, Query, description = "Where; `production` where nothing is said")
    ),
    responses((status = 204, description = "It is deleted")),
    security(("api_key" = ["send"]))
)]
pub(crate) async fn remove(
    State(server): State<Shared>,
    by: By<Send>,
    Place((bundle_id, channel)): Place<(String, String)>,
    parameters: Parameters,
) -> Answered<StatusCode> {
    let channel: ChannelId = read("channel_id", &channel)?;
    let lane = Lane::of(&server, &by, &bundle_id, environment(parameters)?).await?;
    let deleted = lane.client.channels().delete(&lane.app, &channel).await;
    deleted.map_err(|error| refusal(&error))?;
    tracing::info!(app = bundle_id, key = by.key_id(), environment = %lane.environment, "a channel was deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/channels/{channel_id}:publish`.
pub(crate) async fn act(
    State(server): State<Shared>,
    by: By<Send>,
    Place((bundle_id, segment)): Place<(String, String)>,
    request: axum::extract::Request,
) -> Answered<Response> {
    match action(&segment) {
        (channel, Some("publish")) => {
            let within = server.config.request_timeout;
            let bytes = body::read(request.into_body(), JSON_BODY_BYTES, within).await?;
            publish(&server, &by, &bundle_id, channel, body::parse(&bytes)?).await
        }
        _ => Err(unknown_action()),
    }
}

/// Publishes an update to everybody who follows a channel
///
/// It goes to APNs at once, and is answered with what APNs says: it is not kept and not tried again.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/channels/{channel_id}:publish",
    operation_id = "publish_broadcast",
    tag = "channels",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("channel_id" = String, Path, description = "The channel")
    ),
    request_body = BroadcastBody,
    responses((status = 200, description = "APNs has it", body = PublishedBody)),
    security(("api_key" = ["send"]))
)]
async fn publish(
    server: &Shared,
    by: &Caller,
    bundle_id: &str,
    channel: &str,
    body: BroadcastBody,
) -> Answered<Response> {
    let channel: ChannelId = read("channel_id", channel)?;
    let lane = Lane::of(server, by, bundle_id, body.environment).await?;
    let payload = compose(Some(&body.aps), body.data.as_deref())?;
    let payload = Payload::from_json(payload).map_err(|error| {
        Problem::new(ProblemKind::InvalidPayload, sentence(&error.to_string())).at("/aps")
    })?;
    let broadcast = Broadcast::builder(lane.app.clone(), channel, payload)
        .priority(body.priority.unwrap_or(Priority::Immediate))
        .expiration(body.expires_at.unwrap_or(Instant::Once).as_expiration())
        .build()
        .map_err(|error| too_large(&error))?;
    let now = UnixSeconds(server.clock.now().as_unix_millis() / 1000);
    let answer = lane
        .client
        .publish(&broadcast)
        .await
        .map_err(|error| unreachable_apns(&error))?;
    if let Some(rejected) = answer.rejected() {
        return Err(refused(rejected));
    }
    let published = PublishedBody {
        apns_request_id: answer.apns_id().map(|id| id.to_string()),
        warnings: broadcast.lint_at(now).into_iter().map(Warning::from).collect(),
    };
    Ok(axum::Json(published).into_response())
}

/// The way to APNs for one app in one environment.
struct Lane {
    app: BundleId,
    environment: Environment,
    client: Client,
}

impl Lane {
    async fn of(
        server: &Shared,
        by: &Caller,
        bundle_id: &str,
        environment: Option<Environment>,
    ) -> Result<Self, Problem> {
        let environment = environment.unwrap_or(Environment::Production);
        let id = server.app(by, bundle_id).await?;
        let client = server.engine.client(id, environment).await.map_err(no_client)?;
        let app = read("bundle_id", bundle_id)?;
        Ok(Self {
            app,
            environment,
            client,
        })
    }

    fn body(&self, channel: &ChannelId, storage: Storage) -> ChannelBody {
        ChannelBody {
            channel_id: channel.to_string(),
            environment: self.environment.as_str(),
            storage,
        }
    }
}

fn environment(mut parameters: Parameters) -> Result<Option<Environment>, Problem> {
    let environment = parameters.value("environment")?;
    parameters.finish()?;
    Ok(environment)
}

fn no_client(error: NoClient) -> Problem {
    match error {
        NoClient::Store(error) => error.into(),
        other => {
            let hint = sentence(other.hint());
            Problem::new(ProblemKind::CredentialMissing, sentence(&other.to_string())).hint(hint)
        }
    }
}

fn refusal(error: &ManageChannelError) -> Problem {
    match error {
        ManageChannelError::Rejected(rejected) => refused(rejected),
        ManageChannelError::Send(error) => unreachable_apns(error),
        other => Problem::new(ProblemKind::ApnsUnreachable, sentence(&other.to_string())),
    }
}

fn unreachable_apns(error: &tidings_client::SendError) -> Problem {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "APNs did not answer about a channel"
    );
    Problem::new(ProblemKind::ApnsUnreachable, sentence(&error.to_string()))
}

fn refused(rejected: &Rejected) -> Problem {
    let (status, reason) = (rejected.status, &rejected.reason);
    let guidance = reason.guidance();
    let kind = match reason {
        // An id that APNs cannot read is none that it gave out: no fault of the way to it.
        Reason::ChannelNotRegistered | Reason::BadChannelId => ProblemKind::ChannelNotFound,
        _ => ProblemKind::ApnsRefused,
    };
    let detail = format!("APNs answered {status} {}: {}", reason.as_str(), guidance.meaning);
    Problem::new(kind, detail)
        .hint(sentence(guidance.what_to_do.trim_end_matches('.')))
        .explained_by(reason.as_str())
}

impl From<Storage> for StoragePolicy {
    fn from(storage: Storage) -> Self {
        match storage {
            Storage::NoStorage => Self::NoStorage,
            Storage::MostRecent => Self::MostRecent,
        }
    }
}

impl From<StoragePolicy> for Storage {
    fn from(policy: StoragePolicy) -> Self {
        match policy {
            StoragePolicy::NoStorage => Self::NoStorage,
            StoragePolicy::MostRecent => Self::MostRecent,
        }
    }
}
