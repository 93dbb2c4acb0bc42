//! Devices over HTTP: how they come in, are looked at, and go.

mod advice;
pub(crate) mod import;
mod registration;
mod view;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tidings_apns::{Environment, TokenKind};
use tidings_store::{AppId, DeviceFilter, DeviceId, fingerprint};
use tidings_truth::TokenState;

use crate::authentication::{Admin, By, Caller, Read, Register};
use crate::body::Json;
use crate::cursor::List;
use crate::diagnosis;
use crate::names::{EnvironmentName, KindName, TokenStateName};
use crate::parameters::{Parameters, Place, action, device_token};
use crate::problem::{Answered, Problem, ProblemKind};
use crate::routing::unknown_action;
use crate::server::Shared;

pub(crate) use import::import;
pub(crate) use registration::{RegistrationBody, check_name};
pub(crate) use view::{DeviceBody, DevicePage, SendingName};

/// Devices that a request for a list looks at, more or less, however few of them pass the filter.
const LOOKED_AT: usize = 4_000;

/// Registers a device token, as the app should at every launch
///
/// The answer says what became of the token, and in `action` what the app should do: `ok`; `refresh_token` (ask the system
/// for a new token); `wrong_environment` (the token belongs to the other one than the app claims); `wrong_kind` (it was given
/// to the app for something else, or to another app). What is left out stays as it was.
#[utoipa::path(
    put,
    path = "/v1/apps/{bundle_id}/devices/{token}",
    operation_id = "register_device",
    tag = "devices",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("token" = String, Path, description = "The device token in hexadecimal digits")
    ),
    request_body = RegistrationBody,
    responses((status = 200, description = "The device as it stands now", body = DeviceBody)),
    security(("api_key" = ["register"]))
)]
pub(crate) async fn register(
    State(server): State<Shared>,
    by: By<Register>,
    Place((bundle_id, token)): Place<(String, String)>,
    Json(body): Json<RegistrationBody>,
) -> Answered<axum::Json<DeviceBody>> {
    let token = device_token("token", &token)?;
    let registration = body.read("")?;
    let app = server.app_or_new(&by, &bundle_id).await?;
    let now = server.clock.now();
    let claimed = registration.kind;
    let registered = server.store.register(app, token, registration, now).await?;
    server.engine.work_arrived();
    let action = advice::at_registration(&registered, claimed);
    let device = registered.device;
    tracing::debug!(
        app = bundle_id,
        device = fingerprint(&device.token),
        ?action,
        "a device registered"
    );
    Ok(axum::Json(DeviceBody::with_evidence(&bundle_id, &device, action)))
}

/// Describes a device: its state, the evidence for it in words, and what the doctor says
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/devices/{token}",
    operation_id = "describe_device",
    tag = "devices",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("token" = String, Path, description = "The device token in hexadecimal digits")
    ),
    responses((status = 200, description = "The device", body = DeviceBody)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Read>,
    Place((bundle_id, token)): Place<(String, String)>,
) -> Answered<axum::Json<DeviceBody>> {
    let token = device_token("token", &token)?;
    let app = server.app(&by, &bundle_id).await?;
    let found = server.store.device(app, &token, server.clock.now()).await?;
    let device = found.ok_or_else(not_found)?;
    let action = advice::standing(&device.standing);
    let diagnosis = diagnosis::of_device(&server, app, &bundle_id, &device).await?;
    let body = DeviceBody::with_evidence(&bundle_id, &device, action);
    Ok(axum::Json(body.with_diagnosis(diagnosis)))
}

/// Forgets a device
///
/// For when a user signs out or asks for it. A token that turned out to be dead needs no forgetting: nothing is sent to it.
#[utoipa::path(
    delete,
    path = "/v1/apps/{bundle_id}/devices/{token}",
    operation_id = "forget_device",
    tag = "devices",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("token" = String, Path, description = "The device token in hexadecimal digits")
    ),
    responses((status = 204, description = "It is forgotten")),
    security(("api_key" = ["register"]))
)]
pub(crate) async fn forget(
    State(server): State<Shared>,
    by: By<Register>,
    Place((bundle_id, token)): Place<(String, String)>,
) -> Answered<StatusCode> {
    let token = device_token("token", &token)?;
    let app = server.app(&by, &bundle_id).await?;
    let now = server.clock.now();
    if !server.store.forget(app, &token, by.key_id(), now).await? {
        return Err(not_found());
    }
    server.engine.work_arrived();
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/devices/{token}:restore`.
pub(crate) async fn act(
    State(server): State<Shared>,
    by: By<Admin>,
    Place((bundle_id, segment)): Place<(String, String)>,
) -> Answered<Response> {
    match action(&segment) {
        (token, Some("restore")) => restore(&server, &by, &bundle_id, token).await,
        _ => Err(unknown_action()),
    }
}

/// Voids what is held against a device token
///
/// It is sent to again, and what waits for it is sent.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/devices/{token}:restore",
    operation_id = "restore_device",
    tag = "devices",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("token" = String, Path, description = "The device token in hexadecimal digits")
    ),
    responses((status = 200, description = "The device as it stands now", body = DeviceBody)),
    security(("api_key" = ["admin"]))
)]
async fn restore(server: &Shared, by: &Caller, bundle_id: &str, token: &str) -> Answered<Response> {
    let token = device_token("token", token)?;
    let app = server.app(by, bundle_id).await?;
    let now = server.clock.now();
    let found = server.store.restore_device(app, &token, by.key_id(), now).await?;
    let device = found.ok_or_else(not_found)?;
    server.engine.work_arrived();
    let action = advice::standing(&device.standing);
    Ok(axum::Json(DeviceBody::with_evidence(bundle_id, &device, action)).into_response())
}

/// Lists devices
///
/// One request looks at a bounded number of devices. Where few of many pass the filter, a page is short, or empty, and its
/// `next_cursor` is set nevertheless: the list ends where `next_cursor` is `null`, and nowhere else.
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/devices",
    operation_id = "list_devices",
    tag = "devices",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("user_id" = Option<String>, Query, description = "Only those of this user"),
        ("installation_id" = Option<String>, Query, description = "Only those of this installation"),
        ("tag" = Option<String>, Query, description = "Only those with this tag"),
        ("state" = Option<TokenStateName>, Query, description = "Only those in this state"),
        ("environment" = Option<EnvironmentName>, Query, description = "Only those in this environment, as far as it is proven or claimed"),
        ("kind" = Option<KindName>, Query, description = "Only those of this kind"),
        ("limit" = Option<u16>, Query, description = "How many at most", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    responses((status = 200, description = "A page of devices, in the order in which they became known; it can be short, or empty, before the end", body = DevicePage)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn list(
    State(server): State<Shared>,
    by: By<Read>,
    Place(bundle_id): Place<String>,
    mut parameters: Parameters,
) -> Answered<axum::Json<DevicePage>> {
    let limit = parameters.limit()?;
    let cursor = parameters.text("cursor")?;
    let filter = filter(&mut parameters)?;
    parameters.finish()?;
    let app = server.app(&by, &bundle_id).await?;
    let list = list_of(app, &filter);
    let after = list
        .begins_after(cursor)?
        .map(|bytes| DeviceId(i64::from_be_bytes(bytes)));
    let now = server.clock.now();
    let found = server
        .store
        .devices_among(app, filter, after, limit, LOOKED_AT, now);
    let (devices, next) = found.await?;
    let next_cursor = next.map(|id| list.cursor(&id.0.to_be_bytes()));
    let body = |device| DeviceBody::brief(&bundle_id, device, advice::standing(&device.standing));
    Ok(axum::Json(DevicePage {
        devices: devices.iter().map(body).collect(),
        next_cursor,
    }))
}

fn filter(parameters: &mut Parameters) -> Result<DeviceFilter, Problem> {
    Ok(DeviceFilter {
        user_id: parameters.text("user_id")?,
        installation_id: parameters.text("installation_id")?,
        tag: parameters.text("tag")?,
        state: parameters.value::<TokenState>("state")?,
        environment: parameters.value::<Environment>("environment")?,
        kind: parameters.value::<TokenKind>("kind")?,
    })
}

fn list_of(app: AppId, filter: &DeviceFilter) -> List {
    let words = (
        &filter.user_id,
        &filter.installation_id,
        &filter.tag,
        filter.state,
        filter.environment,
        filter.kind,
    );
    List::new("devices", (app, words))
}

fn not_found() -> Problem {
    Problem::new(
        ProblemKind::DeviceNotFound,
        "There is no such device of this app.",
    )
    .at("token")
}
