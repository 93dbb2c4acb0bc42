//! A copy of the database, made while it is in use.

use std::path::PathBuf;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_store::AuditEntry;
use utoipa::ToSchema;

use crate::authentication::{Admin, By};
use crate::body::Json;
use crate::problem::{Answered, Problem, ProblemKind, sentence};
use crate::server::Shared;

/// Where a backup goes.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewBackup)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBackupBody {
    /// A file that does not exist yet, on the server's disk: an absolute path.
    #[schema(pattern = "^/", min_length = 2)]
    path: String,
}

/// A backup that was made and checked. The sealing key is not in it.
#[derive(Serialize, ToSchema)]
#[schema(as = Backup)]
pub(crate) struct BackupBody {
    path: String,
    bytes: u64,
    /// SHA-256 of the file.
    sha256: String,
}

/// Copies the database to a file on the server's disk, and checks the copy
#[utoipa::path(
    post,
    path = "/v1/backup",
    operation_id = "make_backup",
    tag = "operation",
    request_body = NewBackupBody,
    responses((status = 201, description = "It is made", body = BackupBody)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn make(
    State(server): State<Shared>,
    by: By<Admin>,
    Json(body): Json<NewBackupBody>,
) -> Answered<(StatusCode, axum::Json<BackupBody>)> {
    by.must_be_for_all_apps()?;
    let path = PathBuf::from(&body.path);
    if !path.is_absolute() {
        return Err(Problem::field(
            "/path",
            "It is not an absolute path on the server's disk.",
        ));
    }
    if path.try_exists().unwrap_or(true) {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "The file exists already, or its folder cannot be read.",
        )
        .at("/path")
        .hint("Give the name of a new file."));
    }
    let report = server.store.backup(&path).await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a backup failed");
        Problem::field("/path", sentence(&error.to_string()))
    })?;
    let entry = AuditEntry {
        at: server.clock.now(),
        actor: by.key_id().to_owned(),
        action: "backup.made".to_owned(),
        app_id: None,
        subject: report.sha256.clone(),
        data: serde_json::json!({"bytes": report.bytes}),
    };
    server.store.audit(entry).await?;
    tracing::info!(key = by.key_id(), bytes = report.bytes, "a backup was made");
    let body = BackupBody {
        path: report.path.display().to_string(),
        bytes: report.bytes,
        sha256: report.sha256,
    };
    Ok((StatusCode::CREATED, axum::Json(body)))
}
