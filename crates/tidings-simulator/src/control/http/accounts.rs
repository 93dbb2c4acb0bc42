//! Keys, certificates and apps over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::accounts::{App, CreatedCertificate, CreatedKey, NewApp, NewCertificate, NewKey, Switch};
use super::super::problem::{Answered, Body, Problem};
use super::Control;

/// The team that an app goes to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Transfer {
    team_id: String,
}

/// Whether something is allowed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Broadcast {
    enabled: bool,
}

/// Makes a signing key.
#[utoipa::path(
    post,
    path = "/v1/keys",
    request_body = NewKey,
    responses(
        (status = 201, description = "The key with its secret", body = CreatedKey),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn create_key(
    State(control): State<Control>,
    Body(new): Body<NewKey>,
) -> Answered<(StatusCode, Json<CreatedKey>)> {
    Ok((StatusCode::CREATED, Json(control.create_key(&new)?)))
}

/// Revokes a signing key.
#[utoipa::path(
    delete,
    path = "/v1/keys/{key_id}",
    params(("key_id" = String, Path, description = "The key")),
    responses(
        (status = 204, description = "It is revoked"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn revoke_key(
    State(control): State<Control>,
    Path(key_id): Path<String>,
) -> Answered<StatusCode> {
    control.revoke_key(&key_id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Issues a client certificate.
#[utoipa::path(
    post,
    path = "/v1/certificates",
    request_body = NewCertificate,
    responses(
        (status = 201, description = "The certificate with its secret", body = CreatedCertificate),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn issue_certificate(
    State(control): State<Control>,
    Body(new): Body<NewCertificate>,
) -> Answered<(StatusCode, Json<CreatedCertificate>)> {
    Ok((StatusCode::CREATED, Json(control.issue_certificate(&new)?)))
}

/// Revokes a client certificate.
#[utoipa::path(
    delete,
    path = "/v1/certificates/{fingerprint}",
    params(("fingerprint" = String, Path, description = "Its SHA-256 digest")),
    responses(
        (status = 204, description = "It is revoked"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn revoke_certificate(
    State(control): State<Control>,
    Path(fingerprint): Path<String>,
) -> Answered<StatusCode> {
    control.revoke_certificate(&fingerprint)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Registers an app with a team.
#[utoipa::path(
    post,
    path = "/v1/apps",
    request_body = NewApp,
    responses(
        (status = 201, description = "The app", body = App),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn create_app(
    State(control): State<Control>,
    Body(new): Body<NewApp>,
) -> Answered<(StatusCode, Json<App>)> {
    Ok((StatusCode::CREATED, Json(control.create_app(&new)?)))
}

/// Lists the apps.
#[utoipa::path(
    get,
    path = "/v1/apps",
    responses(
        (status = 200, description = "All apps", body = Vec<App>),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_apps(State(control): State<Control>) -> Answered<Json<Vec<App>>> {
    Ok(Json(control.apps()))
}

/// Moves an app to another team.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/transfer",
    request_body = Transfer,
    params(("bundle_id" = String, Path, description = "The app")),
    responses(
        (status = 200, description = "The app", body = App),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn transfer_app(
    State(control): State<Control>,
    Path(bundle_id): Path<String>,
    Body(to): Body<Transfer>,
) -> Answered<Json<App>> {
    Ok(Json(control.transfer_app(&bundle_id, &to.team_id)?))
}

/// Switches the broadcast capability of an app; off deletes its channels.
#[utoipa::path(
    put,
    path = "/v1/apps/{bundle_id}/broadcast",
    request_body = Broadcast,
    params(("bundle_id" = String, Path, description = "The app")),
    responses(
        (status = 204, description = "It is switched"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn set_broadcast(
    State(control): State<Control>,
    Path(bundle_id): Path<String>,
    Body(setting): Body<Broadcast>,
) -> Answered<StatusCode> {
    control.set_broadcast(&bundle_id, Switch::from(setting.enabled))?;
    Ok(StatusCode::NO_CONTENT)
}
