//! API keys over HTTP: made, listed, revoked.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_apns::Timestamp;
use tidings_store::{ApiKeyRow, NewApiKey, Scope};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::api_key::ApiKey;
use crate::authentication::{Admin, By};
use crate::body::Json;
use crate::devices::check_name;
use crate::limits::APPS_OF_A_KEY;
use crate::names::{BundleIdText, ScopeName};
use crate::parameters::Place;
use crate::problem::{Answered, Problem, ProblemKind};
use crate::server::Shared;

/// An API key to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewApiKey)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKeyBody {
    /// What people call it.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// What it allows; `admin` allows everything.
    #[schema(value_type = Vec<ScopeName>, min_items = 1)]
    scopes: Vec<Scope>,
    /// The bundle ids of the apps that it is for; all where nothing is said.
    #[schema(value_type = Option<Vec<BundleIdText>>, min_items = 1, max_items = 100)]
    apps: Option<Vec<String>>,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyBody {
    /// Its public part, by which it is known; the audit log calls whoever uses it so.
    id: String,
    name: String,
    #[schema(value_type = Vec<ScopeName>)]
    scopes: Vec<&'static str>,
    /// The bundle ids of the apps that it is for; `null` for all.
    apps: Option<Vec<String>>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

/// An API key that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
pub(crate) struct CreatedBody {
    /// The key. It is not kept, and never shown again.
    key: String,
    #[serde(flatten)]
    description: ApiKeyBody,
}

/// All API keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeyList {
    api_keys: Vec<ApiKeyBody>,
}

/// A new API key: what the store keeps of it, and the whole text, which is kept nowhere.
///
/// For whoever starts a server that nobody has a key for yet.
pub fn new_api_key(
    name: &str,
    scopes: &[Scope],
    expires_at: Option<Timestamp>,
) -> (NewApiKey, Zeroizing<String>) {
    let key = ApiKey::generate();
    let kept = NewApiKey {
        id: key.id().to_owned(),
        name: name.to_owned(),
        scopes: scopes.to_vec(),
        app_ids: None,
        secret_hash: key.secret_hash(),
        expires_at,
    };
    (kept, Zeroizing::new(key.reveal()))
}

/// Makes an API key
///
/// The answer is the only place where it is ever shown.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    operation_id = "create_api_key",
    tag = "api keys",
    request_body = NewApiKeyBody,
    responses((status = 201, description = "The key", body = CreatedBody)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn create(
    State(server): State<Shared>,
    by: By<Admin>,
    Json(mut body): Json<NewApiKeyBody>,
) -> Answered<(StatusCode, axum::Json<CreatedBody>)> {
    by.must_be_for_all_apps()?;
    let now = server.clock.now();
    body.check(now)?;
    body.scopes.sort_unstable();
    body.scopes.dedup();
    let (mut new, text) = new_api_key(&body.name, &body.scopes, body.expires_at);
    if let Some(bundle_ids) = &body.apps {
        let mut apps = Vec::new();
        for bundle_id in bundle_ids {
            apps.push(server.app_or_new(&by, bundle_id).await?);
        }
        new.app_ids = Some(apps);
    }
    let row = server.store.create_api_key(new, by.key_id(), now).await?;
    tracing::info!(key = by.key_id(), created = row.id, scopes = ?row.scopes, "an API key was made");
    let description = describe(&server, &row).await?;
    let key = text.as_str().to_owned();
    Ok((StatusCode::CREATED, axum::Json(CreatedBody { key, description })))
}

/// Lists API keys, those that were revoked too
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    operation_id = "list_api_keys",
    tag = "api keys",
    responses((status = 200, description = "All keys, without their secrets", body = ApiKeyList)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn list(State(server): State<Shared>, by: By<Admin>) -> Answered<axum::Json<ApiKeyList>> {
    by.must_be_for_all_apps()?;
    let names = server.bundle_ids().await?;
    let rows = server.store.api_keys().await?;
    Ok(axum::Json(ApiKeyList {
        api_keys: rows.iter().map(|row| ApiKeyBody::new(row, &names)).collect(),
    }))
}

/// Revokes an API key, at once
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{id}",
    operation_id = "revoke_api_key",
    tag = "api keys",
    params(("id" = String, Path, description = "The key's public part")),
    responses((status = 204, description = "It is revoked")),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn revoke(
    State(server): State<Shared>,
    by: By<Admin>,
    Place(id): Place<String>,
) -> Answered<StatusCode> {
    by.must_be_for_all_apps()?;
    revoke_unless_last(&server, &id, by.key_id()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes a key, unless nobody could make keys any more without it.
pub(crate) async fn revoke_unless_last(server: &Shared, id: &str, actor: &str) -> Result<(), Problem> {
    let now = server.clock.now();
    let rows = server.store.api_keys().await?;
    let rules = |row: &&ApiKeyRow| {
        row.app_ids.is_none()
            && row.revoked_at.is_none()
            && row.scopes.contains(&Scope::Admin)
            && row.expires_at.is_none_or(|end| end > now)
    };
    let mut admins = rows.iter().filter(rules);
    if admins.clone().count() == 1 && admins.any(|row| row.id == id) {
        let detail = "Without it, nobody could make keys any more.";
        return Err(Problem::new(ProblemKind::LastAdminKey, detail).at("id"));
    }
    let revoked = server.store.revoke_api_key(id, actor, now).await?;
    server.keyring.forget(id);
    if !revoked {
        let detail = "There is no such API key that is not revoked.";
        return Err(Problem::new(ProblemKind::ApiKeyNotFound, detail).at("id"));
    }
    tracing::info!(by = actor, revoked = id, "an API key was revoked");
    Ok(())
}

async fn describe(server: &Shared, row: &ApiKeyRow) -> Result<ApiKeyBody, Problem> {
    Ok(ApiKeyBody::new(row, &server.bundle_ids().await?))
}

impl NewApiKeyBody {
    fn check(&self, now: Timestamp) -> Result<(), Problem> {
        check_name(&self.name).map_err(|why| Problem::field("/name", why))?;
        if self.scopes.is_empty() {
            return Err(Problem::field("/scopes", "There are no scopes in it."));
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(Problem::field("/expires_at", "It is in the past."));
        }
        match &self.apps {
            Some(apps) if !(1..=APPS_OF_A_KEY).contains(&apps.len()) => {
                let detail = format!(
                    "There are {} in it, and 1 to {APPS_OF_A_KEY} are taken.",
                    apps.len()
                );
                Err(Problem::field("/apps", detail).hint("Leave it out, and the key is for all apps."))
            }
            _ => Ok(()),
        }
    }
}

impl ApiKeyBody {
    fn new(row: &ApiKeyRow, names: &crate::server::BundleIds) -> Self {
        let name = |app| names.get(app).map(ToString::to_string).unwrap_or_default();
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            scopes: row.scopes.iter().map(|scope| scope.as_str()).collect(),
            apps: row.app_ids.as_ref().map(|apps| apps.iter().map(name).collect()),
            created_at: row.created_at.to_string(),
            expires_at: row.expires_at.map(|at| at.to_string()),
            revoked_at: row.revoked_at.map(|at| at.to_string()),
        }
    }
}
