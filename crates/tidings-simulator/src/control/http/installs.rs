//! Apps on devices over HTTP.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::accounts::Switch;
use super::super::installs::{Installed, NewInstall};
use super::super::problem::{Answered, Body, Problem};
use super::Control;
use crate::vocabulary::TokenKind;

/// When 410 begins.
#[derive(Deserialize)]
pub(super) struct Removal {
    report_after: Option<u64>,
}

/// The device tokens that an app asks for when it is launched.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Launch {
    #[serde(default)]
    kinds: Vec<TokenKind>,
}

/// Whether an app may show notifications.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Permission {
    allowed: bool,
}

/// The channel that an app's Live Activities listen on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscription {
    channel_id: String,
}

/// Installs an app, or installs it anew.
#[utoipa::path(
    post,
    path = "/v1/devices/{id}/installs",
    request_body = NewInstall,
    params(("id" = String, Path, description = "The device")),
    responses(
        (status = 201, description = "The device tokens", body = Installed),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn install(
    State(control): State<Control>,
    Path(id): Path<String>,
    Body(new): Body<NewInstall>,
) -> Answered<(StatusCode, Json<Installed>)> {
    Ok((StatusCode::CREATED, Json(control.install(&id, &new)?)))
}

/// Launches an app, which is told its device tokens as they are now.
#[utoipa::path(
    post,
    path = "/v1/devices/{id}/installs/{bundle_id}/launch",
    request_body = Launch,
    params(("id" = String, Path, description = "The device"), ("bundle_id" = String, Path, description = "The app")),
    responses(
        (status = 200, description = "The device tokens", body = Installed),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn launch(
    State(control): State<Control>,
    Path((id, bundle_id)): Path<(String, String)>,
    Body(launch): Body<Launch>,
) -> Answered<Json<Installed>> {
    Ok(Json(control.launch(&id, &bundle_id, &launch.kinds)?))
}

/// Removes an app.
#[utoipa::path(
    delete,
    path = "/v1/devices/{id}/installs/{bundle_id}",
    params(("id" = String, Path, description = "The device"), ("bundle_id" = String, Path, description = "The app"), ("report_after" = Option<u64>, Query, description = "Seconds until 410 begins")),
    responses(
        (status = 204, description = "It is removed"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn uninstall(
    State(control): State<Control>,
    Path((id, bundle_id)): Path<(String, String)>,
    Query(removal): Query<Removal>,
) -> Answered<StatusCode> {
    let report_after = removal.report_after.map(Duration::from_secs);
    control.uninstall(&id, &bundle_id, report_after)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Allows or forbids an app to show notifications.
#[utoipa::path(
    put,
    path = "/v1/devices/{id}/installs/{bundle_id}/permission",
    request_body = Permission,
    params(("id" = String, Path, description = "The device"), ("bundle_id" = String, Path, description = "The app")),
    responses(
        (status = 204, description = "It is set"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn set_permission(
    State(control): State<Control>,
    Path((id, bundle_id)): Path<(String, String)>,
    Body(setting): Body<Permission>,
) -> Answered<StatusCode> {
    control.set_permission(&id, &bundle_id, Switch::from(setting.allowed))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the Live Activity of an app.
#[utoipa::path(
    delete,
    path = "/v1/devices/{id}/installs/{bundle_id}/activity",
    params(("id" = String, Path, description = "The device"), ("bundle_id" = String, Path, description = "The app")),
    responses(
        (status = 204, description = "Its device token has expired"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn end_activity(
    State(control): State<Control>,
    Path((id, bundle_id)): Path<(String, String)>,
) -> Answered<StatusCode> {
    control.end_activity(&id, &bundle_id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets the Live Activities of an app listen on a broadcast channel.
#[utoipa::path(
    post,
    path = "/v1/devices/{id}/installs/{bundle_id}/channels",
    request_body = Subscription,
    params(("id" = String, Path, description = "The device"), ("bundle_id" = String, Path, description = "The app")),
    responses(
        (status = 204, description = "It listens"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn subscribe(
    State(control): State<Control>,
    Path((id, bundle_id)): Path<(String, String)>,
    Body(to): Body<Subscription>,
) -> Answered<StatusCode> {
    control.subscribe(&id, &bundle_id, &to.channel_id)?;
    Ok(StatusCode::NO_CONTENT)
}
