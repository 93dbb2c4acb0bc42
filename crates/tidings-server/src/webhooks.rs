//! Webhooks over HTTP: made, changed, looked at, tried, and sent to again. How events get there is in the modules below.

pub(crate) mod acting;
mod address;
mod body;
pub(crate) mod courier;
mod deliveries;
mod destination;
mod message;
mod post;
mod schedule;
mod secret;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;
use tidings_apns::Timestamp;
use tidings_store::{AppId, DisabledCause, Revision, WebhookChange, WebhookId, WebhookRow};

pub use address::{Network, ParseNetworkError};
pub(crate) use body::{
    CreatedWebhookBody, EventTypeName, NewWebhookBody, RotatedBody, RotationBody, TestedBody, WebhookBody,
    WebhookChangeBody, WebhookList, explain, in_words,
};
pub(crate) use deliveries::{__path_list as __path_deliveries, __path_replay, list as deliveries};
pub(crate) use post::{Outgoing, SystemResolver};

use crate::authentication::{Admin, By, Caller};
use crate::body::{self as request_body, Json};
use crate::limits::JSON_BODY_BYTES;
use crate::parameters::{Place, action};
use crate::problem::{Answered, Problem, ProblemKind};
use crate::routing::unknown_action;
use crate::server::Shared;

/// Makes a webhook
///
/// It is sent what happens from now on. The answer is the only place where its secret is shown.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    operation_id = "create_webhook",
    tag = "webhooks",
    request_body = NewWebhookBody,
    responses((status = 201, description = "The webhook, and what signs its messages", body = CreatedWebhookBody)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn create(
    State(server): State<Shared>,
    by: By<Admin>,
    Json(body): Json<NewWebhookBody>,
) -> Answered<(StatusCode, axum::Json<CreatedWebhookBody>)> {
    body.check()?;
    body::destination(&server, &body.url)?;
    let draft = acting::Draft {
        app_ids: apps(&server, &by, body.apps.as_deref()).await?,
        url: body.url,
        name: body.name,
        kinds: body.events,
        format: body.format.unwrap_or_default().into(),
    };
    let (row, secret) = acting::create(&server, draft, by.key_id()).await?;
    let webhook = describe_row(&server, &row).await?;
    let created = CreatedWebhookBody {
        secret: secret.as_str().to_owned(),
        webhook,
    };
    Ok((StatusCode::CREATED, axum::Json(created)))
}

/// Lists webhooks
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    operation_id = "list_webhooks",
    tag = "webhooks",
    responses((status = 200, description = "Those that the key may see", body = WebhookList)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn list(State(server): State<Shared>, by: By<Admin>) -> Answered<axum::Json<WebhookList>> {
    let names = server.bundle_ids().await?;
    let rows = server.store.webhooks().await?;
    let seen = rows.iter().filter(|row| may_see(&by, row));
    Ok(axum::Json(WebhookList {
        webhooks: seen.map(|row| WebhookBody::new(row, &names)).collect(),
    }))
}

/// Describes a webhook
#[utoipa::path(
    get,
    path = "/v1/webhooks/{id}",
    operation_id = "describe_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook", format = "uuid")),
    responses((status = 200, description = "The webhook", body = WebhookBody)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Admin>,
    Place(id): Place<String>,
) -> Answered<axum::Json<WebhookBody>> {
    let row = find(&server, &by, &id).await?;
    Ok(axum::Json(describe_row(&server, &row).await?))
}

/// Changes a webhook
///
/// What is not named stays. One that is enabled again is sent what waited, as far as events are kept.
#[utoipa::path(
    patch,
    path = "/v1/webhooks/{id}",
    operation_id = "change_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook", format = "uuid")),
    request_body = WebhookChangeBody,
    responses((status = 200, description = "The webhook as it is now", body = WebhookBody)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn change(
    State(server): State<Shared>,
    by: By<Admin>,
    Place(id): Place<String>,
    Json(body): Json<WebhookChangeBody>,
) -> Answered<axum::Json<WebhookBody>> {
    let known = find(&server, &by, &id).await?;
    body.check()?;
    let url = match body.url {
        None => None,
        Some(url) => {
            let to = body::destination(&server, &url)?;
            Some((url, to.host_name()))
        }
    };
    let app_ids = match body.apps {
        Revision::Keep => Revision::Keep,
        Revision::Clear => revision(apps(&server, &by, None).await?),
        Revision::Set(names) => revision(apps(&server, &by, Some(&names)).await?),
    };
    let change = WebhookChange {
        url,
        name: body.name,
        kinds: body.events,
        app_ids,
        format: body.format.map(Into::into),
        disabled: match body.enabled {
            None => Revision::Keep,
            Some(true) => Revision::Clear,
            Some(false) => Revision::Set(DisabledCause::ByHand),
        },
    };
    let row = acting::change(&server, known.id, change, by.key_id()).await?;
    Ok(axum::Json(describe_row(&server, &row).await?))
}

/// Removes a webhook, with all that waits for it
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{id}",
    operation_id = "remove_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook", format = "uuid")),
    responses((status = 204, description = "It is removed")),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn remove(
    State(server): State<Shared>,
    by: By<Admin>,
    Place(id): Place<String>,
) -> Answered<StatusCode> {
    let row = find(&server, &by, &id).await?;
    acting::remove(&server, row.id, by.key_id()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/webhooks/{id}:test`, `:rotate-secret` and `:replay`.
pub(crate) async fn act(
    State(server): State<Shared>,
    by: By<Admin>,
    Place(segment): Place<String>,
    request: Request,
) -> Answered<Response> {
    match action(&segment) {
        (id, Some("test")) => Ok(test(&server, &by, id).await?.into_response()),
        (id, Some("rotate-secret")) => {
            let row = find(&server, &by, id).await?;
            let answer = rotate_secret(&server, &by, &row, read(&server, request).await?).await;
            Ok(answer?.into_response())
        }
        (id, Some("replay")) => {
            let row = find(&server, &by, id).await?;
            let answer = deliveries::replay(&server, &by, &row, read(&server, request).await?).await;
            Ok(answer?.into_response())
        }
        _ => Err(unknown_action()),
    }
}

/// Tries a webhook
///
/// A message of the type `webhook.test` is sent at once, and what came of it is answered. It is not tried again, and says
/// nothing of the webhook's health.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}:test",
    operation_id = "test_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook", format = "uuid")),
    responses((status = 200, description = "What came of it", body = TestedBody)),
    security(("api_key" = ["admin"]))
)]
async fn test(server: &Shared, by: &Caller, id: &str) -> Answered<axum::Json<TestedBody>> {
    let row = find(server, by, id).await?;
    let tried = acting::try_out(server, &row).await?;
    Ok(axum::Json(TestedBody::new(
        tried.status,
        tried.problem,
        tried.took,
    )))
}

/// Gives a webhook another secret
///
/// The answer is the only place where it is shown. For a while, messages are signed by the secret before, too, so that the
/// receiver can be changed meanwhile.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}:rotate-secret",
    operation_id = "rotate_webhook_secret",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook", format = "uuid")),
    request_body = RotationBody,
    responses((status = 200, description = "The new secret", body = RotatedBody)),
    security(("api_key" = ["admin"]))
)]
async fn rotate_secret(
    server: &Shared,
    by: &Caller,
    row: &WebhookRow,
    body: RotationBody,
) -> Answered<axum::Json<RotatedBody>> {
    let (secret, previous_until) =
        acting::rotate_secret(server, row.id, body.overlap()?, by.key_id()).await?;
    Ok(axum::Json(RotatedBody::new(
        secret.as_str().to_owned(),
        previous_until,
    )))
}

async fn read<T: DeserializeOwned>(server: &Shared, request: Request) -> Result<T, Problem> {
    let within = server.config.request_timeout;
    let bytes = request_body::read(request.into_body(), JSON_BODY_BYTES, within).await?;
    request_body::parse(&bytes)
}

async fn describe_row(server: &Shared, row: &WebhookRow) -> Result<WebhookBody, Problem> {
    Ok(WebhookBody::new(row, &server.bundle_ids().await?))
}

/// A change to this.
fn revision<T>(value: Option<T>) -> Revision<T> {
    value.map_or(Revision::Clear, Revision::Set)
}

/// The apps that are named, which the caller must be for. Whoever is for some apps only must name them.
async fn apps(server: &Shared, by: &Caller, names: Option<&[String]>) -> Result<Option<Vec<AppId>>, Problem> {
    let Some(names) = names else {
        return match by.apps() {
            None => Ok(None),
            Some(_) => Err(Problem::new(
                ProblemKind::AppNotAllowed,
                "The key is for some apps only, and the webhook for all.",
            )
            .at("/apps")
            .hint("Name the apps in `apps`.")),
        };
    };
    let mut apps = Vec::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        let app = server.app(by, name).await;
        apps.push(app.map_err(|problem| problem.named_at(format!("/apps/{place}")))?);
    }
    apps.sort_unstable();
    apps.dedup();
    Ok(Some(apps))
}

/// A webhook that the caller may see. One of others looks as if it were not there.
async fn find(server: &Shared, by: &Caller, id: &str) -> Result<WebhookRow, Problem> {
    let id: WebhookId = id.parse().map_err(|_no_uuid| not_found())?;
    let row = server.store.webhook(id).await?;
    row.filter(|row| may_see(by, row)).ok_or_else(not_found)
}

/// Whoever is for some apps sees the webhooks that are for no other.
fn may_see(by: &Caller, row: &WebhookRow) -> bool {
    match (by.apps(), &row.app_ids) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(apps)) => apps.iter().all(|app| by.is_for(*app)),
    }
}

fn not_found() -> Problem {
    Problem::new(ProblemKind::WebhookNotFound, "There is no such webhook.").at("id")
}

/// An instant as JSON has it.
fn text(at: Timestamp) -> String {
    at.to_string()
}
