//! Devices over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::accounts::Switch;
use super::super::devices::{CreatedDevice, DeviceDescription, NewDevice, RestoredDevice};
use super::super::problem::{Answered, Body, Problem};
use super::Control;
use crate::world::notification::ShownNotification;

/// Where a page of devices begins.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    skip: usize,
}

/// Whether a device is connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Connectivity {
    online: bool,
}

/// Adds a device.
#[utoipa::path(
    post,
    path = "/v1/devices",
    request_body = NewDevice,
    responses(
        (status = 201, description = "The device", body = CreatedDevice),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn create_device(
    State(control): State<Control>,
    Body(new): Body<NewDevice>,
) -> Answered<(StatusCode, Json<CreatedDevice>)> {
    Ok((StatusCode::CREATED, Json(control.create_device(&new)?)))
}

/// Lists devices, a thousand at a time.
#[utoipa::path(
    get,
    path = "/v1/devices",
    params(("skip" = Option<usize>, Query, description = "How many devices to leave out")),
    responses(
        (status = 200, description = "A page of devices in the order they were added", body = Vec<DeviceDescription>),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_devices(
    State(control): State<Control>,
    Query(page): Query<Page>,
) -> Answered<Json<Vec<DeviceDescription>>> {
    Ok(Json(control.devices(page.skip)))
}

/// Describes a device.
#[utoipa::path(
    get,
    path = "/v1/devices/{id}",
    params(("id" = String, Path, description = "The device")),
    responses(
        (status = 200, description = "The device", body = DeviceDescription),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn describe_device(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Answered<Json<DeviceDescription>> {
    Ok(Json(control.device(&id)?))
}

/// Restores the backup of a device to a new one.
#[utoipa::path(
    post,
    path = "/v1/devices/{id}/restore",
    params(("id" = String, Path, description = "The device")),
    responses(
        (status = 201, description = "The new device", body = RestoredDevice),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn restore_device(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Answered<(StatusCode, Json<RestoredDevice>)> {
    Ok((StatusCode::CREATED, Json(control.restore(&id)?)))
}

/// Erases a device.
#[utoipa::path(
    post,
    path = "/v1/devices/{id}/erase",
    params(("id" = String, Path, description = "The device")),
    responses(
        (status = 204, description = "It is erased"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn erase_device(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Answered<StatusCode> {
    control.erase(&id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Upgrades the system of a device: its apps get new device tokens.
#[utoipa::path(
    post,
    path = "/v1/devices/{id}/upgrade",
    params(("id" = String, Path, description = "The device")),
    responses(
        (status = 200, description = "The device", body = DeviceDescription),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn upgrade_device(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Answered<Json<DeviceDescription>> {
    Ok(Json(control.upgrade(&id)?))
}

/// Connects or disconnects a device.
#[utoipa::path(
    put,
    path = "/v1/devices/{id}/connectivity",
    request_body = Connectivity,
    params(("id" = String, Path, description = "The device")),
    responses(
        (status = 200, description = "The device", body = DeviceDescription),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn set_connectivity(
    State(control): State<Control>,
    Path(id): Path<String>,
    Body(setting): Body<Connectivity>,
) -> Answered<Json<DeviceDescription>> {
    control.set_online(&id, Switch::from(setting.online))?;
    Ok(Json(control.device(&id)?))
}

/// Lists what a device has shown, oldest first.
#[utoipa::path(
    get,
    path = "/v1/devices/{id}/notifications",
    params(("id" = String, Path, description = "The device")),
    responses(
        (status = 200, description = "The notifications", body = Vec<ShownNotification>),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_notifications(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Answered<Json<Vec<ShownNotification>>> {
    Ok(Json(control.notifications(&id)?))
}
