//! Notifications over HTTP: accepted, looked at, cancelled.

pub(crate) mod attempts;
mod audience;
pub(crate) mod batch;
mod idempotency;
mod payload;
pub(crate) mod recipients;
mod submission;
mod view;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::Serialize;
use tidings_apns::{Lint, Severity};
use tidings_store::{Accepted, AppId, NotificationId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::authentication::{By, Read, Send};
use crate::body::JsonWithBytes;
use crate::cursor::List;
use crate::parameters::{Parameters, Place};
use crate::problem::{Answered, Problem, ProblemKind};
use crate::server::Shared;
use crate::trace::Traced;

pub(crate) use batch::send_batch;
pub(crate) use idempotency::IdempotencyKey;
pub(crate) use payload::compose;
pub(crate) use recipients::recipients;
pub(crate) use submission::{Instant, OnUnknownName, Submission, SubmissionBody, too_large};
use view::{NotificationBody, NotificationPage};

/// The header that says that an answer is a repeated one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A notification that was accepted: it is on the disk.
#[derive(Serialize, ToSchema)]
#[schema(as = AcceptedNotification)]
pub(crate) struct AcceptedBody {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// What will hardly do what was meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
}

/// Something about a notification that will hardly do what was meant.
#[derive(Serialize, ToSchema)]
pub(crate) struct Warning {
    /// The rule; all are explained in the book.
    code: &'static str,
    /// `info`, `warning` or `error`. Not even an error is refused here: APNs would take it.
    severity: &'static str,
    /// What was found.
    message: String,
    /// What to do about it.
    advice: &'static str,
}

impl From<Lint> for Warning {
    fn from(lint: Lint) -> Self {
        Self {
            code: lint.code.as_str(),
            severity: Severity::as_str(lint.severity),
            message: lint.message.into_owned(),
            advice: lint.advice,
        }
    }
}

/// Sends a notification
///
/// It is answered once it is on the disk, and sent then. Everything that can be checked is checked before. With an
/// `Idempotency-Key`, the same request again is answered in the same way for a day, and sends nothing again.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/notifications",
    operation_id = "send_notification",
    tag = "notifications",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: up to 255 visible ASCII characters", max_length = 255)
    ),
    request_body = SubmissionBody,
    responses((
        status = 202,
        description = "It is on the disk",
        body = AcceptedBody,
        headers(
            ("Location" = String, description = "Where to ask for it"),
            ("Idempotent-Replayed" = String, description = "`true` when the request had been made before")
        )
    )),
    security(("api_key" = ["send"]))
)]
pub(crate) async fn send(
    State(server): State<Shared>,
    by: By<Send>,
    Place(bundle_id): Place<String>,
    key: IdempotencyKey,
    trace: Traced,
    JsonWithBytes { value, bytes }: JsonWithBytes<SubmissionBody>,
) -> Answered<Response> {
    let app = server.app(&by, &bundle_id).await?;
    let path = format!("/v1/apps/{bundle_id}/notifications");
    let idempotency = key.of_request(by.key_id(), path, &bytes);
    let now = server.clock.now();
    let submission = match value.check(&bundle_id, now, &server.config) {
        Ok(submission) => submission,
        Err(problem) => {
            let known = idempotency::replay(&server, idempotency.as_ref()).await?;
            let id = known.ok_or(problem)?;
            return Ok(answer(&bundle_id, Accepted::Replayed(id), Vec::new()));
        }
    };
    trace.makes(&server, submission.notification.id);
    let accepted = server
        .store
        .accept(app, submission.notification, idempotency, now)
        .await?;
    server.engine.work_arrived();
    Ok(answer(&bundle_id, accepted, submission.warnings))
}

fn answer(bundle_id: &str, accepted: Accepted, warnings: Vec<Lint>) -> Response {
    let (id, is_replay) = match accepted {
        Accepted::New(id) => (id, false),
        Accepted::Replayed(id) => (id, true),
    };
    let body = AcceptedBody {
        id: id.to_string(),
        warnings: warnings.into_iter().map(Warning::from).collect(),
    };
    let json = Bytes::from(serde_json::to_vec(&body).unwrap_or_default());
    let mut response = (StatusCode::ACCEPTED, json).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(location) = HeaderValue::try_from(format!("/v1/apps/{bundle_id}/notifications/{id}")) {
        headers.insert(header::LOCATION, location);
    }
    if is_replay {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// Lists notifications, the newest first
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/notifications",
    operation_id = "list_notifications",
    tag = "notifications",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("limit" = Option<u16>, Query, description = "How many at most", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    responses((status = 200, description = "A page of notifications", body = NotificationPage)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn list(
    State(server): State<Shared>,
    by: By<Read>,
    Place(bundle_id): Place<String>,
    mut parameters: Parameters,
) -> Answered<axum::Json<NotificationPage>> {
    let limit = parameters.limit()?;
    let cursor = parameters.text("cursor")?;
    parameters.finish()?;
    let app = server.app(&by, &bundle_id).await?;
    let list = List::new("notifications", app);
    let before = list
        .begins_after(cursor)?
        .map(|bytes| NotificationId(Uuid::from_bytes(bytes)));
    let page = server
        .store
        .notifications(app, before, limit, server.clock.now())
        .await?;
    let next_cursor = list.next(&page, limit, |view| view.notification.id.0.into_bytes());
    let ids = page.iter().map(|view| view.notification.id).collect();
    let origins = server.store.replay_origins(ids).await?;
    let body = |view| NotificationBody::from(view).replaying(&origins);
    Ok(axum::Json(NotificationPage {
        notifications: page.iter().map(body).collect(),
        next_cursor,
    }))
}

/// Describes a notification, and counts what became of it
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/notifications/{id}",
    operation_id = "describe_notification",
    tag = "notifications",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The notification", format = "uuid")
    ),
    responses((status = 200, description = "The notification", body = NotificationBody)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Read>,
    Place((bundle_id, id)): Place<(String, String)>,
) -> Answered<axum::Json<NotificationBody>> {
    let id = read_id(&id)?;
    let app = server.app(&by, &bundle_id).await?;
    let view = find(&server, app, id).await?;
    let origins = server.store.replay_origins(vec![id]).await?;
    Ok(axum::Json(NotificationBody::from(&view).replaying(&origins)))
}

/// What a cancellation did.
#[derive(Serialize, ToSchema)]
#[schema(as = CancelledNotification)]
pub(crate) struct CancelledBody {
    /// The notification as it stands now.
    notification: NotificationBody,
    /// Recipients that it is spared, as far as they were known.
    spared: u64,
}

/// Cancels what is not sent of a notification
///
/// What is on its way to APNs arrives. Cancelling what has finished does nothing.
#[utoipa::path(
    delete,
    path = "/v1/apps/{bundle_id}/notifications/{id}",
    operation_id = "cancel_notification",
    tag = "notifications",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The notification", format = "uuid")
    ),
    responses((status = 200, description = "The notification as it stands now", body = CancelledBody)),
    security(("api_key" = ["send"]))
)]
pub(crate) async fn cancel(
    State(server): State<Shared>,
    by: By<Send>,
    Place((bundle_id, id)): Place<(String, String)>,
) -> Answered<axum::Json<CancelledBody>> {
    let id = read_id(&id)?;
    let app = server.app(&by, &bundle_id).await?;
    let now = server.clock.now();
    let spared = server.store.cancel(app, id, by.key_id(), now).await?;
    let spared = spared.ok_or_else(not_found)?;
    server.engine.work_arrived();
    let view = find(&server, app, id).await?;
    Ok(axum::Json(CancelledBody {
        notification: NotificationBody::from(&view),
        spared,
    }))
}

async fn find(
    server: &Shared,
    app: AppId,
    id: NotificationId,
) -> Result<tidings_store::NotificationView, Problem> {
    let found = server.store.notification(app, id, server.clock.now()).await?;
    found.ok_or_else(not_found)
}

fn read_id(text: &str) -> Result<NotificationId, Problem> {
    text.parse()
        .map_err(|_not_a_uuid| Problem::field("id", "It is not a UUID, as ids of notifications are."))
}

fn not_found() -> Problem {
    let detail = "There is no such notification of this app.";
    Problem::new(ProblemKind::NotificationNotFound, detail).at("id")
}
