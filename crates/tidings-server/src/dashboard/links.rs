//! Links that open the dashboard once: made over HTTP by an admin key, by an admin in the dashboard, or by who starts the
//! server.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_apns::Timestamp;
use tidings_store::{DashboardPass, DashboardRole, Store};
use utoipa::ToSchema;

use super::session::{self, BY_THE_SERVER};
use crate::authentication::{Admin, By};
use crate::body::Json;
use crate::devices::check_name;
use crate::names::DashboardRoleName;
use crate::problem::{Answered, Problem};
use crate::server::Shared;

/// How long a link is good for.
pub(crate) const LINK_LIFE: Duration = Duration::from_mins(30);

/// A link to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewDashboardLink)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLinkBody {
    /// Whom it is for, as the audit log will call them.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    name: String,
    /// What they may do. A `viewer` sees no payloads.
    #[schema(value_type = DashboardRoleName)]
    role: DashboardRole,
}

/// A link that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedDashboardLink)]
pub(crate) struct CreatedLinkBody {
    /// The path and query of the link, to stand behind the address of this server. It opens the dashboard once.
    path: String,
    #[schema(value_type = DashboardRoleName)]
    role: &'static str,
    /// Until when it can be opened.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Makes a link that opens the dashboard once
///
/// Whoever opens it is signed in for twelve hours, or until the API key that made the link is revoked.
#[utoipa::path(
    post,
    path = "/v1/dashboard-links",
    operation_id = "create_dashboard_link",
    tag = "dashboard",
    request_body = NewLinkBody,
    responses((status = 201, description = "The link", body = CreatedLinkBody)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn create(
    State(server): State<Shared>,
    by: By<Admin>,
    Json(body): Json<NewLinkBody>,
) -> Answered<(StatusCode, axum::Json<CreatedLinkBody>)> {
    by.must_be_for_all_apps()?;
    check_link_name(&body.name).map_err(|why| Problem::field("/name", why))?;
    let now = server.clock.now();
    let (pass, path) = new_pass(&body.name, body.role, by.key_id(), now);
    let expires_at = pass.expires_at.to_string();
    server.store.add_dashboard_link(pass, now).await?;
    tracing::info!(key = by.key_id(), role = %body.role, "a link to the dashboard was made");
    Ok((
        StatusCode::CREATED,
        axum::Json(CreatedLinkBody {
            path,
            role: body.role.as_str(),
            expires_at,
        }),
    ))
}

/// Whether a text can be what somebody is called.
pub(crate) fn check_link_name(name: &str) -> Result<(), String> {
    check_name(name)?;
    if name.chars().count() > 64 {
        return Err("It is longer than 64 characters.".to_owned());
    }
    Ok(())
}

/// A link and its path. The secret is in the path, and kept nowhere.
pub(crate) fn new_pass(
    name: &str,
    role: DashboardRole,
    made_by: &str,
    now: Timestamp,
) -> (DashboardPass, String) {
    let (pass, secret) = session::new_pass(name, role, made_by, LINK_LIFE, now);
    (pass, format!("/dashboard/sign-in?link={secret}"))
}

/// Makes a link on behalf of who runs the server.
pub(crate) async fn new_link(
    store: &Store,
    name: &str,
    role: DashboardRole,
    now: Timestamp,
) -> Result<String, tidings_store::StoreError> {
    let (pass, path) = new_pass(name, role, BY_THE_SERVER, now);
    store.add_dashboard_link(pass, now).await?;
    Ok(path)
}
