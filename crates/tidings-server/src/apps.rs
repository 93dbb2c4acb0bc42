//! Apps over HTTP: which there are, and how their devices do.

use axum::extract::State;
use serde::Serialize;
use tidings_apns::Environment;
use tidings_store::{App, DeviceCount};
use utoipa::ToSchema;

use crate::authentication::{By, Read};
use crate::names::{EnvironmentName, TokenStateName};
use crate::parameters::Place;
use crate::problem::{Answered, Problem, ProblemKind};
use crate::server::Shared;

/// An app: one bundle id.
#[derive(Serialize, ToSchema)]
#[schema(as = App)]
pub(crate) struct AppBody {
    bundle_id: String,
    /// When it was first heard of.
    #[schema(format = DateTime)]
    created_at: String,
    /// The environments that its credentials reach.
    #[schema(value_type = Vec<EnvironmentName>)]
    reach: Vec<&'static str>,
    /// How many device tokens are in which state; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<Vec<DeviceCountBody>>,
}

/// How many device tokens are in one state and one environment.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceCount)]
pub(crate) struct DeviceCountBody {
    #[schema(value_type = TokenStateName)]
    state: &'static str,
    /// As far as it is proven or claimed.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<&'static str>,
    count: u64,
}

/// The apps that the key is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppList {
    apps: Vec<AppBody>,
}

/// Lists apps
#[utoipa::path(
    get,
    path = "/v1/apps",
    operation_id = "list_apps",
    tag = "apps",
    responses((status = 200, description = "The apps that the key is for", body = AppList)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn list(State(server): State<Shared>, by: By<Read>) -> Answered<axum::Json<AppList>> {
    let apps = server.store.apps().await?;
    let apps = apps
        .iter()
        .filter(|app| by.is_for(app.id))
        .map(|app| AppBody::new(app, None));
    Ok(axum::Json(AppList { apps: apps.collect() }))
}

/// Describes an app, and counts its devices
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}",
    operation_id = "describe_app",
    tag = "apps",
    params(("bundle_id" = String, Path, description = "The app's bundle id")),
    responses((status = 200, description = "The app", body = AppBody)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Read>,
    Place(bundle_id): Place<String>,
) -> Answered<axum::Json<AppBody>> {
    let id = server.app(&by, &bundle_id).await?;
    let app = server.store.app_by_id(id).await?;
    let app = app.ok_or_else(|| Problem::new(ProblemKind::AppNotFound, "There is no such app."))?;
    let counts = server.store.count_devices(id).await?;
    Ok(axum::Json(AppBody::new(&app, Some(counts))))
}

impl AppBody {
    fn new(app: &App, counts: Option<Vec<DeviceCount>>) -> Self {
        Self {
            bundle_id: app.bundle_id.to_string(),
            created_at: app.created_at.to_string(),
            reach: app.reach.iter().map(Environment::as_str).collect(),
            devices: counts.map(|counts| counts.iter().map(DeviceCountBody::from).collect()),
        }
    }
}

impl From<&DeviceCount> for DeviceCountBody {
    fn from(count: &DeviceCount) -> Self {
        Self {
            state: count.state.as_str(),
            environment: count.environment.map(Environment::as_str),
            count: count.count,
        }
    }
}
